"""Where in both files the matched segments lie: two bars, and bands from one to the other.

Each bar has a lane for pictures above and one for sound below. Both bars share one scale where that
leaves the shorter one readable; else each fills the width, and says so.
"""

import math
from collections.abc import Sequence

import numpy as np

from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.evidence.canvas import (
    ACCENT,
    GROUND,
    LINE,
    MUTED,
    PANEL,
    SECOND,
    TEXT,
    Canvas,
    Colour,
    clock,
)
from reseen.evidence.panels import MARGIN

_WIDTH, _HEIGHT = 1100, 250
_LEFT = 100
_ROOM = _WIDTH - _LEFT - MARGIN
_LANE = 14
_BAR = 2 * _LANE + 2
_UPPER, _LOWER = 84, 174
_SHARED_SCALE = 0.25
"""Least length of the shorter bar on a common scale."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_COLOURS: dict[Channel, Colour] = {Channel.VISUAL: ACCENT, Channel.AUDIO: SECOND}
_NAMES = {Channel.VISUAL: "picture", Channel.AUDIO: "sound"}
_MOST = 200
"""Segments drawn, strongest first."""


def timeline(
    query_duration: float | None, reference_duration: float | None, segments: Sequence[Segment]
) -> bytes:
    """A PNG of all segments of a pair. A duration is ``None`` for a still, which fills its bar."""
    durations = [_length(d) for d in (query_duration, reference_duration)]
    known = [d for d in durations if d is not None]
    is_shared = len(known) == 2 and min(known) >= _SHARED_SCALE * max(known)
    scales = [_ROOM / (max(known) if is_shared else d or 1.0) for d in durations]
    canvas = Canvas(_WIDTH, _HEIGHT)
    channels = [c for c in _COLOURS if any(s.channel is c for s in segments)]
    _legend(canvas, channels, len(segments), to_scale=is_shared or len(known) < 2)
    for top, name, duration, scale in zip(
        (_UPPER, _LOWER), ("upload", "reference"), durations, scales, strict=True
    ):
        _bar(canvas, top, name, duration, scale)
    drawn = sorted(segments, key=lambda s: -s.score)[:_MOST]
    for segment in reversed(drawn):
        if segment.channel in _COLOURS:
            _band(canvas, segment, durations, scales)
    return canvas.png()


def _length(duration: float | None) -> float | None:
    return duration if duration is not None and 0.0 < duration < math.inf else None


def _legend(canvas: Canvas, channels: Sequence[Channel], count: int, *, to_scale: bool) -> None:
    words = "nothing in common" if not count else f"{count} segment{'s' * (count > 1)} in common"
    canvas.text(MARGIN, 32, words, 17, TEXT, "ls")
    if not to_scale:
        canvas.text(MARGIN, 52, "the bars are drawn to different scales", 13, MUTED, "ls")
    x = float(_WIDTH - MARGIN)
    for channel in reversed(channels):
        x -= canvas.length(_NAMES[channel], 14)
        canvas.text(x, 32, _NAMES[channel], 14, MUTED, "ls")
        canvas.box(x - 18, 21, 12, 12, _COLOURS[channel])
        x -= 38


def _bar(canvas: Canvas, top: int, name: str, duration: float | None, scale: float) -> None:
    length = _ROOM if duration is None else max(2.0, duration * scale)
    canvas.box(_LEFT, top, length, _BAR, PANEL)
    canvas.text(MARGIN, top + _BAR / 2, name, 14, TEXT, "lm")
    is_upper = top == _UPPER
    edge, y, at = (top - 5, top - 9, "ms") if is_upper else (top + _BAR, top + _BAR + 9, "mt")
    if duration is None:
        canvas.text(_LEFT, y, "a still picture", 12, MUTED, "ls" if is_upper else "lt")
        return
    step = next((s for s in _STEPS if s * scale >= 80), math.ceil(80 / scale))
    last = _LEFT + length
    canvas.text(min(last, _WIDTH - 34), y, clock(duration, 1), 12, TEXT, at)
    for k in range(math.floor(duration / step) + 1):
        x = _LEFT + k * step * scale
        if x < last - 62:
            canvas.box(x, edge, 1, 5, LINE)
            canvas.text(max(x, _LEFT + 15), y, clock(k * step, 0), 12, MUTED, at)


def _band(
    canvas: Canvas, segment: Segment, durations: Sequence[float | None], scales: Sequence[float]
) -> None:
    """One segment: a block on either bar and the band between; pale where no clock is known."""
    colour = _COLOURS[segment.channel]
    lane = 0 if segment.channel is Channel.VISUAL else _LANE + 2
    (a, b), (c, d) = (
        _across(span, duration, scale)
        for span, duration, scale in zip(
            (segment.query, segment.reference), durations, scales, strict=True
        )
    )
    from_y, to_y = _UPPER + lane + _LANE, _LOWER + lane
    band = np.array([(a, from_y), (b, from_y), (d, to_y), (c, to_y)], float)
    is_clocked = segment.offset is not None
    canvas.fill(band, colour, 0.22 if is_clocked else 0.1)
    canvas.stroke([band[[0, 3]], band[[1, 2]]], colour, 1, 0.6 if is_clocked else 0.3)
    for left, right, top in ((a, b, _UPPER), (c, d, _LOWER)):
        block = np.array([(left, 0), (right, 0), (right, _LANE), (left, _LANE)], float)
        canvas.fill(block + (0, top + lane), colour, 1.0 if is_clocked else 0.45)
        canvas.stroke([block + (0, top + lane)], GROUND, 1, 0.5, closed=True)
    words = f"{segment.score:.2f}" if is_clocked else f"{segment.score:.2f}, time unknown"
    if b - a > canvas.length(words, 11) + 8:
        tone = GROUND if is_clocked else TEXT
        canvas.text((a + b) / 2, _UPPER + lane + _LANE / 2, words, 11, tone, "mm")


def _across(span: Span, duration: float | None, scale: float) -> tuple[float, float]:
    """From where to where on the canvas; at least two pixels, so that nothing is lost."""
    if duration is None:
        return float(_LEFT), float(_LEFT + _ROOM)
    start = min(max(span.start, 0.0), duration) if not math.isnan(span.start) else 0.0
    end = min(max(span.end, start), duration) if not math.isnan(span.end) else duration
    left = _LEFT + start * scale
    return left, max(_LEFT + end * scale, left + 2.0)
