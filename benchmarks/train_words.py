"""Make the codebook of visual words: ``python -m benchmarks.train_words --corpus DIR --out FILE``.

Keypoints of some thousand pictures, as references keep them. Trained on the half of the corpora
that calibrates and on distractors, so on nothing that a report disguises. The same pictures give
the same file. Runs some minutes.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import CALIBRATION, PICTURE, Item, corpora_of, find, half_of
from benchmarks.run_pictures import open_picture
from reseen.domain.errors import ReseenError
from reseen.engine.picture.packed import packed, unpacked
from reseen.engine.picture.words import BITS, CELLS, HALVES, Codebook
from reseen.signals.keypoints import detect_keypoints
from reseen.signals.views import shrunk

type Floats = npt.NDArray[np.float32]

A_PICTURE = 300
"""Keypoints taken of each, at most."""
ROUNDS = 20
"""Of Lloyd's algorithm."""
SMOOTH = 8.0
"""Keypoints by which a word is taken to be as frequent as its halves are by themselves."""


def trained(codes: npt.NDArray[np.uint8], rng: np.random.Generator) -> Codebook:
    """A codebook of codes ``uint8 [N, 128]`` of keypoints that follow each other in no order."""
    halves = np.split(codes.astype(np.float32), HALVES, axis=1)
    centroids, directions, medians, cells = [], [], [], []
    for half in halves:
        own = clustered(half, CELLS, rng)
        cell = nearest(half, own)
        axes = _directions(half - own[cell], rng)
        centroids.append(own)
        directions.append(axes)
        medians.append(_medians(half @ axes, cell))
        cells.append(cell)
    book = Codebook(
        np.stack(centroids),
        np.stack(directions),
        np.stack(medians),
        _frequency(cells),
        np.ones(HALVES * BITS + 1, np.float32),
    )
    return _with_chance(book, codes)


def clustered(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Centroids ``[count, D]`` by Lloyd's algorithm; one that nothing is near to starts anew."""
    own = points[rng.choice(len(points), count, replace=False)]
    for _ in range(ROUNDS):
        cell = nearest(points, own)
        sizes = np.bincount(cell, minlength=count)
        order = np.argsort(cell, kind="stable")
        sums = np.zeros_like(own)
        begins = (np.cumsum(sizes) - sizes)[sizes > 0]
        sums[sizes > 0] = np.add.reduceat(points[order], begins, axis=0)
        lonely = points[rng.choice(len(points), count)]
        own = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], lonely)
        own = own.astype(np.float32)
    return np.rint(own)


def nearest(points: Floats, own: Floats) -> npt.NDArray[np.int64]:
    return ((own**2).sum(axis=1) - 2.0 * points @ own.T).argmin(axis=1)


def _directions(rest: Floats, rng: np.random.Generator) -> Floats:
    """The directions in which points lie farthest from their centroids, turned at random among
    themselves, so that each bit tells as much.
    """
    _, axes = np.linalg.eigh(rest.T @ rest / len(rest))
    turned, _ = np.linalg.qr(rng.normal(size=(BITS, BITS)))
    return (axes[:, ::-1][:, :BITS] @ turned).astype(np.float32)


def _medians(projected: Floats, cell: npt.NDArray[np.int64]) -> Floats:
    whole = np.median(projected, axis=0)
    own = [projected[cell == c] for c in range(CELLS)]
    return np.stack([np.median(o, axis=0) if len(o) else whole for o in own]).astype(np.float32)


def _frequency(cells: Sequence[npt.NDArray[np.int64]]) -> Floats:
    first, second = cells
    alone = np.outer(*(np.bincount(own, minlength=CELLS) / len(own) for own in cells)).ravel()
    seen = np.bincount(first * CELLS + second, minlength=CELLS**HALVES)
    share = (seen + SMOOTH * len(first) * alone / (len(first) * alone + SMOOTH)) / len(first)
    least = 0.05 / len(first)
    return np.maximum(share / share.sum(), least).astype(np.float32)


def _with_chance(book: Codebook, codes: npt.NDArray[np.uint8]) -> Codebook:
    words, marks = book.words(codes)
    order = np.argsort(words, kind="stable")
    apart = []
    for step in (1, 3, 7):
        one, other = order[:-step], order[step:]
        same = words[one] == words[other]
        apart.append(np.bitwise_count(marks[one[same]] ^ marks[other[same]]))
    counts = np.bincount(np.concatenate(apart), minlength=HALVES * BITS + 1)
    near = (np.cumsum(counts) + 0.5) / (counts.sum() + 0.5)
    return Codebook(
        book.centroids, book.directions, book.medians, book.frequency, near.astype(np.float32)
    )


def write(path: Path, book: Codebook) -> None:
    """In 16 bits a number or fewer: 0.2 MB."""
    np.savez_compressed(
        path,
        centroids=book.centroids.astype(np.uint8),
        directions=book.directions.astype(np.float16),
        medians=book.medians.astype(np.float16),
        frequency=book.frequency,
        near=book.near,
    )


def _keypoints(items: Sequence[Item]) -> Iterator[npt.NDArray[np.uint8]]:
    for item in items:
        try:
            found = detect_keypoints(shrunk(open_picture(item.path)), None)
        except (ReseenError, ValueError):
            continue
        row = np.frombuffer(packed(found, A_PICTURE), np.uint8)
        codes: npt.NDArray[np.uint8] = unpacked(row, None).codes
        yield codes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    items = find(corpora_of(options.corpus), PICTURE)
    mine = [i for i in items if i.distractor or half_of(i.group) == CALIBRATION]
    codes = np.concatenate(list(_keypoints(mine[: options.pictures])))
    rng = np.random.default_rng(1)
    write(options.out, trained(codes[rng.permutation(len(codes))], rng))


if __name__ == "__main__":
    main()
