"""Make the sample media of ``src/reseen/samples`` again.

    pip download --no-deps scikit-image && unzip -d /tmp/skimage scikit_image-*.whl 'skimage/data/*'
    python scripts/make_samples.py /tmp/skimage/skimage/data

The photographs are in the public domain or CC0 (see the README beside the samples); the music is
synthesised from a seed. Needs nothing beyond reseen's own dependencies.
"""

import argparse
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont, ImageOps
from scipy.signal import butter, sosfilt

type Wave = npt.NDArray[np.float64]

OUT = Path(__file__).parents[1] / "src" / "reseen" / "samples"
RATE = 44_100
FPS = 24
SHOTS = (  # picture, seconds, and where the camera looks at first and last: x, y, width (0..1)
    ("chelsea.png", 5.0, (0.05, 0.10, 0.60), (0.30, 0.25, 0.65)),
    ("rocket.jpg", 4.5, (0.00, 0.70, 1.00), (0.00, 0.02, 1.00)),
    ("hubble_deep_field.jpg", 5.5, (0.10, 0.05, 0.35), (0.50, 0.60, 0.45)),
    ("coffee.png", 4.0, (0.00, 0.05, 0.95), (0.20, 0.25, 0.60)),
    ("astronaut.png", 6.0, (0.05, 0.00, 0.60), (0.30, 0.10, 0.70)),
    ("hubble_deep_field.jpg", 5.0, (0.45, 0.10, 0.50), (0.05, 0.50, 0.30)),
)
CLIP = (9.0, 21.0)
"""Seconds of the film that the clip shows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, help="the folder skimage/data")
    pictures = parser.parse_args().pictures
    OUT.mkdir(exist_ok=True)

    photo = Image.open(pictures / "chelsea.png").convert("RGB")
    photo.save(OUT / "photo.jpg", quality=90)
    disguised(photo).save(OUT / "photo-disguised.jpg", quality=72)

    frames = list(film(pictures, 640, 360))
    music = song(seconds=len(frames) / FPS, seed=11)
    write_video(OUT / "film.mp4", frames, music, codec="libx264", options={"crf": "32"})
    first, last = (round(FPS * t) for t in CLIP)
    small = [frame.resize((426, 240), Image.Resampling.LANCZOS) for frame in frames[first:last]]
    excerpt = music[round(RATE * CLIP[0]) : round(RATE * CLIP[1])]
    write_video(
        OUT / "film-clip.webm",
        [titled(frame) for frame in small],
        0.8 * excerpt,
        codec="libvpx-vp9",
        options={"crf": "40", "b": "0", "deadline": "good", "cpu-used": "4"},
    )

    tune = song(seconds=32.0, seed=7)
    write_sound(OUT / "song.m4a", tune, codec="aac", bit_rate=72_000)
    excerpt = tune[round(4.0 * RATE) : round(28.0 * RATE)]
    write_sound(
        OUT / "song-disguised.ogg",
        altered(excerpt, semitones=2.0, tempo=1.06),
        codec="libopus",
        bit_rate=48_000,
    )
    for path in sorted(OUT.iterdir()):
        print(f"{path.stat().st_size:9,} {path.name}")


def disguised(photo: Image.Image) -> Image.Image:
    """Mirrored, cropped, warmed, with a caption over and below."""
    picture = ImageOps.mirror(photo)
    width, height = picture.size
    picture = picture.crop((width // 20, 0, width - width // 12, height - height // 14))
    bands = [
        band.point(lambda v, gain=gain: min(255, round(v * gain)))  # type: ignore[misc]
        for band, gain in zip(picture.split(), (1.08, 1.0, 0.86), strict=True)
    ]
    picture = Image.merge("RGB", bands)
    page = Image.new("RGB", (picture.width, picture.height + 64), "white")
    page.paste(picture, (0, 0))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(30)
    draw.text(
        (page.width / 2, page.height - 34), "NOBODY WILL NOTICE", "black", font=font, anchor="mm"
    )
    small = ImageFont.load_default(22)
    draw.text((10, 8), "@somebody", "white", font=small, stroke_width=2, stroke_fill="black")
    return page


def film(pictures: Path, width: int, height: int) -> Iterator[Image.Image]:
    """The camera glides over each picture; a drawn ball crosses the seams."""
    for name, seconds, begin, end in SHOTS:
        picture = Image.open(pictures / name).convert("RGB")
        count = round(seconds * FPS)
        for i in range(count):
            at = (1 - np.cos(np.pi * i / (count - 1))) / 2
            x, y, w = (a + (b - a) * at for a, b in zip(begin, end, strict=True))
            wide = w * picture.width
            tall = min(wide * height / width, picture.height)
            left = min(x * picture.width, picture.width - wide)
            top = min(y * picture.height, picture.height - tall)
            box = (left, top, left + wide, top + tall)
            frame = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
            ball = i / count * (width + 60) - 30, height - 40 - 60 * abs(np.sin(i / 9))
            ImageDraw.Draw(frame).circle(ball, 14, fill=(240, 200, 40), outline=(60, 40, 0))
            yield frame


def titled(frame: Image.Image) -> Image.Image:
    """A subtitle, as reposts have."""
    font = ImageFont.load_default(20)
    draw = ImageDraw.Draw(frame)
    at = (frame.width / 2, frame.height - 22)
    draw.text(
        at, "wait for it...", "white", font=font, anchor="mm", stroke_width=2, stroke_fill="black"
    )
    return frame


def song(seconds: float, seed: int) -> Wave:
    """A melody that wanders and never repeats, over chords, bass and drums. Mono, -1..1."""
    rng = np.random.default_rng(seed)
    beat = 60.0 / 104
    out = np.zeros(round((seconds + 2) * RATE))
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    degree, t = 7, 0.0
    while t < seconds:  # the melody
        length = beat * rng.choice([0.5, 0.5, 1.0, 1.5])
        degree = int(np.clip(degree + rng.choice([-3, -2, -1, 1, 2, 4]), 0, 14))
        note = 60 + scale[degree % 7] + 12 * (degree // 7)
        add(out, t, tone(note, length * 1.2, bright=0.6, rng=rng), 0.28)
        t += length
    for bar in range(int(seconds / (4 * beat)) + 1):  # chords and bass
        root = int(rng.integers(0, 7))
        for step in (0, 2, 4):
            note = 48 + scale[(root + step) % 7] + 12 * ((root + step) // 7)
            add(out, 4 * beat * bar, tone(note, 4 * beat, bright=0.3, rng=rng), 0.10)
        for half in (0, 1.5, 2, 3):
            add(out, beat * (4 * bar + half), tone(36 + scale[root], beat, 0.2, rng), 0.22)
    for i in range(int(seconds / beat * 2)):  # drums
        kind = "kick" if i % 4 == 0 else "snare" if i % 4 == 2 else "hat"
        add(out, i * beat / 2, drum(kind, rng), 0.25 if kind != "hat" else 0.10)
    out = out[: round(seconds * RATE)]
    return 0.9 * out / np.abs(out).max()


def tone(note: float, seconds: float, bright: float, rng: np.random.Generator) -> Wave:
    t = np.arange(round(seconds * RATE)) / RATE
    frequency = 440.0 * 2 ** ((note - 69) / 12)
    wave = sum(
        bright ** (k - 1) * np.sin(2 * np.pi * k * frequency * t + rng.uniform(0, 6))
        for k in range(1, 7)
    )
    return wave * np.minimum(1, t / 0.01) * np.exp(-2.0 * t / seconds) * (t < seconds - 0.01)


def drum(kind: str, rng: np.random.Generator) -> Wave:
    t = np.arange(round(0.25 * RATE)) / RATE
    if kind == "kick":
        return np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t * 30)))) * np.exp(-t * 14)
    band = (1500, 6000) if kind == "snare" else (7000, 14000)
    noise = sosfilt(butter(2, band, "bandpass", fs=RATE, output="sos"), rng.normal(size=len(t)))
    return noise * np.exp(-t * (18 if kind == "snare" else 60))


def add(out: Wave, at: float, sound: Wave, gain: float) -> None:
    start = round(at * RATE)
    part = sound[: max(0, len(out) - start)]
    out[start : start + len(part)] += gain * part


def altered(wave: Wave, *, semitones: float, tempo: float) -> Wave:
    """Higher by semitones and faster by tempo, with the filters that people use for it: played
    faster, then slowed down at the same pitch.
    """
    ratio = 2 ** (semitones / 12)
    changed = filtered(
        wave,
        ("asetrate", str(round(RATE * ratio))),
        ("aresample", str(RATE)),
        ("atempo", str(tempo / ratio)),
    )
    return 0.9 * changed / np.abs(changed).max()


def filtered(wave: Wave, *filters: tuple[str, str]) -> Wave:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=RATE, format="fltp", layout="mono", time_base=Fraction(1, RATE)
    )
    steps = [source, *(graph.add(name, value) for name, value in filters), graph.add("abuffersink")]
    for one, following in pairwise(steps):
        one.link_to(following)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate = RATE
    graph.push(frame)
    graph.push(None)
    parts = []
    with suppress(av.EOFError):
        while True:
            parts.append(graph.pull().to_ndarray()[0])
    return np.concatenate(parts).astype(np.float64)


def write_video(
    path: Path, frames: list[Image.Image], music: Wave, *, codec: str, options: dict[str, str]
) -> None:
    with av.open(path, "w", options={"fflags": "+bitexact"}) as box:
        video = box.add_stream(codec, FPS, options=options)
        video.width, video.height = frames[0].size
        video.pix_fmt = "yuv420p"
        webm = path.suffix == ".webm"
        audio = box.add_stream("libopus" if webm else "aac", 48_000 if webm else RATE)
        audio.bit_rate = 40_000
        audio.layout = "mono"
        for frame in frames:
            box.mux(video.encode(av.VideoFrame.from_image(frame)))
        box.mux(video.encode(None))
        for packet in encoded(audio, music):
            box.mux(packet)


def write_sound(path: Path, wave: Wave, *, codec: str, bit_rate: int) -> None:
    with av.open(path, "w", options={"fflags": "+bitexact"}) as box:
        audio = box.add_stream(codec, 48_000 if codec == "libopus" else RATE)
        audio.bit_rate = bit_rate
        audio.layout = "mono"
        for packet in encoded(audio, wave):
            box.mux(packet)


def encoded(stream: av.AudioStream, wave: Wave) -> Iterator[av.Packet]:
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate, stream.frame_size)
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate = RATE
    frame.pts = 0
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        yield from stream.encode(part)
    yield from stream.encode(None)


if __name__ == "__main__":
    main()
