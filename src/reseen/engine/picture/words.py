"""Keypoints as visual words with marks, so that an index leads from a query to pictures that share
them, whatever else either shows.

A word is a cell of an inverted multi-index (Babenko and Lempitsky, *The inverted multi-index*,
2012): the nearest of 256 centroids for each half of a code. Within a cell 48 bits tell keypoints
apart, each a projection that is above or below its median there (Hamming embedding: Jegou, Douze
and Schmid, *Hamming embedding and weak geometric consistency for large scale image search*, 2008).
Direction and size are kept as well: keypoints of a copy turn and grow together.

A flipped or negative picture has codes that are a fixed permutation of the original's, so a query
asks as four pictures after one detection. The codebook is made by ``benchmarks/train_words.py``.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import WORDS, Track
from reseen.engine.picture.packed import unpacked
from reseen.engine.picture.pairing import DISGUISES, bins_of, turn_of

type Floats = npt.NDArray[np.float32]
type Marks = npt.NDArray[np.uint64]

KEPT = 128
"""Keypoints of a frame in an index, 12 bytes each."""
HALVES, CELLS, BITS = 2, 256, 24
"""Halves of a code, centroids of each, and bits of each in a mark."""
SIGNATURE = np.uint64((1 << HALVES * BITS) - 1)
"""Of a mark the bits that tell keypoints of a word apart."""
ALIKE = 14
"""Bits by which marks of one keypoint differ at most: unrelated ones of a word differ by 24, and
one in forty by no more than this."""
DIRECTION, SIZE = np.uint64(48), np.uint64(56)
"""Shifts of a mark's direction, 256 to the circle, and size: steps of a 36th of a factor e."""
READ = 0.8
"""Keypoints that a query may meet by chance in each row, under each disguise: its rarest words are
asked for until then. Half as many again led to no more copies, of 630 in all disguises, nor did six
times as many, and cost as much more."""
_SMALLEST, _PER_E = 1e-3, 36.0
_GRID = 4
_FILE = "words.npz"


@dataclass(frozen=True, slots=True)
class Codebook:
    """centroids ``[2, 256, 64]``; directions ``[2, 64, 24]``; medians ``[2, 256, 24]`` of what is
    projected on them; frequency ``[65536]`` of each word among keypoints; near ``[49]``: share of
    unrelated keypoints of a word that differ by so many bits at most.
    """

    centroids: Floats
    directions: Floats
    medians: Floats
    frequency: Floats
    near: Floats

    def words(self, codes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint32], Marks]:
        """The word of each code ``[N, 128]`` and its signature."""
        words = np.zeros(len(codes), np.uint32)
        signature = np.zeros(len(codes), np.uint64)
        weights = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
        halves = np.split(codes.astype(np.float32), HALVES, axis=1)
        for at, half in enumerate(halves):
            own = self.centroids[at]
            cell = ((own**2).sum(axis=1) - 2.0 * half @ own.T).argmin(axis=1)
            bits = half @ self.directions[at] > self.medians[at][cell]
            words = words * np.uint32(CELLS) + cell.astype(np.uint32)
            signature = signature << np.uint64(BITS) | (bits * weights).sum(axis=1, dtype=np.uint64)
        return words, signature


@cache
def codebook() -> Codebook:
    """The one that all words of this version are of."""
    with (files(__package__) / _FILE).open("rb") as file, np.load(file) as held:
        return Codebook(**{name: held[name].astype(np.float32) for name in held.files})


def words_of(looks: Track) -> Track:
    """The words of what a reference keeps: a row a frame."""
    codes = np.zeros((len(looks), 3 * KEPT), np.uint32)
    for row, look in zip(codes, looks.codes, strict=True):
        found = _rows(unpacked(look, None), KEPT)
        row[: len(found)] = found
    return _track(codes, looks.spans)


def asked_words(keypoints: Track) -> Track:
    """A query's words under each disguise, a row each: those that are rare."""
    book = codebook()
    found = []
    for mirrored, inverted in DISGUISES:
        words, marks = _coded(keypoints, mirrored, inverted)
        order = np.argsort(book.frequency[words], kind="stable")
        met = np.cumsum(book.frequency[words[order]]) * KEPT
        found.append(_interleaved(words, marks, order[met <= READ]))
    codes = np.zeros((len(found), max(map(len, found))), np.uint32)
    for row, own in zip(codes, found, strict=True):
        row[: len(own)] = own
    return _track(codes, np.tile(np.array([-np.inf, np.inf]), (len(found), 1)))


def split(row: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], Marks]:
    """Words and marks of a row of codes, without what fills it up; or of all rows as one."""
    triples = row.reshape(-1, 3)
    marks = triples[:, 1] | triples[:, 2].astype(np.uint64) << np.uint64(32)
    held = marks >> SIZE > 0
    return triples[held, 0], marks[held]


def _rows(keypoints: Track, most: int) -> npt.NDArray[np.uint32]:
    words, marks = _coded(keypoints, mirrored=False, inverted=False)
    return _interleaved(words, marks, _spread(keypoints)[:most])


def _coded(
    keypoints: Track, mirrored: bool, inverted: bool
) -> tuple[npt.NDArray[np.uint32], Marks]:
    words, marks = codebook().words(keypoints.codes[:, bins_of(mirrored, inverted)])
    turn = turn_of(keypoints.places[:, 3].astype(np.float64), mirrored, inverted)
    direction = np.rint(turn * (256.0 / 360.0)).astype(np.int64) % 256
    size = _PER_E * np.log(np.maximum(keypoints.places[:, 2], _SMALLEST) / _SMALLEST)
    size = np.clip(np.rint(size), 1, 255)
    return words, marks | direction.astype(np.uint64) << DIRECTION | size.astype(np.uint64) << SIZE


def _interleaved(
    words: npt.NDArray[np.uint32], marks: Marks, which: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint32]:
    low = marks[which].astype(np.uint32)
    high = (marks[which] >> np.uint64(32)).astype(np.uint32)
    return np.column_stack([words[which], low, high]).ravel()


def _spread(keypoints: Track) -> npt.NDArray[np.int64]:
    """The strongest of every cell of a grid first, then the second of each, and so on."""
    cells = np.floor(keypoints.places[:, :2] * _GRID).astype(np.int64)
    key = cells[:, 1] * (_GRID + 1) + cells[:, 0]
    order = np.argsort(key, kind="stable")
    begins = np.searchsorted(key[order], key[order])
    rank = np.empty(len(key), np.int64)
    rank[order] = np.arange(len(key)) - begins
    return np.argsort(rank, kind="stable")


def _track(codes: npt.NDArray[np.uint32], spans: npt.NDArray[np.float64]) -> Track:
    return Track(
        WORDS,
        spans=spans,
        codes=codes,
        quality=np.ones(len(codes), np.float32),
        places=np.zeros((len(codes), 0), np.float32),
    )
