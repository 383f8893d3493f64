"""What a match means in a bank: its regime and confidence, and what an allowed match clears."""

from collections.abc import Mapping, Sequence

from reseen.domain.choices import BankRole, Regime
from reseen.domain.match import Confidence, Cuts, Match, Segment
from reseen.domain.media import Box, Channel, Medium, Span
from reseen.engine.score import Calibration

HARM = frozenset({BankRole.KNOWN, BankRole.RECENT})
"""Roles of banks whose matches mean harm."""
EXPLAINED = 0.8
"""Share of what a match shows that an allowed match must show as well, to clear it."""

HASHED = Calibration(bias=8.0, weights=(-0.24,))
"""Of the distance in bits of two PDQ hashes, where one side holds no media. Of 703,000 pairs of
unrelated pictures none is within 24 bits, which score 0.9; two are within the industry's 31, which
score 0.63: two signs of one set, and the moon on two days."""

_RISING = (Confidence.NONE, Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def regime_of(segment: Segment) -> Regime:
    """What was compared."""
    if segment.channel is Channel.AUDIO:
        return Regime.SOUND
    if segment.channel is Channel.FILE:
        return Regime.HASH
    timeless = segment.query.is_timeless, segment.reference.is_timeless
    if all(timeless):
        return Regime.STILL
    return Regime.STILL_IN_SEQUENCE if any(timeless) else Regime.SEQUENCE


def regime_of_media(query: Medium | None, reference: Medium | None) -> Regime:
    """What is compared of two media first of all."""
    if query is None or reference is None:
        return Regime.HASH
    if Medium.AUDIO in {query, reference}:
        return Regime.SOUND
    stills = (query is Medium.IMAGE, reference is Medium.IMAGE)
    if all(stills):
        return Regime.STILL
    return Regime.STILL_IN_SEQUENCE if any(stills) else Regime.SEQUENCE


def judged(
    match: Match, usual: Cuts, own: Mapping[Regime, Cuts], media: Regime
) -> tuple[Confidence, Regime]:
    """The confidence of a match by the cuts of a bank, and the regime that gave it: the surest of
    its segments. ``media`` is the regime of both media, and that of all segments where it is of
    hashes.
    """
    given = [
        (own.get(regime, usual).confidence(score), score, regime)
        for regime, score in by_regime(match, media).items()
    ]
    confidence, _, regime = max(given, key=lambda one: (_RISING.index(one[0]), one[1]))
    return confidence, regime


def by_regime(match: Match, media: Regime) -> dict[Regime, float]:
    """The best score of each regime that a match has segments of; its own without segments."""
    if media is Regime.HASH or not match.segments:
        return {media: match.score}
    scores: dict[Regime, float] = {}
    for segment in match.segments:
        regime = regime_of(segment)
        scores[regime] = max(segment.score, scores.get(regime, 0.0))
    return scores


def is_match(confidence: Confidence) -> bool:
    return confidence in {Confidence.MEDIUM, Confidence.HIGH}


def explains(allowed: Sequence[Segment], other: Sequence[Segment]) -> bool:
    """Whether allowed segments show nearly all of the query that the others show: an allowed
    opening does not clear what follows it, nor an allowed picture the one beside it.
    """
    return all(_shown(allowed, segment) >= EXPLAINED for segment in other)


def _shown(allowed: Sequence[Segment], segment: Segment) -> float:
    """Share of a segment, in time and in the frame, that allowed ones of its channel show."""
    beside = [s for s in allowed if Channel.FILE in {s.channel, segment.channel}]
    beside += [s for s in allowed if s.channel is segment.channel]
    best = 0.0
    for one in beside:
        frame = _inset(segment)
        share = _inset(one).intersect(frame).area / max(frame.area, 1e-9)
        best = max(best, share * _covered(one.query, segment.query))
    together = [s.query for s in beside if _inset(s).intersect(_inset(segment)) == _inset(segment)]
    return max(best, _union(together, segment.query))


def _inset(segment: Segment) -> Box:
    box = segment.transform.inset if segment.transform is not None else None
    return (box or Box.WHOLE).intersect(Box.WHOLE)


def _covered(one: Span, other: Span) -> float:
    if one.is_timeless or other.is_timeless or other.duration <= 0.0:
        return 1.0
    return one.overlap(other) / other.duration


def _union(spans: Sequence[Span], other: Span) -> float:
    """Share of a span that several cover together."""
    if other.is_timeless or other.duration <= 0.0:
        return float(bool(spans))
    total, until = 0.0, other.start
    for span in sorted(spans, key=lambda one: one.start):
        total += max(0.0, min(span.end, other.end) - max(span.start, until))
        until = max(until, span.end)
    return total / other.duration
