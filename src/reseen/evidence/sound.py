"""Two spectrograms above each other, in line where they match, with the peaks that agree linked.

The axes carry the alignment: the reference's time runs along the query's through offset and rate,
and its pitch is shifted, so a true copy shows the same picture twice and every link is upright.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.match import Confidence, Segment
from reseen.domain.media import Sound, Span
from reseen.evidence.canvas import ACCENT, GROUND, LINE, MUTED, TEXT, Canvas, Points, clock
from reseen.evidence.panels import MARGIN, WIDTH
from reseen.evidence.pictures import headline, spread
from reseen.evidence.spectrogram import duration, semitones, spectrogram

LONGEST = 12.0
"""Seconds shown: at 90 pixels a second single peaks are still told apart."""

_LINKS = 60
_LEFT = 92  # room for the names and the frequencies
_TOP, _HEIGHT, _GAP = 112, 190, 44
_BELOW = 46
_PITCHES = (-2.0, 57.0)  # 150 Hz to 4.6 kHz: where peaks are found
_LEAD = 0.8  # seconds shown before the segment, so that its start is seen
_MARKS = (125, 250, 500, 1000, 2000, 4000)
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two panels: its clock and its pitches, drawn at a height of the canvas."""

    top: int
    start: float
    end: float
    low: float
    high: float

    @property
    def width(self) -> int:
        return WIDTH - MARGIN - _LEFT

    def x(self, time: Any) -> Any:
        return _LEFT + (time - self.start) / (self.end - self.start) * self.width

    def y(self, pitch: Any) -> Any:
        return self.top + (self.high - pitch) / (self.high - self.low) * _HEIGHT

    def place(self, peaks: Points) -> npt.NDArray[np.float64]:
        return np.stack([self.x(peaks[:, 0]), self.y(peaks[:, 1])], axis=1)

    def holds(self, peaks: Points) -> npt.NDArray[np.bool_]:
        time, pitch = peaks[:, 0], peaks[:, 1]
        timely = (time >= self.start) & (time < self.end)
        return np.asarray(timely & (pitch >= self.low) & (pitch <= self.high))


def sound_evidence(
    query: Sound,
    reference: Sound,
    segment: Segment,
    *,
    confidence: Confidence,
    query_peaks: Points,
    reference_peaks: Points,
    matched: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> bytes:
    """A PNG of one segment.

    Peaks are ``float [N, 2]``, seconds and semitones above 170 Hz (a track's ``places``);
    ``matched`` are the rows of both that agree (``engine.sound.alignment.matched_peaks``).
    Of a long segment those ``LONGEST`` seconds are shown in which most peaks agree.
    """
    pairs = np.stack(matched, axis=1).astype(np.intp)
    here, there = _sides(query, reference, segment, query_peaks[pairs[:, 0], 0])
    canvas = Canvas(WIDTH, there.top + _HEIGHT + _BELOW)
    headline(canvas, segment.score, confidence, change=_change(segment))
    for side, sound, span, name in (
        (here, query, segment.query, "upload"),
        (there, reference, segment.reference, "reference"),
    ):
        _show(canvas, side, sound, span, name)
    seen = here.holds(query_peaks[pairs[:, 0]]) & there.holds(reference_peaks[pairs[:, 1]])
    _dot(canvas, here, query_peaks, pairs[:, 0])
    _dot(canvas, there, reference_peaks, pairs[:, 1])
    shown = pairs[seen]
    if len(shown):
        _link(
            canvas, here.place(query_peaks[shown[:, 0]]), there.place(reference_peaks[shown[:, 1]])
        )
    canvas.text(MARGIN, 60, _summary(segment, here, len(shown), len(pairs)), 14, MUTED, "ls")
    return canvas.png()


def _sides(
    query: Sound, reference: Sound, segment: Segment, agreed: npt.NDArray[Any]
) -> tuple[_Side, _Side]:
    """Which stretch is shown, on both clocks."""
    rate = segment.rate if math.isfinite(segment.rate) and segment.rate > 0 else 1.0
    span = _within(segment.query, query)
    offset = segment.offset
    if offset is None or not math.isfinite(offset):
        offset = _within(segment.reference, reference).start - rate * span.start
    start, length = span.start - _LEAD, min(LONGEST, span.duration + 2 * _LEAD)
    if span.duration + 2 * _LEAD > LONGEST and len(agreed):
        times = np.sort(agreed[(agreed >= span.start) & (agreed <= span.end)])
        counts = np.searchsorted(times, times + (LONGEST - _LEAD)) - np.arange(len(times))
        if len(times):
            densest = float(times[int(counts.argmax())])
            start = min(densest - _LEAD, span.end + _LEAD - LONGEST)
    pitch = segment.pitch or 0.0
    low, high = _PITCHES
    here = _Side(_TOP, start, start + length, low, high)
    there = _Side(
        _TOP + _HEIGHT + _GAP,
        offset + rate * here.start,
        offset + rate * here.end,
        low - pitch,
        high - pitch,
    )
    return here, there


def _within(span: Span, sound: Sound) -> Span:
    """The part of a span that the sound covers; at least a tenth of a second."""
    first, last = sound.start, sound.start + duration(sound)
    start = min(max(span.start, first), last) if not math.isnan(span.start) else first
    end = min(max(span.end, first), last) if not math.isnan(span.end) else last
    return Span(start, max(end, start + 0.1))


def _change(segment: Segment) -> list[str]:
    told = []
    if abs(segment.rate - 1.0) >= 0.001:
        told.append(
            f"{abs(segment.rate - 1) * 100:.1f}% {'faster' if segment.rate > 1 else 'slower'}"
        )
    if segment.pitch is not None and abs(segment.pitch) >= 0.05:
        told.append(
            f"{abs(segment.pitch):.1f} semitones {'higher' if segment.pitch > 0 else 'lower'}"
        )
    return told


def _summary(segment: Segment, side: _Side, shown: int, pairs: int) -> str:
    length = segment.query.duration
    if not math.isfinite(length) or side.end - side.start >= length:
        return f"{pairs} peaks agree (linked); others are faint" if pairs else "no peaks agree"
    return (
        f"{side.end - side.start:.0f} s of {clock(segment.query.start, 1)} to "
        f"{clock(segment.query.end, 1)}, where most peaks agree: {shown} of {pairs}"
    )


def _show(canvas: Canvas, side: _Side, sound: Sound, span: Span, name: str) -> None:
    """The spectrogram with its axes; what is outside the segment is dimmed."""
    picture = spectrogram(sound, side.start, side.end, (side.low, side.high), (side.width, _HEIGHT))
    first, last = (round(side.x(t)) if math.isfinite(t) else None for t in (span.start, span.end))
    left = 0 if first is None else min(max(first - _LEFT, 0), side.width)
    right = side.width if last is None else min(max(last - _LEFT, left), side.width)
    for outside in (picture[:, :left], picture[:, right:]):
        outside[...] = (outside * 0.4).astype(np.uint8)
    canvas.paste(picture, _LEFT, side.top)
    for frequency in _MARKS:
        y = side.y(semitones(frequency))
        if side.top + 6 <= y <= side.top + _HEIGHT - 6:
            canvas.box(_LEFT - 5, y, 5, 1, LINE)
            words = f"{frequency // 1000} kHz" if frequency >= 1000 else f"{frequency} Hz"
            canvas.text(_LEFT - 9, y, words, 12, MUTED, "rm")
    is_upper = side.top == _TOP
    edge = side.top if is_upper else side.top + _HEIGHT
    bounds = [t for t, x in ((span.start, first), (span.end, last)) if x is not None]
    bounds = [t for t in bounds if side.start <= t <= side.end]
    _tick(canvas, side, edge, bounds, is_upper=is_upper)
    if right > left:
        canvas.box(_LEFT + left, edge - (5 if is_upper else -2), right - left, 3, ACCENT)
    for time in bounds:
        x = side.x(time)
        canvas.stroke([np.array([(x, side.top), (x, side.top + _HEIGHT)])], GROUND, 4, 0.6)
        canvas.stroke([np.array([(x, side.top - 5), (x, side.top + _HEIGHT + 5)])], ACCENT, 2)
    canvas.text(
        MARGIN, edge + (-10 if is_upper else 10), name, 14, TEXT, "ls" if is_upper else "lt"
    )


def _tick(canvas: Canvas, side: _Side, edge: int, bounds: list[float], *, is_upper: bool) -> None:
    """Times along the outer edge; those of the segment's ends stand in the accent's colour."""
    away = -1 if is_upper else 1
    anchor = "ms" if is_upper else "mt"
    y = edge + away * 10
    taken: list[float] = []
    for time in bounds:
        words = clock(time)
        half = canvas.length(words, 13) / 2
        x = min(max(side.x(time), _LEFT + half), _LEFT + side.width - half)
        if any(abs(x - other) < 2 * half + 8 for other in taken):
            continue
        canvas.text(x, y, words, 13, ACCENT, anchor)
        taken.append(x)
    step = next((s for s in _STEPS if (side.end - side.start) / s <= 13), 10.0)
    decimals = 0 if step >= 1 else 1
    for k in range(math.ceil(max(side.start, 0.0) / step), math.floor(side.end / step) + 1):
        x = side.x(k * step)
        canvas.box(x, edge if away > 0 else edge - 5, 1, 5, LINE)
        words = clock(k * step, decimals)
        half = canvas.length(words, 12) / 2
        fits = x - half >= _LEFT and x + half <= WIDTH - 4
        if fits and all(abs(x - other) > half + 44 for other in taken):
            canvas.text(x, y, words, 12, MUTED, anchor)


def _dot(canvas: Canvas, side: _Side, peaks: Points, matched: npt.NDArray[np.intp]) -> None:
    alone = side.holds(peaks)
    alone[matched] = False
    canvas.dots(side.place(peaks[alone]), TEXT, 1.4, 0.45)


def _link(canvas: Canvas, upper: Points, lower: Points) -> None:
    kept = spread(np.asarray(upper, np.float64), _LINKS)
    canvas.stroke(list(np.stack([upper[kept], lower[kept]], axis=1)), ACCENT, 1, 0.3)
    both = np.concatenate([upper, lower])
    canvas.dots(both, GROUND, 3.6, 0.8)
    canvas.dots(both, ACCENT, 2.4)
