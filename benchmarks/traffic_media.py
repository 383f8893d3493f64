"""The files of ``benchmarks.traffic_plan``: real media dealt to its things, and disguised.

Files of a corpus go by a hash of their names, as everywhere (``benchmarks.datasets``). Pictures
that hardly differ as thumbnails are the same picture kept twice, and only one of them is dealt.
Without a corpus media are drawn from seeds. What was made once is kept in the folder.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.attacks import Pixels
from benchmarks.attacks import editing as edit
from benchmarks.attacks.film import SOUND_RATE, Take, frames, look, reel, sound, write
from benchmarks.attacks.pictures import ATTACKS as PICTURES
from benchmarks.attacks.sound import SOUND_ATTACKS as SOUNDS
from benchmarks.attacks.video import ATTACKS as FILMS
from benchmarks.datasets import PICTURE, REPORT, SOUND, VIDEO, Counts, Item, find
from benchmarks.run_pictures import QUALITY, open_picture
from benchmarks.run_sound import RATE, open_sound, write_sound
from benchmarks.synthetic import corpus
from benchmarks.traffic_plan import AS_IS, BRIDGE, PER_ALIKE, STILL, TRACK, Act, Role, Thing
from reseen.domain.media import Samples

SIDE = 900
"""Longer side in pixels of what is uploaded as it is."""
CLIP_S, TRACK_S = 8.0, 20.0
"""Seconds of a film and of a sound."""
CLIP_WIDTH, CLIP_HEIGHT = 384, 216
SAME_PICTURE = 6.0
"""Mean difference of grey thumbnails, of 255, below which two files are one picture."""
OTHER_FRAME = 0.4
"""Correlation of grey thumbnails up to which two frames of one scene are two pictures to whoever
looks at them: what moves has moved, or the camera has.
"""
OTHERS = 3
"""Unrelated media that an attack may mix in, others for each upload."""
LOUD = 0.02
"""Largest sample of a sound that is heard."""

_PICTURES = {one.name: one for one in PICTURES}
_SOUNDS = {one.name: one for one in SOUNDS}
_FILMS = {one.name: one for one in FILMS}
ENDING = {PICTURE: ".jpg", SOUND: ".wav", VIDEO: ".mp4"}


class TooFew(ValueError):
    """The corpus has too few media of a kind."""


@dataclass(slots=True)
class Stock:
    """Media that are not dealt yet. Each ``next`` deals one, of another source where there are."""

    pictures: Iterator[Item]
    programs: Iterator[Sequence[Item]]
    sets: Iterator[Sequence[Item]]
    films: Iterator[Item]
    sounds: Iterator[Item]
    spare: dict[str, list[Path]]
    thumbnails: list[Pixels] = field(default_factory=list)


def stock(corpora: Sequence[Path], folder: Path) -> Stock:
    if not corpora:
        wanted = {
            PICTURE: Counts(60, 0, 0, 12),
            SOUND: Counts(4, 0, 0, 3),
            VIDEO: Counts(5, 0, 0, 2),
        }
        corpora = (corpus(folder / "drawn", REPORT, wanted),)
    found = {kind: _varied(find(corpora, kind)) for kind in (PICTURE, SOUND, VIDEO)}
    spare = {kind: [item.path for item in items[::5]] for kind, items in found.items()}
    dealt = {kind: [i for k, i in enumerate(items) if k % 5] for kind, items in found.items()}
    shown = [item for item in dealt[PICTURE] if item.category not in {"texture", "screenshot"}]
    return Stock(
        pictures=iter(shown),
        programs=_groups(i for i in dealt[PICTURE] if i.category == "screenshot"),
        sets=_groups(
            i for i in reversed(dealt[PICTURE]) if i.category not in {"screenshot", "diagram"}
        ),
        films=iter(dealt[VIDEO]),
        sounds=iter(dealt[SOUND]),
        spare=spare,
    )


def _varied(items: Sequence[Item]) -> list[Item]:
    """The first of every source, then the second of every source, and so on."""
    seen: Counter[str] = Counter()
    ranked = []
    for item in items:
        ranked.append((seen[item.origin], item))
        seen[item.origin] += 1
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


def _groups(items: Iterator[Item]) -> Iterator[Sequence[Item]]:
    """All of each source that has some, those with most first; of one name only the first: a
    screenshot in another language is nearly the same.
    """
    found: dict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        found[item.origin].setdefault(item.path.stem.split("__")[-1].rsplit("-", 1)[0], item)
    groups = [tuple(some.values()) for some in found.values() if len(some) >= 2 * PER_ALIKE]
    largest = sorted(groups, key=len, reverse=True)
    for start in range(0, 400, 2 * PER_ALIKE):
        yield from (some[start:] for some in largest if len(some) >= start + 2 * PER_ALIKE)


class Media:
    """Makes the file of each upload, once."""

    def __init__(self, corpora: Sequence[Path], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._stock = stock(corpora, folder)
        self._sources: dict[str, Callable[[Path], object]] = {}
        self._films: list[tuple[Path, float]] = []
        cv2.setNumThreads(1)

    def deal(self, things: Sequence[Thing]) -> None:
        """Choose what each thing is. Raises ``TooFew``."""
        groups: dict[str, list[Thing]] = {}
        for thing in things:
            groups.setdefault(thing.alike or thing.id, []).append(thing)
        for name, members in groups.items():
            try:
                for thing, make in zip(members, self._makers(name, members), strict=True):
                    self._sources[thing.id] = make
            except StopIteration:
                raise TooFew(f"no media are left for {name}") from None

    def original(self, thing: Thing) -> Path:
        path = self._folder / f"{thing.id}{ENDING[thing.kind]}"
        if not path.exists():
            part = path.with_name(f"part-{path.name}")
            self._sources[thing.id](part)
            part.replace(path)
        return path

    def file(self, act: Act) -> Path:
        """What is uploaded. Raises ``ValueError`` where an attack cannot be made of it."""
        original = self.original(act.thing)
        if act.attack == AS_IS:
            return original
        ending = {STILL: ".jpg", TRACK: ".wav"}.get(act.attack, original.suffix)
        path = self._folder / f"{act.id}-{act.thing.id}{ending}"
        if not path.exists():
            part = path.with_name(f"part-{path.name}")
            self._disguise(act, original, part)
            part.replace(path)
        return path

    # What things are.

    def _makers(self, name: str, members: Sequence[Thing]) -> list[Callable[[Path], object]]:
        first = members[0]
        how = first.alike.partition("-")[0]
        if how == "frames":
            return self._frames(len(members))
        if how == "template":
            return [_framed(self._picture(), name) for _ in members]
        if how in {"program", "set"}:
            groups = self._stock.programs if how == "program" else self._stock.sets
            some = self._distinct(next(groups, ()), len(members))
            while len(some) < len(members):  # a corpus without such groups
                some.append(self._picture())
            return [_picture(path) for path in some]
        if first.kind == PICTURE:
            return [_picture(self._picture())]
        if first.kind == SOUND:
            return [_excerpt(self._sound())]
        return [self._clip(needs_sound=first.role is not Role.INNOCENT)]

    def _picture(self) -> Path:
        for item in self._stock.pictures:
            if self._is_new(item.path):
                return item.path
        raise StopIteration

    def _distinct(self, items: Sequence[Item], count: int) -> list[Path]:
        return list(islice((i.path for i in items if self._is_new(i.path)), count))

    def _is_new(self, path: Path) -> bool:
        pixels = open_picture(path)
        if min(pixels.shape[:2]) < 120 or float(pixels.std()) < 12.0:
            return False
        own = _thumbnail(pixels)
        if any(_difference(own, other) < SAME_PICTURE for other in self._stock.thumbnails):
            return False
        self._stock.thumbnails.append(own)
        return True

    def _frames(self, count: int) -> list[Callable[[Path], object]]:
        """Of one film, each unlike the others before it."""
        for item in self._stock.films:
            shown = [np.asarray(p) for p in frames(Take(item.path, 0.0, 30.0), 1.0)]
            chosen: list[Pixels] = []
            for pixels in shown:
                own = _thumbnail(pixels)
                if all(_likeness(own, _thumbnail(p)) <= OTHER_FRAME for p in chosen):
                    chosen.append(pixels)
            if len(chosen) >= count:
                at = np.linspace(0, len(chosen) - 1, count).astype(int)
                return [_saving(chosen[k]) for k in at]
        raise StopIteration

    def _sound(self) -> Path:
        for item in self._stock.sounds:
            if len(open_sound(item.path)) > TRACK_S * RATE:
                return item.path
        raise StopIteration

    def _clip(self, *, needs_sound: bool) -> Callable[[Path], object]:
        """Of a film; a second clip of the same one comes next, where it is long enough."""
        if self._films and not needs_sound:
            path, start = self._films.pop()
            return _clip(path, start)
        for item in self._stock.films:
            duration = look(item.path).duration
            heard = sound([Take(item.path, 0.0, CLIP_S)]) if needs_sound else None
            if duration < CLIP_S or (
                needs_sound and (heard is None or np.abs(heard).max(initial=0.0) < LOUD)
            ):
                continue
            if duration > 3 * CLIP_S and not needs_sound and _changes(item.path):
                self._films.append((item.path, 2 * CLIP_S))
            return _clip(item.path, 0.0)
        raise StopIteration

    # How they are disguised.

    def _disguise(self, act: Act, original: Path, out: Path) -> None:
        rng = np.random.default_rng(list(hashlib.sha256(act.id.encode()).digest()[:16]))
        if act.attack == TRACK:
            heard = sound([Take(original, 0.0, CLIP_S)])
            if heard is None:
                raise ValueError("no sound")
            write_sound(out, heard, SOUND_RATE)
        elif act.attack == STILL:
            at = float(rng.uniform(0.1, 0.9)) * CLIP_S
            _save(out, next(iter(frames(Take(original, at, at + 0.04), 25.0))))
        elif act.attack == BRIDGE and act.beside is not None:
            pair = [open_picture(self.original(one)) for one in (act.thing, act.beside)]
            height = min(one.shape[0] for one in pair)
            _save(
                out, np.hstack([edit.scaled(one, height / one.shape[0])[:height] for one in pair])
            )
        elif act.thing.kind == PICTURE:
            others = [open_picture(path) for path in self._others(act)]
            _save(out, _PICTURES[act.attack].apply(open_picture(original), rng, others))
        elif act.thing.kind == SOUND:
            beside = [open_sound(path)[: int(60 * RATE)] for path in self._others(act)]
            samples, _ = _SOUNDS[act.attack].apply(open_sound(original), RATE, rng, beside)
            write_sound(out, samples, RATE)
        else:
            _FILMS[act.attack].apply(original, out, rng, self._others(act))

    def _others(self, act: Act) -> list[Path]:
        every = self._stock.spare[act.thing.kind]
        first = act.number * OTHERS
        return [every[(first + k) % len(every)] for k in range(min(OTHERS, len(every)))]


def _picture(path: Path) -> Callable[[Path], object]:
    return lambda out: _save(out, edit.bounded(open_picture(path), SIDE))


def _saving(pixels: Pixels) -> Callable[[Path], object]:
    return lambda out: _save(out, pixels)


def _framed(path: Path, name: str) -> Callable[[Path], object]:
    """In a frame that all of this name share, with words of its own."""
    rng = np.random.default_rng(list(name.encode()))
    frame = ("phone light", "poster", "desktop", "phone dark")[int(rng.integers(4))]

    def make(out: Path) -> None:
        own = np.random.default_rng(list(path.name.encode()))
        _save(out, _PICTURES[frame].apply(open_picture(path), own, []))

    return make


def _excerpt(path: Path) -> Callable[[Path], object]:
    def make(out: Path) -> None:
        samples: Samples = open_sound(path)
        middle = max(0, len(samples) // 2 - int(TRACK_S * RATE) // 2)
        write_sound(out, samples[middle : middle + int(TRACK_S * RATE)], RATE)

    return make


def _clip(path: Path, start: float) -> Callable[[Path], object]:
    def make(out: Path) -> None:
        seen = look(path)
        scale = min(CLIP_WIDTH / seen.width, CLIP_HEIGHT / seen.height, 1.0)
        width, height = (round(side * scale / 2) * 2 for side in (seen.width, seen.height))
        take = Take(path, start, min(start + CLIP_S, seen.duration))
        write(out, reel([take], seen.fps, width, height), seen.fps, crf=22, track=sound([take]))

    return make


def _save(out: Path, pixels: Pixels) -> None:
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    cv2.imwrite(str(out), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _changes(path: Path) -> bool:
    """Whether a second clip of a film shows something else than the first: of what stands still,
    two clips are one to whoever looks at them.
    """
    first, *_, last = (_thumbnail(p) for p in frames(Take(path, CLIP_S / 2, 2.5 * CLIP_S), 0.5))
    return _likeness(first, last) <= OTHER_FRAME


def _thumbnail(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA), np.uint8)


def _difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(np.float32) - other).mean())


def _likeness(one: Pixels, other: Pixels) -> float:
    if min(one.std(), other.std()) < 1.0:
        return 1.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
