"""What two assets have in common.

Distance: per signal, smaller is closer. Score: calibrated, 0..1, larger is surer: of the pairs that
score s, a fraction s are true copies on the published benchmark.
Direction: ``offset`` and ``rate`` map the query's clock to the reference's:
``reference = offset + rate * query``; a rate below zero is a film played backwards. ``pitch`` is
query minus reference, in semitones.
"""

from dataclasses import dataclass
from enum import StrEnum

from reseen.domain.fingerprint import Signal, Skip
from reseen.domain.media import Box, Channel, Span


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Cuts:
    """Scores from which a confidence is given; ``match`` is true from ``medium`` up."""

    low: float
    medium: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 < self.low <= self.medium <= self.high <= 1.0:
            raise ValueError("cuts must rise: 0 < low <= medium <= high <= 1")

    def confidence(self, score: float) -> Confidence:
        if score >= self.high:
            return Confidence.HIGH
        if score >= self.medium:
            return Confidence.MEDIUM
        return Confidence.LOW if score >= self.low else Confidence.NONE


@dataclass(frozen=True, slots=True)
class Transform:
    """How the reference's picture lies in the query's. Boxes are fractions of the query's frame.

    ``rotated`` is in degrees clockwise, from the reference to the query. ``cropped`` is the box of
    the reference's whole frame when the query does not show all of it; ``inset`` is the part of the
    query that shows the reference when the query shows other things beside it.
    """

    mirrored: bool = False
    rotated: float = 0.0
    inverted: bool = False
    cropped: Box | None = None
    inset: Box | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the query that repeats a stretch of the reference.

    ``offset`` is ``None`` where no clock could be told: a still, or a scene that does not change.
    ``support`` counts distinct rows on both sides that agree.
    """

    channel: Channel
    query: Span
    reference: Span
    score: float
    support: int
    offset: float | None = None
    rate: float = 1.0
    pitch: float | None = None
    transform: Transform | None = None
    signal: Signal | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one query and one reference, best segment first known by ``score``."""

    score: float
    segments: tuple[Segment, ...]
    skipped: tuple[Skip, ...] = ()
