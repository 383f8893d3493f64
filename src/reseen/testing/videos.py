"""Seeded videos for tests: as columns of descriptors, as pictures, and as files.

A story is a row of shots. Within a shot the picture drifts, so that a moment resembles its
neighbours more than the rest of the shot, as in real films. Clips of stories, one after the other,
make a film; the same film can be had as a track (no pixels, for the engine) or as pictures.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import DESCRIPTOR, Track
from reseen.domain.media import Pixels

DIMENSIONS = 512
DRIFT = 0.8
"""Length of the drifting part beside the unit that a shot keeps: cosine 0.9 after a second."""


@dataclass(frozen=True, slots=True)
class Story:
    """``shots`` of ``seconds`` each. ``pace`` 0 stands still within a shot."""

    seed: int
    shots: int = 8
    seconds: float = 4.0
    pace: float = 1.0

    @property
    def duration(self) -> float:
        return self.shots * self.seconds

    def descriptor(self, time: float) -> npt.NDArray[np.float64]:
        """Unit vector ``[512]`` of the picture at a time."""
        shot = min(self.shots - 1, int(time / self.seconds))
        base, cosine, sine = _axes(self.seed, shot)
        turn = 0.7 * self.pace * time
        vector = base + DRIFT * (np.cos(turn) * cosine + np.sin(turn) * sine)
        return np.asarray(vector / np.linalg.norm(vector))

    def picture(self, time: float, size: tuple[int, int]) -> Pixels:
        """A window of ``size`` (width, height) that moves over the shot's texture."""
        shot = min(self.shots - 1, int(time / self.seconds))
        texture = _texture(self.seed, shot)
        room = (texture.shape[1] - size[0], texture.shape[0] - size[1])
        x = round((0.5 + 0.5 * np.sin(0.7 * self.pace * time)) * room[0])
        y = round((0.5 + 0.5 * np.cos(0.5 * self.pace * time)) * room[1])
        return np.ascontiguousarray(texture[y : y + size[1], x : x + size[0]])


@dataclass(frozen=True, slots=True)
class Clip:
    """Seconds of a story, played at ``rate`` story seconds a second."""

    story: Story
    start: float
    end: float
    rate: float = 1.0

    @property
    def duration(self) -> float:
        return (self.end - self.start) / self.rate


def whole(story: Story) -> Clip:
    return Clip(story, 0.0, story.duration)


def moments(clips: Sequence[Clip], fps: float) -> Iterator[tuple[float, Story, float]]:
    """For each frame of the film: its time, and the story and its second that it shows."""
    total = sum(clip.duration for clip in clips)
    for k in range(max(1, round(total * fps))):
        time, clock = k / fps, 0.0
        for number, clip in enumerate(clips, 1):
            if time < clock + clip.duration - 1e-9 or number == len(clips):
                yield time, clip.story, clip.start + (time - clock) * clip.rate
                break
            clock += clip.duration


def track(*clips: Clip, fps: float = 2.0, noise: float = 0.3, seed: int = 0) -> Track:
    """Descriptors of the film, sampled; ``noise`` is the length of what disguise adds to a unit."""
    rng = np.random.default_rng(seed)
    starts, vectors = [], []
    for time, story, second in moments(clips, fps):
        stray = rng.normal(0.0, noise / np.sqrt(DIMENSIONS), DIMENSIONS)
        seen = story.descriptor(second) + stray
        starts.append(time)
        vectors.append(seen / np.linalg.norm(seen))
    return Track(
        DESCRIPTOR,
        spans=np.column_stack([starts, np.array(starts) + 1 / fps]),
        codes=np.rint(np.array(vectors) * 127).astype(np.int8),
        quality=np.ones(len(starts), np.float32),
        places=np.tile(np.array([0, 0, 1, 1, 0, 0], np.float32), (len(starts), 1)),
    )


def still(story: Story, at: float, *, noise: float = 0.3, seed: int = 0) -> Track:
    """The picture at one moment as an image's track."""
    one = track(Clip(story, at, at + 0.5), noise=noise, seed=seed)
    return Track(one.signal, np.array([[-np.inf, np.inf]]), one.codes, one.quality, one.places)


def pictures(
    *clips: Clip, fps: float = 10.0, size: tuple[int, int] = (160, 120)
) -> Iterator[Pixels]:
    """The frames of the film."""
    for _, story, second in moments(clips, fps):
        yield story.picture(second, size)


def encode(path: Path, frames: Iterable[Pixels], fps: float = 10.0, crf: int = 23) -> Path:
    """Write H.264 in the container that the path's ending names."""
    with av.open(path, "w") as file:
        stream: av.VideoStream | None = None
        for frame in frames:
            if stream is None:
                stream = file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": str(crf), "preset": "veryfast"}
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        if stream is not None:
            file.mux(stream.encode(None))
    return path


@lru_cache(maxsize=256)
def _axes(seed: int, shot: int) -> npt.NDArray[np.float64]:
    """Three unit vectors at right angles ``[3, 512]``."""
    rng = np.random.default_rng((seed, shot))
    return np.linalg.qr(rng.normal(size=(DIMENSIONS, 3)))[0].T


@lru_cache(maxsize=64)
def _texture(seed: int, shot: int) -> Pixels:
    """A picture of 320 x 240 with detail of three sizes, and shapes with edges."""
    rng = np.random.default_rng((seed, shot, 1))
    total = np.zeros((240, 320, 3))
    for cells, strength in ((4, 90.0), (12, 50.0), (40, 25.0)):
        coarse = rng.normal(0, strength, (cells, cells, 3))
        total += cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(128 + total, 0, 255).astype(np.uint8)
    for _ in range(12):
        corner = rng.integers(0, (300, 220))
        colour = tuple(int(c) for c in rng.integers(0, 255, 3))
        far = corner + rng.integers(10, 60, 2)
        cv2.rectangle(picture, corner.tolist(), far.tolist(), colour, -1)
    return picture
