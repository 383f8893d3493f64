"""The parts of a picture that are described, so that a disguise misses at least one of them.

A copy may be a part of what is shown: bars, captions, an app around it, another picture beneath it.
A reference is described whole and without what frames it, a query whole and each picture in it.
Tiles are for a second pass, where keypoints are few. Flipped and turned views would be idle: the
models give nearly the same vector for all eight, and such views raised recall by less than 0.003
(decisions/0003).

Frames are found as rectangles with long straight edges. A seam between pasted pixels steps within
one pixel all along its length, which natural edges rarely do; so flat bars, captions, blurred bars,
app windows, insets and collages are one case. A row-by-row search for a flat ground completes it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.domain.media import Box, Pixels
from reseen.ports import Describe
from reseen.signals.descriptor import to_codes

LONGEST = 640
"""Views are cut from a copy with at most this longer side: a descriptor sees 224 to 288 pixels."""
INSIDE = 4
"""Pictures inside a query that are described: the cells of a collage of four."""

# Tuned by eye on fourteen kinds of frames around a few photographs. tests/signals/test_views.py
# holds that at least 85% of a framed picture is found in five of six cases.
_SKETCH = 192
_STEP = 12
_CLEAR = 1.6
_LINES = 10
_LONG = 0.18
_SIDE = 0.6
_BORDER = 0.65
_GROUND_SCORE = 0.85
_RECTANGLES = 24
_LARGER = 0.2
_FILLED = 0.8
_SMALLEST, _LARGEST = 0.06, 0.93
_SAME = 0.7
_FLAT = 14
_BUSY = 0.22


@dataclass(frozen=True, slots=True)
class View:
    """A region, then flipped left to right if ``mirrored``, then turned clockwise by quarters."""

    box: Box = Box.WHOLE
    mirrored: bool = False
    turns: int = 0


def shrunk(pixels: Pixels) -> Pixels:
    """The picture with a longer side of at most ``LONGEST``."""
    height, width = pixels.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def render(pixels: Pixels, view: View) -> Pixels:
    """Cut, flip and turn. At least one pixel remains."""
    height, width = pixels.shape[:2]
    left = min(width - 1, max(0, round(view.box.x * width)))
    top = min(height - 1, max(0, round(view.box.y * height)))
    right = max(left + 1, round((view.box.x + view.box.width) * width))
    bottom = max(top + 1, round((view.box.y + view.box.height) * height))
    part = pixels[top:bottom, left:right]
    if view.mirrored:
        part = part[:, ::-1]
    return np.ascontiguousarray(np.rot90(part, -view.turns))


def reference_views(pixels: Pixels) -> tuple[View, ...]:
    """Whole, and without its frame where it has one."""
    inside = content_box(pixels)
    return (View(),) if inside is None else (View(), View(inside))


def query_views(pixels: Pixels) -> tuple[View, ...]:
    """Whole, and each picture inside."""
    return (View(), *(View(box) for box in pictures_inside(pixels)))


def tiles() -> tuple[View, ...]:
    """The four quarters and the middle, each half as wide and high as the picture.

    Four more windows between them, and the halves, found no copy that these had missed.
    """
    corners = ((0.0, 0.0), (0.5, 0.0), (0.25, 0.25), (0.0, 0.5), (0.5, 0.5))
    return tuple(View(Box(x, y, 0.5, 0.5)) for x, y in corners)


def describe_still(describe: Describe, pixels: Pixels, views: tuple[View, ...]) -> Track:
    """One descriptor a view, without a clock."""
    small = shrunk(pixels)
    vectors = describe([render(small, view) for view in views])
    places = [
        (v.box.x, v.box.y, v.box.width, v.box.height, float(v.mirrored), float(v.turns))
        for v in views
    ]
    return Track(
        signal=describe.signal,
        spans=np.tile(np.array([-np.inf, np.inf]), (len(views), 1)),
        codes=to_codes(vectors),
        quality=np.ones(len(views), np.float32),
        places=np.array(places, np.float32).reshape(len(views), 6),
    )


def content_box(pixels: Pixels) -> Box | None:
    """The picture without bars, border, caption or app around it; ``None`` when it has none."""
    boxes = pictures_inside(pixels)
    return boxes[0] if boxes else None


def pictures_inside(pixels: Pixels) -> tuple[Box, ...]:
    """Up to ``INSIDE`` rectangles that look like pictures within the picture, likeliest first."""
    sketch = _sketch(pixels)
    if min(sketch.shape[:2]) < 24:
        return ()
    found = [*_framed(sketch), *_on_flat_ground(sketch)]
    found.sort(key=lambda scored: -scored[0])
    kept: list[Box] = []
    for _, box in found:
        if all(_likeness(box, other) < _SAME for other in kept):
            kept.append(box)
    return tuple(kept[:INSIDE])


def _sketch(pixels: Pixels) -> npt.NDArray[np.int16]:
    height, width = pixels.shape[:2]
    scale = min(1.0, _SKETCH / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.int16)


def _framed(sketch: npt.NDArray[np.int16]) -> list[tuple[float, Box]]:
    """Rectangles whose four sides are seams or the picture's own border, with their support."""
    height, width = sketch.shape[:2]
    upright, level = _seams(sketch), _seams(sketch.transpose(1, 0, 2)).T
    columns, rows = _long_lines(upright), _long_lines(level.T)
    down = np.vstack([np.zeros((1, width + 1)), np.cumsum(upright, axis=0)])
    along = np.hstack([np.zeros((height + 1, 1)), np.cumsum(level, axis=1)])
    x0, x1 = _spans(columns, width)
    y0, y1 = _spans(rows, height)
    if len(x0) == 0 or len(y0) == 0:
        return []
    tall, wide = (y1 - y0)[:, None], (x1 - x0)[None, :]
    sides = np.stack(
        [
            (down[y1][:, x0] - down[y0][:, x0]) / tall,
            (down[y1][:, x1] - down[y0][:, x1]) / tall,
            (along[y0][:, x1] - along[y0][:, x0]) / wide,
            (along[y1][:, x1] - along[y1][:, x0]) / wide,
        ]
    )
    area = tall * wide / (height * width)
    possible = (area > _SMALLEST) & (area < _LARGEST) & (sides.min(axis=0) >= _SIDE)
    score = np.where(possible, sides.mean(axis=0) + _LARGER * area**0.5, 0.0)
    found = []
    for k in np.argsort(-score, axis=None, kind="stable")[:_RECTANGLES].tolist():
        i, j = divmod(k, len(x0))
        if score[i, j] > 0.0 and not _is_flat(sketch[y0[i] : y1[i], x0[j] : x1[j]]):
            box = (x0[j] / width, y0[i] / height, wide[0, j] / width, tall[i, 0] / height)
            found.append((float(score[i, j]), Box(*(float(v) for v in box))))
    return found


def _is_flat(part: npt.NDArray[np.int16]) -> bool:
    """Whether one colour fills it but for some text."""
    off = np.abs(part - np.median(part, axis=(0, 1))).max(axis=2) > _FLAT
    return bool(off.mean() < 1.0 - _FILLED)


def _seams(sketch: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """``[height, width + 1]``: 1 where an upright seam lies before a column, else 0.

    A seam is a step that stands out from those three and four columns away; where it falls inside a
    pixel of the sketch it is spread over two. The picture's own border counts in part.
    """
    height, width = sketch.shape[:2]
    step = np.zeros((height, width + 9), np.int16)
    step[:, 5 : width + 4] = np.abs(np.diff(sketch, axis=1)).max(axis=2)
    at = [step[:, k : k + width + 1] for k in range(9)]
    whole = at[4] + np.maximum(at[3], at[5])
    beside = np.maximum.reduce([at[0], at[1], at[7], at[8]])
    peak = (at[4] >= at[3]) & (at[4] >= at[5]) & (whole > _STEP) & (whole > _CLEAR * beside)
    seams: npt.NDArray[np.float64] = peak.astype(np.float64)
    seams[:, 1:] = np.maximum(seams[:, 1:], seams[:, :-1])
    seams[:, (0, width)] = _BORDER
    return seams


def _long_lines(seams: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Positions of the strongest lines, ascending, with both borders."""
    strength = seams.mean(axis=0)
    last = len(strength) - 1
    chosen = [0, last]
    for k in np.argsort(-strength, kind="stable").tolist():
        if strength[k] < _LONG or len(chosen) >= _LINES + 2:
            break
        if all(abs(k - c) > 2 for c in chosen):
            chosen.append(k)
    return np.array(sorted(chosen), np.int64)


def _spans(lines: npt.NDArray[np.int64], length: int) -> tuple[npt.NDArray[np.int64], ...]:
    """All pairs of lines at least a fifth of the length apart: starts and ends."""
    i, j = np.triu_indices(len(lines), 1)
    wide = lines[j] - lines[i] >= length / 5
    return lines[i][wide], lines[j][wide]


def _on_flat_ground(sketch: npt.NDArray[np.int16]) -> list[tuple[float, Box]]:
    """The longest stretch of rows, then of columns, that one flat colour does not fill; twice."""
    sketch = sketch[::2, ::2]
    height, width = sketch.shape[:2]
    top, bottom, left, right = 0, height, 0, width
    for _ in range(2):
        start, end = _busy_run(sketch[top:bottom, left:right])
        top, bottom = top + start, top + end
        start, end = _busy_run(sketch[top:bottom, left:right].transpose(1, 0, 2))
        left, right = left + start, left + end
    area = (bottom - top) * (right - left) / (height * width)
    if not _SMALLEST < area < _LARGEST or _is_flat(sketch[top:bottom, left:right]):
        return []
    box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return [(_GROUND_SCORE, Box(*box))]


def _busy_run(part: npt.NDArray[np.int16]) -> tuple[int, int]:
    """First and past-the-last row of the longest run of rows that are not of one flat colour."""
    off = np.abs(part - np.median(part, axis=1, keepdims=True)).max(axis=2) > _FLAT
    busy = (off.mean(axis=1) > _BUSY).astype(np.uint8)[:, None]
    gap = np.ones((max(3, len(part) // 20), 1), np.uint8)
    closed = cv2.morphologyEx(busy, cv2.MORPH_CLOSE, gap)[:, 0]
    edges = np.flatnonzero(np.diff(closed, prepend=0, append=0).astype(bool))
    if len(edges) == 0:
        return 0, len(part)
    starts, ends = edges[::2], edges[1::2]
    k = int(np.argmax(ends - starts))
    if ends[k] - starts[k] < 0.15 * len(part):
        return 0, len(part)
    return int(starts[k]), int(ends[k])


def _likeness(one: Box, other: Box) -> float:
    """Intersection over union."""
    shared = one.intersect(other).area
    return shared / max(one.area + other.area - shared, 1e-9)
