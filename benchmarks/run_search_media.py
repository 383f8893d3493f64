"""What a search for films and sound loses against each true pair alone, and what it costs.

``python -m benchmarks.run_search_media --corpus FOLDER --rows 100000 --windows 20000 --out FILE``

As ``run_search`` does for stills: disguised clips and sounds, stills of films and soundtracks are
held against their originals, as kept, each pair alone; then each is searched for in banks of rising
size, films by their descriptors (``--rows``), sound by its windows of 12 s. A row a query and size
is appended to the file. Times are processor seconds of one search after the other.
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

import av
import cv2

from benchmarks.datasets import REPORT, SOUND, VIDEO, Counts, Dataset, corpora_of, deal, find
from benchmarks.localisation import Stretch, boundary_errors, covering
from benchmarks.media_bank import MediaBank
from benchmarks.media_queries import Asked, asked
from benchmarks.searched import Searched, read, summary
from benchmarks.subject import stretches
from reseen.cli.speak import read_settings
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Reference
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.match import Match
from reseen.flows.fingerprint import Perception, Rendition, fingerprint, remember
from reseen.flows.match import compare
from reseen.flows.search import Scope, Searching
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.signals.quads import query_keys
from reseen.wiring.matching import CUTS, assemble

LATE = 1.0
"""Seconds by which the ends of a segment may be off."""


def placed(truth: Sequence[Stretch], found: Sequence[Stretch]) -> int:
    """How many true stretches are told with all ends true to a second. A still, which lasts no
    time, is in its place where a stretch that is told holds its moment, within a second.
    """
    return sum(_is_placed(one, found) for one in truth)


def _is_placed(one: Stretch, found: Sequence[Stretch]) -> bool:
    start, end = one.reference
    if end == start:
        return any(f.reference[0] - LATE <= start <= f.reference[1] + LATE for f in found)
    best = covering(one, found)
    return best is not None and max(boundary_errors(one, best)) <= LATE


class Bench:
    """Queries and their pairs, then the same queries in banks of rising size."""

    def __init__(
        self, perception: Perception, films: Dataset, sounds: Dataset, folder: Path
    ) -> None:
        self._perception, self._folder = perception, folder
        self._kept: dict[str, Fingerprint] = {}
        references = [*films.references, *sounds.references]
        for item in references:
            try:
                with local_file(item.path) as file:
                    self._kept[item.id] = remember(perception, file)
            except ReseenError as error:
                print(f"{item.id}: {error.detail}", flush=True)
        self._groups = {i.id: i.group for i in (*references, *films.absent, *sounds.absent)}
        self._origins = {f.asset.sha256: self._groups[name] for name, f in self._kept.items()}
        self._mixed_in = {i.group for i in (*films.fillers, *sounds.fillers)}
        spare = [i.id for i in (*films.distractors, *sounds.distractors)]
        stand_ins = [self._kept[name] for name in spare if name in self._kept]
        self.bank = MediaBank(folder / "bank", list(self._kept.items()), stand_ins)
        self._searching = Searching(
            perception,
            CUTS,
            self.bank.banks,
            self.bank.references,
            self.bank.index,
            query_keys,
            workers=1,
        )

    def measure(
        self, queries: Sequence[Asked], sizes: Sequence[tuple[int, int]]
    ) -> Iterator[Searched]:
        """All queries at each size (rows, windows)."""
        for rows, windows in sorted(sizes):
            self.bank.grow(rows, windows)
            for one in queries:
                if one.query.absent or one.query.item.id in self._kept:
                    yield from self._measured(one)

    def _measured(self, one: Asked) -> Iterator[Searched]:
        try:
            path, truth = one.made(self._folder)
            begin = time.process_time()
            with local_file(path) as file:
                rendition = fingerprint(self._perception, file, Side.QUERY)
        except (ValueError, ReseenError, av.FFmpegError) as error:
            print(f"{one.query.id}: {error}", flush=True)
            return
        describe = time.process_time() - begin
        yield self._search(one, truth, rendition, describe)

    def _search(
        self, one: Asked, truth: Sequence[Stretch], rendition: Rendition, describe: float
    ) -> Searched:
        name, absent = one.query.item.id, one.query.absent
        clocks = self.bank.index.clock, self.bank.references.truth, self.bank.references.looked_at
        for clock in clocks:
            clock.taken()
        begin, since = time.process_time(), time.perf_counter()
        scope = Scope(limit=10_000, min_score=0.0)
        answer = self._searching.by_rendition(DEFAULT_PROJECT, rendition, scope)
        seconds, wall = time.process_time() - begin, time.perf_counter() - since
        index, told, looked_at = (clock.taken() for clock in clocks)
        matches = {f.reference.draft.name: f.match for f in answer.matches}
        nothing = Match(0.0, ())
        alone = nothing
        if not absent:
            alone = compare(self._perception.visual, CUTS, rendition, self._kept[name])
        found = nothing if absent else matches.get(name, nothing)
        barred = {self._groups[name], *self._mixed_in}
        false = [f.match.score for f in answer.matches if self._group(f.reference) not in barred]
        return Searched(
            query=one.query.id,
            what=one.what,
            family=one.family,
            absent=absent,
            size=self.bank.rows,
            windows=self.bank.windows,
            pair=alone.score,
            found=found.score,
            false=max(false, default=0.0),
            segments=0 if absent else len(truth),
            placed_alone=self._placed(truth, alone, rendition, name),
            placed=self._placed(truth, found, rendition, name),
            describe=describe,
            search=seconds,
            index=index.seconds,
            truth=told.seconds,
            looked_at=looked_at.calls,
            wall=wall,
        )

    def _group(self, reference: Reference) -> str:
        """Where it is from; a synthetic one shows, looked at closely, what it stands in for."""
        stands_in = self.bank.references.stand_ins.get(reference.number)
        if stands_in is None:
            return self._groups.get(reference.draft.name, "")
        return self._origins[stands_in.asset.sha256]

    def _placed(self, truth: Sequence[Stretch], match: Match, query: Rendition, name: str) -> int:
        if match.score < CUTS.medium:
            return 0
        return placed(truth, stretches(match, query.fingerprint, self._kept[name]))


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    cv2.setNumThreads(1)
    corpora = corpora_of(options.corpus)
    counts = Counts(options.originals, options.absent, options.references, 3)
    films, sounds = (deal(find(corpora, kind), "search", REPORT, counts) for kind in (VIDEO, SOUND))
    queries = asked(films, sounds, options.every)
    sizes = list(zip(options.rows, options.windows, strict=True))
    with (
        tempfile.TemporaryDirectory() as folder,
        assemble(read_settings()) as reseen,
        options.out.open("a", encoding="utf-8") as out,
    ):
        bench = Bench(reseen.answering.perception, films, sounds, Path(folder))
        with closing(bench.bank):
            for row in bench.measure(queries, sizes):
                out.write(json.dumps(asdict(row)) + "\n")
                out.flush()
    for one in summary(read(options.out)):
        print(one.line())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--rows", type=int, action="append", help="descriptors; with --windows")
    parser.add_argument("--windows", type=int, action="append", help="of sound, 12 s each")
    parser.add_argument("--originals", type=int, default=6, help="of films, and of sounds")
    parser.add_argument("--absent", type=int, default=3)
    parser.add_argument("--references", type=int, default=24, help="real ones besides, of each")
    parser.add_argument("--every", type=int, default=6, help="every so many-th disguise")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.rows, options.windows = options.rows or [100_000], options.windows or [20_000]
    if len(options.rows) != len(options.windows):
        parser.error("as many --rows as --windows")
    return options


if __name__ == "__main__":
    main()
