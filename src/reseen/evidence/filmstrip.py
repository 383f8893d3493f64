"""Frames of a stretch of video above those of its reference, a pair for a moment of the match."""

from collections.abc import Sequence

import numpy as np

from reseen.domain.match import Confidence, Segment
from reseen.domain.media import Frame
from reseen.evidence.canvas import ACCENT, MUTED, PANEL, TEXT, Canvas, clock
from reseen.evidence.panels import MARGIN, WIDTH, bounded, cell, resized
from reseen.evidence.pictures import headline, told

MOST_PAIRS = 8

_HEAD = 78
_CAPTION = 26
_GAP = 8
_BETWEEN = 18  # between the rows, for the marks that tie a pair together
_WIDEST_CELL = 280
_HIGHEST_CELL = 240


def filmstrip(
    pairs: Sequence[tuple[Frame, Frame]], segment: Segment, confidence: Confidence
) -> bytes:
    """A PNG of up to ``MOST_PAIRS`` pairs of query and reference, spread evenly over those given.

    A row's cells have the typical shape of its frames, so that black bars are seen as such.
    """
    shown = [pairs[i] for i in _evenly(len(pairs))]
    columns = max(len(shown), 1)
    room = (WIDTH - 2 * MARGIN - _GAP * (columns - 1)) // columns
    width = min(room, _WIDEST_CELL)
    heights = [_row([pair[row] for pair in shown], width) for row in range(2)]
    tops = (_HEAD + _CAPTION, _HEAD + _CAPTION + heights[0] + _BETWEEN)
    across = columns * (width + _GAP) - _GAP + 2 * MARGIN
    canvas = Canvas(max(across, 720), tops[1] + heights[1] + _CAPTION + MARGIN // 2)
    headline(canvas, segment.score, confidence, told(segment.transform))
    canvas.text(MARGIN, 58, _summary(segment, len(shown)), 14, MUTED, "ls")
    for column, pair in enumerate(shown):
        x = MARGIN + column * (width + _GAP)
        for top, height, frame in zip(tops, heights, pair, strict=True):
            panel = cell(x, top, width, height, frame.pixels.shape[1] / frame.pixels.shape[0])
            canvas.box(x, top, width, height, PANEL)
            left, upper, *size = panel.inner
            canvas.paste(resized(bounded(frame.pixels), *size), left, upper)
        middle = x + width // 2
        canvas.box(middle - 1, tops[0] + heights[0] + 4, 2, _BETWEEN - 8, ACCENT)
        for y, frame, name in (
            (tops[0] - 9, pair[0], "upload"),
            (tops[1] + heights[1] + 18, pair[1], "reference"),
        ):
            first = f"{name}  " if column == 0 and width >= 150 else ""
            canvas.text(x, y, first, 13, MUTED, "ls")
            words = name if frame.time is None else clock(frame.time)
            if frame.time is not None or not first:
                canvas.text(x + canvas.length(first, 13), y, words, 13, TEXT, "ls")
    return canvas.png()


def _row(frames: Sequence[Frame], width: int) -> int:
    """Height of a row in which frames of the typical shape fill cells of this width."""
    if not frames:
        return 0
    aspect = float(np.median([f.pixels.shape[1] / f.pixels.shape[0] for f in frames]))
    return int(min(max(width / aspect, width / 3), _HIGHEST_CELL))


def _evenly(count: int) -> list[int]:
    if count <= MOST_PAIRS:
        return list(range(count))
    return [round(i * (count - 1) / (MOST_PAIRS - 1)) for i in range(MOST_PAIRS)]


def _summary(segment: Segment, columns: int) -> str:
    if not columns:
        return "no frame of this stretch could be shown"
    if segment.offset is None:
        return "the same picture; at which time of it cannot be told"
    above, below = (
        f"{clock(span.start)} to {clock(span.end)}" for span in (segment.query, segment.reference)
    )
    return f"upload (above) {above} · reference (below) {below}"
