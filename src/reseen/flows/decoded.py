"""A side whose pixels are at hand: an upload, or either of a pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from reseen.domain.fingerprint import DESCRIPTOR, Fingerprint, Track
from reseen.domain.media import Frame, Span
from reseen.engine.film.motion import Motion, motion
from reseen.engine.film.windows import Window
from reseen.engine.picture.edges import Drawable, pyramid
from reseen.engine.sound.quad_votes import Heard
from reseen.flows.fingerprint import Rendition
from reseen.flows.party import Look, heard_of, middle_of, version_of, with_tiles
from reseen.ports import Side, VisualSignals

GLANCES = 10
"""Frames of each side whose parts are described: 45 ms each."""
MOMENT = 0.25
"""Step in seconds at which kept frames are sought, half of the usual one between them."""
FRAMES = 240
"""Frames that are described again, at most: half a second of work for a minute of film."""
EVERY = 1 << 30
"""All frames that a gallery holds: in another version a film is described whole."""


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
        return version_of(self.fingerprint)

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
        return with_tiles(self.fingerprint, self._tiles)

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
        return heard_of(self.fingerprint)

    def edges(self) -> Drawable | None:
        return self._edges

    @cached_property
    def _edges(self) -> Drawable | None:
        pixels = self.rendition.pixels
        return None if pixels is None else pyramid(pixels)

    def motion(self, window: Window, span: Span, seconds: float) -> Motion | None:
        return motion(self._frames(window, middle_of(span, seconds)))

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
