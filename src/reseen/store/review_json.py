"""Reasons of a ruling as JSON, and back: infinite spans of stills are ``null``."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.fingerprint import Metric, Signal
from reseen.domain.match import Confidence, Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.domain.policy import Basis, Reason, Trial


def said_of(reason: Reason) -> dict[str, Any]:
    return {
        "reference_id": reason.reference_id,
        "bank_id": reason.bank_id,
        "role": reason.role.value,
        "score": reason.score,
        "confidence": reason.confidence.value,
        "regime": reason.regime.value,
        "asked": reason.asked.value,
        "action": reason.action.value,
        "rule": reason.rule,
        "policy_id": reason.policy_id,
        "decision_id": reason.decision_id,
        "segments": [_segment(one) for one in reason.segments],
        "trial": None if reason.trial is None else asdict(reason.trial),
        "basis": None if reason.basis is None else asdict(reason.basis),
    }


def reason_of(said: Mapping[str, Any]) -> Reason:
    return Reason(
        reference_id=said["reference_id"],
        bank_id=said["bank_id"],
        role=BankRole(said["role"]),
        score=said["score"],
        confidence=Confidence(said["confidence"]),
        regime=Regime(said["regime"]),
        asked=Action(said["asked"]),
        action=Action(said["action"]),
        rule=said["rule"],
        policy_id=said["policy_id"],
        decision_id=said["decision_id"],
        segments=tuple(_segment_of(one) for one in said["segments"]),
        trial=None if said.get("trial") is None else _trial_of(said["trial"]),
        basis=None if said.get("basis") is None else _basis_of(said["basis"]),
    )


def _trial_of(said: Mapping[str, Any]) -> Trial:
    return Trial(**{**said, "action": Action(said["action"])})


def _basis_of(said: Mapping[str, Any]) -> Basis:
    return Basis(**{**said, "media": Regime(said["media"])})


def _segment(one: Segment) -> dict[str, Any]:
    return {
        "channel": one.channel.value,
        "query": _span(one.query),
        "reference": _span(one.reference),
        "score": one.score,
        "support": one.support,
        "offset": one.offset,
        "rate": one.rate,
        "pitch": one.pitch,
        "transform": None if one.transform is None else asdict(one.transform),
        "signal": None if one.signal is None else _signal(one.signal),
    }


def _segment_of(said: Mapping[str, Any]) -> Segment:
    transform, signal = said["transform"], said["signal"]
    return Segment(
        channel=Channel(said["channel"]),
        query=_span_of(said["query"]),
        reference=_span_of(said["reference"]),
        score=said["score"],
        support=said["support"],
        offset=said["offset"],
        rate=said["rate"],
        pitch=said["pitch"],
        transform=None if transform is None else _transform_of(transform),
        signal=None if signal is None else _signal_of(signal),
    )


def _span(span: Span) -> list[float] | None:
    return None if span.is_timeless else [span.start, span.end]


def _span_of(said: list[float] | None) -> Span:
    return Span.ALWAYS if said is None else Span(*said)


def _transform_of(said: Mapping[str, Any]) -> Transform:
    boxes = {name: None if said[name] is None else Box(**said[name]) for name in _BOXES}
    return Transform(said["mirrored"], said["rotated"], said["inverted"], **boxes)


_BOXES = ("cropped", "inset")


def _signal(signal: Signal) -> list[Any]:
    return [signal.name, signal.version, signal.channel.value, signal.metric.value, signal.radius]


def _signal_of(said: list[Any]) -> Signal:
    name, version, channel, metric, radius = said
    return Signal(name, version, Channel(channel), Metric(metric), radius)
