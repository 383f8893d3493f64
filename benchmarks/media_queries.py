"""What is searched for in the benchmark of films and sound: disguised clips and sounds, stills cut
out of films, soundtracks alone and under other pictures.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.attacks import Copied
from benchmarks.attacks.film import SOUND_RATE, Take, frames, look, reel, sound, write
from benchmarks.attacks.pictures import ATTACKS as PICTURES
from benchmarks.attacks.video import ATTACKS as FILMS
from benchmarks.datasets import Dataset, Item
from benchmarks.localisation import Stretch
from benchmarks.pool import Query
from benchmarks.run_sound import ATTACKS as SOUNDS
from benchmarks.run_sound import LONGEST, RATE, open_sound, truth, write_sound
from reseen.domain.media import Samples

FILM, MUSIC, STILL, TRACK, DUBBED = "film", "sound", "still of a film", "soundtrack", "dubbed film"
SEEN = {FILM, STILL}
"""Kinds of query that are recognised by what they show; the others by what they sound."""
CLIP_S = 10.0
"""Seconds of a soundtrack that are searched for."""
QUIET = 1e-3
"""Largest sample of a clip that is silent: 60 dB below full scale."""

type Make = Callable[[Path, Path, np.random.Generator], tuple[Copied, ...]]
"""``make(original, out, rng)`` writes the query and returns what of the original it holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: ``what`` it is, the family of its disguise, and the file that it is made of."""

    query: Query
    what: str
    family: str
    ending: str
    make: Make

    def made(self, folder: Path) -> tuple[Path, tuple[Stretch, ...]]:
        """The file and its truth; the same each time. Raises ``ValueError`` without sound."""
        name = hashlib.sha256(self.query.id.encode()).hexdigest()[:24]
        path = folder / (name + self.ending)
        return path, truth(self.make(self.query.item.path, path, self.query.rng()))


def asked(films: Dataset, sounds: Dataset, every: int) -> tuple[Asked, ...]:
    """Each ``every``-th disguise of each original, others of each; of media that are absent, one
    each. A film is also asked for by a still, by its sound, and by its sound under other pictures.
    """
    found: list[Asked] = []
    fillers = [item.path for item in films.fillers]
    tunes = [item.path for item in sounds.fillers]
    for absent, items in ((False, films.originals), (True, films.absent)):
        for at, item in enumerate(items):
            for attack in _some(FILMS, every, at, only_one=absent):
                make = _disguised(attack.apply, fillers)
                query = Query(item, attack.name, absent)
                found.append(Asked(query, FILM, attack.family, ".mp4", make))
            if not absent:
                found += _across(item, at, fillers)
    for absent, items in ((False, sounds.originals), (True, sounds.absent)):
        for at, item in enumerate(items):
            for heard in _some(SOUNDS, 2 * every, at, only_one=absent):
                query = Query(item, heard.name, absent)
                made = _sounding(heard.name, tunes)
                found.append(Asked(query, MUSIC, heard.family, ".wav", made))
    return tuple(sorted(found, key=lambda one: hashlib.sha256(one.query.id.encode()).hexdigest()))


def _some[T](attacks: Sequence[T], every: int, at: int, *, only_one: bool) -> Sequence[T]:
    """Others for each original, so that few originals meet all."""
    chosen = attacks[at % every :: every]
    return chosen[at % len(chosen) : at % len(chosen) + 1] if only_one else chosen


def _across(item: Item, at: int, fillers: Sequence[Path]) -> list[Asked]:
    disguise = PICTURES[at * 7 % len(PICTURES)]
    still = Asked(Query(item, "still", absent=False), STILL, disguise.family, ".jpg", _still(at))
    heard = Asked(Query(item, "soundtrack", absent=False), TRACK, "cut", ".wav", _soundtrack)
    dubbed = Asked(
        Query(item, "dubbed", absent=False), DUBBED, "sound", ".mp4", _under_others(fillers)
    )
    return [still, heard, dubbed]


def _disguised(
    apply: Callable[[Path, Path, np.random.Generator, Sequence[Path]], tuple[Copied, ...]],
    fillers: Sequence[Path],
) -> Make:
    def make(original: Path, out: Path, rng: np.random.Generator) -> tuple[Copied, ...]:
        return apply(original, out, rng, fillers)

    return make


def _sounding(name: str, tunes: Sequence[Path]) -> Make:
    def make(original: Path, out: Path, rng: np.random.Generator) -> tuple[Copied, ...]:
        attack = next(one for one in SOUNDS if one.name == name)
        others = [open_sound(path)[: int(60 * RATE)] for path in tunes]
        samples = open_sound(original)[: int(LONGEST * RATE)]
        disguised, copied = attack.apply(samples, RATE, rng, others)
        write_sound(out, disguised, RATE)
        return copied

    return make


def _still(at: int) -> Make:
    """A frame, disguised as pictures are."""
    disguise = PICTURES[at * 7 % len(PICTURES)]

    def make(original: Path, out: Path, rng: np.random.Generator) -> tuple[Copied, ...]:
        moment = float(rng.uniform(0.1, 0.9)) * min(look(original).duration, LONGEST)
        pixels = next(iter(frames(Take(original, moment, moment + 0.04), 25.0)))
        shown = disguise.apply(np.ascontiguousarray(pixels), rng, [pixels[::-1], pixels[:, ::-1]])
        cv2.imwrite(str(out), shown[:, :, ::-1])
        return (Copied((0.0, 0.0), (moment, moment)),)

    return make


def _clip(original: Path, rng: np.random.Generator) -> Take:
    length = min(look(original).duration, LONGEST)
    start = float(rng.uniform(0.0, max(0.0, length - CLIP_S)))
    return Take(original, start, min(length, start + CLIP_S))


def _heard(clip: Take) -> Samples:
    samples = sound([clip])
    if samples is None or np.abs(samples).max(initial=0.0) < QUIET:
        raise ValueError("no sound")
    return samples


def _soundtrack(original: Path, out: Path, rng: np.random.Generator) -> tuple[Copied, ...]:
    clip = _clip(original, rng)
    samples = _heard(clip)
    write_sound(out, samples, SOUND_RATE)
    return (Copied((0.0, clip.duration), (clip.start, clip.end)),)


def _under_others(fillers: Sequence[Path]) -> Make:
    def make(original: Path, out: Path, rng: np.random.Generator) -> tuple[Copied, ...]:
        clip = _clip(original, rng)
        samples = _heard(clip)
        other = fillers[int(rng.integers(len(fillers)))]
        seen = look(other)
        take = Take(other, 0.0, min(clip.duration, seen.duration))
        write(out, reel([take], 12.0, seen.width, seen.height), 12.0, track=samples)
        return (Copied((0.0, take.duration), (clip.start, clip.start + take.duration)),)

    return make
