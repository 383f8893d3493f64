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

_WIDTH, _HEIGHT = 1100, 258
_LEFT = 100
_ROOM = _WIDTH - _LEFT - MARGIN
_LANE = 16
_BAR = 2 * _LANE + 2
_UPPER, _LOWER = 84, 180
_SHARED_SCALE = 0.25
"""Least length of the shorter bar on a common scale."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_COLOURS: dict[Channel, Colour] = {Channel.VISUAL: ACCENT, Channel.AUDIO: SECOND}
_NAMES = {Channel.VISUAL: "picture", Channel.AUDIO: "sound"}
_SEAM = 8.0  # pixels from which a block can afford an edge that parts it from its neighbour
_LEAST = 3.0  # pixels, so that no segment is lost
_MOST = 120
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
    drawn = [s for s in segments if s.channel in _COLOURS]
    drawn = sorted(drawn, key=lambda s: -s.score)[:_MOST][::-1]
    for draw in (_band, _blocks):
        for segment in drawn:
            spans = zip((segment.query, segment.reference), durations, scales, strict=True)
            draw(canvas, segment, [_across(*span) for span in spans])
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
    canvas.text(max(last, _LEFT + 50), y, clock(duration, 1), 12, TEXT, "r" + at[1])
    for k in range(math.floor(duration / step) + 1):
        x = _LEFT + k * step * scale
        if x < last - 84:
            canvas.box(x, edge, 1, 5, LINE)
            canvas.text(max(x, _LEFT + 15), y, clock(k * step, 0), 12, MUTED, at)


def _band(canvas: Canvas, segment: Segment, sides: Sequence[tuple[float, float]]) -> None:
    """What ties a segment's stretches together: fainter where they share no clock."""
    (a, b), (c, d) = sides
    top, bottom = _UPPER + _BAR, _LOWER
    band = np.array([(a, top), (b, top), (d, bottom), (c, bottom)], float)
    canvas.fill(band, LINE, 0.35 if _is_clocked(segment) else 0.2)
    edges = [band[[0, 3]], band[[1, 2]]]
    canvas.stroke(edges, _COLOURS[segment.channel], 1, 0.8 if _is_clocked(segment) else 0.35)


def _blocks(canvas: Canvas, segment: Segment, sides: Sequence[tuple[float, float]]) -> None:
    """A segment's stretch of either bar, with its times where they fit."""
    colour = _COLOURS[segment.channel]
    lane = 0 if segment.channel is Channel.VISUAL else _LANE + 2
    is_clocked = _is_clocked(segment)
    for (left, right), bar, span in zip(
        sides, (_UPPER, _LOWER), (segment.query, segment.reference), strict=True
    ):
        top, bottom = bar + lane, bar + lane + _LANE
        block = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)
        canvas.fill(block, colour, 1.0 if is_clocked else 0.45)
        if right - left > _SEAM:
            canvas.stroke([block], GROUND, 1, 0.5, closed=True)
        times = "" if span.is_timeless else f"{clock(span.start, 1)} to {clock(span.end, 1)}"
        score = f"score {segment.score:.2f}" if bar == _UPPER else ""
        unknown = "" if is_clocked else "same scene, time unknown"
        for words in ("   ".join(filter(None, (unknown or times, score))), times, score):
            if words and right - left > canvas.length(words, 12) + 10:
                tone = GROUND if is_clocked else TEXT
                canvas.text((left + right) / 2, (top + bottom) / 2, words, 12, tone, "mm")
                break


def _is_clocked(segment: Segment) -> bool:
    """Whether the times mean anything: a still has none to mistake."""
    still = segment.query.is_timeless or segment.reference.is_timeless
    return still or segment.offset is not None


def _across(span: Span, duration: float | None, scale: float) -> tuple[float, float]:
    """From where to where on the canvas."""
    if duration is None:
        return float(_LEFT), float(_LEFT + _ROOM)
    start = min(max(span.start, 0.0), duration) if not math.isnan(span.start) else 0.0
    end = min(max(span.end, start), duration) if not math.isnan(span.end) else duration
    left = _LEFT + start * scale
    return left, max(_LEFT + end * scale, left + _LEAST)
