"""Cut, play and write video files for the attacks.

A film is a list of takes, played one after the other at a constant frame rate. Times are seconds
from the first frame of a file; sound is mono ``float32`` at 44.1 kHz and follows the picture.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.audio
import av.video
import cv2
import numpy as np

from benchmarks.attacks import Pixels, Samples

SOUND_RATE = 44100
LONGEST = 40.0
"""Seconds of an original that an attack uses at most: more costs time and shows nothing new."""
TALLEST = 480

type Effect = Callable[[Pixels, float], Pixels]
"""``effect(picture, seconds since the film began)``, same size in and out."""


@dataclass(frozen=True, slots=True)
class Take:
    """A stretch of a file, played at ``rate`` source seconds a second."""

    path: Path
    start: float
    end: float
    rate: float = 1.0

    @property
    def duration(self) -> float:
        return (self.end - self.start) / self.rate


@dataclass(frozen=True, slots=True)
class Look:
    """What an attack needs to know of a file: size as it is shown, seconds, frames a second."""

    width: int
    height: int
    duration: float
    fps: float


def look(path: Path) -> Look:
    """Measure a file; the canvas is at most 480 pixels tall, even on both sides."""
    with av.open(path) as file:
        stream = file.streams.video[0]
        first = next(file.decode(stream))
        turned = first.rotation % 180 != 0
        width, height = first.width, first.height
        if turned:
            width, height = height, width
        seconds = float(stream.duration * stream.time_base) if stream.duration else 0.0
        if not seconds:
            seconds = (file.duration or 0) / av.time_base
        fps = float(stream.average_rate or 25)
    scale = min(1.0, TALLEST / min(width, height))
    return Look(_even(width * scale), _even(height * scale), seconds, min(30.0, max(10.0, fps)))


def whole(path: Path) -> Take:
    """The file from its start, cut at the longest that an attack uses."""
    return Take(path, 0.0, min(look(path).duration, LONGEST))


def frames(take: Take, fps: float) -> Iterator[Pixels]:
    """The take at a constant rate: the frame that is shown at each moment.

    Decoded from the start: after a seek to an open group of pictures, frames come out broken.
    """
    wanted = max(1, round(take.duration * fps))
    with av.open(take.path) as file:
        stream = file.streams.video[0]
        stream.thread_count = 1
        base = stream.time_base or Fraction(1, 1000)
        zero = (stream.start_time or 0) * base
        shown: av.VideoFrame | None = None
        given = 0
        for frame in file.decode(stream):
            if frame.pts is None:
                continue
            time = float(frame.pts * base - zero)
            while shown is not None and given < wanted and _moment(take, given, fps) < time - 1e-6:
                yield _upright(shown)
                given += 1
            if given >= wanted:
                return
            shown = frame
        if shown is not None:
            for _ in range(wanted - given):
                yield _upright(shown)


def fit(picture: Pixels, width: int, height: int) -> Pixels:
    """Scale and cut the middle so that the canvas is covered."""
    tall, wide = picture.shape[:2]
    scale = max(width / wide, height / tall)
    size = (max(width, round(wide * scale)), max(height, round(tall * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    large = cv2.resize(picture, size, interpolation=way)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(large[y : y + height, x : x + width], np.uint8)


def reel(takes: Sequence[Take], fps: float, width: int, height: int) -> Iterator[Pixels]:
    """All takes one after the other on one canvas."""
    for take in takes:
        for picture in frames(take, fps):
            yield fit(picture, width, height)


def sound(takes: Sequence[Take]) -> Samples | None:
    """The sound of the takes, sped up with them (pitch included); ``None`` when all are silent."""
    parts = [_take_sound(take) for take in takes]
    if all(part is None for part in parts):
        return None
    lengths = [round(take.duration * SOUND_RATE) for take in takes]
    filled = [
        np.zeros(n, np.float32) if part is None else np.resize(part, n)
        for part, n in zip(parts, lengths, strict=True)
    ]
    return np.concatenate(filled)


def write(
    out: Path,
    pictures: Iterable[Pixels],
    fps: float,
    *,
    crf: int = 26,
    track: Samples | None = None,
) -> None:
    """Encode H.264 (and AAC when there is sound) in MP4."""
    with av.open(out, "w") as file:
        video: av.video.stream.VideoStream | None = None
        voice = None
        for picture in pictures:
            if video is None:
                video = file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                video.height, video.width = picture.shape[:2]
                video.pix_fmt = "yuv420p"
                video.options = {"crf": str(crf), "preset": "veryfast", "threads": "1"}
                if track is not None:
                    voice = file.add_stream("aac", rate=SOUND_RATE, layout="mono")
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        if video is not None:
            file.mux(video.encode(None))
        if voice is not None and track is not None:
            for start in range(0, len(track), 1024):
                block = np.ascontiguousarray(track[None, start : start + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = SOUND_RATE, start
                file.mux(voice.encode(frame))
            file.mux(voice.encode(None))


def _take_sound(take: Take) -> Samples | None:
    with av.open(take.path) as file:
        if not file.streams.audio:
            return None
        mono = av.AudioResampler("fltp", "mono", SOUND_RATE)
        heard = [
            part.to_ndarray()[0] for frame in file.decode(audio=0) for part in mono.resample(frame)
        ]
    if not heard:
        return None
    samples = np.concatenate(heard).astype(np.float32, copy=False)
    times = take.start + np.arange(round(take.duration * SOUND_RATE)) * take.rate / SOUND_RATE
    return np.interp(times * SOUND_RATE, np.arange(len(samples)), samples).astype(np.float32)


def _moment(take: Take, index: int, fps: float) -> float:
    return take.start + (index / fps) * take.rate


def _upright(frame: av.VideoFrame) -> Pixels:
    picture = frame.to_ndarray(format="rgb24")
    return np.rot90(picture, round(frame.rotation / 90) % 4)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
