"""The request of a match, and the envelope that answers it.

Fields after ``request_id`` are additive: no client needs them to read the result.
"""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import ConfigDict

from reseen.domain.fingerprint import Skip
from reseen.domain.match import Confidence, Match
from reseen.domain.media import Channel, Medium
from reseen.flows.answer import Verdict
from reseen.web.schemas.model import Answer, Request, Url
from reseen.web.schemas.segment import SegmentSchema, TransformSchema, seconds


class MatchRequest(Request):
    """Two media to compare, by address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source_url": "https://example.com/upload.mp4",
                    "target_url": "https://example.com/original.mp4",
                }
            ]
        },
    )

    source_url: Url
    """The upload in question."""

    target_url: Url
    """The reference that it may be a copy of."""


class MatchForm(Request):
    """The texts of a form, whose files stand for what is absent."""

    source_url: Url | None = None
    target_url: Url | None = None


class SkippedSchema(Answer):
    """A signal that could not be taken of one of the media, and why."""

    signal: str
    """Which signal; docs/reference/signals.md tells of each."""

    reason: str
    """Why: `no sound`, `no detail`, `model not installed`."""


class RemarkSchema(Answer):
    """What a damaged file did not give. The answer holds for the rest."""

    field: Literal["source", "target"]
    """Whose file it is."""

    remark: str
    """As `truncated after 12.0 s`."""


class PictureSchema(Answer):
    """A PNG that lets a person believe the match."""

    name: str
    """A file name for it."""

    title: str
    """What it shows."""

    media_type: Literal["image/png"] = "image/png"
    data: str
    """The PNG in base64."""


class EvidenceSchema(Answer):
    """What a person needs to believe the match, or to doubt it."""

    pictures: list[PictureSchema]


class Essential(Answer):
    """What every match says, whatever the media and whoever asks."""

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


class Envelope(Essential):
    """The answer of every match, identical for every medium."""

    model_config = ConfigDict(
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
    """Say a verdict."""
    match, cuts, source, target = verdict.match, verdict.cuts, verdict.source, verdict.target
    return Envelope(
        **essentials(match, cuts.confidence(match.score), source, target, low=cuts.low),
        processing_time_ms=elapsed_ms,
        request_id=request_id,
        skipped=skipped_of(match.skipped, {source, target}),
        remarks=[RemarkSchema.model_validate(asdict(one)) for one in verdict.remarks] or None,
        evidence=evidence,
    )


def essentials(
    match: Match,
    confidence: Confidence,
    source: Medium | None,
    target: Medium | None,
    *,
    low: float,
) -> dict[str, Any]:
    """The fields of ``Essential`` that the match itself decides. Segments below the lowest cut are
    not findings and are left out; what has no time on either side is no stretch.
    """
    found = sorted(
        (s for s in match.segments if s.score >= low),
        key=lambda s: (seconds(s.query)[0], seconds(s.reference)[0], s.channel),
    )
    stills = source is Medium.IMAGE and target is Medium.IMAGE
    best = max(found, key=lambda s: s.score, default=None)
    transform = best.transform if stills and best else None
    return {
        "match": confidence in {Confidence.HIGH, Confidence.MEDIUM},
        "confidence": confidence.value,
        "similarity_score": round(match.score, 4),
        "media_type": source and source.value,
        "matched_segments": [
            SegmentSchema.of(s)
            for s in found
            if not (s.query.is_timeless and s.reference.is_timeless)
        ],
        "transform": TransformSchema.of(transform) if transform else None,
    }


def skipped_of(skips: tuple[Skip, ...], media: set[Medium]) -> list[SkippedSchema] | None:
    """What could have been there: a sound has no pictures to miss, a picture no sound."""
    beside = {Medium.AUDIO: Channel.VISUAL, Medium.IMAGE: Channel.AUDIO}
    senseless = {beside[medium] for medium in media & beside.keys()}
    told = [skip for skip in skips if skip.signal.channel not in senseless]
    said = dict.fromkeys((skip.signal.name, skip.reason) for skip in told)
    return [SkippedSchema(signal=name, reason=reason) for name, reason in said] or None
