"""Frames kept for a second look, as JPEG in memory.

Verification and evidence look again at a handful of moments. Decoding a video a second time to
reach them costs as much as the first time where key frames are far apart; a 512-pixel frame as JPEG
costs about 30 kB and 1.5 ms.
"""

from bisect import bisect_left
from collections.abc import Iterator

import cv2
import numpy as np

from reseen.domain.media import Frame, Pixels

QUALITY = 88
CAPACITY = 2400


class JpegGallery:
    """Implements ``ports.Gallery``. Past ``capacity`` frames every second one is let go, so memory
    is bounded and what stays is evenly spread.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._stride = 1
        self._seen = 0
        self._times: list[float] = []
        self._frames: list[bytes] = []
        self._still: Pixels | None = None

    def add(self, frame: Frame) -> None:
        if frame.time is None:
            self._still = frame.pixels
            return
        if self._seen % self._stride == 0:
            bgr = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
            _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            self._times.append(frame.time)
            self._frames.append(encoded.tobytes())
            if len(self._times) > self._capacity:
                del self._times[1::2], self._frames[1::2]
                self._stride *= 2
        self._seen += 1

    def at(self, time: float | None) -> Frame | None:
        if self._still is not None:
            return Frame(None, self._still)
        if not self._times:
            return None
        i = 0 if time is None else bisect_left(self._times, time)
        if time is not None and i > 0:
            late = i == len(self._times) or time - self._times[i - 1] <= self._times[i] - time
            i -= late
        return self._decoded(i)

    def spread(self, n: int) -> Iterator[Frame]:
        if self._still is not None:
            yield Frame(None, self._still)
        count = min(n, len(self._times))
        for k in range(count):
            yield self._decoded((2 * k + 1) * len(self._times) // (2 * count))

    def _decoded(self, i: int) -> Frame:
        encoded = np.frombuffer(self._frames[i], np.uint8)
        pixels = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)
        return Frame(self._times[i], np.asarray(pixels, np.uint8))
