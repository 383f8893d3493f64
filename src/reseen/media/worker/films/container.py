"""Video and sound files with PyAV, in one pass over the packets.

FFmpeg is told the format that ``sniff`` found, reads through the open file alone (no protocol, no
second file), and runs on one thread. Zero of the clock is what a player shows first: the
container's start, so that picture and sound keep their true offset, edit lists and encoder delay
included (FFmpeg applies both).
"""

import importlib
import io
import pkgutil
import struct
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reseen.domain.errors import MediaEmpty, MediaTooLong, MediaUnreadable
from reseen.domain.media import Frame, Medium
from reseen.media.sniff import Format
from reseen.media.worker.films.continuity import Continuity
from reseen.media.worker.films.frames import (
    FrameSampler,
    Scaler,
    VideoPacket,
    aspect_of,
    fit,
    is_turned,
)
from reseen.media.worker.films.seek import shown_at
from reseen.media.worker.films.sound import AudioPacket, SoundReader
from reseen.media.worker.stills.rgb import check_size
from reseen.ports import Decoded, Footer, Header, Limits, Sampling

_BUFFER = 1 << 18
_PICTURE_CODECS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff"}
_NOT_SHOWN = Disposition.attached_pic | Disposition.timed_thumbnails
_GUESSED_DURATION = {"mp3", "aac", "mpegts"}
"""They may state no duration: FFmpeg then divides the size by the first bit rate, or takes the last
clock of a transport stream, which may not be its first.
"""

_SLACK = 1.0


def warm_up() -> None:
    """Load all of PyAV (parts are imported on first use) and run scaler and resampler once."""
    av.logging.set_level(None)
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith(("__main__", "datasets")):
            importlib.import_module(module.name)
    Scaler(4, Limits())(VideoFrame(16, 16, "yuv420p"))
    silence = AudioFrame.from_ndarray(np.zeros((2, 64), np.float32), "fltp", "stereo")
    silence.sample_rate = 44100
    AudioResampler("fltp", "stereo", 11025, threads=1).resample(silence)
    wave = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        2036,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        8000,
        16000,
        2,
        16,
        b"data",
        2000,
    ) + bytes(2000)
    for _event in decode(io.BytesIO(wave), Format("wav", "wav"), Sampling(), Limits()):
        pass


def decode(
    file: BinaryIO, format_: Format, sampling: Sampling, limits: Limits
) -> Iterator[Decoded]:
    """Header, frames and sound as they come, footer."""
    with _open(file, format_) as container:
        video, audio = _choose(container, format_)
        header = _header(container, format_, video, audio, limits)
        yield header
        for stream in container.streams:
            if stream is not video and stream is not audio:
                stream.discard = Discard.all
        origin = (container.start_time or 0) / av.time_base
        frames = sound = None
        if video is not None and sampling.visual:
            scaler = Scaler(sampling.max_side, limits, aspect_of(video))
            frames = FrameSampler(video, origin, sampling.frames_per_s, scaler)
        if audio is not None and sampling.audio:
            sound = SoundReader(audio, origin, sampling.sound_rate, limits)
        broken = yield from _run(container, (video, frames), (audio, sound), limits)
        if sound is not None:
            yield from sound.finish()
        footer = _footer(header, frames, sound, broken=broken)
        yield replace(footer, remarks=(*_lost(container, video, audio), *footer.remarks))


def _run(
    container: InputContainer,
    pictures: tuple[VideoStream | None, FrameSampler | None],
    sounds: tuple[AudioStream | None, SoundReader | None],
    limits: Limits,
) -> Generator[Decoded, None, bool]:
    """Demultiplex once. Returns whether the file broke off with an error."""
    (video, frames), (audio, sound) = pictures, sounds
    streams: list[Any] = []
    if video is not None and frames is not None:
        streams.append(video)
    if audio is not None and sound is not None:
        streams.append(audio)
    if not streams:
        return False
    continuity = Continuity() if container.format.name == "mpegts" else None
    try:
        for packet in container.demux(streams):
            if continuity is not None:
                continuity.mend(packet)
            if frames is not None and packet.stream is video:
                yield from frames.feed(cast("VideoPacket", packet))
                if frames.end > limits.duration + _SLACK:
                    raise _too_long(frames.end, limits)
            elif sound is not None:
                yield from sound.feed(cast("AudioPacket", packet))
    except FFmpegError:
        return True
    return False


def _open(file: BinaryIO, format_: Format) -> InputContainer:
    try:
        return av.open(
            file,
            "r",
            format=format_.demuxer,
            buffer_size=_BUFFER,
            options={"protocol_whitelist": "", "enable_drefs": "0", "use_absolute_path": "0"},
            io_open=_refuse,
        )
    except (FFmpegError, ValueError) as error:
        raise MediaUnreadable(f"The {format_.name} file is damaged or incomplete.") from error


def _refuse(*_asked: object) -> Any:
    raise PermissionError("a file may not open another one")


def _choose(
    container: InputContainer, format_: Format
) -> tuple[VideoStream | None, AudioStream | None]:
    """The first default picture and sound streams that can be decoded; cover art is neither."""
    audio = _first([s for s in container.streams.audio if _has_decoder(s)])
    shown = [
        s
        for s in container.streams.video
        if _has_decoder(s)
        and not s.disposition & _NOT_SHOWN
        and not (audio is not None and s.codec_context.name in _PICTURE_CODECS and _is_one(s))
    ]
    video = _first(shown)
    if video is None and audio is None:
        raise MediaUnreadable(
            f"The {format_.name} file holds no picture or sound stream that can be decoded."
        )
    return video, audio


def _lost(
    container: InputContainer, video: VideoStream | None, audio: AudioStream | None
) -> tuple[str, ...]:
    """Remarks on pictures or sound that are there, encrypted or in a codec that nobody knows."""
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("picture", video, container.streams.video),
        ("sound", audio, container.streams.audio),
    )
    return tuple(
        f"the {kind} cannot be decoded: an unknown or encrypted codec"
        for kind, chosen, streams in kinds
        if chosen is None
        and any(not _has_decoder(s) and not s.disposition & _NOT_SHOWN for s in streams)
    )


def _first(streams: list[Any]) -> Any:
    default = [s for s in streams if s.disposition & Disposition.default]
    return next(iter(default or streams), None)


def _has_decoder(stream: Any) -> bool:
    return stream.codec_context is not None


def _is_one(stream: VideoStream) -> bool:
    return stream.frames == 1 or len(stream.index_entries) == 1


def _header(
    container: InputContainer,
    format_: Format,
    video: VideoStream | None,
    audio: AudioStream | None,
    limits: Limits,
) -> Header:
    duration = None if container.duration is None else container.duration / av.time_base
    if duration is not None and not 0 < duration < 1e9:
        duration = None
    width = height = None
    if video is not None:
        coded = video.codec_context
        check_size(coded.width, coded.height, limits)
        if coded.width and coded.height:
            width, height = fit(coded.width, coded.height, aspect_of(video), 1 << 30)
            if is_turned(video):
                width, height = height, width
    medium = Medium.AUDIO if video is None else Medium.VIDEO
    header = Header(medium, format_.name, width, height, duration, has_audio=audio is not None)
    if _is_believed(header) and duration is not None and duration > limits.duration + _SLACK:
        raise _too_long(duration, limits)
    return header


def _footer(
    header: Header, frames: FrameSampler | None, sound: SoundReader | None, *, broken: bool
) -> Footer:
    tracks = [track for track in (frames, sound) if track is not None]
    decoded = [track for track in tracks if track.decoded]
    damaged = sum(track.damaged for track in tracks)
    if tracks and not decoded:
        if damaged or broken:
            raise MediaUnreadable("Nothing in the file could be decoded.")
        raise MediaEmpty("The file holds no frame and no sample.")
    duration = max((track.end for track in decoded), default=header.duration)
    is_whole = len(tracks) == (header.medium is Medium.VIDEO) + header.has_audio
    remarks = []
    if duration is not None:
        promised = header.duration if is_whole and _is_believed(header) else None
        if broken or duration < 0.98 * (promised or 0.0) - _SLACK:
            remarks.append(f"truncated after {duration:.1f} s")
    if tracks != decoded:
        remarks.append(f"no {'picture' if frames not in decoded else 'sound'} could be decoded")
    if damaged:
        remarks.append(f"{damaged} damaged packets were left out")
    return Footer(duration, tuple(remarks))


def _is_believed(header: Header) -> bool:
    return header.duration is not None and header.format not in _GUESSED_DURATION


def _too_long(actual: float, limits: Limits) -> MediaTooLong:
    return MediaTooLong(
        f"The media last {actual:.0f} s; at most {limits.duration:g} s are taken.",
        limit=limits.duration,
        actual=actual,
    )


def frames_at(
    file: BinaryIO, format_: Format, times: Sequence[float], max_side: int, limits: Limits
) -> Iterator[Decoded]:
    """Header, the frame shown at each time (ascending) decoded exactly, footer."""
    with _open(file, format_) as container:
        video, audio = _choose(container, format_)
        header = _header(container, format_, video, audio, limits)
        yield header
        if video is not None:
            origin = (container.start_time or 0) / av.time_base
            scaler = Scaler(max_side, limits, aspect_of(video))
            for time, frame in shown_at(container, video, origin, times):
                yield Frame(max(0.0, time), scaler(frame))
        yield Footer(header.duration)
