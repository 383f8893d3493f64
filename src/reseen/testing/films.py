"""Video and sound files in any container, whose time can be read off picture and sound.

The picture is dark and its grey level says the second; in the ``flash`` it is white. The sound is
silent but for a tone during the same flash. So every clock error shows in a decoded file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from reseen.domain.media import Frame, Pixels, Sound

TONE = 600.0
"""Hertz."""


@dataclass(frozen=True, slots=True)
class Film:
    """``picture`` and ``sound`` name encoders, ``None`` leaves the stream out.

    ``late`` seconds pass before the sound stream begins. ``phases`` multiply the tone in each
    channel. ``times`` places frames by hand (seconds), for a variable rate. ``degrees`` is how
    far a player is asked to turn the picture clockwise; ``transfer`` is the number of the colour
    transfer that the header names.
    """

    seconds: float = 4.0
    picture: str | None = "libx264"
    sound: str | None = "aac"
    size: tuple[int, int] = (64, 48)
    fps: int = 25
    rate: int = 44100
    layout: str = "stereo"
    phases: tuple[float, ...] = (1.0, 1.0)
    flash: tuple[float, float] = (2.0, 2.4)
    late: float = 0.0
    times: tuple[float, ...] | None = None
    pixel_format: str = "yuv420p"
    aspect: Fraction | None = None
    degrees: int = 0
    transfer: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Encode to a file; the container is the one that the path's ending names."""
        with av.open(path, "w", options=self.muxing) as file:
            video = self._video_stream(file)
            audio = self._audio_stream(file)
            if video is not None:
                for frame in self._frames():
                    file.mux(video.encode(frame))
                file.mux(video.encode(None))
            if audio is not None:
                for block in self._blocks(audio):
                    file.mux(audio.encode(block))
                file.mux(audio.encode(None))
        return path

    def is_flash(self, time: float) -> bool:
        return self.flash[0] <= time < self.flash[1]

    def pixels(self, time: float) -> Pixels:
        """The picture at a time: white in the flash, else a level that rises with the second."""
        level = 235 if self.is_flash(time) else 20 + 10 * int(time)
        out = np.full((self.size[1], self.size[0], 3), level, np.uint8)
        out[: self.size[1] // 4, : self.size[0] // 4] = (200, 30, 30)
        return out

    def _video_stream(self, file: av.container.OutputContainer) -> av.VideoStream | None:
        if self.picture is None:
            return None
        stream = file.add_stream(self.picture, rate=self.fps, options=self.options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{self.picture} does not encode pictures")
        stream.width, stream.height = self.size
        stream.pix_fmt = self.pixel_format
        stream.codec_context.thread_count = 1
        if self.transfer is not None:
            stream.codec_context.color_trc = self.transfer
        if self.degrees:
            stream.set_display_rotation(-self.degrees)
        if self.aspect is not None:
            stream.codec_context.sample_aspect_ratio = self.aspect
        if self.times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        return stream

    def _audio_stream(self, file: av.container.OutputContainer) -> av.AudioStream | None:
        if self.sound is None:
            return None
        stream = file.add_stream(self.sound, rate=self.rate)
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"{self.sound} does not encode sound")
        stream.codec_context.layout = self.layout
        return stream

    def _frames(self) -> Iterator[av.VideoFrame]:
        times = self.times or tuple(k / self.fps for k in range(round(self.seconds * self.fps)))
        for k, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(self.pixels(time), format="rgb24")
            frame = frame.reformat(format=self.pixel_format)
            if self.times is None:
                frame.pts, frame.time_base = k, Fraction(1, self.fps)
            else:
                frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            yield frame

    def _blocks(self, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
        clock = np.arange(round(self.late * self.rate), round(self.seconds * self.rate))
        time = clock / self.rate
        tone = 0.5 * np.sin(2 * np.pi * TONE * time)
        tone *= (time >= self.flash[0]) & (time < self.flash[1])
        channels = np.stack([phase * tone for phase in self.phases]).astype(np.float32)
        kind = stream.codec_context.format.name
        for at in range(0, len(clock), 1024):
            block = av.AudioFrame.from_ndarray(
                _as_format(channels[:, at : at + 1024], kind), format=kind, layout=self.layout
            )
            block.sample_rate = self.rate
            block.pts, block.time_base = int(clock[at]), Fraction(1, self.rate)
            yield block


def flash_in_picture(frames: list[Frame]) -> tuple[float, float]:
    """Times of the first and last white frame."""
    white = [frame.time for frame in frames if np.median(frame.pixels) > 180]
    times = [time for time in white if time is not None]
    return times[0], times[-1]


def flash_in_sound(sounds: list[Sound]) -> tuple[float, float]:
    """Seconds at which the tone begins and ends."""
    rate = sounds[0].rate
    samples = np.concatenate([sound.samples for sound in sounds])
    loud = np.flatnonzero(np.abs(samples) > 0.1)
    return sounds[0].start + loud[0] / rate, sounds[0].start + (loud[-1] + 1) / rate


def _as_format(
    channels: npt.NDArray[np.float32], kind: str
) -> npt.NDArray[np.float32] | npt.NDArray[np.int16] | npt.NDArray[np.int32]:
    """Samples in the layout that PyAV wants: planes for planar formats, one row otherwise."""
    rows = channels if kind.endswith("p") else channels.T.reshape(1, -1)
    if kind.startswith("s16"):
        return np.ascontiguousarray((rows * 32767).astype(np.int16))
    if kind.startswith("s32"):
        return np.ascontiguousarray((rows * 2147483000).astype(np.int32))
    return np.ascontiguousarray(rows)
