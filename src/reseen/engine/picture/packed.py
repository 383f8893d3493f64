"""Keypoints in 70 bytes each, as a reference keeps them: a third of what they are found in.

Codes are rounded to sixteen steps; places to less than a pixel of the frame in which they were
found. What is lost is less than what re-encoding a picture changes (decisions/0006).
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import KEYPOINTS, LOOKS, Track

type Bytes = npt.NDArray[np.uint8]

WIDTH = 70
"""Bytes of a keypoint."""
STEP = 10
"""Of a code's 0..255: no bin of a RootSIFT code of a photograph is often above 150."""
_BINS = 64
_SMALLEST, _PER_E = 1e-3, 36.0
"""The least size, in longer sides, and steps a factor of e: up to 1.2 longer sides in a byte."""


def packed(keypoints: Track, most: int) -> bytes:
    """The first ``most`` of one frame's keypoints, compressed (by a third)."""
    track = keypoints.rows(slice(most))
    count = len(track)
    row = np.zeros((count, WIDTH), np.uint8)
    steps = np.minimum(15, np.rint(track.codes / STEP)).astype(np.uint8)
    row[:, :_BINS] = steps[:, 0::2] << 4 | steps[:, 1::2]
    at = np.clip(np.rint(track.places[:, :2] * 65535.0), 0, 65535).astype("<u2")
    row[:, _BINS : _BINS + 4] = at.view(np.uint8).reshape(count, 4)
    size = _PER_E * np.log(np.maximum(track.places[:, 2], _SMALLEST) / _SMALLEST)
    row[:, _BINS + 4] = np.clip(np.rint(size), 0, 255).astype(np.uint8)
    row[:, _BINS + 5] = np.rint(track.places[:, 3] * (256.0 / 360.0)).astype(np.int64) % 256
    return zlib.compress(row.tobytes(), 6)


def looks(found: Sequence[tuple[bytes, float, float]]) -> Track:
    """Frames that were packed, with the times between which they were shown, as a track."""
    width = max((len(row) for row, _, _ in found), default=0)
    codes = np.zeros((len(found), width), np.uint8)
    for code, (row, _, _) in zip(codes, found, strict=True):
        code[: len(row)] = np.frombuffer(row, np.uint8)
    return Track(
        LOOKS,
        spans=np.array([span for _, *span in found], np.float64).reshape(-1, 2),
        codes=codes,
        quality=np.ones(len(found), np.float32),
        places=np.zeros((len(found), 0), np.float32),
    )


def unpacked(row: Bytes, time: float | None) -> Track:
    """The keypoints of one frame shown at a time (``None``: a still), strongest first."""
    # What follows the compressed bytes is padding.
    raw = zlib.decompressobj().decompress(row.tobytes())
    rows = np.frombuffer(raw, np.uint8).reshape(-1, WIDTH)
    count = len(rows)
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
