"""Two columns of picture descriptors, made comparable: frames on each side, similarities between.

A frame may be described in several views (whole, inside its borders, turned); the similarity of two
frames is that of their best views. Quarters of frames are a film of their own, since they are
described less often than whole frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.intp]
type Matrix = npt.NDArray[np.float32]

QUARTER = 0.5
"""Width and height of a view that is a quarter of its frame."""
BRIDGE = 2.2
"""Seconds without a row of a kind over which the last one still stands: quarters are described of
every fourth frame, two seconds apart."""
BRIEFEST = 1e-3
"""Seconds that a frame is shown at least: broken files give several frames one time."""
CELLS = 4_000_000
"""Similarities held at once: 16 MB."""
STANDS = 1.5
"""Seconds for which a frame is shown, from which it is a still inside a film."""
MOST, EDGE = 0.6, 0.3
"""Share of a stretch that a still fills, and seconds of other frames at its ends that do not count:
ends of stretches are true to less than a sample."""
ONE_PICTURE = 0.97
"""Cosine of a still with itself while its encoder sharpens it; frames of moving pictures half a
second apart lie below."""
MOST_COMPARED = 1000
"""Frames of one stretch that are compared with each other to count the distinct ones."""


@dataclass(frozen=True, slots=True)
class Film:
    """Frames in time order. ``starts, ends`` seconds ``[n]``; ``until``: when the next is due.

    ``codes`` unit vectors ``[rows, D]``; rows ``first[k] : first[k + 1]`` are views of frame k.
    """

    starts: Floats
    ends: Floats
    until: Floats
    codes: Matrix
    first: Ints

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def middles(self) -> Floats:
        """Minus infinity for a still."""
        return (self.starts + np.where(np.isinf(self.ends), self.starts, self.ends)) / 2


@dataclass(frozen=True, slots=True)
class Pairing:
    """One way to hold a query against a reference."""

    query: Film
    reference: Film


def pairings(query: Track, reference: Track) -> tuple[Pairing, ...]:
    """Frames against frames, and quarters of either side against frames of the other."""
    here, there = film(query, quarters=False), film(reference, quarters=False)
    parts_here, parts_there = film(query, quarters=True), film(reference, quarters=True)
    ways = (Pairing(here, there), Pairing(parts_here, there), Pairing(here, parts_there))
    return tuple(way for way in ways if len(way.query) and len(way.reference))


def film(track: Track, *, quarters: bool) -> Film:
    """The frames that have rows of this kind; a still is one frame with all its views."""
    is_quarter = (np.abs(track.places[:, 2:4] - QUARTER) < 0.01).all(axis=1)
    is_quarter &= np.isfinite(track.spans[:, 0])
    rows = track.rows(is_quarter == quarters)
    rows = rows.rows(np.argsort(rows.spans[:, 0], kind="stable"))
    starts, first = np.unique(rows.spans[:, 0], return_index=True)
    ends = np.maximum(rows.spans[first, 1], starts + BRIEFEST)
    until = ends
    if quarters:
        due = np.append(starts[1:], track.spans[:, 1].max(initial=0.0))
        until = np.where(due - ends < BRIDGE, np.maximum(due, ends), ends)
    codes = rows.codes.astype(np.float32)
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9)
    return Film(starts, ends, until, codes, np.append(first, len(rows)).astype(np.intp))


def similarities(query: Film, reference: Film) -> Iterator[tuple[int, Matrix]]:
    """Blocks of the matrix of cosines ``[frames of the query, frames of the reference]``, each with
    the number of its first query frame.
    """
    step = max(1, CELLS // max(1, len(reference.codes)))
    views = max(1, int(np.diff(query.first).max(initial=1)))
    step = max(1, step // views)
    for at in range(0, len(query), step):
        stop = min(len(query), at + step)
        yield at, between(query, slice(at, stop), reference, slice(0, len(reference)))


def between(query: Film, some: slice, reference: Film, others: slice) -> Matrix:
    """Cosines of two runs of frames, each by its best views."""
    a, b = query.first[some.start], query.first[some.stop]
    c, d = reference.first[others.start], reference.first[others.stop]
    every = query.codes[a:b] @ reference.codes[c:d].T
    if len(every) > some.stop - some.start:
        every = np.maximum.reduceat(every, query.first[some] - a, axis=0)
    if every.shape[1] > others.stop - others.start:
        every = np.maximum.reduceat(every, reference.first[others] - c, axis=1)
    best: Matrix = every
    return best


def along(query: Film, i: Ints, reference: Film, j: Ints) -> Floats:
    """Cosines of chosen pairs of frames ``[n]``, each by its best views."""
    best = np.full(len(i), -1.0)
    if not len(i):
        return best
    for at in range(0, len(i), 4096):
        some = slice(at, at + 4096)
        best[some] = _chosen(query, i[some], reference, j[some])
    return best


def _chosen(query: Film, i: Ints, reference: Film, j: Ints) -> Floats:
    best = np.full(len(i), -1.0)
    a, b = query.first[i], reference.first[j]
    while True:
        left = a < query.first[i + 1]
        if not left.any():
            return best
        c = b.copy()
        while True:
            both = np.flatnonzero(left & (c < reference.first[j + 1]))
            if not len(both):
                break
            pairs = np.einsum("nd,nd->n", query.codes[a[both]], reference.codes[c[both]])
            best[both] = np.maximum(best[both], pairs)
            c = c + 1
        a = a + 1


def stands(film: Film, start: float, end: float) -> bool:
    """Whether one picture is shown between two times: a frame for most of it, and the rest like it
    (encoders sharpen a still during its first second).
    """
    inside = np.flatnonzero((film.ends > start) & (film.starts < end))
    if not len(inside):
        return False
    shown = np.minimum(film.ends, end)[inside] - np.maximum(film.starts, start)[inside]
    longest = int(shown.argmax())
    if shown[longest] < max(STANDS, MOST * (end - start)):
        return False
    rest = inside[shown > EDGE]
    return bool((along(film, rest, film, np.full(len(rest), inside[longest])) > ONE_PICTURE).all())


def distinct(film: Film, start: float, end: float, alike: float = 0.9) -> float:
    """How many different frames are shown between two times: each counts as one over the number
    of frames like it, itself included. A scene that stands still is about one, however long.
    """
    inside = np.flatnonzero((film.ends > start) & (film.starts < end))
    if not len(inside):
        return 0.0
    some = inside[:: max(1, len(inside) // MOST_COMPARED)]
    codes = film.codes[film.first[some]]
    counts = (codes @ codes.T > alike).sum(axis=1)
    return float((1.0 / np.maximum(1, counts)).sum()) * len(inside) / len(some)
