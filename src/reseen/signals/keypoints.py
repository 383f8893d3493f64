"""SIFT keypoints of one frame, spread over it, for spatial verification.

Conventions: places are ``x, y, size`` in units of the frame's longer side and ``angle`` in degrees
clockwise on screen (OpenCV's). Codes are RootSIFT (Arandjelovic & Zisserman, *Three things
everyone should know to improve object retrieval*, 2012) times 255. Response is kept as quality.

SIFT turns and zooms natively; a flipped or a negative picture is handled where keypoints are
matched, by permuting the bins of a code (``engine.picture.geometry``).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import KEYPOINTS, Track
from reseen.domain.media import Pixels

WORKING_SIDE = 416
"""Longer side in pixels at which keypoints are sought; smaller pictures are enlarged to it. SIFT
doubles it again, so details of one pixel count. About 40 ms at 416, 70 at 512."""
KEPT = 700
"""Keypoints of one frame: matching costs their square."""
_CANDIDATES = 1400
_CONTRAST = 0.015
_CELLS = 8
_COARSE = 0.03
"""A keypoint this large (in longer sides) survives strong reduction; half of the places that are
kept are offered to such first, or an inset would find none of its scale."""


def detect_keypoints(pixels: Pixels, time: float | None, *, side: int = WORKING_SIDE) -> Track:
    """Up to ``KEPT`` keypoints of a frame shown at ``time`` (``None``: a still), strongest first.

    An empty track for a picture without detail.
    """
    height, width = pixels.shape[:2]
    longer = max(height, width)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = side / longer
    if scale != 1.0:
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        grey = cv2.resize(grey, size, interpolation=how)
    sift = cv2.SIFT.create(_CANDIDATES, contrastThreshold=_CONTRAST)
    described: tuple[Any, Any] = sift.detectAndCompute(grey, None)
    found, raw = described
    if raw is None:
        return _track(np.zeros((0, 128), np.uint8), np.zeros((0, 5), np.float64), time)
    stretch = (grey.shape[1] / width * longer, grey.shape[0] / height * longer)
    rows = np.array(
        [
            (
                (k.pt[0] + 0.5) / stretch[0],
                (k.pt[1] + 0.5) / stretch[1],
                k.size / side,
                k.angle,
                k.response,
            )
            for k in found
        ]
    )
    kept = _spread(rows, KEPT)
    total = raw[kept].sum(axis=1, keepdims=True) + 1e-7
    codes = np.minimum(np.rint(np.sqrt(raw[kept] / total) * 255.0), 255.0).astype(np.uint8)
    return _track(codes, rows[kept], time)


def _spread(rows: npt.NDArray[np.float64], keep: int) -> npt.NDArray[np.intp]:
    """Indices to keep: cell by cell the strongest first, so that no corner takes all.

    Half of the places are offered to coarse keypoints first; unclaimed ones go to the rest.
    """
    if len(rows) <= keep:
        return np.argsort(-rows[:, 4], kind="stable")
    rank = _rank_in_cell(rows)
    coarse = rows[:, 2] >= _COARSE
    first = np.flatnonzero(coarse)
    first = first[np.lexsort((-rows[first, 4], rank[first]))][: keep // 2]
    chosen = np.zeros(len(rows), bool)
    chosen[first] = True
    rest = np.flatnonzero(~chosen)
    rest = rest[np.lexsort((-rows[rest, 4], rank[rest]))][: keep - len(first)]
    kept = np.concatenate([first, rest])
    return kept[np.argsort(-rows[kept, 4], kind="stable")]


def _rank_in_cell(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Position of each keypoint among those of its grid cell, strongest 0."""
    cell = np.floor(rows[:, :2] * _CELLS).astype(np.int64)
    key = cell[:, 1] * (_CELLS + 1) + cell[:, 0]
    order = np.lexsort((-rows[:, 4], key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    position = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    rank = np.empty(len(rows), np.int64)
    rank[order] = position
    return rank


def _track(codes: npt.NDArray[Any], rows: npt.NDArray[np.float64], time: float | None) -> Track:
    span = (-np.inf, np.inf) if time is None else (time, time)
    return Track(
        signal=KEYPOINTS,
        spans=np.tile(np.array(span, np.float64), (len(codes), 1)),
        codes=codes,
        quality=rows[:, 4].astype(np.float32),
        places=rows[:, :4].astype(np.float32),
    )
