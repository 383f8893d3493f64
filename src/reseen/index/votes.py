"""Visual words: for each word the keypoints that have it, and votes for the frames they are of.

A keypoint of a query meets those of its word whose marks are alike; what that says is minus the log
of how often it happens by chance. A frame has the votes of one turn and one zoom, since keypoints
of a copy turn and grow together; of these, a keypoint has one vote, on either side.
"""

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
from reseen.index.rows import Alive, Arrays, Flags, Near, Rows, best

type Integers = npt.NDArray[np.int64]

_WORDS = CELLS**HALVES
_FRAMES, _TIMES = 1024, 4
"""Frames with the most votes of any turn and zoom that are looked at closely, or so many times as
many as are asked for."""
_TURN, _TURNS = 16, 16
"""Width of a bin of turns, of 256 to the circle, and how many there are."""
_ZOOM, _ZOOMS = 12, 20
"""Width of a bin of zooms, a factor of 1.4, and how many there are: up to 28 times each way."""
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

    def build(self, rows: Rows) -> Arrays:
        words, marks, owners = flattened(rows.codes)
        order = np.argsort(words.astype(np.uint16), kind="stable")
        sizes = np.bincount(words, minlength=_WORDS)
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "starts": np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint32),
            "owners": owners[order],
            "marks": marks[order],
        }

    def rows(self, arrays: Arrays) -> Rows:
        owners, marks = arrays["owners"], arrays["marks"]
        words = np.repeat(np.arange(_WORDS, dtype=np.uint32), np.diff(arrays["starts"]))
        order = np.argsort(owners, kind="stable")
        own = owners[order]
        place = np.arange(len(own)) - np.searchsorted(own, own)
        codes = np.zeros((len(arrays["slots"]), KEPT, 3), np.uint32)
        codes[own, place, 0] = words[order]
        codes[own, place, 1] = marks[order].astype(np.uint32)
        codes[own, place, 2] = (marks[order] >> np.uint64(32)).astype(np.uint32)
        return Rows(arrays["slots"], arrays["numbers"], codes.reshape(len(codes), 3 * KEPT))

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
            met = met.some(_likely(met, len(arrays["slots"]), max(_FRAMES, _TIMES * count)))
            frames, votes = tally(met, marks, arrays["marks"])
            first = best(votes, count)
            found.append(Near.of(at, frames[first], votes[first]))
        return Near.join(found)


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
    starts, all_marks = arrays["starts"], arrays["marks"]
    begins, ends = starts[words].tolist(), starts[words.astype(np.int64) + 1].tolist()
    asked, held, apart = [], [], []
    for at, (begin, end, mark) in enumerate(zip(begins, ends, marks, strict=True)):
        if begin == end:
            continue
        bits = np.bitwise_count((all_marks[begin:end] ^ mark) & SIGNATURE)
        near = np.flatnonzero(bits <= ALIKE)
        if len(near):
            asked.append(np.full(len(near), at, np.int64))
            held.append(near + begin)
            apart.append(bits[near])
    if not asked:
        none = np.empty(0, np.int64)
        return Meetings(none, none, none, np.empty(0))
    every, rows = np.concatenate(asked), np.concatenate(held)
    votes = chances(words)[every, np.concatenate(apart)]
    met = Meetings(every, rows, arrays["owners"][rows].astype(np.int64), votes)
    return met.some(votes >= LEAST)


def _likely(met: Meetings, frames: int, most: int) -> Flags:
    """Those of the frames with the most votes of any turn and zoom."""
    total = np.bincount(met.frames, met.votes, minlength=frames)
    voted = np.flatnonzero(total)
    if len(voted) <= most:
        return np.ones(len(met.frames), np.bool_)
    last = np.partition(total[voted], len(voted) - most)[len(voted) - most]
    flags: Flags = total[met.frames] >= last
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
