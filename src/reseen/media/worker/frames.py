"""From a video stream's packets to a few upright, scaled frames with times.

What is decoded: at most ``frames_per_s`` frames are wanted, so frames that no other frame refers to
are not decoded where the rate leaves enough others.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from reseen.domain.media import Frame, Pixels
from reseen.media.worker.rgb import check_size
from reseen.ports import Limits

_SKIP_ABOVE = 4.0
"""Frames nobody refers to are skipped when the stream has this many times the frames wanted."""

_MAX_STRETCH = 8.0
"""Sample aspect ratios beyond this come from damaged headers."""

_EPSILON = 1e-4

type VideoPacket = Packet[VideoStream]


@dataclass(slots=True)
class Ticks:
    """Chooses the first frame at or after each multiple of ``1 / rate`` seconds."""

    rate: float
    next: float = -math.inf

    def due(self, time: float) -> bool:
        if time < self.next - _EPSILON:
            return False
        self.next = (math.floor(time * self.rate + _EPSILON) + 1) / self.rate
        return True


@dataclass(slots=True)
class Scaler:
    """Scales, converts to RGB and turns upright; keeps swscale's context between frames."""

    max_side: int
    limits: Limits
    aspect: float = 1.0
    reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    def __call__(self, frame: VideoFrame) -> Pixels:
        check_size(frame.width, frame.height, self.limits)
        width, height = fit(frame.width, frame.height, self.aspect, self.max_side)
        rgb = self.reformatter.reformat(frame, width, height, "rgb24", threads=1)
        return turn(cast("Pixels", rgb.to_ndarray()), display_matrix(frame))


def fit(width: int, height: int, aspect: float, max_side: int) -> tuple[int, int]:
    """Size with square pixels whose longer side is at most ``max_side``; never enlarged."""
    wide, high = (width * aspect, height) if aspect >= 1 else (width, height / aspect)
    scale = min(1.0, max_side / max(wide, high))
    return max(1, round(wide * scale)), max(1, round(high * scale))


def aspect_of(stream: VideoStream) -> float:
    """Width of a pixel over its height."""
    ratio = stream.sample_aspect_ratio
    value = float(ratio) if ratio else 1.0
    return value if 1 / _MAX_STRETCH <= value <= _MAX_STRETCH else 1.0


def display_matrix(frame: VideoFrame) -> tuple[int, int, int, int] | None:
    """Signs of the 2 x 2 part (a, b, c, d) of the matrix that a player applies, or ``None``."""
    if SideDataType.DISPLAYMATRIX not in frame.side_data:
        return None
    a, b, _u, c, d, *_rest = struct.unpack_from("=9i", bytes(frame.side_data["DISPLAYMATRIX"]))
    return tuple(round(math.copysign(1, v)) if abs(v) > 1 << 15 else 0 for v in (a, b, c, d))  # type: ignore[return-value]


def turn(pixels: Pixels, matrix: tuple[int, int, int, int] | None) -> Pixels:
    """Apply a display matrix: x' = a x + c y, y' = b x + d y, in quarter turns and flips."""
    if matrix is None:
        return pixels
    a, b, c, d = matrix
    if b and c and not a and not d:
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


class FrameSampler:
    """Feeds a video stream's packets to its decoder and yields the frames that are due."""

    def __init__(
        self, stream: VideoStream, origin: float, frames_per_s: float, scaler: Scaler
    ) -> None:
        self.damaged = 0
        self.end = 0.0
        self.decoded = 0
        self._origin = origin
        self._ticks = Ticks(frames_per_s)
        self._scaler = scaler
        self._stream = stream
        self._last = -math.inf
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        self._step = 1 / rate if rate > 0 else 0.04
        context = stream.codec_context
        context.thread_count = 1
        if rate >= _SKIP_ABOVE * frames_per_s:
            context.skip_frame = "NONREF"

    def feed(self, packet: VideoPacket) -> Iterator[Frame]:
        if packet.size == 0 and packet.dts is not None:
            return  # Theora repeats the frame before; the decoder takes an empty packet for the end
        self._note_end(packet)
        try:
            frames = packet.decode()
        except FFmpegError:
            self.damaged += 1
            return
        for frame in frames:
            time = self._time_of(frame)
            self.decoded += 1
            if time > self._last and self._ticks.due(time):
                self._last = time
                yield Frame(time, self._scaler(frame))

    def _time_of(self, frame: VideoFrame) -> float:
        if frame.pts is None or frame.time_base is None:
            return max(0.0, self._last + self._step)
        return max(0.0, float(frame.pts * frame.time_base) - self._origin)

    def _note_end(self, packet: VideoPacket) -> None:
        if packet.pts is not None and not packet.is_discard:
            length = packet.duration or 0
            shown = float((packet.pts + length) * packet.time_base) - self._origin
            self.end = max(self.end, shown if length else shown + self._step)
