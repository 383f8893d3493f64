"""A first look at two films: where they may show the same, at a twentieth of what it costs to align
them. It chooses which of many references are worth all looks, and says little else of them.

Two lines at the film's own speed, forwards and backwards, and the pair of frames that resemble each
other most. A clip at another speed lies along such a line for a few seconds, which is enough here;
ends, speeds and what else the query shows are for ``align``.
"""

import numpy as np

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.engine.film.boundaries import grid, stretches
from reseen.engine.film.clocks import FLOOR, drawn
from reseen.engine.film.films import Film, Pairing, pairings
from reseen.engine.film.hough import BACKWARDS, Hits, hits
from reseen.engine.film.timeline import SHORTEST, align, is_still, resembling, segment_of

PACES = (1.0, BACKWARDS)
LINES = 2
"""Of each way to hold the films against each other."""
MOST = 2
"""Segments that are looked at."""
LIKE = 0.4
"""Cosine from which frames are looked at: of unrelated films the nearest frames have 0.35 at most,
of 449 frames of disguised copies 95% have more than 0.41. A look costs 50 ms."""
COARSE = 4
"""Frames of the query between those that are looked at first: keypoints of a frame cost 40 ms once
for all references, and two seconds show about the same."""
AS_GOOD = 0.06
"""Cosine by which such a frame may be behind the best."""


def glimpses(query: Track, reference: Track) -> tuple[Segment, ...]:
    """The stretches and moments most worth a look, best first, unverified."""
    if is_still(query) or is_still(reference):
        return align(query, reference)[:MOST]
    found = [s for pairing in pairings(query, reference) for s in _of(pairing)]
    likely = [s for s in found if s.score >= resembling(LIKE, 1.0, 0.0)]
    return tuple(sorted(likely, key=lambda s: -s.score))[:MOST]


def moment(segment: Segment) -> tuple[float | None, float | None]:
    """A time (query, reference) at which both should show the same, on a second of the query that
    segments of other references share.
    """
    span = segment.query
    if segment.offset is None or span.is_timeless:
        return _middle(span), _middle(segment.reference)
    step = COARSE / 2
    middle = step * round((span.start + span.end) / 2 / step)
    time = min(max(middle, span.start), span.end)
    return time, segment.offset + segment.rate * time


def _middle(span: Span) -> float | None:
    return None if span.is_timeless else (span.start + span.end) / 2


def _of(pairing: Pairing) -> list[Segment]:
    every = hits(pairing.query, pairing.reference)
    if not len(every.query) or every.similarity.max() < FLOOR:
        return []
    known = drawn(pairing, every, PACES, LINES)
    times = grid(pairing.query)
    profiles = [clock.profile(times) for clock in known]
    found = [
        segment_of(stretch, known[stretch.line])
        for stretch in stretches(profiles, times, [clock.floor for clock in known])
        if stretch.end - stretch.start >= SHORTEST
    ]
    return [*found, _most_alike(pairing, every)]


def _most_alike(pairing: Pairing, every: Hits) -> Segment:
    """The frames that resemble each other most, as a scene of their own."""
    near = np.flatnonzero(every.similarity >= every.similarity.max() - AS_GOOD)
    order = np.lexsort((-every.similarity[near], every.query[near] % COARSE != 0))
    best = near[order[0]]
    return Segment(
        Channel.VISUAL,
        _shown(pairing.query, int(every.query[best])),
        _shown(pairing.reference, int(every.reference[best])),
        score=resembling(float(every.similarity[best]), 1.0, 0.0),
        support=1,
    )


def _shown(film: Film, frame: int) -> Span:
    return Span(float(film.starts[frame]), float(film.ends[frame]))
