"""How often pictures match that are none of another: ``python -m benchmarks.run_negatives``.

``python -m benchmarks.run_negatives --corpus FOLDER --references 4000 --queries 1500 --out FILE``

Pictures of the corpora become references, as an ingest keeps them, and as many of them as asked are
searched for, as an upload is; what is found of another source is a row's. With ``--frame NAME`` (an
attack of ``benchmarks.attacks.pictures``, again for more) the same one, from the same seed, is put
around every query and every reference: one app, one caption, one watermark around different
pictures. ``--sheet FOLDER`` shows the pairs that score highest side by side: near-duplicates that a
corpus has twice are no mistakes, and only eyes can tell; pairs in ``--same FILE`` (two names a
line) are left out of the sums.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.datasets import PICTURE, Item, corpora_of, find
from benchmarks.negatives import Stranger, read, strangers, worst
from benchmarks.run_pictures import ATTACKS, QUALITY, open_picture
from benchmarks.search_bank import SearchBank
from reseen.cli.speak import read_settings
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.fingerprint import Perception, fingerprint, remember
from reseen.flows.search import Scope, Searching
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.signals.quads import query_keys
from reseen.wiring.matching import CUTS, assemble

LEAST = 0.05
SEED = 11
"""Of every frame: the same words, in the same place."""
SHOWN, SIDE = 40, 320
_BY_NAME = {attack.name: attack for attack in ATTACKS}


class Negatives:
    """One bank of pictures under one frame, and what is searched for in it."""

    def __init__(self, perception: Perception, frame: str, folder: Path) -> None:
        self._perception, self._frame, self._folder = perception, frame, folder

    def measure(self, items: Sequence[Item], queries: Sequence[Item]) -> Iterator[Stranger]:
        kept = [(item, one) for item in items if (one := self._kept(item)) is not None]
        known = [(str(item.path), one) for item, one in kept]
        groups = {str(item.path): item.group for item, _ in kept}
        bank = SearchBank(self._folder / "bank", known, [one for _, one in kept[:4]])
        with closing(bank):
            searching = Searching(
                self._perception, CUTS, bank.banks, bank.references, bank.index, query_keys
            )
            for item in queries:
                row = self._searched(searching, item, groups)
                if row is not None:
                    yield row

    def file(self, item: Item) -> Path:
        """The picture in its frame; itself without one."""
        if not self._frame:
            return item.path
        path = self._folder / "framed.jpg"
        rng = np.random.default_rng(SEED)
        pixels = _BY_NAME[self._frame].apply(open_picture(item.path), rng, [])
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return path

    def _kept(self, item: Item) -> Fingerprint | None:
        try:
            with local_file(self.file(item)) as file:
                return remember(self._perception, file)
        except ReseenError as error:
            print(f"{item.id}: {error.detail}", flush=True)
            return None

    def _searched(
        self, searching: Searching, item: Item, groups: dict[str, str]
    ) -> Stranger | None:
        try:
            with local_file(self.file(item)) as file:
                rendition = fingerprint(self._perception, file, Side.QUERY)
        except ReseenError:
            return None
        scope = Scope(limit=1000, min_score=0.0)
        answer = searching.by_rendition(DEFAULT_PROJECT, rendition, scope)
        scores = {f.reference.draft.name: f.match.score for f in answer.matches}
        others = {name for name, group in groups.items() if group != item.group}
        found = [(n, round(s, 4)) for n, s in scores.items() if n in others and s >= LEAST]
        return Stranger(str(item.path), self._frame, len(others), tuple(found))


def sheet(rows: Sequence[Stranger], folder: Path) -> None:
    """The worst pairs, query left, reference right, named by their scores."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, (score, row, name) in enumerate(worst(rows, SHOWN)):
        sides = [cv2.resize(open_picture(Path(one)), (SIDE, SIDE)) for one in (row.query, name)]
        frame = row.frame.replace(" ", "-") or "plain"
        path = folder / f"{place:02d}-{score:.3f}-{frame}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(np.hstack(sides), cv2.COLOR_RGB2BGR))


def without(rows: Sequence[Stranger], same: frozenset[frozenset[str]]) -> list[Stranger]:
    """Rows without pairs of which somebody saw that they are one picture."""

    def is_other(row: Stranger, name: str) -> bool:
        return frozenset((Path(row.query).name, Path(name).name)) not in same

    return [
        replace(row, found=tuple((n, s) for n, s in row.found if is_other(row, n))) for row in rows
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    cv2.setNumThreads(1)
    items = find(corpora_of(options.corpus), PICTURE)[: options.references]
    with (
        assemble(read_settings()) as reseen,
        options.out.open("a", encoding="utf-8") as out,
    ):
        for frame in options.frame or [""]:
            with tempfile.TemporaryDirectory() as folder:
                bench = Negatives(reseen.answering.perception, frame, Path(folder))
                for row in bench.measure(items, items[: options.queries]):
                    out.write(json.dumps(asdict(row)) + "\n")
                    out.flush()
    rows = without(list(read(options.out)), _same(options.same))
    for cut in (CUTS.high, CUTS.medium):
        for one in strangers(rows, cut):
            print(json.dumps(asdict(one)))
    if options.sheet is not None:
        sheet(rows, options.sheet)


def _same(path: Path | None) -> frozenset[frozenset[str]]:
    if path is None:
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(frozenset(line.split("\t")) for line in lines if line.strip())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--references", type=int, default=4000)
    parser.add_argument("--queries", type=int, default=1500)
    parser.add_argument("--frame", action="append", default=[], choices=sorted(_BY_NAME))
    parser.add_argument("--same", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
