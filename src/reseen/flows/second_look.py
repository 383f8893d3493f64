"""What is looked at again, where a first look told nothing sure.

Two stills: edges of the one are laid on edges of the other, wherever anything hints how they lie.

A film that lies small, cut or turned in another is found, and both are described through what they
share. For pairs in which frames as wholes told nothing: parts of a few frames of each side are held
against the other side, the likeliest are looked at by keypoints, and what holds gives a window into
each. Costs about a second for two films with nothing in common.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment
from reseen.domain.media import Box, Frame, Span
from reseen.engine.film.motion import Meeting, meet, motion
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
from reseen.engine.picture.edges import Pyramid, pyramid
from reseen.engine.picture.geometry import Geometry, verify
from reseen.engine.picture.guesses import guesses
from reseen.engine.picture.projective import Points
from reseen.engine.picture.registration import register
from reseen.flows.fingerprint import Rendition
from reseen.ports import Side, VisualSignals

GLANCES = 10
"""Frames of each side whose parts are described: 45 ms each."""
ENOUGH = 3
"""Sightings that hold; the surest of them is believed."""
MOVING, MOMENT = (60.0, 300.0), 0.25
"""Seconds of the query and of the reference in which motion is looked for, 2.5 ms a frame; and the
step in seconds at which kept frames are sought, half of the usual one between them."""
FRAMES = 240
"""Frames that are described again, at most: half a second of work for a minute of film."""


class Stills:
    """Two stills, prepared once for all that is asked of their edges, when it is first asked."""

    def __init__(self, query: Rendition, reference: Rendition) -> None:
        self._query, self._reference = query, reference

    @cached_property
    def _pyramids(self) -> tuple[Pyramid, Pyramid] | None:
        here, there = self._query.pixels, self._reference.pixels
        return None if here is None or there is None else (pyramid(here), pyramid(there))

    def registration(self, geometry: Geometry | None) -> Geometry | None:
        """How one lies in the other by the edges of both; ``geometry`` is what keypoints found."""
        if self._pyramids is None:
            return None
        ways = guesses(self._query.fingerprint, self._reference.fingerprint, geometry)
        return register(*self._pyramids, ways)

    def disagreement(self, geometry: Geometry | None) -> Disagreement | None:
        """How much the content differs where the geometry lays one on the other."""
        if geometry is None or self._pyramids is None:
            return None
        return disagreement(*self._pyramids, geometry.matrix)


def find_shared(visual: VisualSignals, query: Rendition, reference: Rendition) -> Shared | None:
    """What both sides show, where keypoints hold surely that they do."""
    sure: list[tuple[float, Shared]] = []
    for sighting in likeliest(
        [
            *_sightings(visual, query, reference, Side.QUERY),
            *_sightings(visual, reference, query, Side.REFERENCE),
        ]
    ):
        found = _verified(visual, query, reference, sighting)
        if found is not None:
            sure.append(found)
        if len(sure) == ENOUGH:
            break
    return max(sure, key=lambda s: s[0])[1] if sure else None


def open_window(
    visual: VisualSignals,
    query: Rendition,
    reference: Rendition,
    moments: Sequence[tuple[float | None, float | None]],
) -> Shared | None:
    """What both sides show at the first of these moments (of both) at which keypoints hold."""
    for here, there in moments:
        sighting = Sighting(Side.QUERY, Box.WHOLE, here, there, cosine=1.0)
        found = _verified(visual, query, reference, sighting)
        if found is not None:
            return found[1]
    return None


def moves_of(
    query: Rendition, reference: Rendition, windows: Shared, segment: Segment
) -> Meeting | None:
    """What motion says of a segment without a clock; ``None`` where it is not asked."""
    if segment.offset is not None or segment.query.is_timeless or segment.reference.is_timeless:
        return None
    length = reference.asset.duration or 0.0
    whole = Span(0.0, length) if length <= MOVING[1] else segment.reference
    if whole.duration > MOVING[1]:
        return None
    here = motion(_frames(query, windows.query, segment.query, MOVING[0]))
    there = motion(_frames(reference, windows.reference, whole, MOVING[1]))
    return meet(here, there)


def _frames(rendition: Rendition, window: Window, span: Span, seconds: float) -> Iterator[Frame]:
    """Every kept frame of the middle of a span, for so many seconds at most."""
    spare = max(0.0, span.duration - seconds) / 2
    last = -1.0
    for time in np.arange(span.start + spare, span.end - spare, MOMENT):
        frame = rendition.gallery.at(float(time))
        if frame is not None and frame.time is not None and frame.time > last:
            last = frame.time
            yield window.through(frame)


def through(
    visual: VisualSignals, rendition: Rendition, window: Window, side: Side
) -> Track | None:
    """Descriptors of one side, seen through a window."""
    known = rendition.fingerprint.track("descriptor")
    if window.is_whole:
        return known
    still = rendition.gallery.at(None) if rendition.asset.duration is None else None
    if still is not None:
        seen = visual.of_still(window.through(still).pixels, side)
    else:
        frames = visual.of_frames(side)
        for frame in rendition.gallery.spread(FRAMES):
            frames.add(window.through(frame))
        seen = frames.finish(rendition.asset.duration or 0.0)
    return next((t for t in seen.found if t.signal.name == "descriptor"), None)


def _sightings(
    visual: VisualSignals, one: Rendition, other: Rendition, side: Side
) -> Iterator[Sighting]:
    """Where parts of the one resemble frames of the other."""
    frames = other.fingerprint.track("descriptor")
    if frames is None:
        return
    for frame in one.gallery.spread(GLANCES):
        parts = visual.parts(frame)
        if parts is not None:
            yield from sightings(parts, frames, side)


def _verified(
    visual: VisualSignals, query: Rendition, reference: Rendition, sighting: Sighting
) -> tuple[float, Shared] | None:
    """Evidence and windows of a sighting that holds."""
    is_ours = sighting.side is Side.QUERY
    times = (sighting.part_time, sighting.frame_time)
    here = query.gallery.at(times[0] if is_ours else times[1])
    there = reference.gallery.at(times[1] if is_ours else times[0])
    if here is None or there is None:
        return None
    part = Window(sighting.part)
    one, other = (part.through(here), there) if is_ours else (here, part.through(there))
    geometry, seen = _geometry(visual, one, other)
    if geometry is None or not holds(geometry):
        return None
    evidence = geometry.evidence
    if not is_inside(sighting.side, geometry):
        whole, all_seen = _geometry(visual, here, there)
        if whole is not None and holds(whole):
            sighting, geometry, seen = replace(sighting, part=Box.WHOLE), whole, all_seen
    opened = shared(sighting, geometry, seen)
    return None if opened is None else (evidence, opened)


def _geometry(
    visual: VisualSignals, here: Frame, there: Frame
) -> tuple[Geometry | None, tuple[Points, Points]]:
    """How one frame lies in the other, and all keypoints of both, in fractions of them."""
    sizes = [(frame.pixels.shape[1], frame.pixels.shape[0]) for frame in (here, there)]
    found = [visual.keypoints(frame) for frame in (here, there)]
    seen = fractions(found[0], sizes[0]), fractions(found[1], sizes[1])
    return verify(found[0], found[1], sizes[0], sizes[1]), seen
