"""What is looked at again, where a first look told nothing sure.

Two stills: edges of the one are laid on edges of the other, wherever anything hints how they lie.

A film that lies small, cut or turned in another is found, and both are described through what they
share. For pairs in which frames as wholes told nothing: parts of a few frames of each side are held
against the other side, the likeliest are looked at by keypoints, and what holds gives a window into
each. Costs about a second for two films with nothing in common.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reseen.domain.match import Segment
from reseen.domain.media import Box, Span
from reseen.engine.film.motion import Meeting, meet
from reseen.engine.film.windows import (
    Shared,
    Sighting,
    Window,
    fractions,
    holds,
    is_inside,
    likeliest,
    shared,
    sightings,
)
from reseen.engine.picture.contents import Disagreement, disagreement
from reseen.engine.picture.geometry import Geometry, verify
from reseen.engine.picture.guesses import guesses
from reseen.engine.picture.pairing import Encounter
from reseen.engine.picture.registration import register
from reseen.flows.party import Look, Party
from reseen.ports import Side

ENOUGH = 3
"""Sightings that hold; the surest of them is believed."""
EDGE = 0.25
"""Seconds to which the ends of a segment are true: half a sample. A look at the reference may lie
so far outside, and one at the query keeps so far inside."""
MOVING = (60.0, 300.0)
"""Seconds of the query and of the reference in which motion is looked for, 2.5 ms a frame."""


def registration(
    query: Party, reference: Party, geometry: Geometry | None, met: Encounter | None
) -> Geometry | None:
    """How one still lies in the other by the edges of both; ``geometry`` is that of the keypoints
    that met.
    """
    here, there = query.edges(), reference.edges()
    if here is None or there is None:
        return None
    ways = guesses(query.fingerprint, reference.fingerprint, geometry, met)
    return register(here, there, ways)


def content(query: Party, reference: Party, geometry: Geometry | None) -> Disagreement | None:
    """How much the content of two stills differs where the geometry lays one on the other."""
    here, there = query.edges(), reference.edges()
    if geometry is None or here is None or there is None:
        return None
    return disagreement(here, there, geometry.matrix)


def find_shared(query: Party, reference: Party) -> Shared | None:
    """What both sides show, where keypoints hold surely that they do."""
    sure: list[tuple[float, Shared]] = []
    for sighting in likeliest(
        [
            *_sightings(query, reference, Side.QUERY),
            *_sightings(reference, query, Side.REFERENCE),
        ]
    ):
        found = _verified(query, reference, sighting)
        if found is not None:
            sure.append(found)
        if len(sure) == ENOUGH:
            break
    return max(sure, key=lambda s: s[0])[1] if sure else None


def open_window(
    query: Party,
    reference: Party,
    moments: Sequence[tuple[float | None, float | None]],
) -> Shared | None:
    """What both sides show at the first of these moments (of both) at which keypoints hold."""
    for here, there in moments:
        sighting = Sighting(Side.QUERY, Box.WHOLE, here, there, cosine=1.0)
        found = _verified(query, reference, sighting)
        if found is not None:
            return found[1]
    return None


def moves_of(query: Party, reference: Party, windows: Shared, segment: Segment) -> Meeting | None:
    """What motion says of a segment without a clock; ``None`` where it is not asked."""
    if segment.offset is not None or segment.query.is_timeless or segment.reference.is_timeless:
        return None
    length = reference.fingerprint.asset.duration or 0.0
    whole = Span(0.0, length) if length <= MOVING[1] else segment.reference
    if whole.duration > MOVING[1]:
        return None
    there = reference.motion(windows.reference, whole, MOVING[1])
    here = None if there is None else query.motion(windows.query, segment.query, MOVING[0])
    return None if here is None or there is None else meet(here, there)


def moment_of(
    reference: Party, segment: Segment, times: tuple[float | None, float | None]
) -> tuple[float | None, float | None]:
    """The times of a look (query, reference) moved to where there is a look at the reference, and
    never to where the query shows something else: a clip of a compilation may be shorter than what
    lies between two looks.
    """
    here, there = times
    around = Span(segment.reference.start - EDGE, segment.reference.end + EDGE)
    nearest = reference.moment(there, around)
    if here is None or there is None or nearest is None or segment.offset is None:
        return here, nearest
    moved = here + (nearest - there) / segment.rate
    inset = min(EDGE, segment.query.duration / 2)
    return min(max(moved, segment.query.start + inset), segment.query.end - inset), nearest


def _sightings(one: Party, other: Party, side: Side) -> Iterator[Sighting]:
    """Where parts of the one resemble frames of the other."""
    frames = other.fingerprint.track("descriptor")
    if frames is None:
        return
    for parts in one.parts():
        yield from sightings(parts, frames, side)


def _verified(query: Party, reference: Party, sighting: Sighting) -> tuple[float, Shared] | None:
    """Evidence and windows of a sighting that holds."""
    is_ours = sighting.side is Side.QUERY
    times = (sighting.part_time, sighting.frame_time)
    here, there = times if is_ours else times[::-1]
    part = Window(sighting.part)
    windows = (part, Window()) if is_ours else (Window(), part)
    seen = _looks(query, reference, (here, there), windows)
    geometry = None if seen is None else geometry_of(*seen)
    if seen is None or geometry is None or not holds(geometry):
        return None
    evidence = geometry.evidence
    if not is_inside(sighting.side, geometry):
        both = _looks(query, reference, (here, there), (Window(), Window()))
        whole = None if both is None else geometry_of(*both)
        if both is not None and whole is not None and holds(whole):
            sighting, geometry, seen = replace(sighting, part=Box.WHOLE), whole, both
    points = fractions(seen[0].keypoints, seen[0].size), fractions(seen[1].keypoints, seen[1].size)
    opened = shared(sighting, geometry, points)
    return None if opened is None else (evidence, opened)


def _looks(
    query: Party,
    reference: Party,
    times: tuple[float | None, float | None],
    windows: tuple[Window, Window],
) -> tuple[Look, Look] | None:
    here, there = query.look(times[0], windows[0]), reference.look(times[1], windows[1])
    return None if here is None or there is None else (here, there)


def geometry_of(query: Look, reference: Look) -> Geometry | None:
    """How one frame lies in the other, by the keypoints of both."""
    return verify(query.keypoints, reference.keypoints, query.size, reference.size)
