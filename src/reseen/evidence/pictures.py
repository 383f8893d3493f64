"""Two pictures side by side, the region they share outlined, and one laid over the other.

Lettered corners carry over from picture to picture, so that a mirrored or turned copy is seen at a
glance. The third panel lays the reference over the upload in alternating tiles: edges that run on
from tile to tile convince the eye, where a blend would hide small shifts.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.match import Confidence, Transform
from reseen.domain.media import Box, Frame, Pixels
from reseen.engine.picture.projective import CORNERS, Matrix, apply
from reseen.evidence.canvas import (
    ACCENT,
    GROUND,
    MUTED,
    PANEL,
    Canvas,
    Points,
    clock,
)
from reseen.evidence.overlap import Region, shared_region, square
from reseen.evidence.panels import MARGIN, Panel, arrange, bounded, resized

POINTS_DRAWN = 40
"""More lines hide the pictures; forty still show that the points move together."""

_HEAD = 52
_CAPTION = 32
_NARROWEST = 640  # room for the words above a pair of narrow pictures
_WORDS = 320  # room for the words below the third panel
_DIMMED = 0.38  # of the light outside the region
_TILES = 7  # across the longer side
_TILE_EDGE = 0.6  # of the accent: seen, yet what runs across it is seen as well


def picture_evidence(
    query: Frame,
    reference: Frame,
    *,
    score: float,
    confidence: Confidence,
    transform: Transform | None = None,
    matrix: npt.NDArray[Any] | None = None,
    points: tuple[Points, Points] | None = None,
) -> bytes:
    """A PNG of query (left or above) and reference, with a third panel where a matrix is known.

    ``matrix`` is a ``[3, 3]`` or ``[2, 3]`` homography from reference to query, ``points`` are
    positions that agree, ``float [N, 2]`` in the query and in the reference; all in fractions of
    each picture.
    """
    query, reference = (replace(f, pixels=bounded(f.pixels)) for f in (query, reference))
    homography = square(matrix)
    region = None if homography is None else shared_region(homography)
    aspects = [f.pixels.shape[1] / f.pixels.shape[0] for f in (query, reference)]
    view = None if region is None else _view(region)
    if view is not None:
        aspects.append(aspects[0] * view.width / view.height)
    panels, width, bottom = arrange(aspects, _HEAD, _CAPTION)
    widest = max(width, panels[-1].x + _WORDS, _NARROWEST)
    canvas = Canvas(widest, bottom + MARGIN // 2)
    headline(canvas, score, confidence, told(transform))

    outlines = (_inset(transform), None) if region is None else (region.query, region.reference)
    _show(canvas, panels[0], query, "upload", outlines[0])
    _show(canvas, panels[1], reference, "reference", outlines[1])
    if points is not None and len(points[0]):
        _link(canvas, panels[0].place(points[0]), panels[1].place(points[1]))
    for panel, outline in zip(panels, outlines, strict=False):
        if outline is not None:
            _outline(canvas, panel.place(outline), region)
    if homography is not None and region is not None and view is not None:
        undone = transform is not None and transform.inverted
        seen = 255 - reference.pixels if undone else reference.pixels
        _lay(canvas, panels[2], query.pixels, seen, homography, region, view)
        words = "framed tiles: reference over upload"
        _caption(canvas, panels[2], words + (", inverted back" if undone else ""))
    return canvas.png()


def headline(
    canvas: Canvas, score: float, confidence: Confidence, change: Sequence[str] = ()
) -> None:
    """How sure, in the canvas's first line, and what was done to the copy."""
    words = f"score {score:.2f}"
    canvas.text(MARGIN, 32, words, 19, at="ls")
    x = MARGIN + canvas.length(words, 19) + 14
    canvas.text(x, 32, f"confidence {confidence}", 15, MUTED, "ls")
    canvas.text(canvas.width - MARGIN, 32, " · ".join(change), 15, ACCENT, "rs")


def told(transform: Transform | None) -> list[str]:
    """A transform in words, in the order in which people ask."""
    if transform is None:
        return []
    turn = round(transform.rotated) % 360
    said = {
        "mirrored": transform.mirrored,
        f"rotated {turn if turn <= 180 else turn - 360}°": turn != 0,
        "inverted": transform.inverted,
        "cropped": transform.cropped is not None,
        "inside a larger picture": transform.inset is not None,
    }
    return [words for words, true in said.items() if true]


def _inset(transform: Transform | None) -> npt.NDArray[np.float64] | None:
    """The outline that is known without a matrix: a box of the query's frame."""
    if transform is None or transform.inset is None:
        return None
    box = transform.inset.intersect(Box.WHOLE)
    return np.asarray(CORNERS * (box.width, box.height) + (box.x, box.y)) if box.area else None


def _show(
    canvas: Canvas,
    panel: Panel,
    shown: Frame,
    name: str,
    outline: npt.NDArray[np.float64] | None,
) -> None:
    """One picture with what lies outside the region dimmed, and its caption."""
    canvas.box(panel.x, panel.y, panel.width, panel.height, PANEL)
    x, y, width, height = panel.inner
    picture = resized(shown.pixels, width, height)
    if outline is not None:
        picture = _dimmed(picture, panel.place(outline) - (x, y))
    canvas.paste(picture, x, y)
    _caption(canvas, panel, name, None if shown.time is None else clock(shown.time))


def _caption(canvas: Canvas, panel: Panel, words: str, time: str | None = None) -> None:
    y = panel.y + panel.height + 21
    canvas.text(panel.x, y, words, 14, MUTED, "ls")
    if time is not None:
        canvas.text(panel.x + canvas.length(words + "  ", 14), y, time, 14, at="ls")


def _outline(canvas: Canvas, polygon: Points, region: Region | None) -> None:
    """The region's edge, dark beneath so that it shows on any picture, and its corners' letters."""
    canvas.stroke([polygon], GROUND, 5, 0.7, closed=True)
    canvas.stroke([polygon], ACCENT, 2, closed=True)
    named = list(range(len(polygon))) if region is None else region.landmarks()
    if np.ptp(polygon, axis=0).min() < 48 or len(named) > 6:
        return
    inward = polygon.mean(axis=0) - polygon
    inward *= 15 / np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    badges = (polygon + inward)[named]
    canvas.dots(badges, GROUND, 10.5, 0.7)
    canvas.dots(badges, ACCENT, 9)
    for (x, y), letter in zip(badges, "ABCDEF", strict=False):
        canvas.text(x, y, letter, 12, GROUND, "mm")


def _link(canvas: Canvas, query: Points, reference: Points) -> None:
    kept = spread(np.asarray(query, np.float64), POINTS_DRAWN)
    ends = np.stack([query[kept], reference[kept]], axis=1)
    canvas.stroke(list(ends), ACCENT, 1, 0.25)
    both = ends.reshape(-1, 2)
    canvas.dots(both, GROUND, 3.5, 0.7)
    canvas.dots(both, ACCENT, 2.3)


def spread(points: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.intp]:
    """Rows of at most so many points that lie far from each other: each is the farthest from those
    before it, and the first is the farthest from the middle.
    """
    gap = np.linalg.norm(points - points.mean(axis=0), axis=1)
    chosen = [int(gap.argmax())]
    gap = np.full(len(points), math.inf)
    while len(chosen) < min(count, len(points)):
        gap = np.minimum(gap, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(gap.argmax()))
    return np.array(chosen)


def _view(region: Region) -> Box:
    """What of the query the third panel shows: the region and a little around it."""
    low, high = region.query.min(axis=0), region.query.max(axis=0)
    border = 0.08 * (high - low)
    low, high = np.maximum(low - border, 0.0), np.minimum(high + border, 1.0)
    box = Box(float(low[0]), float(low[1]), *(float(n) for n in high - low))
    return box if box.area < 0.6 else Box.WHOLE


def _dimmed(picture: Pixels, polygon: Points) -> Pixels:
    inside = _mask(polygon, picture.shape)
    return np.where(inside[..., None] > 0, picture, (picture * _DIMMED).astype(np.uint8))


def _mask(polygon: Points, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round((np.asarray(polygon) - 0.5) * 16).astype(np.int32), 255, 8, 4)
    return mask


def _lay(
    canvas: Canvas,
    panel: Panel,
    query: Pixels,
    reference: Pixels,
    matrix: Matrix,
    region: Region,
    view: Box,
) -> None:
    """The view of the query in which every second tile of the region shows the reference."""
    x, y, width, height = panel.inner
    zoom = np.diag([width / view.width, height / view.height, 1.0])
    zoom[:2, 2] = -zoom[0, 0] * view.x, -zoom[1, 1] * view.y
    outline = apply(zoom, region.query)
    below = _warped(query, zoom, region.query, (width, height))
    above = _warped(reference, zoom @ matrix, region.reference, (width, height))
    side = max(max(width, height) / _TILES, 8.0)
    rows, columns = (np.arange(n) // side for n in (height, width))
    inside = _mask(outline, (height, width)) > 0
    odd = inside & ((rows[:, None] + columns[None, :]) % 2 == 1)
    both = _dimmed(np.where(odd[..., None], above, below), outline)
    within = cv2.erode(odd.astype(np.uint8), np.ones((5, 5), np.uint8))
    edge = within > cv2.erode(within, np.ones((3, 3), np.uint8))
    both[edge] = both[edge] * (1 - _TILE_EDGE) + np.array(ACCENT) * _TILE_EDGE
    canvas.box(panel.x, panel.y, panel.width, panel.height, PANEL)
    canvas.paste(both, x, y)


def _warped(
    pixels: Pixels, matrix: Matrix, region: npt.NDArray[np.float64], size: tuple[int, int]
) -> Pixels:
    """A picture through a homography from its fractions to pixels of another, shrunk first where
    the other is much smaller: sampling alone would alias.
    """
    across = np.ptp(apply(matrix, region), axis=0).max()
    ratio = across / max(float((np.ptp(region, axis=0) * pixels.shape[1::-1]).max()), 1.0)
    if ratio < 0.7:
        width, height = (max(1, round(n * ratio)) for n in pixels.shape[1::-1])
        pixels = resized(pixels, width, height)
    height, width = pixels.shape[:2]
    # cv2 counts from the middle of a pixel, we count from its corner.
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    full = np.linalg.inv(centre) @ matrix @ np.diag([1 / width, 1 / height, 1.0]) @ centre
    way = cv2.INTER_NEAREST if ratio > 4 else cv2.INTER_LINEAR
    shown = cv2.warpPerspective(pixels, full, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown, np.uint8)
