"""Find a film that lies small, cut or turned in another, and describe both through what they share.

For pairs in which frames as wholes told nothing: parts of a few frames of each side are held
against the other side, the likeliest are looked at by keypoints, and what holds gives a window into
each. Costs about a second for two films with nothing in common.
"""

from collections.abc import Iterator

from reseen.domain.fingerprint import Track
from reseen.domain.media import Frame
from reseen.engine.geometry import verify
from reseen.engine.windows import Shared, Sighting, Window, likeliest, shared, sightings
from reseen.flows.fingerprint import Rendition
from reseen.ports import Gallery, Side, VisualSignals

GLANCES = 10
"""Frames of each side whose parts are described: 45 ms each."""
ENOUGH = 3
"""Sightings that hold; the surest of them is believed."""
FRAMES = 240
"""Frames that are described again, at most: half a second of work for a minute of film."""


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
    here, there = query.gallery, reference.gallery
    if sighting.side is Side.QUERY:
        one = _frame(here, sighting.part_time, Window(sighting.part))
        other = _frame(there, sighting.frame_time, Window())
    else:
        one = _frame(here, sighting.frame_time, Window())
        other = _frame(there, sighting.part_time, Window(sighting.part))
    if one is None or other is None:
        return None
    geometry = verify(
        visual.keypoints(one),
        visual.keypoints(other),
        (one.pixels.shape[1], one.pixels.shape[0]),
        (other.pixels.shape[1], other.pixels.shape[0]),
    )
    opened = shared(sighting, geometry)
    return None if geometry is None or opened is None else (geometry.evidence, opened)


def _frame(gallery: Gallery, time: float | None, window: Window) -> Frame | None:
    frame = gallery.at(time)
    return None if frame is None else window.through(frame)
