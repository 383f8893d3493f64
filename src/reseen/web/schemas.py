"""What goes over the wire: the request of a match and the envelope that answers it.

Seconds have three decimals, scores four. Boxes are ``[x, y, width, height]`` as fractions of the
source. Fields after ``request_id``, and after ``score`` in a segment, are additive: no client needs
them to read the result.
"""

from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from reseen.domain.fingerprint import Skip
from reseen.domain.match import Confidence, Segment, Transform
from reseen.domain.media import Box, Channel, Medium, Span
from reseen.flows.answer import Verdict

Fractions = tuple[float, float, float, float]
type Clock = Literal["aligned", "still", "unknown"]

LONGEST_URL = 8192


class MatchRequest(BaseModel):
    """Two media to compare, by address."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "source_url": "https://example.com/upload.mp4",
                    "target_url": "https://example.com/original.mp4",
                }
            ]
        },
    )

    source_url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    """The upload in question."""

    target_url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    """The reference that it may be a copy of."""


class TransformSchema(BaseModel):
    """How the target's picture lies in the source's. What did not happen is left out."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    mirrored: bool
    """Whether left and right are exchanged."""

    rotated: float
    """Degrees clockwise, from the target to the source; above -180, at most 180."""

    inverted: bool | None = None
    """Present and true when the colours are a negative's."""

    cropped: Fractions | None = None
    """The target's whole frame when part of it lies outside the source."""

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


class SegmentSchema(BaseModel):
    """A stretch of the source that repeats a stretch of the target."""

    model_config = ConfigDict(use_attribute_docstrings=True)

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
        source, target = _seconds(segment.query), _seconds(segment.reference)
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


class SkippedSchema(BaseModel):
    """A signal that could not be taken of one of the media, and why."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    signal: str
    """Which signal; docs/reference/signals.md tells of each."""

    reason: str
    """Why: `no sound`, `no detail`, `model not installed`."""


class RemarkSchema(BaseModel):
    """What a damaged file did not give. The answer holds for the rest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: Literal["source", "target"]
    """Whose file it is."""

    remark: str
    """As `truncated after 12.0 s`."""


class PictureSchema(BaseModel):
    """A PNG that lets a person believe the match."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """A file name for it."""

    title: str
    """What it shows."""

    media_type: Literal["image/png"] = "image/png"
    data: str
    """The PNG in base64."""


class EvidenceSchema(BaseModel):
    """What a person needs to believe the match, or to doubt it."""

    pictures: list[PictureSchema]


class Envelope(BaseModel):
    """The answer of every match, identical for every medium."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "match": True,
                    "confidence": "high",
                    "similarity_score": 0.96,
                    "processing_time_ms": 1280,
                    "media_type": "video",
                    "matched_segments": [
                        {
                            "source_start": 0.0,
                            "source_end": 22.4,
                            "target_start": 4.6,
                            "target_end": 26.9,
                            "score": 0.97,
                            "channel": "visual",
                            "clock": "aligned",
                            "rate": 0.9955,
                            "transform": {"mirrored": True, "rotated": 0.0},
                        }
                    ],
                    "request_id": "0d3c2f8e5b6f4a3e9a51b6f1b0a3a2c4",
                }
            ]
        },
    )

    match: bool
    """Whether the source shows or plays what the target does: `confidence` medium or high."""

    confidence: Literal["high", "medium", "low", "none"]
    """`similarity_score` cut at the published scores."""

    similarity_score: float
    """0 to 1, calibrated: of the pairs that score s, a fraction s are true copies."""

    processing_time_ms: int
    """From the last byte of the request to the answer, fetching included."""

    media_type: Literal["image", "video", "audio"]
    """What the source is, told from its bytes."""

    matched_segments: list[SegmentSchema]
    """Sorted by `source_start`; empty for image against image."""

    request_id: str
    """The same as in the `X-Request-Id` header and in the log."""

    transform: TransformSchema | None = None
    """How the picture was changed, for image against image."""

    skipped: list[SkippedSchema] | None = None
    """Signals that could not be used, and why; absent when all were."""

    remarks: list[RemarkSchema] | None = None
    """What damaged files did not give; absent when both were whole."""

    evidence: EvidenceSchema | None = None
    """Pictures that explain the match, on `?explain=true`."""


def envelope(
    verdict: Verdict,
    *,
    elapsed_ms: int,
    request_id: str,
    evidence: EvidenceSchema | None = None,
) -> Envelope:
    """Say a verdict. Segments below the lowest cut are not findings and are left out."""
    match, cuts, source, target = verdict.match, verdict.cuts, verdict.source, verdict.target
    confidence = cuts.confidence(match.score)
    found = sorted(
        (s for s in match.segments if s.score >= cuts.low),
        key=lambda s: (_seconds(s.query)[0], _seconds(s.reference)[0], s.channel),
    )
    stills = source is Medium.IMAGE and target is Medium.IMAGE
    best = max(found, key=lambda s: s.score, default=None)
    transform = best.transform if stills and best else None
    return Envelope(
        match=confidence in {Confidence.HIGH, Confidence.MEDIUM},
        confidence=confidence.value,
        similarity_score=round(match.score, 4),
        processing_time_ms=elapsed_ms,
        media_type=source.value,
        matched_segments=[] if stills else [SegmentSchema.of(s) for s in found],
        request_id=request_id,
        transform=TransformSchema.of(transform) if transform else None,
        skipped=_skipped(match.skipped, {source, target}),
        remarks=[RemarkSchema.model_validate(asdict(one)) for one in verdict.remarks] or None,
        evidence=evidence,
    )


def _skipped(skips: tuple[Skip, ...], media: set[Medium]) -> list[SkippedSchema] | None:
    """What could have been there: a sound has no pictures to miss, a picture no sound."""
    beside = {Medium.AUDIO: Channel.VISUAL, Medium.IMAGE: Channel.AUDIO}
    senseless = {beside[medium] for medium in media & beside.keys()}
    told = [skip for skip in skips if skip.signal.channel not in senseless]
    said = dict.fromkeys((skip.signal.name, skip.reason) for skip in told)
    return [SkippedSchema(signal=name, reason=reason) for name, reason in said] or None


def _clock(segment: Segment) -> Clock:
    if segment.query.is_timeless or segment.reference.is_timeless:
        return "still"
    return "unknown" if segment.offset is None else "aligned"


def _seconds(span: Span) -> tuple[float, float]:
    if span.is_timeless:
        return 0.0, 0.0
    return round(max(0.0, span.start), 3), round(max(0.0, span.end), 3)


def _fractions(box: Box | None) -> Fractions | None:
    if box is None:
        return None
    return round(box.x, 4), round(box.y, 4), round(box.width, 4), round(box.height, 4)
