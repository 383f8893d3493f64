"""What can be done to sound: codecs, filters, stretching, noise, rooms.

Everything is mono ``float32`` at the sampling rate given. Codecs, time stretching and filters run
in memory through PyAV; pitch is changed by playing at another speed and stretching back, as phone
apps do.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.filter import Graph
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from benchmarks.attacks import Samples


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder in its container, at a bit rate and sampling rate it takes."""

    container: str
    name: str
    rate: int
    bits: int | None = None


MP3_64 = Codec("mp3", "libmp3lame", 22050, 64_000)
MP3_32 = Codec("mp3", "libmp3lame", 22050, 32_000)
OPUS_24 = Codec("ogg", "libopus", 48000, 24_000)
AAC_48 = Codec("mp4", "aac", 22050, 48_000)
AC3_64 = Codec("ac3", "ac3", 32000, 64_000)
WMA_32 = Codec("asf", "wmav2", 22050, 32_000)
ULAW = Codec("wav", "pcm_mulaw", 8000)
ADPCM = Codec("wav", "adpcm_g726", 8000, 16_000)


def loudness(samples: Samples) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def resampled(samples: Samples, rate: int, to: int) -> Samples:
    ratio = Fraction(to, rate).limit_denominator(2000)
    if ratio == 1:
        return samples
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator), np.float32)


def through_codec(samples: Samples, rate: int, codec: Codec) -> Samples:
    """Encode and decode. The encoder's delay is kept where its container does not undo it."""
    file = io.BytesIO()
    with av.open(file, "w", format=codec.container) as out:
        stream = out.add_stream(codec.name, rate=codec.rate)
        assert isinstance(stream, AudioStream)  # noqa: S101 - an audio codec was asked for
        stream.layout = "mono"
        if codec.bits:
            stream.bit_rate = codec.bits
        out.mux(stream.encode(_frame(np.clip(samples, -1, 1), rate)))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as decoded:
        frames = list(decoded.decode(audio=0))
    mono = av.AudioResampler(format="flt", layout="mono", rate=rate)
    parts = [part.to_ndarray()[0] for frame in [*frames, None] for part in mono.resample(frame)]
    return np.asarray(np.concatenate(parts), np.float32)


def filtered(samples: Samples, rate: int, *steps: tuple[str, str]) -> Samples:
    """Run libavfilter's named audio filters, each with its arguments, one after another."""
    graph = Graph()
    nodes = [
        graph.add_abuffer(
            format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate)
        )
    ]
    for name, arguments in (*steps, ("aformat", f"sample_fmts=flt:sample_rates={rate}")):
        nodes.append(graph.add(name, arguments))
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    parts: list[Samples] = []
    for frame in (_frame(samples, rate), None):
        nodes[0].push(frame)
        while True:
            try:
                made = nodes[-1].pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            if isinstance(made, AudioFrame):
                parts.append(np.asarray(made.to_ndarray()[0], np.float32))
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _frame(samples: Samples, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono"
    )
    frame.sample_rate = rate
    frame.pts = 0
    frame.time_base = Fraction(1, rate)
    return frame


def stretched(samples: Samples, rate: int, tempo: float) -> Samples:
    """Faster (``tempo`` above one) or slower at the same pitch."""
    return filtered(samples, rate, ("atempo", f"{tempo:.6f}"))


def sped(samples: Samples, speed: float) -> Samples:
    """Faster and higher, as a tape is."""
    return resampled(samples, round(1000 * speed), 1000)


def shifted(samples: Samples, rate: int, semitones: float) -> Samples:
    """Higher or lower at the same tempo."""
    speed = 2 ** (semitones / 12)
    return stretched(sped(samples, speed), rate, 1 / (round(1000 * speed) / 1000))


def mixed(samples: Samples, other: Samples, decibels: float) -> Samples:
    """``other`` added so that the sound lies ``decibels`` over it."""
    other = np.resize(other, len(samples))
    gain = loudness(samples) / loudness(other) * 10 ** (-decibels / 20)
    return np.asarray(samples + gain * other, np.float32)


def white(samples: Samples, rng: np.random.Generator) -> Samples:
    return np.asarray(rng.normal(size=len(samples)), np.float32)


def pink(samples: Samples, rng: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(rng.normal(size=len(samples)))
    spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
    return np.asarray(np.fft.irfft(spectrum, len(samples)), np.float32)


def unrelated(
    others: Sequence[Samples], rng: np.random.Generator, rate: int, seconds: float
) -> Samples:
    """An audible piece of other media, repeated when they are shorter."""
    length = int(seconds * rate)
    for _ in range(20):
        other = others[int(rng.integers(len(others)))]
        start = int(rng.integers(max(1, len(other) - length)))
        piece = other[start : start + length]
        if len(piece) and loudness(piece) > 1e-3:
            return np.resize(piece, length)
    return white(np.zeros(length, np.float32), rng) * np.float32(0.01)


def reverberant(
    samples: Samples, rate: int, rng: np.random.Generator, seconds: float, wet: float
) -> Samples:
    """In a room whose sound decays by 60 dB in ``seconds``; the direct sound comes first."""
    t = np.arange(int(seconds * 1.2 * rate)) / rate
    room = rng.normal(size=len(t)) * np.exp(-6.9 * t / seconds)
    room[: int(0.005 * rate)] *= 0.2
    echo = fftconvolve(samples, room)[: len(samples)]
    echo *= loudness(samples) / loudness(np.asarray(echo, np.float32))
    return np.asarray((1 - wet) * samples + wet * echo, np.float32)


def banded(samples: Samples, rate: int, low: float, high: float) -> Samples:
    sections = butter(4, [low, min(high, 0.45 * rate)], "bandpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, samples), np.float32)
