"""Where a match lies on both clocks, and how the picture was changed.

Seconds have three decimals, scores four. Boxes are ``[x, y, width, height]`` as fractions of the
source. Fields after ``score`` are additive: no client needs them to read the result.
"""

from typing import Literal, Self

from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.web.schemas.model import Answer

Fractions = tuple[float, float, float, float]
type Clock = Literal["aligned", "still", "unknown"]


class TransformSchema(Answer):
    """How the target's picture lies in the source's. What did not happen is left out."""

    mirrored: bool
    """Whether left and right are exchanged."""

    rotated: float
    """Degrees clockwise, from the target to the source; above -180, at most 180."""

    inverted: bool | None = None
    """Present and true when the colours are a negative's."""

    cropped: Fractions | None = None
    """The target's whole frame when the source does not show all of it."""

    inset: Fractions | None = None
    """The part of the source that shows the target, when it shows other things beside it."""

    @classmethod
    def of(cls, transform: Transform) -> Self:
        return cls(
            mirrored=transform.mirrored,
            rotated=round(180.0 - (180.0 - transform.rotated) % 360.0, 1) + 0.0,
            inverted=transform.inverted or None,
            cropped=_fractions(transform.cropped),
            inset=_fractions(transform.inset),
        )


class SegmentSchema(Answer):
    """A stretch of the source that repeats a stretch of the target."""

    source_start: float
    """Seconds from the start of the source; 0.0 for a still."""

    source_end: float
    """Seconds, end excluded."""

    target_start: float
    """Seconds from the start of the target; 0.0 for a still."""

    target_end: float
    """Seconds, end excluded."""

    score: float
    """0 to 1, calibrated as `similarity_score` is."""

    channel: Literal["visual", "audio"]
    """Whether the pictures or the sound repeat."""

    clock: Clock
    """`aligned`: second for second. `still`: one side has no time. `unknown`: the same scene, but
    it changes too little to tell which second is which."""

    rate: float | None = None
    """Target seconds for each source second, where the clock is aligned; below zero where the
    source plays the target backwards."""

    pitch: float | None = None
    """Semitones, source minus target; of sound only."""

    transform: TransformSchema | None = None
    """How the picture was changed; of pictures only."""

    @classmethod
    def of(cls, segment: Segment) -> Self:
        clock = _clock(segment)
        source, target = seconds(segment.query), seconds(segment.reference)
        return cls(
            source_start=source[0],
            source_end=source[1],
            target_start=target[0],
            target_end=target[1],
            score=round(segment.score, 4),
            channel="audio" if segment.channel is Channel.AUDIO else "visual",
            clock=clock,
            rate=round(segment.rate, 4) if clock == "aligned" else None,
            pitch=None if segment.pitch is None else round(segment.pitch, 2) + 0.0,
            transform=TransformSchema.of(segment.transform) if segment.transform else None,
        )


def _clock(segment: Segment) -> Clock:
    if segment.query.is_timeless or segment.reference.is_timeless:
        return "still"
    return "unknown" if segment.offset is None else "aligned"


def seconds(span: Span) -> tuple[float, float]:
    if span.is_timeless:
        return 0.0, 0.0
    return round(max(0.0, span.start), 3), round(max(0.0, span.end), 3)


def _fractions(box: Box | None) -> Fractions | None:
    if box is None:
        return None
    return round(box.x, 4), round(box.y, 4), round(box.width, 4), round(box.height, 4)
