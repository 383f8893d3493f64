"""Attacks on sound for checking, not for tuning: a second list, of other families and other means.

Rooms are computed by image sources here (Allen and Berkley, *Image method for efficiently
simulating small-room acoustics*, 1979), where the first list decays noise; pitch and tempo go
through a phase vocoder; a voice-over speaks in phrases and the sound under it is ducked; clips are
set into other sound with fades. No constant of the engine should be chosen by these; the decision
record of sound says which of them were looked at all the same.
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.attacks import Copied, Samples, SoundAttack
from benchmarks.attacks.acoustics import (
    ULAW,
    Codec,
    banded,
    loudness,
    mixed,
    pink,
    through_codec,
    unrelated,
)
from benchmarks.attacks.sound import (
    Change,
    at_speed,
    attack,
    clipped,
    coded,
    embedded,
    equalised,
    excerpt,
    looped,
    semitones_of,
    through_vocoder,
    unchanged,
)

OPUS_16 = Codec("ogg", "libopus", 48000, 16_000)
MP3_16 = Codec("mp3", "libmp3lame", 22050, 16_000)
SOUND_SPEED = 343.0
ORDER = 12
"""Rooms along each axis whose images are heard."""
LONGEST = 1.2
"""Seconds of a room's response."""


def room_response(
    rate: int, rng: np.random.Generator, distance: float, absorption: float
) -> Samples:
    """From a loudspeaker to a microphone so many metres away in a furnished room, by images.

    ``absorption`` is the share of energy that a wall takes; .3 decays by 60 dB in about .6 s.
    """
    size = rng.uniform((4.0, 4.5, 2.4), (7.0, 8.0, 3.2))
    source = size * rng.uniform(0.15, 0.35, 3)
    way = np.abs(rng.normal(size=3)) * (1, 1, 0.2)
    microphone = np.clip(source + distance * way / np.linalg.norm(way), 0.3, size - 0.3)
    along = np.arange(-ORDER // 2, ORDER // 2 + 1)
    cells = np.stack(np.meshgrid(along, along, along, (0, 1), (0, 1), (0, 1)), -1).reshape(-1, 6)
    rooms, mirrored = cells[:, :3], cells[:, 3:]
    images = 2 * rooms * size + np.where(mirrored, -source, source)
    away = np.linalg.norm(images - microphone, axis=1)
    bounces = np.abs(2 * rooms - mirrored).sum(axis=1)
    at = np.rint(away / SOUND_SPEED * rate).astype(np.intp)
    loud = math.sqrt(1 - absorption) ** bounces / np.maximum(0.5, away)
    soon = at < int(LONGEST * rate)
    return np.bincount(at[soon], loud[soon], int(LONGEST * rate)).astype(np.float32)


def _far(distance: float, absorption: float, decibels: float) -> Change:
    def apply(
        samples: Samples, rate: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> Samples:
        del others
        heard = fftconvolve(samples, room_response(rate, rng, distance, absorption))
        part = banded(np.asarray(heard[: len(samples)], np.float32), rate, 120, 6000)
        return mixed(part / np.float32(np.abs(part).max() + 1e-9), pink(part, rng), decibels)

    return apply


def _voice_over(decibels: float) -> Change:
    """Other sound in phrases of 1 to 3 s; the original lies ``decibels`` over it while they last
    and is itself again in the pauses between them.
    """

    def apply(
        samples: Samples, rate: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> Samples:
        voice = unrelated(others, rng, rate, len(samples) / rate)
        voice = voice * np.float32(loudness(samples) / loudness(voice))
        phrase = np.zeros(len(samples), np.float32)
        at = float(rng.uniform(0, 0.5))
        while at * rate < len(samples):
            lasts = float(rng.uniform(1, 3))
            phrase[int(at * rate) : int((at + lasts) * rate)] = 1
            at += lasts + float(rng.uniform(0.2, 0.7))
        soft = int(0.05 * rate)
        phrase = np.convolve(phrase, np.ones(soft, np.float32) / soft, "same").astype(np.float32)
        under = 1 - phrase * np.float32(1 - 10 ** (decibels / 20))
        return np.asarray(samples * under + voice * phrase, np.float32)

    return apply


def _phone(
    samples: Samples, rate: int, rng: np.random.Generator, others: Sequence[Samples]
) -> Samples:
    del rng, others
    return through_codec(banded(samples, rate, 400, 3000), rate, ULAW)


_clip_within = partial(embedded, family="clip within", margin=2.0, fade=0.02)
"""Set into other sound with fades."""


def swapped(name: str, seconds: float) -> SoundAttack:
    """The second half of an excerpt, then its first."""

    def apply(
        original: Samples, hertz: int, rng: np.random.Generator, others: Sequence[Samples]
    ) -> tuple[Samples, tuple[Copied, ...]]:
        del others
        piece, start = excerpt(original, hertz, rng, seconds)
        middle = len(piece) // 2
        half, whole = middle / hertz, len(piece) / hertz
        truth = (
            Copied((0.0, whole - half), (start + half, start + whole)),
            Copied((whole - half, whole), (start, start + half)),
        )
        return np.concatenate([piece[middle:], piece[:middle]]), truth

    return SoundAttack(name, "halves swapped", apply)


RESERVED: tuple[SoundAttack, ...] = (
    attack("far field 2 m, noise 10", "far field", _far(2, 0.35, 10)),
    attack("far field 4 m, noise 5", "far field", _far(4, 0.25, 5)),
    attack("3 s", "brief", unchanged, seconds=3),
    attack("3 s, mp3 16", "brief", coded(MP3_16), seconds=3),
    attack("3 s, far field 2 m", "brief", _far(2, 0.35, 20), seconds=3),
    attack("vocoder pitch +5", "wide pitch", through_vocoder(1, 5), pitch=5),
    attack("vocoder pitch -5", "wide pitch", through_vocoder(1, -5), pitch=-5),
    attack("vocoder tempo 0.8", "wide tempo", through_vocoder(0.8, 0), rate=0.8),
    attack("vocoder tempo 1.2", "wide tempo", through_vocoder(1.2, 0), rate=1.2),
    *(
        attack(f"speed {s:g}", "wide speed", at_speed(s), rate=s, pitch=semitones_of(s))
        for s in (0.8, 1.2)
    ),
    attack("voice-over -5", "voice-over", _voice_over(-5)),
    attack("voice-over -5, 20 s", "voice-over", _voice_over(-5), seconds=20),
    attack("opus 16", "16 kbit/s", coded(OPUS_16)),
    attack("mp3 16", "16 kbit/s", coded(MP3_16)),
    attack("phone 400-3000", "phone", _phone),
    attack("clipped 26", "crushed", clipped(26)),
    attack(
        "compressed twice",
        "crushed",
        equalised(
            ("acompressor", "threshold=0.02:ratio=20:attack=1:release=30:makeup=8"),
            ("dynaudnorm", "f=150:g=7"),
        ),
    ),
    _clip_within("3 s within 30 s", 3, 30, unchanged),
    _clip_within("5 s within 45 s", 5, 45, unchanged),
    _clip_within("10 s within 60 s", 10, 60, coded(OPUS_16)),
    swapped("halves swapped", 16),
    looped("4 s three times", 4, 3),
)
