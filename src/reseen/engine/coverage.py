"""How much of both sides a match shows: what policies demand, and what makes two copies near."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """Seconds of the query that are shown (0 of a still), and the shares of query and reference,
    0..1: of their time and frame together.
    """

    seconds: float
    query: float
    reference: float


NOTHING = Coverage(0.0, 0.0, 0.0)


def coverage(
    segments: Iterable[Segment],
    query_duration: float | None,
    reference_duration: float | None,
    channels: Iterable[Channel] = tuple(Channel),
) -> Coverage:
    """What the segments of these channels show together, at the best of the channels. Durations
    are in seconds; ``None`` or 0: it has none.
    """
    by_channel: dict[Channel, list[Segment]] = {}
    wanted = frozenset(channels)
    for segment in segments:
        if segment.channel in wanted:
            by_channel.setdefault(segment.channel, []).append(segment)
    every = [_of_channel(some, query_duration, reference_duration) for some in by_channel.values()]
    return max(every, key=lambda c: (min(c.query, c.reference), c.seconds), default=NOTHING)


def _of_channel(
    segments: Sequence[Segment], query_duration: float | None, reference_duration: float | None
) -> Coverage:
    frames = [_frames(segment.transform) for segment in segments]
    queries = [segment.query for segment in segments]
    references = [segment.reference for segment in segments]
    seconds, query = _shown(queries, [frame[0] for frame in frames], query_duration)
    _, reference = _shown(references, [frame[1] for frame in frames], reference_duration)
    return Coverage(seconds, query, reference)


def _frames(transform: Transform | None) -> tuple[float, float]:
    """Shares of the query's frame and of the reference's."""
    if transform is None:
        return 1.0, 1.0
    inset, cropped = transform.inset, transform.cropped
    shown = Box.WHOLE if inset is None else inset.intersect(Box.WHOLE)
    if cropped is None or cropped.area <= 0.0:
        return shown.area, 1.0
    return shown.area, min(1.0, cropped.intersect(shown).area / cropped.area)


def _shown(
    spans: Sequence[Span], frames: Sequence[float], duration: float | None
) -> tuple[float, float]:
    """Seconds under any of the spans, and the share of time and frame that they show."""
    timeless = [frame for span, frame in zip(spans, frames, strict=True) if span.is_timeless]
    best = max(timeless, default=0.0)
    if not duration:
        return 0.0, best
    seconds = weighted = until = 0.0
    for span, frame in sorted(zip(spans, frames, strict=True), key=lambda one: one[0].start):
        if span.is_timeless:
            continue
        new = max(0.0, min(span.end, duration) - max(span.start, until))
        seconds += new
        weighted += new * frame
        until = max(until, span.end)
    if timeless:
        seconds = duration
    return seconds, min(1.0, max(best, weighted / duration))
