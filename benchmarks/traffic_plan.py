"""Days of traffic: which account uploads what, and when. Drawn from a seed; nothing is read here.

A *thing* is what a reviewer would call one item. Each upload shows one, as it is or disguised by an
attack of ``benchmarks.attacks``; a *bridge* shows two. How an upload shows its thing is told apart:

- ``WHOLE``: it is a copy, of the same medium and mostly of the thing. It belongs to its cluster.
- ``PART``: a piece of it among other things. It may stand alone.
- ``ACROSS``: another medium, such as a still of a film. It is linked, and may stand alone.

Innocent things are many, mostly uploaded once, and many resemble each other: frames of one scene,
screenshots of one program, pictures of one set, others in one frame. Harmful things come in bursts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks.attacks.pictures import ATTACKS as PICTURES
from benchmarks.attacks.sound import SOUND_ATTACKS as SOUNDS
from benchmarks.attacks.video import ATTACKS as FILMS
from benchmarks.datasets import PICTURE, SOUND, VIDEO

HOUR = 3600.0
DAY = 24 * HOUR
AS_IS = ""
"""The attack that leaves the file as it is: the same bytes once more."""


class Role(StrEnum):
    """What a reviewer would say of a thing. Of ``KNOWN`` and ``ALLOWED`` ones a reference stands in
    a bank before the first upload.
    """

    INNOCENT = "innocent"
    HARMFUL = "harmful"
    KNOWN = "known"
    ALLOWED = "allowed"


class Shows(StrEnum):
    WHOLE = "whole"
    PART = "part"
    ACROSS = "across"


@dataclass(frozen=True, slots=True)
class Thing:
    """``alike`` names those that resemble it: one scene, one program, one set, one frame."""

    id: str
    kind: str
    role: Role
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One upload, ``at`` seconds after the beginning. ``beside``: the second thing that it shows.
    ``reported_s``: seconds until somebody reports it, if anybody does.
    """

    number: int
    at: float
    thing: Thing
    account: str
    attack: str
    family: str
    shows: Shows = Shows.WHOLE
    beside: Thing | None = None
    reported_s: float | None = None

    @property
    def id(self) -> str:
        return f"post-{self.number:05}"


@dataclass(frozen=True, slots=True)
class Burst:
    """Things of one kind and role, each uploaded by so many accounts."""

    kind: str
    role: Role
    things: int
    copies: int


@dataclass(frozen=True, slots=True)
class Size:
    """``alike``: groups of innocent pictures that resemble each other; ``singles``: further
    innocent things by kind; ``again``: share of innocent things that others upload too;
    ``across``: stills and soundtracks of each film that bursts.
    """

    days: float
    singles: dict[str, int]
    alike: int
    bursts: tuple[Burst, ...]
    bridges: int
    again: float = 0.2
    across: int = 2


SIZES = {
    "tiny": Size(
        1.0,
        {PICTURE: 6, SOUND: 1, VIDEO: 1},
        1,
        (
            Burst(PICTURE, Role.HARMFUL, 1, 8),
            Burst(PICTURE, Role.KNOWN, 1, 2),
            Burst(PICTURE, Role.ALLOWED, 1, 2),
        ),
        1,
    ),
    "small": Size(
        3.0,
        {PICTURE: 60, SOUND: 8, VIDEO: 6},
        10,
        (
            Burst(PICTURE, Role.HARMFUL, 2, 44),
            Burst(VIDEO, Role.HARMFUL, 1, 10),
            Burst(SOUND, Role.HARMFUL, 1, 10),
            Burst(PICTURE, Role.KNOWN, 3, 6),
            Burst(PICTURE, Role.ALLOWED, 1, 6),
        ),
        4,
    ),
    "medium": Size(
        7.0,
        {PICTURE: 300, SOUND: 40, VIDEO: 24},
        40,
        (
            Burst(PICTURE, Role.HARMFUL, 6, 120),
            Burst(PICTURE, Role.HARMFUL, 1, 400),
            Burst(VIDEO, Role.HARMFUL, 3, 24),
            Burst(SOUND, Role.HARMFUL, 3, 30),
            Burst(PICTURE, Role.KNOWN, 12, 10),
            Burst(VIDEO, Role.KNOWN, 2, 8),
            Burst(PICTURE, Role.ALLOWED, 3, 20),
        ),
        20,
    ),
}
SIZES["burst"] = Size(1.0, {PICTURE: 20}, 0, (Burst(PICTURE, Role.HARMFUL, 1, 400),), 0)
"""One large cluster: how long answers take as it grows."""
PER_ALIKE = 4
"""Things in a group that resemble each other."""

SAME = 0.2
"""Share of copies that are the same bytes."""
SHARES = {
    PICTURE: {
        "codec": 0.14, "resize": 0.14, "crop": 0.12, "overlay": 0.10, "frame": 0.10,
        "pad": 0.07, "colour": 0.07, "mirror": 0.05, "degrade": 0.04, "rotate": 0.04,
        "chain": 0.06, "composite": 0.03, "rephotograph": 0.02, "warp": 0.02,
    },
    SOUND: {
        "trim": 0.2, "codec": 0.2, "band": 0.06, "level": 0.08, "noise": 0.08, "over": 0.08,
        "speed": 0.06, "pitch": 0.06, "tempo": 0.06, "embed": 0.06, "chain": 0.06,
    },
    VIDEO: {
        "codec": 0.24, "frame rate": 0.08, "cut": 0.14, "speed": 0.08, "geometry": 0.14,
        "overlay": 0.1, "collage": 0.06, "filter": 0.06, "sound": 0.06, "chain": 0.04,
    },
}  # fmt: skip
"""Of the other copies, by family of attack: most people press a button, few work at it."""
MILD = {PICTURE: ("codec", "resize", "overlay"), SOUND: ("codec", "trim"), VIDEO: ("codec",)}
"""What innocent people do to what they upload again."""
PIECES = {"embed", "montage", "10 s in 60 s", "30 s in 120 s", "embed_fast_caption"}
"""Attacks that leave little of the original, or set it into much else."""
STILL, TRACK = "still", "soundtrack"
BRIDGE = "side by side"

REPORTED = {Role.HARMFUL: 0.25, Role.KNOWN: 0.25, Role.INNOCENT: 0.03, Role.ALLOWED: 0.03}
"""Share of uploads that somebody reports."""
REPORT_HOURS = 2.0
"""Mean until it is."""


def attacks_of(kind: str) -> dict[str, tuple[str, ...]]:
    """Names of attacks by family."""
    found: dict[str, list[str]] = {}
    for name, family in _ATTACKS[kind]:
        found.setdefault(family, []).append(name)
    return {family: tuple(names) for family, names in found.items()}


_ATTACKS = {
    PICTURE: [(one.name, one.family) for one in PICTURES],
    SOUND: [(one.name, one.family) for one in SOUNDS],
    VIDEO: [(one.name, one.family) for one in FILMS],
}


def traffic(size: Size, seed: int = 0) -> tuple[Act, ...]:
    """All uploads, in the order of their time."""
    drawn = _Drawn(size, np.random.default_rng([seed, 4]))
    acts = [*drawn.innocent(), *drawn.bursts(), *drawn.bridges()]
    placed = sorted(acts, key=lambda act: (act.at, act.number))
    return tuple(placed)


def in_another_order(acts: Sequence[Act], seed: int = 1) -> tuple[Act, ...]:
    """The same uploads at each other's times."""
    rng = np.random.default_rng([seed, 5])
    times = rng.permutation([act.at for act in acts])
    moved = [_moved(act, float(at)) for act, at in zip(acts, times, strict=True)]
    return tuple(sorted(moved, key=lambda act: (act.at, act.number)))


def _moved(act: Act, at: float) -> Act:
    return Act(
        act.number,
        at,
        act.thing,
        act.account,
        act.attack,
        act.family,
        act.shows,
        act.beside,
        act.reported_s,
    )


class _Drawn:
    def __init__(self, size: Size, rng: np.random.Generator) -> None:
        self._size, self._rng = size, rng
        self._end = size.days * DAY
        self._accounts = self._number = 0
        self._once: list[Thing] = []

    def innocent(self) -> Iterator[Act]:
        for kind, count in self._size.singles.items():
            self._once += (Thing(f"{kind}-{k:04}", kind, Role.INNOCENT) for k in range(count))
        for group in range(self._size.alike):
            alike = f"{ALIKE[group % len(ALIKE)]}-{group:03}"
            self._once += (
                Thing(f"{alike}-{k}", PICTURE, Role.INNOCENT, alike) for k in range(PER_ALIKE)
            )
        for thing in self._once:
            at = float(self._rng.uniform(0, self._end))
            yield self._act(at, thing, AS_IS, AS_IS)
            if self._rng.random() < self._size.again:
                for _ in range(int(self._rng.integers(1, 4))):
                    later = at + float(self._rng.uniform(0, self._end - at))
                    yield self._act(later, thing, *self._attack(thing.kind, MILD[thing.kind]))

    def bursts(self) -> Iterator[Act]:
        for which, burst in enumerate(self._size.bursts):
            for k in range(burst.things):
                thing = Thing(f"{burst.role}-{which}-{k}", burst.kind, burst.role)
                yield from self._burst(thing, burst.copies)

    def _burst(self, thing: Thing, copies: int) -> Iterator[Act]:
        """Most of it within a few hours; the first upload is the thing itself."""
        begin = float(self._rng.uniform(0, 0.6 * self._end))
        waits = self._rng.lognormal(np.log(4 * HOUR), 1.0, copies - 1)
        yield self._act(begin, thing, AS_IS, AS_IS)
        for wait in waits:
            at = min(begin + float(wait), self._end)
            if self._rng.random() < SAME:
                yield self._act(at, thing, AS_IS, AS_IS)
            else:
                yield self._act(at, thing, *self._attack(thing.kind, tuple(SHARES[thing.kind])))
        if thing.kind == VIDEO:
            for what in (STILL, TRACK):
                for _ in range(self._size.across):
                    at = float(self._rng.uniform(begin, self._end))
                    yield self._act(at, thing, what, "across", Shows.ACROSS)

    def bridges(self) -> Iterator[Act]:
        """Two pictures side by side, each of which is uploaded by itself too."""
        shown = [one for one in self._once if one.kind == PICTURE and not one.alike]
        for _ in range(self._size.bridges if len(shown) > 1 else 0):
            one, other = self._rng.choice(len(shown), 2, replace=False)
            at = float(self._rng.uniform(0, self._end))
            beside = shown[int(other)]
            yield self._act(at, shown[int(one)], BRIDGE, "bridge", Shows.PART, beside)

    def _attack(self, kind: str, families: Iterable[str]) -> tuple[str, str]:
        names = {f: n for f, n in attacks_of(kind).items() if f in set(families)}
        weights = np.array([SHARES[kind][family] for family in names])
        family = list(names)[int(self._rng.choice(len(names), p=weights / weights.sum()))]
        return names[family][int(self._rng.integers(len(names[family])))], family

    def _act(
        self,
        at: float,
        thing: Thing,
        attack: str,
        family: str,
        shows: Shows | None = None,
        beside: Thing | None = None,
    ) -> Act:
        self._number += 1
        self._accounts += 1
        is_reported = self._rng.random() < REPORTED[thing.role]
        wait = float(self._rng.exponential(REPORT_HOURS * HOUR)) if is_reported else None
        if shows is None:
            shows = Shows.PART if attack in PIECES else Shows.WHOLE
        account = f"account-{self._accounts:05}"
        return Act(self._number, at, thing, account, attack, family, shows, beside, wait)


ALIKE = ("frames", "program", "set", "template")
"""How groups of things resemble each other, in turn."""
