"""A side that is kept without pixels: a reference, or an upload that was seen before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from reseen.domain.fingerprint import (
    DESCRIPTOR,
    EDGES,
    KNOWN,
    LOOKS,
    MOTION,
    PARTS,
    Fingerprint,
    Metric,
    Track,
)
from reseen.domain.media import Span
from reseen.engine.film.motion import SIDE, Motion
from reseen.engine.film.windows import Window
from reseen.engine.picture.edges import Drawable
from reseen.engine.picture.outline import Outline
from reseen.engine.picture.packed import unpacked
from reseen.engine.sound.quad_votes import Heard
from reseen.flows.party import Look, heard_of, middle_of, version_of, with_tiles
from reseen.ports import Side


@dataclass(frozen=True)
class Kept:
    """A ``Party`` of which only the tracks that ``remember`` made are at hand."""

    kept: Fingerprint

    @property
    def version(self) -> str | None:
        return version_of(self.kept)

    def in_version(self, signal_id: str | None) -> "Kept | None":
        if signal_id == self.version:
            return self
        if signal_id is not None:
            return None
        others = (t for t in self.kept.tracks if t.signal.name not in (DESCRIPTOR.name, PARTS.name))
        return Kept(replace(self.kept, tracks=tuple(others)))

    @cached_property
    def fingerprint(self) -> Fingerprint:
        looks = self.kept.track(LOOKS.name)
        if looks is None or self.kept.asset.duration is not None:
            return self.kept
        found = unpacked(looks.codes[0], None)
        return replace(self.kept, tracks=(*self.kept.tracks, found))

    def moment(self, time: float | None, within: Span) -> float | None:
        looks = self.kept.track(LOOKS.name)
        if time is None or looks is None or not len(looks):
            return time
        spans = looks.spans
        inside = spans[(spans[:, 1] >= within.start) & (spans[:, 0] <= within.end)]
        spans = np.clip(inside, within.start, within.end) if len(inside) else spans
        times = np.clip(time, spans[:, 0], spans[:, 1])
        return float(times[np.abs(times - time).argmin()])

    def look(self, time: float | None, window: Window) -> Look | None:
        looks = self.kept.track(LOOKS.name)
        if looks is None or not len(looks):
            return None
        row = 0 if time is None else _nearest(looks, time)
        found = unpacked(looks.codes[row], time)
        asset = self.kept.asset
        return _through(Look(found, (float(asset.width or 1), float(asset.height or 1))), window)

    def described(self, window: Window, side: Side) -> Track | None:
        """Through any window the whole: no part of all frames is kept."""
        del window, side
        return self.kept.track("descriptor")

    def tiled(self) -> Fingerprint:
        parts = self.kept.track("parts")
        if parts is None:
            return self.fingerprint
        is_tile = (parts.places[:, 2:4] == 0.5).all(axis=1) & (parts.quality > 0.0)
        return with_tiles(self.fingerprint, _as_descriptors(parts.rows(is_tile)))

    def parts(self) -> Sequence[Track]:
        parts = self.kept.track("parts")
        return () if parts is None else (_as_descriptors(parts),)

    @cached_property
    def heard(self) -> Heard | None:
        return heard_of(self.kept)

    def edges(self) -> Drawable | None:
        track = self.kept.track(EDGES.name)
        return None if track is None else Outline(track)

    def motion(self, window: Window, span: Span, seconds: float) -> Motion | None:
        track = self.kept.track(MOTION.name)
        if track is None or not window.is_whole:
            return None
        middle = middle_of(span, seconds)
        first, last = np.searchsorted(track.spans[:, 0], (middle.start, middle.end))
        rows = track.rows(slice(int(first), int(last)))
        moved = rows.codes.astype(np.float32).reshape(-1, SIDE, SIDE)
        return Motion(rows.spans[:, 0], moved, rows.quality)


def readable(kept: Fingerprint) -> Fingerprint:
    """Without the tracks that another release wrote in a way that this one does not know."""
    if all(t.signal in KNOWN for t in kept.tracks):
        return kept
    tracks = (t for t in kept.tracks if t.signal in KNOWN or t.signal.metric is Metric.COSINE)
    return replace(kept, tracks=tuple(tracks))


def _as_descriptors(parts: Track) -> Track:
    return replace(parts, signal=replace(parts.signal, name="descriptor"))


def _nearest(looks: Track, time: float) -> int:
    """The row of the moment shown at a time, or nearest to it."""
    starts, ends = looks.spans.T
    after = int(np.searchsorted(starts, time, side="right"))
    rows = [row for row in (after - 1, after) if 0 <= row < len(looks)]
    return min(rows, key=lambda row: max(starts[row] - time, time - ends[row], 0.0))


def _through(look: Look, window: Window) -> Look:
    """What of a frame's keypoints is seen through a window."""
    if window.is_whole:
        return look
    box, track = window.box, look.keypoints
    longer = max(look.size)
    wide, tall = look.size[0] / longer, look.size[1] / longer
    size = max(1e-6, box.width * wide), max(1e-6, box.height * tall)
    points = track.places[:, :2] - np.array((box.x * wide, box.y * tall), np.float32)
    inside = ((points >= 0.0) & (points < np.array(size, np.float32))).all(axis=1)
    points, seen = points[inside], track.rows(inside)
    angles = seen.places[:, 3]
    for _ in range(window.turns):
        points = np.column_stack([np.float32(size[1]) - points[:, 1], points[:, 0]])
        size, angles = (size[1], size[0]), (angles + 90.0) % 360.0
    zoom = np.float32(max(size))
    places = np.column_stack([points / zoom, seen.places[:, 2] / zoom, angles])
    return Look(replace(seen, places=places.astype(np.float32)), size)
