"""What a full search of a large bank loses against each true pair alone, and what it costs.

``python -m benchmarks.run_search --corpus FOLDER --size 10000 --size 100000 --out FILE``

Disguised pictures are held against their originals, as kept, each pair alone; then each is searched
for in banks of rising size. A row a query and size is appended to the file. Disguised pictures of
which no original is kept show what is found falsely. Times are of one search after the other, with
``--workers`` threads to look closely; the index is in the same process.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import cv2

from benchmarks.datasets import PICTURE, REPORT, Counts, Dataset, corpora_of, deal, find
from benchmarks.pool import Query, plan
from benchmarks.run_pictures import ATTACKS, QUALITY, open_picture, query_path
from benchmarks.search_bank import SearchBank
from benchmarks.searched import Searched, read, summary
from reseen.cli.speak import read_settings
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.fingerprint import Perception, Rendition, fingerprint, remember
from reseen.flows.match import compare
from reseen.flows.search import Scope, Searching
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.signals.quads import query_keys
from reseen.wiring.matching import CUTS, assemble

_BY_NAME = {attack.name: attack for attack in ATTACKS}


class Bench:
    """Queries and their pairs, then the same queries in banks of rising size."""

    def __init__(
        self, perception: Perception, dataset: Dataset, folder: Path, workers: int
    ) -> None:
        self._perception, self._folder = perception, folder
        self._fillers = [open_picture(item.path) for item in dataset.fillers]
        self._kept: dict[str, Fingerprint] = {}
        for item in dataset.references:
            try:
                with local_file(item.path) as file:
                    self._kept[item.id] = remember(perception, file)
            except ReseenError as error:
                print(f"{item.id}: {error.detail}", flush=True)
        self._groups = {item.id: item.group for item in (*dataset.references, *dataset.absent)}
        self._fillers_of = {item.group for item in dataset.fillers}
        others = [self._kept[i.id] for i in dataset.distractors if i.id in self._kept]
        self.bank = SearchBank(folder / "bank", list(self._kept.items()), others)
        self._searching = Searching(
            perception,
            CUTS,
            self.bank.banks,
            self.bank.references,
            self.bank.index,
            query_keys,
            workers=workers,
        )

    def measure(self, queries: Sequence[Query], sizes: Sequence[int]) -> Iterator[Searched]:
        known = [q for q in queries if q.absent or q.item.id in self._kept]
        alone: dict[str, float] = {}
        for size in sorted(sizes):
            self.bank.grow(size)
            for query in known:
                begin = time.process_time()
                rendition = self._perceived(query)
                describe = time.process_time() - begin
                if query.id not in alone:
                    alone[query.id] = self._pair(query, rendition)
                yield self._search(query, rendition, alone[query.id], describe)

    def _perceived(self, query: Query) -> Rendition:
        path = query_path(self._folder, query, ".jpg")
        if not path.exists():
            original = open_picture(query.item.path)
            pixels = _BY_NAME[query.attack].apply(original, query.rng(), self._fillers)
            bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        with local_file(path) as file:
            return fingerprint(self._perception, file, Side.QUERY)

    def _pair(self, query: Query, rendition: Rendition) -> float:
        if query.absent:
            return 0.0
        kept = self._kept[query.item.id]
        return compare(self._perception.visual, CUTS, rendition, kept).score

    def _search(self, query: Query, rendition: Rendition, pair: float, describe: float) -> Searched:
        clocks = self.bank.index.clock, self.bank.references.truth, self.bank.references.looked_at
        for clock in clocks:
            clock.taken()
        begin, since = time.process_time(), time.perf_counter()
        scope = Scope(limit=1000, min_score=0.0)
        answer = self._searching.by_rendition(DEFAULT_PROJECT, rendition, scope)
        seconds, wall = time.process_time() - begin, time.perf_counter() - since
        index, truth, looked_at = (clock.taken() for clock in clocks)
        barred = {self._groups[query.item.id], *self._fillers_of}
        scores = {f.reference.draft.name: f.match.score for f in answer.matches}
        false = [s for n, s in scores.items() if self._groups.get(n, "") not in barred]
        return Searched(
            query=query.id,
            family=_BY_NAME[query.attack].family,
            absent=query.absent,
            size=self.bank.size,
            pair=pair,
            found=0.0 if query.absent else scores.get(query.item.id, 0.0),
            false=max(false, default=0.0),
            describe=describe,
            search=seconds,
            index=index.seconds,
            truth=truth.seconds,
            looked_at=looked_at.calls,
            wall=wall,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    counts = Counts(options.originals, options.absent, options.references, 4)
    items = find(corpora_of(options.corpus), PICTURE)
    dataset = deal(items, "search", REPORT, counts)
    named = [a.name for a in ATTACKS if not options.family or a.family in options.family]
    queries = plan(dataset, named[:: options.every], per_absent=2)
    with (
        tempfile.TemporaryDirectory() as folder,
        assemble(read_settings()) as reseen,
        options.out.open("a", encoding="utf-8") as out,
    ):
        bench = Bench(reseen.answering.perception, dataset, Path(folder), options.workers)
        with closing(bench.bank):
            for row in bench.measure(queries, options.size):
                out.write(json.dumps(asdict(row)) + "\n")
                out.flush()
    for one in summary(read(options.out)):
        print(one.line())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--size", type=int, action="append", required=True)
    parser.add_argument("--originals", type=int, default=40)
    parser.add_argument("--absent", type=int, default=20)
    parser.add_argument("--references", type=int, default=300, help="real ones besides")
    parser.add_argument("--every", type=int, default=3, help="every so many-th attack")
    families = sorted({attack.family for attack in ATTACKS})
    parser.add_argument("--family", action="append", default=[], choices=families)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
