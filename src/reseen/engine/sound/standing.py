"""Which of the alignments that were found stand.

Alignments of one clock are joined where little speaks against what lies between. Music repeats
itself, so an alignment goes on past the end of its copy, less well: each moment of the query is
given to the alignment that tells it best, and where another takes over a copy ends. What tells a
moment nearly as well stands beside it, as every bar does that a reference repeats.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from reseen.domain.media import Span
from reseen.engine.sound.constellation import Constellation, Floats
from reseen.engine.sound.ends import speaks_against
from reseen.engine.sound.peak_alignment import Stretch, events, weigh
from reseen.engine.sound.quad_votes import PITCH_CELL

SAME_OFFSET = 0.15
MOST_BETWEEN = 10.0
"""Log-likelihood against a copy between two stretches of one clock that are still one copy."""
NEW_SHARE = 0.5
ECHO = 0.7
"""An alignment that overlaps a better one on one side must be this strong a second."""
MOST_RIVALS = 12
"""Alignments that compete for the moments of a query, the strongest."""
MOMENT = 0.05
"""Seconds of a query that are given to one alignment."""
SWITCH = 60.0
"""Log-likelihood by which another alignment must tell what follows better to take over."""
LEAST_OVERLAP = 0.5
"""Seconds for which two alignments must compete at all."""


def merged(
    stretches: list[Stretch], query: Constellation, reference: Constellation
) -> list[Stretch]:
    """Stretches of one clock that overlap or between which nothing else sounds, as one; best first.

    Under a voice a copy is heard in the pauses alone, and is one copy all the same.
    """
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: -s.evidence):
        for i, other in enumerate(joined):
            if _same(stretch, other, query, reference):
                apart = stretch.start >= other.end or stretch.end <= other.start
                joined[i] = replace(
                    other,
                    start=min(stretch.start, other.start) if apart else other.start,
                    end=max(stretch.end, other.end) if apart else other.end,
                    evidence=other.evidence + (stretch.evidence if apart else 0.0),
                    matched=other.matched + (stretch.matched if apart else 0),
                )
                break
        else:
            joined.append(stretch)
    return joined


def _same(a: Stretch, b: Stretch, query: Constellation, reference: Constellation) -> bool:
    between = (max(a.start, b.start) + min(a.end, b.end)) / 2
    if (
        abs(a.clock.reference(between) - b.clock.reference(between)) >= SAME_OFFSET
        or abs(a.clock.pitch - b.clock.pitch) >= PITCH_CELL
    ):
        return False
    low, high = min(a.end, b.end), max(a.start, b.start)
    if high <= low:
        return True
    better = max(a, b, key=lambda s: s.evidence)
    return speaks_against(query, reference, better, low, high) < MOST_BETWEEN


def standing(
    stretches: list[Stretch], query: Constellation, reference: Constellation
) -> list[Stretch]:
    """Leave out alignments that better ones make needless; strongest first. Those that were cut
    shorter are weighed anew and lack what their matched peaks say together.
    """
    kept = told_best(_by_evidence(stretches)[:MOST_RIVALS], query, reference)
    best = set(map(id, kept))
    for stretch in (*_by_evidence(kept), *_by_evidence(stretches)):
        if id(stretch) in best:
            continue
        span, there = Span(stretch.start, stretch.end), _reference_span(stretch)
        here = [Span(k.start, k.end).overlap(span) for k in kept]
        beyond = [_reference_span(k).overlap(there) for k in kept]
        length, length_there = max(1e-6, span.duration), max(1e-6, there.duration)
        told = sum(here) > NEW_SHARE * length and sum(beyond) > NEW_SHARE * length_there
        rivals = [
            k.evidence / max(1e-6, k.end - k.start)
            for k, a, b in zip(kept, here, beyond, strict=True)
            if a > NEW_SHARE * length
            or b > NEW_SHARE * length_there
            or a > NEW_SHARE * (k.end - k.start)
        ]
        if not told and stretch.evidence / length >= ECHO * max(rivals, default=0.0):
            kept.append(stretch)
    return _by_evidence(kept)


def told_best(
    stretches: list[Stretch], query: Constellation, reference: Constellation
) -> list[Stretch]:
    """The stretches that tell the query best, each where it does (Viterbi's best path over moments
    of the query; telling nothing costs nothing).
    """
    if not any(
        Span(a.start, a.end).overlap(Span(b.start, b.end)) > LEAST_OVERLAP
        for i, a in enumerate(stretches)
        for b in stretches[:i]
    ):
        return stretches
    begin = min(s.start for s in stretches)
    count = 1 + int((max(s.end for s in stretches) - begin) / MOMENT)
    gains = np.zeros((count, len(stretches) + 1))
    for column, stretch in enumerate(stretches, start=1):
        gains[:, column] = _gains(stretch, query, reference, begin, count)
    kept: list[Stretch] = []
    for column, first, last in _runs(_path(gains)):
        if column:
            stretch = stretches[column - 1]
            start = max(stretch.start, begin + first * MOMENT)
            end = min(stretch.end, begin + last * MOMENT)
            if start - stretch.start < MOMENT and stretch.end - end < MOMENT:
                kept.append(stretch)
            elif start < end:
                kept += [
                    replace(part, start=max(start, part.start), end=min(end, part.end))
                    for part in weigh(query, reference, stretch.clock, start, end)
                ]
    return kept


def _gains(
    stretch: Stretch, query: Constellation, reference: Constellation, begin: float, count: int
) -> Floats:
    """What each moment says for a stretch; nothing outside it."""
    times, scores = events(query, reference, stretch, stretch.start, stretch.end)
    cell = np.clip(((times - begin) / MOMENT).astype(np.intp), 0, count - 1)
    return np.bincount(cell, scores, count)


def _path(gains: Floats) -> list[int]:
    """The column of greatest sum at each row, where changing columns costs ``SWITCH``."""
    came = np.zeros(gains.shape, np.intp)
    total = gains[0].copy()
    columns = np.arange(gains.shape[1])
    for row in range(1, len(gains)):
        best = int(total.argmax())
        stays = total >= total[best] - SWITCH
        came[row] = np.where(stays, columns, best)
        total = np.where(stays, total, total[best] - SWITCH) + gains[row]
    at = int(total.argmax())
    path = [at]
    for row in range(len(gains) - 1, 0, -1):
        at = int(came[row, at])
        path.append(at)
    return path[::-1]


def _runs(path: list[int]) -> list[tuple[int, int, int]]:
    """Column, first row and last row plus one of each run of one column."""
    edges = [0, *(i for i in range(1, len(path)) if path[i] != path[i - 1]), len(path)]
    return [(path[a], a, b) for a, b in pairwise(edges)]


def _by_evidence(stretches: list[Stretch]) -> list[Stretch]:
    return sorted(stretches, key=lambda s: -s.evidence)


def _reference_span(stretch: Stretch) -> Span:
    return Span(stretch.clock.reference(stretch.start), stretch.clock.reference(stretch.end))
