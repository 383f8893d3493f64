"""A side of a comparison: what is known of an asset, and what else can be asked of it.

An upload, and both sides of a pair, were just decoded: their pixels answer anything. A reference in
a bank is kept without pixels: it answers from its tracks, and says nothing where they do not know.

Descriptors of two versions say nothing of each other. So a side whose pixels are at hand is
described in the version of the other one before they meet (``agreed``); of two that are kept in
different versions, the other signals decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

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
from reseen.domain.media import Frame, Span
from reseen.engine.film.motion import SIDE, Motion, motion
from reseen.engine.film.windows import Window
from reseen.engine.picture.edges import Drawable, pyramid
from reseen.engine.picture.outline import Outline
from reseen.engine.picture.packed import unpacked
from reseen.engine.sound.alignment import heard
from reseen.engine.sound.quad_votes import Heard
from reseen.flows.fingerprint import Rendition
from reseen.ports import Side, VisualSignals

GLANCES = 10
"""Frames of each side whose parts are described: 45 ms each."""
MOMENT = 0.25
"""Step in seconds at which kept frames are sought, half of the usual one between them."""
FRAMES = 240
"""Frames that are described again, at most: half a second of work for a minute of film."""
EVERY = 1 << 30
"""All frames that a gallery holds: in another version a film is described whole."""


@dataclass(frozen=True, slots=True)
class Look:
    """Keypoints of one frame, or of what a window shows of it, and its width and height."""

    keypoints: Track
    size: tuple[float, float]


class Party(Protocol):
    """One side of a comparison. Each answer is ``None``, or empty, where it cannot be told."""

    @property
    def fingerprint(self) -> Fingerprint:
        """With the keypoints of a still."""
        ...

    @property
    def version(self) -> str | None:
        """The id of the descriptor that it is described by."""
        ...

    def in_version(self, signal_id: str | None) -> "Party | None":
        """The same, described by another descriptor, or by none; ``None`` where it cannot be."""
        ...

    def moment(self, time: float | None, within: Span) -> float | None:
        """The time nearest to this one at which there is a look, within these seconds where there
        is one in them; ``None`` for a still.
        """
        ...

    def look(self, time: float | None, window: Window) -> Look | None:
        """Keypoints of the frame shown nearest to a time, found through a window."""
        ...

    def described(self, window: Window, side: Side) -> Track | None:
        """Descriptors of all frames, seen through a window."""
        ...

    def tiled(self) -> Fingerprint:
        """The fingerprint of a still with descriptors of its tiles beside those of the whole."""
        ...

    def parts(self) -> Sequence[Track]:
        """Descriptors of the parts of a few frames, spread over all."""
        ...

    def edges(self) -> Drawable | None:
        """Of a still."""
        ...

    @property
    def heard(self) -> Heard | None:
        """What a query is heard by."""
        ...

    def motion(self, window: Window, span: Span, seconds: float) -> Motion | None:
        """What moves in the middle of a span, for so many seconds at most."""
        ...


@dataclass(frozen=True)
class Decoded:
    """A ``Party`` whose pixels are at hand. What was asked once is remembered."""

    visual: VisualSignals
    rendition: Rendition
    _looks: dict[tuple[float | None, Window], Look] = field(default_factory=dict)
    _versions: dict[str, "Decoded | None"] = field(default_factory=dict)

    @property
    def fingerprint(self) -> Fingerprint:
        return self.rendition.fingerprint

    @property
    def version(self) -> str | None:
        return _version_of(self.fingerprint)

    def in_version(self, signal_id: str | None) -> "Decoded | None":
        """As it was decoded for a query; a film by the frames that its gallery holds."""
        if signal_id is None or self.version is None:
            return None
        self._versions.setdefault(self.version, self)
        if signal_id not in self._versions:
            self._versions[signal_id] = self._described_by(signal_id)
        return self._versions[signal_id]

    def _described_by(self, signal_id: str) -> "Decoded | None":
        visual = self.visual.in_version(signal_id)
        found = None if visual is None else self._described(visual, Window(), Side.QUERY, EVERY)
        if visual is None or found is None:
            return None
        known = self.fingerprint
        tracks = (found if t.signal.name == DESCRIPTOR.name else t for t in known.tracks)
        seen = replace(self.rendition, fingerprint=replace(known, tracks=tuple(tracks)))
        return Redescribed(visual, seen, self._looks, self._versions, source=self)

    def moment(self, time: float | None, within: Span) -> float | None:
        del within
        return time

    def look(self, time: float | None, window: Window) -> Look | None:
        frame = self.rendition.gallery.at(time)
        if frame is None:
            return None
        key = frame.time, window
        if key not in self._looks:
            self._looks[key] = self._seen(window.through(frame), window)
        return self._looks[key]

    def _seen(self, frame: Frame, window: Window) -> Look:
        known = self.fingerprint.track("keypoints") if frame.time is None else None
        is_known = known is not None and window.is_whole
        keypoints = known if known is not None and is_known else self.visual.keypoints(frame)
        return Look(keypoints, (frame.pixels.shape[1], frame.pixels.shape[0]))

    def described(self, window: Window, side: Side) -> Track | None:
        if window.is_whole:
            return self.fingerprint.track("descriptor")
        return self._described(self.visual, window, side, FRAMES)

    def _described(
        self, visual: VisualSignals, window: Window, side: Side, most: int
    ) -> Track | None:
        rendition = self.rendition
        still = rendition.gallery.at(None) if rendition.asset.duration is None else None
        if still is not None:
            return visual.described_still(window.through(still).pixels, side)
        frames = visual.described_frames(side)
        if frames is None:
            return None
        for frame in rendition.gallery.spread(most):
            frames.add(window.through(frame))
        return next(iter(frames.finish(rendition.asset.duration or 0.0).found), None)

    def tiled(self) -> Fingerprint:
        return _with_tiles(self.fingerprint, self._tiles)

    @cached_property
    def _tiles(self) -> Track | None:
        pixels = self.rendition.pixels
        return None if pixels is None else self.visual.tiles(pixels)

    def parts(self) -> Sequence[Track]:
        return self._parts

    @cached_property
    def _parts(self) -> Sequence[Track]:
        found = (self.visual.parts(frame) for frame in self.rendition.gallery.spread(GLANCES))
        return tuple(parts for parts in found if parts is not None)

    @cached_property
    def heard(self) -> Heard | None:
        return _heard(self.fingerprint)

    def edges(self) -> Drawable | None:
        return self._edges

    @cached_property
    def _edges(self) -> Drawable | None:
        pixels = self.rendition.pixels
        return None if pixels is None else pyramid(pixels)

    def motion(self, window: Window, span: Span, seconds: float) -> Motion | None:
        return motion(self._frames(window, _middle(span, seconds)))

    def _frames(self, window: Window, span: Span) -> Iterator[Frame]:
        last = -1.0
        for time in np.arange(span.start, span.end, MOMENT):
            frame = self.rendition.gallery.at(float(time))
            if frame is not None and frame.time is not None and frame.time > last:
                last = frame.time
                yield window.through(frame)


@dataclass(frozen=True)
class Redescribed(Decoded):
    """The same pixels as those of ``source``, in another version; what does not depend on the
    descriptor is not found twice.
    """

    source: Decoded = field(kw_only=True)

    @property
    def heard(self) -> Heard | None:
        return self.source.heard

    def edges(self) -> Drawable | None:
        return self.source.edges()


@dataclass(frozen=True)
class Kept:
    """A ``Party`` of which only the tracks that ``remember`` made are at hand."""

    kept: Fingerprint

    @property
    def version(self) -> str | None:
        return _version_of(self.kept)

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
        return _with_tiles(self.fingerprint, _as_descriptors(parts.rows(is_tile)))

    def parts(self) -> Sequence[Track]:
        parts = self.kept.track("parts")
        return () if parts is None else (_as_descriptors(parts),)

    @cached_property
    def heard(self) -> Heard | None:
        return _heard(self.kept)

    def edges(self) -> Drawable | None:
        track = self.kept.track(EDGES.name)
        return None if track is None else Outline(track)

    def motion(self, window: Window, span: Span, seconds: float) -> Motion | None:
        track = self.kept.track(MOTION.name)
        if track is None or not window.is_whole:
            return None
        middle = _middle(span, seconds)
        first, last = np.searchsorted(track.spans[:, 0], (middle.start, middle.end))
        rows = track.rows(slice(int(first), int(last)))
        moved = rows.codes.astype(np.float32).reshape(-1, SIDE, SIDE)
        return Motion(rows.spans[:, 0], moved, rows.quality)


def party(visual: VisualSignals, side: Rendition | Fingerprint | Party) -> Party:
    """A side as it is at hand: a ``Fingerprint`` is a kept reference. One that meets many others is
    made once and handed on, so that it remembers.
    """
    if isinstance(side, Rendition):
        return Decoded(visual, side)
    return Kept(readable(side)) if isinstance(side, Fingerprint) else side


def readable(kept: Fingerprint) -> Fingerprint:
    """Without the tracks that another release wrote in a way that this one does not know."""
    if all(t.signal in KNOWN for t in kept.tracks):
        return kept
    tracks = (t for t in kept.tracks if t.signal in KNOWN or t.signal.metric is Metric.COSINE)
    return replace(kept, tracks=tuple(tracks))


def agreed(query: Party, reference: Party) -> tuple[Party, Party]:
    """Both sides, described by one and the same descriptor, or one of them by none."""
    here, there = query.version, reference.version
    if here is None or there is None or here == there:
        return query, reference
    if (turned := query.in_version(there)) is not None:
        return turned, reference
    if (turned := reference.in_version(here)) is not None:
        return query, turned
    without = reference.in_version(None)
    return (query, reference) if without is None else (query, without)


def _version_of(fingerprint: Fingerprint) -> str | None:
    """The id of the descriptor that a fingerprint, or its parts, were described by."""
    for name in (DESCRIPTOR.name, PARTS.name):
        track = fingerprint.track(name)
        if track is not None:
            return replace(track.signal, name=DESCRIPTOR.name).id
    return None


def _heard(fingerprint: Fingerprint) -> Heard | None:
    peaks = fingerprint.track("peaks")
    return None if peaks is None else heard(peaks)


def _with_tiles(fingerprint: Fingerprint, tiles: Track | None) -> Fingerprint:
    if tiles is None:
        return fingerprint
    tracks = tuple(t.joined(tiles) if t.signal == tiles.signal else t for t in fingerprint.tracks)
    return replace(fingerprint, tracks=tracks)


def _as_descriptors(parts: Track) -> Track:
    return replace(parts, signal=replace(parts.signal, name="descriptor"))


def _middle(span: Span, seconds: float) -> Span:
    spare = max(0.0, span.duration - seconds) / 2
    return Span(span.start + spare, span.end - spare)


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
