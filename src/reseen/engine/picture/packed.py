"""Keypoints in 70 bytes each, as a reference keeps them: a third of what they are found in.

Codes are rounded to sixteen steps; places to less than a pixel of the frame in which they were
found. What is lost is less than what re-encoding a picture changes (decisions/0006).
"""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import KEYPOINTS, Track

type Bytes = npt.NDArray[np.uint8]

WIDTH = 70
"""Bytes of a keypoint."""
STEP = 10
"""Of a code's 0..255: no bin of a RootSIFT code of a photograph is often above 150."""
_BINS = 64
_SMALLEST, _PER_E = 1e-3, 36.0
"""The least size, in longer sides, and steps a factor of e: up to 1.2 longer sides in a byte."""


def packed(keypoints: Track, most: int) -> Bytes:
    """The first ``most`` of one frame's keypoints as one row ``uint8 [WIDTH most]``."""
    track = keypoints.rows(slice(most))
    row = np.zeros((most, WIDTH), np.uint8)
    count = len(track)
    steps = np.minimum(15, np.rint(track.codes / STEP)).astype(np.uint8)
    row[:count, :_BINS] = steps[:, 0::2] << 4 | steps[:, 1::2]
    at = np.clip(np.rint(track.places[:, :2] * 65535.0), 0, 65535).astype("<u2")
    row[:count, _BINS : _BINS + 4] = at.view(np.uint8).reshape(count, 4)
    size = _PER_E * np.log(np.maximum(track.places[:, 2], _SMALLEST) / _SMALLEST)
    row[:count, _BINS + 4] = np.clip(np.rint(size), 0, 255).astype(np.uint8)
    row[:count, _BINS + 5] = np.rint(track.places[:, 3] * (256.0 / 360.0)).astype(np.int64) % 256
    return row.reshape(-1)


def unpacked(row: Bytes, count: int, time: float | None) -> Track:
    """The keypoints of one frame shown at a time (``None``: a still), strongest first."""
    rows = np.ascontiguousarray(row.reshape(-1, WIDTH)[:count])
    codes = np.empty((count, 2 * _BINS), np.uint8)
    codes[:, 0::2] = (rows[:, :_BINS] >> 4) * STEP
    codes[:, 1::2] = (rows[:, :_BINS] & 15) * STEP
    places = np.empty((count, 4), np.float32)
    at = np.ascontiguousarray(rows[:, _BINS : _BINS + 4]).view("<u2")
    places[:, :2] = at / np.float32(65535.0)
    places[:, 2] = _SMALLEST * np.exp(rows[:, _BINS + 4] / np.float32(_PER_E))
    places[:, 3] = rows[:, _BINS + 5] * np.float32(360.0 / 256.0)
    span = (-np.inf, np.inf) if time is None else (time, time)
    return Track(
        KEYPOINTS,
        spans=np.tile(np.array(span, np.float64), (count, 1)),
        codes=codes,
        quality=np.arange(count, 0, -1, dtype=np.float32),
        places=places,
    )
