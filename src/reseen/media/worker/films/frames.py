"""From a video stream's packets to a few upright, scaled frames with times.

What is decoded, since at most ``frames_per_s`` frames are wanted. Measured on 60 s of 720p H.264
(x264's defaults, 25 frames/s, one core), processor time of decoding alone:

- every frame: 3.3 s;
- without the frames that no other refers to: 2.5 s. Done where the rate leaves enough others;
- and without smoothing block edges except in key frames: 1.9 s. Descriptors of the frames stay at
  cosine 0.99 on average (0.82 at least in fast footage), PDQ at 3 bits of 256, less than choosing
  the next frame instead changes. Done for H.264 from 720p up; HEVC drifts more (cosine 0.95);
- key frames only: 0.2 s. Done for each group of pictures that is shorter than the wanted interval,
  so it never loses a sample; x264's default groups last up to ten seconds.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.packet import Packet
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from reseen.domain.media import Frame, Pixels
from reseen.media.worker.stills.rgb import check_size
from reseen.ports import Limits

_SKIP_ABOVE = 4.0
"""Frames nobody refers to are skipped when the stream has this many times the frames wanted."""

_SMOOTHING_MATTERS_BELOW = 1280 * 720
"""Pixels of a frame under which decoding is fast anyway."""

_LONGEST_GROUP = 256
"""Packets held back at most while a group of pictures is measured."""

_MAX_STRETCH = 8.0
"""Sample aspect ratios beyond this come from damaged headers."""

_EPSILON = 1e-4

type VideoPacket = Packet[VideoStream]
type Matrix = tuple[int, int, int, int]
"""Signs of the 2 x 2 part (a, b, c, d) of a display matrix: only quarter turns and flips."""


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
    """Scales, converts to RGB and turns upright; keeps swscale's context between frames.

    Areas are averaged: 720p to 512 pixels takes 1.4 ms a frame, bicubic 2.5, and grey levels differ
    by 0.5 on average.
    """

    max_side: int
    limits: Limits
    aspect: float = 1.0
    reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    def __call__(self, frame: VideoFrame) -> Pixels:
        check_size(frame.width, frame.height, self.limits)
        width, height = fit(frame.width, frame.height, self.aspect, self.max_side)
        rgb = self.reformatter.reformat(
            frame, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1
        )
        pixels = cast("Pixels", rgb.to_ndarray())
        if frame.color_trc == ColorTrc.SMPTE2084:
            pixels = _standard_range()[pixels]
        return turn(pixels, display_matrix(frame))


@lru_cache(maxsize=1)
def _standard_range() -> npt.NDArray[np.uint8]:
    """Levels of HDR10 pictures as a usual screen shows them, or they would look grey and flat.

    SMPTE ST 2084 to light, reference white of 203 nits (ITU-R BT.2408) to full white, gamma 2.2.
    The other kind of HDR, HLG, was made to look right as it is.
    """
    power = (np.arange(256) / 255) ** (32 / 2523)
    nits = 1e4 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** 6.2773946
    return np.rint(255 * np.minimum(nits / 203, 1) ** (1 / 2.2)).astype(np.uint8)


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


def display_matrix(frame: VideoFrame) -> Matrix | None:
    """What a player does to a frame, or ``None``."""
    if SideDataType.DISPLAYMATRIX not in frame.side_data:
        return None
    return _signs(bytes(frame.side_data["DISPLAYMATRIX"]))


def is_turned(stream: VideoStream) -> bool:
    """Whether the header says that a player swaps width and height."""
    data = stream.codec_context.coded_side_data.get("display_matrix")
    matrix = _signs(data) if data else None
    return matrix is not None and bool(matrix[1] and matrix[2])


def _signs(data: bytes) -> Matrix | None:
    if len(data) < 36:
        return None
    a, b, _u, c, d, *_rest = struct.unpack_from("=9i", data)
    signs = [round(math.copysign(1, v)) if abs(v) > 1 << 15 else 0 for v in (a, b, c, d)]
    return signs[0], signs[1], signs[2], signs[3]


def turn(pixels: Pixels, matrix: Matrix | None) -> Pixels:
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


class ShortGroups:
    """Lets packets through, but of a group of pictures shorter than the interval only its key
    frame, and that only when it is due. Packets are held back for one interval at most.

    Such a key frame is marked as alone: the decoder is emptied before and after it, since some
    decoders lose frames when the packets between key frames are missing.
    """

    def __init__(self, frames_per_s: float) -> None:
        self._left_out = (math.inf, math.inf)
        self._interval = 1 / frames_per_s
        self._ticks = Ticks(frames_per_s)
        self._held: list[VideoPacket] = []

    def feed(self, packet: VideoPacket) -> list[tuple[VideoPacket, bool]]:
        """The packets to decode now, and whether alone. One without time ends all holding back."""
        time = _packet_time(packet)
        if packet.size == 0 or time is None or len(self._held) >= _LONGEST_GROUP:
            return [*self._release(), (packet, False)]
        if packet.is_keyframe:
            begun = _packet_time(self._held[0]) if self._held else None
            if begun is None:
                ready = self._release()
            else:
                ready = [(self._held[0], True)] if self._ticks.due(begun) else []
                self._left_out = (begun, time)
            self._held = [packet]
            return ready
        if not self._held:
            return [(packet, False)]
        self._held.append(packet)
        begun = _packet_time(self._held[0])
        if begun is not None and time - begun > self._interval:
            return self._release()
        return []

    def is_whole(self, frame: VideoFrame) -> bool:
        """False for frames that lean on a group that was left out (an open group's first)."""
        if frame.key_frame or frame.pts is None:
            return True
        begun, ended = self._left_out
        return not begun < frame.time < ended

    def _release(self) -> list[tuple[VideoPacket, bool]]:
        ready, self._held = self._held, []
        return [(packet, False) for packet in ready]


def _packet_time(packet: VideoPacket) -> float | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else stamp * float(packet.time_base)


class FrameSampler:
    """Feeds a video stream's packets to its decoder and yields the frames that are due."""

    def __init__(
        self, stream: VideoStream, origin: float, frames_per_s: float, scaler: Scaler
    ) -> None:
        self.damaged = 0
        self.decoded = 0
        self.end = 0.0
        self._origin = origin
        self._ticks = Ticks(frames_per_s)
        self._groups = ShortGroups(frames_per_s)
        self._scaler = scaler
        self._last = -math.inf
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        self._step = 1 / rate if rate > 0 else 0.04
        self._has_more = False
        self._context = context = stream.codec_context
        context.thread_count = 1
        if rate >= _SKIP_ABOVE * frames_per_s:
            context.skip_frame = "NONREF"
        if context.name == "h264" and context.width * context.height >= _SMOOTHING_MATTERS_BELOW:
            context.options = {"skip_loop_filter": "nokey"}

    def feed(self, packet: VideoPacket) -> Iterator[Frame]:
        if packet.size == 0 and packet.dts is not None:
            return  # Theora repeats the frame before; the decoder takes an empty packet for the end
        self._note_end(packet)
        for ready, alone in self._groups.feed(packet):
            if alone:
                yield from self._choose(self._empty())
            yield from self._choose(self._decode(ready))
            if alone:
                yield from self._choose(self._empty())

    def _decode(self, packet: VideoPacket | None) -> list[VideoFrame]:
        try:
            frames = self._context.decode(packet)
        except (FFmpegError, ValueError):  # ValueError: the codec refused its own header
            self.damaged += 1
            return []
        self._has_more = True
        return frames

    def _empty(self) -> list[VideoFrame]:
        """What the decoder still holds back; afterwards it is as new."""
        frames = self._decode(None) if self._has_more else []
        self._context.flush_buffers()
        self._has_more = False
        return frames

    def _choose(self, frames: list[VideoFrame]) -> Iterator[Frame]:
        for frame in frames:
            time = self._time_of(frame)
            self.decoded += 1
            if time > self._last and self._groups.is_whole(frame) and self._ticks.due(time):
                self._last = time
                yield Frame(time, self._scaler(frame))

    def _time_of(self, frame: VideoFrame) -> float:
        if frame.pts is None:
            return max(0.0, self._last + self._step)
        return max(0.0, frame.time - self._origin)

    def _note_end(self, packet: VideoPacket) -> None:
        time = _packet_time(packet)
        if time is not None and packet.size and not packet.is_discard:
            length = (packet.duration or 0) * float(packet.time_base) or self._step
            self.end = max(self.end, time - self._origin + length)
