"""Media drawn and played from a seed, so that the benchmark runs anywhere.

They are meant to be rich enough to be recognised and different enough to be told apart, not to
stand for real media: numbers measured on them check the machinery, no claim rests on them.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count, islice
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.datasets import PICTURE, SOUND, VIDEO, Counts, half_of

type Pixels = npt.NDArray[np.uint8]
type Samples = npt.NDArray[np.float32]

RATE = 22_050
FRAMES_PER_S = 24


def corpus(folder: Path, half: str, wanted: dict[str, Counts], seed: int = 0) -> Path:
    """A folder with enough of each kind for one half; made once, then kept.

    Which half a file falls into follows from its name, so names are chosen, not files thrown away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind, counts in wanted.items():
        ending, make = _MAKERS[kind]
        names = (f"{kind}-{i:03}{ending}" for i in count())
        mine = (name for name in names if half_of(name) == half)
        needed = counts.originals + counts.absent + counts.distractors + counts.fillers
        for name in islice(mine, needed):
            if not (folder / name).exists():
                number = int(name.removesuffix(ending).rpartition("-")[2])
                make(folder / name, np.random.default_rng([seed, len(kind), number]))
    return folder


def picture(rng: np.random.Generator, width: int = 480, height: int = 360) -> Pixels:
    """A scene: a textured ground, overlapping shapes with textures of their own, and fine detail.

    RGB ``uint8 [height, width, 3]``.
    """
    scene = _texture(rng, width, height, float(rng.uniform(1.0, 1.8)))
    for _ in range(int(rng.integers(8, 18))):
        mask = np.zeros((height, width), np.uint8)
        centre = rng.uniform((0, 0), (width, height))
        reach = rng.uniform(0.04, 0.3) * width
        turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
        radii = reach * rng.uniform(0.4, 1.0, len(turns))
        corners = centre + np.stack([np.cos(turns), np.sin(turns)], 1) * radii[:, None]
        cv2.fillPoly(mask, [corners.astype(np.int32)], 255, cv2.LINE_AA)
        surface = _texture(rng, width, height, float(rng.uniform(0.8, 2.2)))
        weight = (mask.astype(np.float32) / 255.0)[..., None]
        scene = scene * (1.0 - weight) + surface * weight
    return np.clip(scene, 0, 255).astype(np.uint8)


def _texture(
    rng: np.random.Generator, width: int, height: int, slope: float
) -> npt.NDArray[np.float32]:
    """Noise whose amplitude falls with frequency, around a random colour."""
    u = np.fft.fftfreq(height)[:, None] * height
    v = np.fft.rfftfreq(width)[None] * width
    falloff = np.maximum(np.hypot(u, v), 1.0) ** -slope
    spectrum = falloff * np.exp(2j * np.pi * rng.random(falloff.shape))
    grain = np.fft.irfft2(spectrum, s=(height, width))
    grain = (grain - grain.mean()) / (grain.std() + 1e-9)
    colour, tint = rng.uniform(40, 215, 3), rng.uniform(10, 45, 3) * rng.choice([-1, 1], 3)
    return (colour + grain[..., None] * tint).astype(np.float32)


def music(rng: np.random.Generator, seconds: float, rate: int = RATE) -> Samples:
    """Notes of a random scale with harmonics that die away, over a random beat."""
    sound = np.zeros(int(seconds * rate) + 2 * rate, np.float32)
    scale = 110.0 * 2 ** (rng.choice(36, size=14, replace=False) / 12)
    beat = float(rng.uniform(0.12, 0.3))
    at = 0.0
    while at < seconds:
        for _ in range(int(rng.integers(1, 4))):
            _add(sound, at, rate, _note(rng, float(rng.choice(scale)), rate))
        if rng.random() < 0.5:
            _add(sound, at, rate, _drum(rng, rate))
        at += beat * float(rng.choice([1, 1, 2, 3])) * float(rng.uniform(0.97, 1.03))
    sound = sound[: int(seconds * rate)]
    return np.asarray(0.7 * sound / (np.abs(sound).max() + 1e-9), np.float32)


def _note(rng: np.random.Generator, pitch: float, rate: int) -> Samples:
    t = np.arange(int(rng.uniform(0.15, 0.9) * rate)) / rate
    harmonics = sum(
        np.sin(2 * np.pi * pitch * n * t + rng.uniform(0, 6.28)) * rng.uniform(0.2, 1.0) / n
        for n in range(1, 7)
        if pitch * n < rate / 2.2
    )
    envelope = np.minimum(1.0, t / 0.01) * np.exp(-t * rng.uniform(2, 7))
    return np.asarray(harmonics * envelope, np.float32)


def _drum(rng: np.random.Generator, rate: int) -> Samples:
    t = np.arange(int(0.12 * rate)) / rate
    return np.asarray(rng.normal(0, 0.8, len(t)) * np.exp(-t * 40), np.float32)


def _add(sound: Samples, at: float, rate: int, part: Samples) -> None:
    start = int(at * rate)
    part = part[: len(sound) - start]
    sound[start : start + len(part)] += part


def frames(
    rng: np.random.Generator, seconds: float, size: tuple[int, int], per_s: int = FRAMES_PER_S
) -> Iterator[Pixels]:
    """Shots of 2 to 5 seconds: a scene seen by a moving, zooming camera, with a thing crossing."""
    width, height = size
    left = round(seconds * per_s)
    while left > 0:
        shot = min(left, round(float(rng.uniform(2.0, 5.0)) * per_s))
        scene = picture(rng, round(width * 1.5), round(height * 1.5))
        thing = picture(rng, width // 5, width // 5)
        start, end = rng.uniform(0.0, 1.0, 2), rng.uniform(0.0, 1.0, 2)
        zoom = rng.uniform(0.7, 1.0, 2)
        path = rng.uniform(0.1, 0.7, (2, 2))
        for i in range(shot):
            t = i / max(1, shot - 1)
            share = zoom[0] + (zoom[1] - zoom[0]) * t
            w, h = round(width * 1.5 * share), round(height * 1.5 * share)
            x, y = (start + (end - start) * t) * (scene.shape[1] - w, scene.shape[0] - h)
            view = cv2.resize(scene[int(y) : int(y) + h, int(x) : int(x) + w], size)
            left_x, top = ((path[0] + (path[1] - path[0]) * t) * (width, height)).astype(int)
            place = view[top : top + thing.shape[0], left_x : left_x + thing.shape[1]]
            place[:] = thing[: place.shape[0], : place.shape[1]]
            yield np.asarray(view, np.uint8)
        left -= shot


def write_video(
    path: Path,
    rng: np.random.Generator,
    *,
    seconds: float,
    size: tuple[int, int],
    per_s: int = FRAMES_PER_S,
) -> None:
    """H.264 with the encoder's defaults, and AAC."""
    sound = music(rng, seconds)
    part = path.with_suffix(".part.mp4")
    with av.open(part, "w") as out:
        video = out.add_stream("libx264", rate=per_s)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = out.add_stream("aac", rate=RATE)
        audio.layout = "mono"
        for i, pixels in enumerate(frames(rng, seconds, size, per_s)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, per_s)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        encode(out, audio, sound)
    part.replace(path)


def encode(
    out: av.container.OutputContainer, stream: av.AudioStream, sound: Samples, rate: int = RATE
) -> None:
    """Feed samples to an encoder and its packets to the file, to the end."""
    block = 1024
    for start in range(0, len(sound), block):
        samples = (sound[None, start : start + block] * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _make_picture(path: Path, rng: np.random.Generator) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(picture(rng), cv2.COLOR_RGB2BGR))


def _make_sound(path: Path, rng: np.random.Generator) -> None:
    part = path.with_suffix(".part.flac")
    with av.open(part, "w", format="flac") as out:
        audio = out.add_stream("flac", rate=RATE)
        audio.layout = "mono"
        encode(out, audio, music(rng, 40.0))
    part.replace(path)


def _make_video(path: Path, rng: np.random.Generator) -> None:
    write_video(path, rng, seconds=16.0, size=(320, 180))


_MAKERS: dict[str, tuple[str, Callable[[Path, np.random.Generator], None]]] = {
    PICTURE: (".png", _make_picture),
    SOUND: (".flac", _make_sound),
    VIDEO: (".mp4", _make_video),
}
