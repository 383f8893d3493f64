"""Sound from a seed: music, speech-like babble, and the tones that hold nothing to recognise.

All functions return mono ``float32`` in -1..1 at ``RATE``.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from reseen.domain.media import Samples, Sound

RATE = 11025

type Wave = npt.NDArray[np.float64]


def sound(samples: Samples) -> Sound:
    """Samples as the sound of a whole file."""
    return Sound(start=0.0, rate=RATE, samples=np.asarray(samples, np.float32))


def music(seconds: float, seed: int, *, timbre: int = 0, jitter: float = 0.0) -> Samples:
    """Chords, a wavering melody and beats, never the same twice.

    ``seed`` sets the notes; ``timbre`` sets how they are played, and ``jitter`` (seconds) how far
    off the beat: the same seed with another timbre and some jitter is another performance.
    """
    notes, hand = np.random.default_rng(seed), np.random.default_rng([seed, timbre, 1])
    out = np.zeros(int(seconds * RATE) + 3 * RATE)
    beat = float(notes.uniform(0.17, 0.26))
    scale = np.array([0, 2, 4, 5, 7, 9, 11]) + int(notes.integers(12))
    brightness = float(np.random.default_rng([timbre, 2]).uniform(0.6, 0.85))
    moment = 0.0
    while moment < seconds:
        for _ in range(int(notes.integers(1, 4))):
            hertz = 110 * 2 ** (int(notes.choice(scale)) / 12 + int(notes.integers(0, 4)))
            _add(out, moment + hand.normal(0, jitter), _note(hertz, notes, hand, brightness))
        if notes.random() < 0.5:
            hiss = hand.normal(0, 0.6, RATE // 8) * np.exp(-np.arange(RATE // 8) / 250)
            _add(out, moment + hand.normal(0, jitter), _resonate(hiss, notes.uniform(300, 3500)))
        moment += beat * int(notes.integers(1, 3))
    return _levelled(out[: int(seconds * RATE)])


def speech(seconds: float, seed: int) -> Samples:
    """Babble: a gliding voice through changing formants, with pauses and hisses."""
    rng = np.random.default_rng(seed)
    out, total, voice = np.zeros(0), int(seconds * RATE), float(rng.uniform(90, 220))
    while len(out) < total:
        length = int(rng.uniform(0.06, 0.3) * RATE)
        kind = rng.random()
        if kind < 0.12:
            part = np.zeros(length)
        elif kind < 0.3:
            part = np.diff(rng.normal(0, 0.15, length + 1))
        else:
            glide = voice * 2 ** np.linspace(
                rng.uniform(-0.35, 0.35), rng.uniform(-0.35, 0.35), length
            )
            part = np.diff(np.floor(np.cumsum(glide / RATE)), prepend=0.0)
            for centre in rng.uniform((300, 900, 2200), (800, 2000, 3400)):
                part = _resonate(part, float(centre))
            part = part / (np.abs(part).max() + 1e-9)
        out = np.concatenate([out, part * np.hanning(length)])
    return _levelled(out[:total])


def noise(seconds: float, seed: int, level: float = 0.1) -> Samples:
    """White noise of a root mean square ``level``."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=int(seconds * RATE)) * level).astype(np.float32)


def tones(seconds: float) -> dict[str, Samples]:
    """Signals by which no recording can be told from another, by name."""
    t = np.arange(int(seconds * RATE)) / RATE
    sine = np.sin(2 * np.pi * 1000 * t)
    octaves = 100 * 2 ** (5 * t / seconds)
    signals = {
        "digital silence": np.zeros(len(t)),
        "dither": np.sign(noise(seconds, 5)) / 32768,
        "a 440 Hz tone": 0.5 * np.sin(2 * np.pi * 440 * t),
        "a chord": 0.2 * sum(np.sin(2 * np.pi * f * t) for f in (220, 277.2, 329.6)),
        "mains hum": 0.3 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 24)),
        "colour-bar beeps": 0.5 * sine * (t % 1 < 0.5),
        "fast beeps": 0.5 * sine * (t % 0.3 < 0.1),
        "clicks": 0.5 * ((np.arange(len(t)) % (RATE // 2)) < 30),
        "a linear sweep": 0.5 * np.sin(2 * np.pi * (100 + 1900 * t / seconds) * t),
        "a logarithmic sweep": 0.5 * np.sin(2 * np.pi * np.cumsum(octaves) / RATE),
        "a square wave": 0.3 * np.sign(np.sin(2 * np.pi * 313 * t)),
    }
    return {name: np.asarray(samples, np.float32) for name, samples in signals.items()}


def _add(out: Wave, moment: float, part: Wave) -> None:
    first = max(0, int(moment * RATE))
    out[first : first + len(part)] += part[: len(out) - first]


def _note(
    hertz: float, notes: np.random.Generator, hand: np.random.Generator, brightness: float
) -> Wave:
    t = np.arange(int(notes.uniform(0.15, 0.9) * RATE)) / RATE
    waver = notes.uniform(0, 0.5) * np.sin(2 * np.pi * notes.uniform(3, 7) * t)
    phase = 2 * np.pi * np.cumsum(hertz * 2 ** (waver / 12)) / RATE
    out = np.zeros(len(t))
    for harmonic in range(1, 13):
        if hertz * harmonic < RATE / 2.2:
            decay = np.exp(-t * harmonic * hand.uniform(0.5, 2.5))
            out += (
                brightness ** (harmonic - 1)
                * hand.uniform(0.2, 1)
                * decay
                * np.sin(harmonic * phase)
            )
    return np.asarray(out * np.minimum(1, t / 0.005), np.float64)


def _resonate(signal: Wave, hertz: float) -> Wave:
    radius = 0.97
    poles = [1.0, -2 * radius * np.cos(2 * np.pi * hertz / RATE), radius**2]
    return np.asarray(lfilter([1 - radius], poles, signal), np.float64)


def _levelled(samples: Wave) -> Samples:
    return np.asarray(0.8 * samples / (np.abs(samples).max() + 1e-9), np.float32)
