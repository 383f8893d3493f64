"""Sound that resembles other sound and is no copy of it: hard negatives, each pair from a seed.

Two takes of a sentence by one speaker (recorded words, or a synthesiser), the same notes played
again, other pieces by the same instruments or over the same beat, and beds of noise. A *loop* that
two tracks share is something else: the same recorded bars are in both, so there it is a copy, for
as long as it sounds alone; ``shared_loop`` tells where, and what follows is none.
"""

import shutil
import subprocess
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.attacks import Copied, Samples
from benchmarks.attacks.acoustics import resampled
from benchmarks.run_sound import open_sound
from reseen.testing import sounds

RATE = sounds.RATE
SENTENCES = (
    "The committee will meet again on Thursday to discuss the proposal and vote on the budget.",
    "Please leave your name, your number and a short message after the tone.",
    "A gentle wind moved over the hills while the farmer carried water from the well.",
    "To hear the message again press one, to delete it press two.",
    "Every evening the children listened to the story of a boat that crossed the grey sea alone.",
)
VOICES = ("en-us", "en-gb", "en-us+f3", "en-us+m5")


@dataclass(frozen=True, slots=True)
class Double:
    """Two sounds at ``RATE``, and what the first repeats of the second: mostly nothing."""

    family: str
    name: str
    query: Samples
    reference: Samples
    copied: tuple[Copied, ...] = ()


def drawn(count: int) -> Iterator[Double]:
    """What is made from seeds alone, so many of each family."""
    for seed in range(count):
        for family, make in _FAMILIES.items():
            yield Double(family, f"{family} {seed}", *make(seed))
        yield shared_loop(seed)


def spoken_again(folder: Path) -> Iterator[Double]:
    """Sentences that espeak-ng speaks twice: faster or slower, higher, by another voice. Nothing
    where it is not installed.
    """
    if shutil.which("espeak-ng") is None:
        return
    for number, sentence in enumerate(SENTENCES):
        for voice in VOICES:
            first = _spoken(folder, sentence, voice, 165, 50)
            for speed, pitch in ((150, 50), (190, 50), (160, 70)):
                again = _spoken(folder, sentence, voice, speed, pitch)
                name = f"{number} {voice} {speed} {pitch}"
                yield Double("a synthesiser again", name, again, first)
        one, other = (_spoken(folder, sentence, v, 165, 50) for v in ("en-us", "en-us+f2"))
        yield Double("another synthetic voice", str(number), other, one)


def takes(folder: Path, count: int) -> Iterator[Double]:
    """Sentences of recorded words, spoken twice by one speaker: ``count`` of each speaker.

    Files are named ``word_speaker_take.wav``. Each sentence draws its words once and two takes of
    each; every second pair has the same pauses as well.
    """
    words: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*_*_*.wav")):
        word, speaker, _ = path.stem.rsplit("_", 2)
        words[speaker][word].append(path)
    for speaker, known in sorted(words.items()):
        several = {word: paths for word, paths in known.items() if len(paths) > 1}
        if not several:
            continue
        for seed in range(count):
            rng = np.random.default_rng([seed, len(speaker)])
            length = int(rng.integers(8, 22))
            said = [sorted(several)[i] for i in rng.integers(0, len(several), length)]
            drawn_takes = [rng.choice(len(several[word]), 2, replace=False) for word in said]
            pauses = rng.uniform(0.05, 0.3, length)
            again = pauses if seed % 2 else rng.uniform(0.05, 0.3, length)
            yield Double(
                "words taken twice",
                f"{speaker} {seed}",
                _sentence(
                    [several[w][t[0]] for w, t in zip(said, drawn_takes, strict=True)], pauses
                ),
                _sentence(
                    [several[w][t[1]] for w, t in zip(said, drawn_takes, strict=True)], again
                ),
            )


def shared_loop(seed: int) -> Double:
    """Two tracks that begin with one loop, alone, and go on with music of their own over it."""
    loop = sounds.music(6, seed=700 + seed)
    first, second = (sounds.music(18, seed=s) for s in (800 + seed, 900 + seed))
    tail = np.tile(loop, 3) * np.float32(0.1)
    one, other = (np.concatenate([loop, tail + rest]) for rest in (first, second))
    return Double("a loop in both", f"loop {seed}", one, other, (Copied((0.0, 6.0), (0.0, 6.0)),))


def _played_again(seed: int) -> tuple[Samples, Samples]:
    again = sounds.music(15, seed=seed, timbre=1, jitter=0.025)
    return again, sounds.music(15, seed=seed)


def _same_instruments(seed: int) -> tuple[Samples, Samples]:
    return sounds.music(15, seed=200 + seed), sounds.music(40, seed=300 + seed)


def _same_beat(seed: int) -> tuple[Samples, Samples]:
    """One beat, struck anew, under other notes."""
    rng = np.random.default_rng(seed)
    beat, when = float(rng.uniform(0.4, 0.6)), rng.integers(0, 2, 16)
    return _struck(seed, when, beat, 15, 400 + seed), _struck(seed + 1, when, beat, 40, 500 + seed)


def _struck(
    seed: int, when: Sequence[int] | np.ndarray, beat: float, seconds: float, notes: int
) -> Samples:
    rng = np.random.default_rng([seed, 9])
    out = sounds.music(seconds, seed=notes) * np.float32(0.5)
    length = RATE // 6
    decay = np.exp(-np.arange(length) / 300)
    for step in range(int(seconds / beat) - 1):
        if when[step % len(when)]:
            at = int(step * beat * RATE)
            out[at : at + length] += (rng.normal(0, 0.4, length) * decay).astype(np.float32)
    return out


def _applause(seed: int) -> tuple[Samples, Samples]:
    return _clapped(seed), _clapped(seed + 1000)


def _clapped(seed: int) -> Samples:
    rng = np.random.default_rng([seed, 5])
    out = np.zeros(20 * RATE)
    for at in rng.integers(0, len(out) - 400, 6000):
        decay = np.exp(-np.arange(400) / rng.uniform(30, 90))
        out[at : at + 400] += rng.normal(0, rng.uniform(0.1, 1), 400) * decay
    return np.asarray(0.5 * out / np.abs(out).max(), np.float32)


def _noise(seed: int) -> tuple[Samples, Samples]:
    return sounds.noise(20, seed), sounds.noise(20, seed + 1000)


def _hum(seed: int) -> tuple[Samples, Samples]:
    return _mains(seed), _mains(seed + 1000)


def _mains(seed: int) -> Samples:
    rng = np.random.default_rng([seed, 6])
    t = np.arange(20 * RATE) / RATE
    tones = sum(np.sin(2 * np.pi * 50 * k * t + rng.uniform(0, 6)) / k for k in range(1, 12))
    return np.asarray(0.1 * tones + rng.normal(0, 0.002, len(t)), np.float32)


_FAMILIES: dict[str, Callable[[int], tuple[Samples, Samples]]] = {
    "notes played again": _played_again,
    "the same instruments": _same_instruments,
    "the same beat": _same_beat,
    "applause": _applause,
    "noise": _noise,
    "hum": _hum,
}


def _sentence(paths: Sequence[Path], pauses: Sequence[float] | np.ndarray) -> Samples:
    parts: list[Samples] = []
    for path, pause in zip(paths, pauses, strict=True):
        parts += [open_sound(path, RATE), np.zeros(int(pause * RATE), np.float32)]
    return np.concatenate(parts)


def _spoken(folder: Path, sentence: str, voice: str, speed: int, pitch: int) -> Samples:
    path = folder / "spoken.wav"
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(path)]
    subprocess.run([*command, sentence], check=True)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return resampled(samples.astype(np.float32) / np.float32(32768), file.getframerate(), RATE)
