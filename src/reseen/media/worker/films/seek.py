"""The frames that a player shows at given times, decoded in full."""

from collections.abc import Iterator, Sequence

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

NEAR = 4.0
"""Seconds ahead that are decoded rather than sought."""

_EPSILON = 1e-3
_LAST_SHOWN = 1.0
"""Seconds for which the last frame counts as shown."""

type VideoPacket = Packet[VideoStream]
type Timed = tuple[float, VideoFrame]


def shown_at(
    container: InputContainer, stream: VideoStream, origin: float, times: Sequence[float]
) -> Iterator[Timed]:
    """For each time (ascending) the last frame at or before it; ends where the stream ends.

    Where seeking lands too late (streams without an index), the stream is decoded from its start.
    """
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    stream.codec_context.thread_count = 1
    walk = _walk(container, stream, origin, None)
    current, ahead = next(walk, None), next(walk, None)
    for time in times:
        if current is not None and time - current[0] > NEAR:
            walk = _walk(container, stream, origin, time)
            current, ahead = next(walk, None), next(walk, None)
            if current is None or current[0] > time + _EPSILON:
                walk = _walk(container, stream, origin, 0.0)
                current, ahead = next(walk, None), next(walk, None)
        while ahead is not None and ahead[0] <= time + _EPSILON:
            current, ahead = ahead, next(walk, None)
        if current is None or (ahead is None and time > current[0] + _LAST_SHOWN):
            return
        yield current


def _walk(
    container: InputContainer, stream: VideoStream, origin: float, start: float | None
) -> Iterator[Timed]:
    """All frames from the key frame at or before ``start`` on; damaged packets are left out."""
    try:
        if start is not None:
            container.seek(int((start + origin) / float(stream.time_base or 1)), stream=stream)
        for packet in container.demux(stream):
            if packet.size == 0 and packet.dts is not None:
                continue
            yield from _decoded(packet, origin)
    except FFmpegError:
        return


def _decoded(packet: VideoPacket, origin: float) -> Iterator[Timed]:
    try:
        frames = packet.decode()
    except (FFmpegError, ValueError):  # ValueError: the codec refused its own header
        return
    for frame in frames:
        if frame.pts is not None:
            yield frame.time - origin, frame
