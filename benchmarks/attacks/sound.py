"""Attacks on sound: trims, codecs, bands, noise, mixing, rooms, changed pitch and time, montages.

Everything is mono ``float32`` at the sampling rate given, and every attack is seeded by the
generator it is given.
"""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.attacks import Copied, Samples, SoundAttack, vocoder
from benchmarks.attacks.acoustics import (
    AAC_48,
    AC3_64,
    ADPCM,
    MP3_32,
    MP3_64,
    OPUS_24,
    ULAW,
    WMA_32,
    Codec,
    banded,
    filtered,
    loudness,
    mixed,
    pink,
    resampled,
    reverberant,
    shifted,
    sped,
    stretched,
    through_codec,
    unrelated,
    white,
)

type Change = Callable[[Samples, int, np.random.Generator, Sequence[Samples]], Samples]
"""What an attack does to its excerpt: samples, sampling rate, generator, unrelated media."""


def excerpt(
    original: Samples, rate: int, rng: np.random.Generator, seconds: float
) -> tuple[Samples, float]:
    """An audible stretch of the original and when it begins; all of it when it is shorter."""
    length = min(len(original), int(seconds * rate))
    start, room = 0, len(original) - length
    for _ in range(30):
        start = int(rng.integers(room + 1))
        if loudness(original[start : start + length]) > 0.01:
            break
    return original[start : start + length], start / rate


def attack(
    name: str,
    family: str,
    change: Change,
    *,
    seconds: float = 10.0,
    rate: float = 1.0,
    pitch: float = 0.0,
) -> SoundAttack:
    """An excerpt of ``seconds``, changed as a whole."""

    def apply(
        original: Samples, hertz: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> tuple[Samples, tuple[Copied, ...]]:
        piece, start = excerpt(original, hertz, rng, seconds)
        made = change(piece, hertz, rng, others)
        length = len(piece) / hertz
        end = min(len(made) / hertz, length / rate)
        return made, (Copied((0.0, end), (start, start + end * rate), rate, pitch),)

    return SoundAttack(name, family, apply)


def embedded(
    name: str,
    seconds: float,
    total: float,
    change: Change,
    *,
    family: str = "embed",
    margin: float = 3.0,
    fade: float = 0.0,
) -> SoundAttack:
    """An excerpt set into other sound, ``margin`` seconds from its ends or more, fading in and out
    for ``fade`` seconds, then changed together.
    """

    def apply(
        original: Samples, hertz: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> tuple[Samples, tuple[Copied, ...]]:
        piece, start = excerpt(original, hertz, rng, seconds)
        host = unrelated(others, rng, hertz, total)
        host = host * np.float32(loudness(piece) / loudness(host))
        length = len(piece) / hertz
        at = float(rng.uniform(margin, total - length - margin))
        first = int(at * hertz)
        ramp = np.linspace(0, 1, int(fade * hertz), dtype=np.float32)
        window = np.ones(len(piece), np.float32)
        window[: len(ramp)], window[len(window) - len(ramp) :] = ramp, ramp[::-1]
        made = host.copy()
        inside = slice(first, first + len(piece))
        made[inside] = made[inside] * (1 - window) + piece * window
        truth = Copied((at, at + length), (start, start + length))
        return change(made, hertz, rng, others), (truth,)

    return SoundAttack(name, family, apply)


def montage(name: str, clips: int, seconds: float, between: float) -> SoundAttack:
    """Several excerpts of one original, out of order, with other sound between them."""

    def apply(
        original: Samples, hertz: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> tuple[Samples, tuple[Copied, ...]]:
        length = min(seconds, len(original) / hertz / clips)
        slots = rng.permutation(clips) * (len(original) / hertz / clips)
        parts: list[Samples] = []
        truth: list[Copied] = []
        at = 0.0
        for start in slots:
            host = unrelated(others, rng, hertz, between)
            piece = original[int(start * hertz) : int((start + length) * hertz)]
            parts += [host * np.float32(loudness(piece) / loudness(host)), piece]
            at += len(host) / hertz
            end = at + len(piece) / hertz
            truth.append(Copied((at, end), (float(start), float(start) + end - at)))
            at = end
        return np.concatenate(parts), tuple(truth)

    return SoundAttack(name, "montage", apply)


def looped(name: str, seconds: float, times: int) -> SoundAttack:
    """One excerpt played several times over."""

    def apply(
        original: Samples, hertz: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> tuple[Samples, tuple[Copied, ...]]:
        del others
        piece, start = excerpt(original, hertz, rng, seconds)
        length = len(piece) / hertz
        truth = [
            Copied((i * length, (i + 1) * length), (start, start + length)) for i in range(times)
        ]
        return np.tile(piece, times), tuple(truth)

    return SoundAttack(name, "loop", apply)


def unchanged(
    samples: Samples, rate: int, rng: np.random.Generator, others: Sequence[Samples]
) -> Samples:
    del rate, rng, others
    return samples


def coded(codec: Codec) -> Change:
    return lambda s, rate, _rng, _others: through_codec(s, rate, codec)


def equalised(*steps: tuple[str, str]) -> Change:
    return lambda s, rate, _rng, _others: filtered(s, rate, *steps)


def _band(low: float, high: float) -> Change:
    return lambda s, rate, _rng, _others: banded(s, rate, low, high)


def _gain(decibels: float) -> Change:
    return lambda s, _rate, _rng, _others: s * np.float32(10 ** (decibels / 20))


def _resample(to: int) -> Change:
    return lambda s, rate, _rng, _others: resampled(resampled(s, rate, to), to, rate)


def clipped(decibels: float) -> Change:
    over = np.float32(10 ** (decibels / 20))
    return lambda s, _rate, _rng, _others: np.clip(s / (np.abs(s).max() + 1e-9) * over, -1, 1)


def _white(decibels: float) -> Change:
    return lambda s, _rate, rng, _others: mixed(s, white(s, rng), decibels)


def _pink(decibels: float) -> Change:
    return lambda s, _rate, rng, _others: mixed(s, pink(s, rng), decibels)


def _over(decibels: float) -> Change:
    return lambda s, rate, rng, others: mixed(
        s, unrelated(others, rng, rate, len(s) / rate), decibels
    )


def _room(seconds: float, wet: float) -> Change:
    return lambda s, rate, rng, _others: reverberant(s, rate, rng, seconds, wet)


def _pitch(semitones: float) -> Change:
    return lambda s, rate, _rng, _others: shifted(s, rate, semitones)


def _tempo(tempo: float) -> Change:
    return lambda s, rate, _rng, _others: stretched(s, rate, tempo)


def through_vocoder(tempo: float, semitones: float, window: float = vocoder.LONG) -> Change:
    return lambda s, rate, _rng, _others: vocoder.changed(
        s, rate, tempo=tempo, semitones=semitones, window=window
    )


def at_speed(speed: float) -> Change:
    return lambda s, _rate, _rng, _others: sped(s, speed)


def _chain(*changes: Change) -> Change:
    def apply(
        samples: Samples, rate: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> Samples:
        for change in changes:
            samples = change(samples, rate, rng, others)
        return samples

    return apply


def semitones_of(speed: float) -> float:
    return float(12 * np.log2(speed))


def _shifts() -> tuple[SoundAttack, ...]:
    return (
        *(attack(f"pitch {p:+d}", "pitch", _pitch(p), pitch=p) for p in (-5, -3, -2, -1, 1, 2, 4)),
        *(
            attack(f"tempo {t:g}", "tempo", _tempo(t), rate=t)
            for t in (0.8, 0.9, 0.95, 1.05, 1.1, 1.2)
        ),
        *(
            attack(f"speed {s:g}", "speed", at_speed(s), rate=s, pitch=semitones_of(s))
            for s in (0.9, 0.95, 1.05, 1.1)
        ),
    )


def _vocoded() -> tuple[SoundAttack, ...]:
    long, short = vocoder.LONG, vocoder.SHORT
    return (
        attack("vocoder pitch +2", "vocoder", through_vocoder(1, 2, long), pitch=2),
        attack("vocoder pitch -3", "vocoder", through_vocoder(1, -3, short), pitch=-3),
        attack("vocoder tempo 0.9", "vocoder", through_vocoder(0.9, 0, long), rate=0.9),
        attack("vocoder tempo 1.15", "vocoder", through_vocoder(1.15, 0, short), rate=1.15),
        attack(
            "vocoder pitch 1, tempo 1.05, mp3",
            "vocoder",
            _chain(through_vocoder(1.05, 1, long), coded(MP3_64)),
            rate=1.05,
            pitch=1,
        ),
    )


_FAR = _chain(_room(0.7, 0.8), _band(200, 4500), _pink(10))

SOUND_ATTACKS: tuple[SoundAttack, ...] = (
    attack("trim 5 s", "trim", unchanged, seconds=5),
    attack("trim 10 s", "trim", unchanged),
    attack("trim 30 s", "trim", unchanged, seconds=30),
    attack("mp3 64", "codec", coded(MP3_64)),
    attack("mp3 32", "codec", coded(MP3_32)),
    attack("opus 24", "codec", coded(OPUS_24)),
    attack("aac 48", "codec", coded(AAC_48)),
    attack("ac3 64", "codec", coded(AC3_64)),
    attack("wma 32", "codec", coded(WMA_32)),
    attack("telephone adpcm", "codec", _chain(_band(300, 3400), coded(ADPCM))),
    attack("telephone", "band", _chain(_band(300, 3400), coded(ULAW))),
    attack("am radio", "band", _chain(_band(150, 2500), clipped(6), _white(20))),
    attack("resample", "band", _resample(6000)),
    attack("gain -40", "level", _gain(-40)),
    attack("equaliser", "level", equalised(("bass", "g=12"), ("treble", "g=-12:f=2000"))),
    attack(
        "compressor",
        "level",
        equalised(("acompressor", "threshold=0.03:ratio=12:attack=5:release=60:makeup=6")),
    ),
    attack("clipped", "level", clipped(16)),
    *(attack(f"white noise {d}", "noise", _white(d)) for d in (10, 0, -5)),
    *(attack(f"pink noise {d}", "noise", _pink(d)) for d in (10, 0, -5)),
    *(attack(f"other sound {d}", "over", _over(d)) for d in (5, 0, -5)),
    attack("other sound -5, 30 s", "over", _over(-5), seconds=30),
    attack("room", "room", _room(0.9, 0.6)),
    attack("far microphone", "room", _FAR),
    *_shifts(),
    *_vocoded(),
    embedded("10 s in 60 s", 10, 60, coded(MP3_64)),
    embedded("30 s in 120 s", 30, 120, unchanged),
    montage("montage", 3, 8, 6),
    looped("loop", 6, 3),
    attack(
        "pitch 2, tempo 0.9, mp3",
        "chain",
        _chain(_pitch(2), _tempo(0.9), coded(MP3_64)),
        rate=0.9,
        pitch=2,
    ),
    attack("pitch -3, tempo 1.1", "chain", _chain(_pitch(-3), _tempo(1.1)), rate=1.1, pitch=-3),
    attack("pitch -2, noise 5", "chain", _chain(_pitch(-2), _pink(5)), pitch=-2),
    attack("tempo 1.1, other sound 0", "chain", _chain(_tempo(1.1), _over(0)), rate=1.1),
    attack(
        "speed 0.95, opus, equaliser",
        "chain",
        _chain(
            at_speed(0.95), equalised(("bass", "g=8"), ("treble", "g=-8:f=2000")), coded(OPUS_24)
        ),
        rate=0.95,
        pitch=semitones_of(0.95),
    ),
    attack("room, telephone", "chain", _chain(_room(0.9, 0.6), _band(300, 3400), coded(ULAW))),
    attack(
        "pitch 1, other sound 0, 30 s", "chain", _chain(_pitch(1), _over(0)), seconds=30, pitch=1
    ),
    attack(
        "pitch 4, tempo 0.85, 30 s",
        "chain",
        _chain(_pitch(4), _tempo(0.85)),
        seconds=30,
        rate=0.85,
        pitch=4,
    ),
)
