"""A side of a comparison: what is known of an asset, and what else can be asked of it.

An upload, and both sides of a pair, were just decoded: their pixels answer anything (``decoded``).
A reference in a bank is kept without pixels: it answers from its tracks, and says nothing where
they do not know (``kept``). ``meeting`` brings two sides together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reseen.domain.fingerprint import DESCRIPTOR, PARTS, Fingerprint, Track
from reseen.domain.media import Span
from reseen.engine.film.motion import Motion
from reseen.engine.film.windows import Window
from reseen.engine.picture.edges import Drawable
from reseen.engine.sound.alignment import heard
from reseen.engine.sound.quad_votes import Heard
from reseen.ports import Side


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


def version_of(fingerprint: Fingerprint) -> str | None:
    """The id of the descriptor that a fingerprint, or its parts, were described by."""
    for name in (DESCRIPTOR.name, PARTS.name):
        track = fingerprint.track(name)
        if track is not None:
            return replace(track.signal, name=DESCRIPTOR.name).id
    return None


def heard_of(fingerprint: Fingerprint) -> Heard | None:
    """What a query is heard by; ``None`` without sound."""
    peaks = fingerprint.track("peaks")
    return None if peaks is None else heard(peaks)


def with_tiles(fingerprint: Fingerprint, tiles: Track | None) -> Fingerprint:
    """Descriptors of tiles beside those of the whole."""
    if tiles is None:
        return fingerprint
    tracks = tuple(t.joined(tiles) if t.signal == tiles.signal else t for t in fingerprint.tracks)
    return replace(fingerprint, tracks=tracks)


def middle_of(span: Span, seconds: float) -> Span:
    """So many seconds of it at most."""
    spare = max(0.0, span.duration - seconds) / 2
    return Span(span.start + spare, span.end - spare)
