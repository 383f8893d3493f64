"""Align two columns of picture descriptors on one clock.

Times are seconds; ``reference = offset + rate * query``. A still has no clock: its span is
``Span.ALWAYS``. Spans, not points: a slide is one row however long it is shown, and ``support``
counts what is distinct on both sides, so a scene that stands still counts about once. Where all
offsets are about as good, none is claimed: the segment says which stretches show the same scene.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.engine.film.boundaries import Stretch, grid, stretches
from reseen.engine.film.clocks import FLOOR, KNOWN, Clock, certainty, clocks, refined
from reseen.engine.film.films import Pairing, distinct, pairings
from reseen.engine.film.hough import Line
from reseen.engine.film.pace import is_cut
from reseen.engine.film.scenes import GAP, best_of_each, moments, scene_around, showings, slides
from reseen.engine.score import Calibration

SHORTEST = 0.9
"""Seconds: shorter stretches are chance."""
SCENE = 0.7
"""Cosine from which frames show one scene though no clock was found."""

SEQUENCES = Calibration(bias=-6.92, weights=(4.5, 39.0, 2.46))
"""Of mean resemblance, what of it exceeds 0.85, and certainty of the clock times log(1 + support).
Fitted on 94 segments of videos disguised in 25 ways against 171 that look-alikes gave (other takes
of one series in one place), and checked half against half by series: decisions/0005."""
STILLS = Calibration(bias=-8.0, weights=(18.0,))
"""Of the best resemblance. 728 frames of disguised videos against their originals: half above 0.91,
95% above 0.41; against 4,080 other films 99.9% below 0.30; of one series, 95% below 0.42."""
MOST_MOMENTS = 8
"""Times at which a film shows one still, at most: each is looked at."""
COVERED = 0.8
"""Share of the seconds known from whole frames that a window must show to be believed instead."""
AS_GOOD = 0.96
"""Share of the resemblance of what a moment was given to, from which it is shown twice."""


def align(query: Track, reference: Track) -> tuple[Segment, ...]:
    """All stretches of the query that show stretches of the reference, best first, unverified."""
    pairs = pairings(query, reference)
    if not pairs:
        return ()
    if is_still(query) or is_still(reference):
        return _stills(pairs, of_query=is_still(query))
    known = clocks(pairs)
    drawn = _stretches(pairs, known)
    cut = {stretch.line for stretch in drawn if is_cut(known, stretch)}
    if cut:
        known = [clock for line, clock in enumerate(known) if line not in cut]
        drawn = _stretches(pairs, known)
    sure = [s for s in drawn if certainty(known[s.line], s) >= KNOWN]
    unsure = dict.fromkeys(s.line for s in drawn if s not in sure)
    better = refined(known, sure, beside=[known[line] for line in unsure])
    placed = _stretches(pairs, better)
    every = [segment_of(s, better[s.line]) for s in placed]
    found = [s for s in every if s.offset is not None]
    found += _joined([s for s in _slides(pairs[0]) if _is_free(s.query, found)])
    vague = [s for s in every if s.offset is None]
    vague += [
        segment_of(s, known[s.line])
        for s in drawn
        if s not in sure and _is_free(Span(s.start, s.end), every)
    ]
    found += _joined([s for s in vague if _is_free(s.query, found)])
    return tuple(sorted(found or _scenes(pairs), key=lambda s: -s.score))


def _stretches(pairs: Sequence[Pairing], known: Sequence[Clock]) -> list[Stretch]:
    """What each moment of the query shows, then moments of the reference that nothing showed yet
    (a reference that repeats), where they are as good as what the query's moment was given to.
    """
    floors = [clock.floor for clock in known]
    times = max((grid(p.query) for p in pairs), key=len)
    seen = [clock.profile(times) for clock in known]
    found = [s for s in stretches(seen, times, floors) if s.end - s.start >= SHORTEST]
    times = max((grid(p.reference) for p in pairs), key=len)
    seen = [clock.inverse().profile(times) for clock in known]
    for there in stretches(seen, times, floors):
        line = known[there.line].line.inverse()
        start, end = _through(line, there.start, there.end)
        here = Stretch(there.line, start, end, there.similarity)
        is_long = end - start >= SHORTEST
        if is_long and _is_new(here, found) and certainty(known[here.line], here) >= KNOWN:
            found.append(here)
    return found


def _slides(pairing: Pairing) -> list[Segment]:
    """Stills inside the query, each shown by a moment of the reference, without a clock."""
    return [
        Segment(Channel.VISUAL, here, there, score=resembling(best, 1.0, 0.0), support=1)
        for here, there, best in slides(pairing.query, pairing.reference, SCENE)
    ]


def _is_free(one: Span, found: Sequence[Segment]) -> bool:
    """Whether most of a scene without a clock is left over by what was found."""
    return sum(one.overlap(s.query) for s in found) < 0.5 * one.duration


def _is_new(one: Stretch, found: Sequence[Stretch]) -> bool:
    over = [s for s in found if min(s.end, one.end) - max(s.start, one.start) > 0.0]
    if any(s.line == one.line for s in over):
        return False
    return all(one.similarity >= AS_GOOD * s.similarity for s in over)


def looks(segment: Segment, n: int) -> list[tuple[float | None, float | None]]:
    """Up to n pairs of times (query, reference), well spread, at which both should show the same;
    ``None`` for a still. Without a clock, the middles of both scenes come first.
    """
    shares = [(2 * k + 1) / (2 * n) for k in range(n)]
    middle_first = sorted(shares, key=lambda share: abs(share - 0.5))
    if segment.query.is_timeless and segment.reference.is_timeless:
        return [(None, None)]
    return [
        (
            _moment(segment.query, x),
            _moment(segment.reference, x if segment.rate > 0.0 else 1.0 - x),
        )
        for x in middle_first
    ]


def tells_as_much(found: Sequence[Segment], known: Sequence[Segment]) -> bool:
    """Whether what was found covers about the seconds that were known, and the clock if it was."""
    if any(s.offset is not None for s in known) and all(s.offset is None for s in found):
        return False
    return _covered(found) >= COVERED * _covered(known)


def _covered(found: Sequence[Segment]) -> float:
    """Seconds of the query that lie in a segment."""
    total, until = 0.0, -math.inf
    for span in sorted((s.query for s in found), key=lambda span: span.start):
        total += max(0.0, span.end - max(span.start, until))
        until = max(until, span.end)
    return total


def _moment(span: Span, share: float) -> float | None:
    return None if span.is_timeless else span.start + share * span.duration


def is_still(track: Track) -> bool:
    return bool(np.isinf(track.spans[:, 0]).any())


def segment_of(stretch: Stretch, clock: Clock) -> Segment:
    pairing, line = clock.pairing, clock.line
    start = max(stretch.start, float(pairing.query.starts[0]))
    end = min(stretch.end, float(pairing.query.until.max()))
    low, high = float(pairing.reference.starts[0]), float(pairing.reference.until.max())
    first, last = _through(line, start, end)
    first, last = max(low, first), min(high, last)
    here = Span(*_through(line.inverse(), first, last))
    sure = certainty(clock, stretch)
    target = Span(first, last)
    if sure < KNOWN:
        scene = scene_around(pairing.query, pairing.reference, here, target, SCENE)
        if scene.overlap(target):
            scene = Span(min(first, scene.start), max(last, scene.end))
        target = scene if scene.duration else target
    support = min(
        distinct(pairing.query, here.start, here.end),
        distinct(pairing.reference, target.start, target.end),
    )
    return Segment(
        Channel.VISUAL,
        here,
        target,
        score=resembling(stretch.similarity, support, sure),
        support=max(1, round(support)),
        offset=line.offset if sure >= KNOWN else None,
        rate=float(line.rate) if sure >= KNOWN else 1.0,
    )


def _through(line: Line, start: float, end: float) -> tuple[float, float]:
    """A stretch of the one film's time on the other's clock, in order where it runs backwards."""
    one, other = line.offset + line.rate * start, line.offset + line.rate * end
    return min(one, other), max(one, other)


def _joined(found: Sequence[Segment]) -> list[Segment]:
    """Without a clock, lines cut one scene at will: parts that show one scene become one."""
    kept: list[Segment] = []
    for one in sorted(found, key=lambda s: s.query.start):
        last = kept[-1] if kept and one.offset is None and kept[-1].offset is None else None
        if (
            last
            and one.query.start - last.query.end < GAP
            and one.reference.overlap(last.reference)
        ):
            spans = [
                Span(min(a.start, b.start), max(a.end, b.end))
                for a, b in ((last.query, one.query), (last.reference, one.reference))
            ]
            best = max(last, one, key=lambda s: s.score)
            kept[-1] = replace(best, query=spans[0], reference=spans[1])
        else:
            kept.append(one)
    return kept


def _scenes(pairs: Sequence[Pairing]) -> list[Segment]:
    """Scenes that both films show, when no line could be drawn at all."""
    for pairing in pairs:
        rows, columns = best_of_each(pairing.query, pairing.reference)
        here, there = (
            showings(pairing.query, rows, SCENE),
            showings(pairing.reference, columns, SCENE),
        )
        if here and there:
            longest = [max(s, key=lambda x: x[0].duration) for s in (here, there)]
            score = resembling(longest[0][1], 1.0, 0.0)
            return [
                Segment(
                    Channel.VISUAL,
                    longest[0][0],
                    longest[1][0],
                    score=score,
                    support=1,
                )
            ]
    return []


def resembling(resemblance: float, support: float, sure: float) -> float:
    return SEQUENCES.score(resemblance, max(0.0, resemblance - 0.85), sure * math.log1p(support))


def _stills(pairs: Sequence[Pairing], *, of_query: bool) -> tuple[Segment, ...]:
    """The moments at which the film shows the still, by whole frames and by quarters."""
    found: list[Segment] = []
    for pairing in pairs:
        rows, columns = best_of_each(pairing.query, pairing.reference)
        film, seen = (pairing.reference, columns) if of_query else (pairing.query, rows)
        if np.isinf(film.starts).any():
            continue
        for span, best in moments(film, seen, FLOOR):
            spans = (Span.ALWAYS, span) if of_query else (span, Span.ALWAYS)
            score = STILLS.score(best)
            found.append(Segment(Channel.VISUAL, *spans, score=score, support=1))
    top = max((s.score for s in found), default=0.0)
    kept = [s for s in found if s.score > 0.3 * top]
    return tuple(sorted(kept, key=lambda s: -s.score))[:MOST_MOMENTS]
