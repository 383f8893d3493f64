"""Visual words: for each word the keypoints that have it, and votes for the frames they are of.

A keypoint of a query meets those of its word whose marks are alike; what that says is minus the log
of how often it happens by chance. A frame has the votes of one turn and one zoom, since keypoints
of a copy turn and grow together; of these, a keypoint has one vote, on either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.engine.picture.words import (
    ALIKE,
    CELLS,
    DIRECTION,
    HALVES,
    KEPT,
    SIGNATURE,
    SIZE,
    Marks,
    codebook,
    split,
)
from reseen.index.postings import ranges
from reseen.index.rows import Alive, Arrays, Flags, Near, Rows, best

type Integers = npt.NDArray[np.int64]

_WORDS = CELLS**HALVES
_FRAMES, _TIMES = 256, 4
"""Frames with the most votes of any turn and zoom that are looked at closely, or so many times as
many as are asked for."""
_TURN, _TURNS = 16, 16
"""Width of a bin of turns, of 256 to the circle, and how many there are."""
_ZOOM, _ZOOMS = 12, 20
"""Width of a bin of zooms, a factor of 1.4, and how many there are: up to 28 times each way."""
_LONG = 384
"""Keypoints of a word from which they are looked through one word after the other."""
_TOGETHER = 1 << 15
"""Keypoints of long lists that are looked through at once: 256 kB of what they differ by."""
_BLOCK = 1 << 15
"""Frames that are laid out at once: all of a million would take gigabytes beside what they make."""
LEAST = 0.5
"""Nats under which a meeting is no vote."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """Keypoints of a query with those of frames: the number of each ``int64 [M]``, the frame of the
    latter ``int64 [M]``, and what each meeting says ``float64 [M]`` nats.
    """

    asked: Integers
    held: Integers
    frames: Integers
    votes: npt.NDArray[np.float64]

    def some(self, which: npt.NDArray[Any]) -> "Meetings":
        return Meetings(self.asked[which], self.held[which], self.frames[which], self.votes[which])


class Votes:
    """``rows.Kind`` of frames by visual words."""

    name = "votes"
    largest = 1 << 30

    def build(self, rows: Rows) -> Arrays:
        blocks = range(0, len(rows), _BLOCK)
        sizes = np.zeros((len(blocks) + 1, _WORDS), np.int64)
        for at, begin in enumerate(blocks, 1):
            words, _, _ = flattened(rows.codes[begin : begin + _BLOCK])
            sizes[at] = np.bincount(words, minlength=_WORDS)
        starts = np.concatenate([[0], np.cumsum(sizes.sum(axis=0))])
        owners, marks = np.empty(starts[-1], np.uint32), np.empty(starts[-1], np.uint64)
        free = starts[:-1] + np.cumsum(sizes, axis=0)[:-1]
        for begin, first in zip(blocks, free, strict=True):
            words, own, frames = flattened(rows.codes[begin : begin + _BLOCK])
            order = np.argsort(words.astype(np.uint16), kind="stable")
            ranked = words[order].astype(np.int64)
            place = first[ranked] + np.arange(len(order)) - np.searchsorted(ranked, ranked)
            owners[place], marks[place] = frames[order] + np.uint32(begin), own[order]
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "starts": starts.astype(np.uint32),
            "owners": owners,
            "marks": marks,
        }

    def merged(self, parts: Sequence[Arrays], alive: Sequence[Flags | None]) -> Arrays:
        """Lists of one word after the other: unfolding all rows would take four times as much."""
        kept = [_Living.of(part, flags) for part, flags in zip(parts, alive, strict=True)]
        sizes = np.array([one.sizes for one in kept])
        starts = np.concatenate([[0], np.cumsum(sizes.sum(axis=0))])
        owners, marks = np.empty(starts[-1], np.uint32), np.empty(starts[-1], np.uint64)
        free, frames = starts[:-1].copy(), 0
        for part, one in zip(parts, kept, strict=True):
            shift = free - (np.cumsum(one.sizes) - one.sizes)
            place = np.repeat(shift, one.sizes) + np.arange(one.sizes.sum())
            owners[place] = one.numbers[part["owners"][one.keypoints]] + np.uint32(frames)
            marks[place] = part["marks"][one.keypoints]
            free += one.sizes
            frames += int(one.frames.sum())
        return {
            "slots": _kept([part["slots"] for part in parts], kept),
            "numbers": _kept([part["numbers"] for part in parts], kept),
            "starts": starts.astype(np.uint32),
            "owners": owners,
            "marks": marks,
        }

    def search(
        self,
        arrays: Arrays,
        queries: npt.NDArray[np.uint32],
        count: int,
        alive: Alive,
        share: float,  # noqa: ARG002 all rows are looked at, however many others there are
    ) -> Near:
        found = []
        for at, query in enumerate(queries):
            words, marks = split(query)
            met = _meetings(arrays, words, marks)
            met = met.some(alive.of(met.frames))
            met = met.some(_likely(met, max(_FRAMES, _TIMES * count)))
            frames, votes = tally(met, marks, arrays["marks"])
            first = best(votes, count)
            found.append(Near.of(at, frames[first], votes[first]))
        return Near.join(found)


@dataclass(frozen=True, slots=True)
class _Living:
    """What a merge keeps of a segment: flags of frames and keypoints, keypoints by word, and the
    number of each frame among those that are kept.
    """

    frames: Flags
    keypoints: Flags
    sizes: Integers
    numbers: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, arrays: Arrays, flags: Flags | None) -> "_Living":
        frames = np.ones(len(arrays["slots"]), np.bool_) if flags is None else flags
        keypoints = frames[arrays["owners"]]
        reached = np.concatenate([[0], np.cumsum(keypoints)])
        sizes = np.diff(reached[arrays["starts"]])
        return cls(frames, keypoints, sizes, (np.cumsum(frames) - 1).astype(np.uint32))


def _kept(columns: Sequence[npt.NDArray[Any]], kept: Sequence[_Living]) -> npt.NDArray[Any]:
    return np.concatenate([c[one.frames] for c, one in zip(columns, kept, strict=True)])


def flattened(
    codes: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint32], Marks, npt.NDArray[np.uint32]]:
    """Words, marks and rows of all keypoints of codes ``[N, 3 K]``."""
    held = codes.reshape(len(codes), -1, 3)[:, :, 2] >> (SIZE - np.uint64(32)) > 0
    owners = np.repeat(np.arange(len(codes), dtype=np.uint32), held.sum(axis=1))
    return *split(codes), owners


def chances(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """What a meeting says ``[Q, 49]``, by the bits that differ: nats against chance in a frame."""
    book = codebook()
    share = KEPT * np.outer(book.frequency[words].astype(np.float64), book.near)
    nats: npt.NDArray[np.float64] = -np.log(np.minimum(1.0, share))
    return nats


def tally(met: Meetings, asked: Marks, held: Marks) -> tuple[Integers, npt.NDArray[np.float32]]:
    """Frames and their votes, from marks of the query's keypoints and of all others."""
    met = _once(met, met.held)
    met = _once(met, met.asked)
    if not len(met.votes):
        return np.empty(0, np.int64), np.empty(0, np.float32)
    frames, row = np.unique(met.frames, return_inverse=True)
    one, other = asked[met.asked], held[met.held]
    turn = (_part(one, DIRECTION) - _part(other, DIRECTION)) % 256 // _TURN
    zoom = (_part(one, SIZE) - _part(other, SIZE)) // _ZOOM + _ZOOMS // 2
    zoom = np.clip(zoom, 0, _ZOOMS - 1)
    votes = np.zeros(len(frames) * _TURNS * (_ZOOMS + 1))
    for more_turn, more_zoom in ((0, 0), (0, 1), (1, 0), (1, 1)):
        place = (row * _TURNS + (turn + more_turn) % _TURNS) * (_ZOOMS + 1) + zoom + more_zoom
        votes += np.bincount(place, met.votes, minlength=len(votes))
    return frames, votes.reshape(len(frames), -1).max(axis=1).astype(np.float32)


def _meetings(arrays: Arrays, words: npt.NDArray[np.uint32], marks: Marks) -> Meetings:
    begins, ends = arrays["starts"][words], arrays["starts"][words.astype(np.int64) + 1]
    is_long = ends - begins > _LONG
    found = []
    if is_long.any():
        found.append(_looked_through(arrays["marks"], begins, ends, marks, np.flatnonzero(is_long)))
    short = np.flatnonzero(~is_long & (ends > begins))
    if len(short):
        held = ranges(begins[short], ends[short])
        asked = np.repeat(short, (ends - begins)[short].astype(np.int64))
        bits = np.bitwise_count((arrays["marks"][held] ^ marks[asked]) & SIGNATURE)
        near = np.flatnonzero(bits <= ALIKE)
        found.append((asked[near], held[near], bits[near]))
    if not found:
        none = np.empty(0, np.int64)
        return Meetings(none, none, none, np.empty(0))
    asked, held, bits = (np.concatenate(column) for column in zip(*found, strict=True))
    votes = chances(words)[asked, bits]
    met = Meetings(asked, held, arrays["owners"][held].astype(np.int64), votes)
    return met.some(votes >= LEAST)


def _looked_through(
    held: Marks,
    begins: npt.NDArray[np.uint32],
    ends: npt.NDArray[np.uint32],
    marks: Marks,
    which: Integers,
) -> tuple[Integers, Integers, npt.NDArray[np.uint8]]:
    """Long lists one by one, until what they differ by fills what stays in cache; the rest is one
    operation for all of these.
    """
    begins, sizes = begins[which].astype(np.int64), (ends - begins)[which].astype(np.int64)
    reached = np.cumsum(sizes)
    asked, places, apart = [], [], []
    first = 0
    while first < len(which):
        before = int(reached[first] - sizes[first])
        last = max(first + 1, int(np.searchsorted(reached, before + _TOGETHER, "right")))
        ends_here = reached[first:last] - before
        differ = np.empty(int(ends_here[-1]), np.uint64)
        at = 0
        own = marks[which[first:last]]
        lists = zip(own, begins[first:last].tolist(), sizes[first:last].tolist(), strict=True)
        for mark, begin, size in lists:
            np.bitwise_xor(held[begin : begin + size], mark, out=differ[at : at + size])
            at += size
        differ &= SIGNATURE
        bits = np.bitwise_count(differ)
        (near,) = (bits <= ALIKE).nonzero()
        row = np.searchsorted(ends_here, near, "right")
        asked.append(which[first:last][row])
        places.append(near + (begins[first:last] - ends_here + sizes[first:last])[row])
        apart.append(bits[near])
        first = last
    return np.concatenate(asked), np.concatenate(places), np.concatenate(apart)


def _likely(met: Meetings, most: int) -> Flags:
    """Those of the frames with the most votes of any turn and zoom."""
    frames, row = np.unique(met.frames, return_inverse=True)
    if len(frames) <= most:
        return np.ones(len(row), np.bool_)
    total = np.bincount(row, met.votes)
    flags: Flags = (total >= np.partition(total, len(total) - most)[len(total) - most])[row]
    return flags


def _once(met: Meetings, keypoints: Integers) -> Meetings:
    """Of the meetings of a keypoint with one frame the one that says most."""
    order = np.lexsort((met.held, met.asked, -met.votes, keypoints, met.frames))
    keypoint, frame = keypoints[order], met.frames[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (keypoint[1:] != keypoint[:-1]) | (frame[1:] != frame[:-1])
    return met.some(order[first])


def _part(marks: Marks, shift: np.uint64) -> Integers:
    return (marks >> shift & np.uint64(255)).astype(np.int64)
