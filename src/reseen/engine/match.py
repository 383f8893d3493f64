"""Bring the findings of all channels together into one verdict.

Search and alignment run per signal; here they meet. Picture and sound that agree on the clock are
independent proof of one copy: the chance that both are wrong is the product of the chances that
each is. Where they disagree there are two findings (borrowed sound over new pictures), and neither
speaks for the other.
"""

from collections.abc import Sequence
from dataclasses import replace

from reseen.domain.fingerprint import Fingerprint
from reseen.domain.match import Match, Segment
from reseen.domain.media import Channel, Span

CLOCK_TOLERANCE = 0.75
"""Seconds by which two channels of one copy may differ: pictures are sampled twice a second, and
re-encoding shifts sound against picture by up to 0.2 s."""

RATE_TOLERANCE = 0.06


def is_same_file(query: Fingerprint, reference: Fingerprint) -> bool:
    """Equal bytes that hold something: black and silent files are equal to each other, not seen."""
    return query.asset.sha256 == reference.asset.sha256 and bool(query.channels())


def whole(query: Fingerprint, reference: Fingerprint) -> tuple[Segment, ...]:
    """The segments of a file held against itself: each channel, from end to end."""
    duration = query.asset.duration
    span = Span.ALWAYS if duration is None else Span(0.0, duration)
    return tuple(
        Segment(
            channel=channel,
            query=span,
            reference=span,
            score=1.0,
            support=sum(len(t) for t in reference.tracks if t.signal.channel is channel),
            offset=None if duration is None else 0.0,
            pitch=0.0 if channel is Channel.AUDIO else None,
        )
        for channel in sorted(query.channels(), reverse=True)
    )


def fuse(query: Fingerprint, reference: Fingerprint, segments: Sequence[Segment]) -> Match:
    """One verdict from the segments of every channel, ordered by where they start in the query."""
    fused = [
        _strengthened(s, [o for o in segments if o.channel is not s.channel]) for s in segments
    ]
    fused.sort(key=lambda s: (s.query.start, s.reference.start, s.channel))
    skipped = (*query.skipped, *(s for s in reference.skipped if s not in query.skipped))
    return Match(
        score=max((s.score for s in fused), default=0.0), segments=tuple(fused), skipped=skipped
    )


def agree(one: Segment, other: Segment) -> bool:
    """Whether two segments of different channels tell of the same stretch on the same clock."""
    shared = Span(max(one.query.start, other.query.start), min(one.query.end, other.query.end))
    if shared.duration <= 0.0 or one.reference.overlap(other.reference) <= 0.0:
        return False
    if one.offset is None or other.offset is None:
        return True
    middle = (shared.start + shared.end) / 2
    drift = (one.offset + one.rate * middle) - (other.offset + other.rate * middle)
    return abs(drift) <= CLOCK_TOLERANCE and abs(one.rate - other.rate) <= RATE_TOLERANCE


def _strengthened(segment: Segment, others: Sequence[Segment]) -> Segment:
    doubt = 1.0 - segment.score
    support = max((o.score for o in others if agree(segment, o)), default=0.0)
    return replace(segment, score=1.0 - doubt * (1.0 - support)) if support else segment
