"""Which media are measured, and who plays which part.

A corpus is a folder: with a ``manifest.csv`` (columns ``file`` or ``path``, and any of ``kind``,
``category``, ``role``, ``group``, ``package``) or plain, then told by file endings. Several folders
may be given. Without one, a small set is drawn and played from a seed (``synthetic.py``).

Parts are dealt by a hash of the source, never by order or chance: whoever measures the same corpus
measures the same pairs. *Originals* are references and are disguised into queries; *absent* media
are disguised as well but are no references, so every answer to them is false; *distractors* are
references that nothing was made of; *fillers* are neither, and are mixed into disguises. Half of
the sources calibrates, the other half reports.
"""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path

PICTURE, SOUND, VIDEO = "picture", "sound", "video"
CALIBRATION, REPORT = "calibration", "report"
CORPUS_VARIABLE = "RESEEN_CORPUS"

ENDINGS = {
    PICTURE: (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"),
    SOUND: (".mp3", ".wav", ".m4a", ".aac", ".ogg", ".opus", ".flac"),
    VIDEO: (".mp4", ".mov", ".webm", ".mkv", ".ts", ".avi", ".m4v"),
}
_KINDS = {"image": PICTURE, "picture": PICTURE, "audio": SOUND, "sound": SOUND, "video": VIDEO}

LARGEST_GROUP = 0.25
"""A source that gives more of a corpus than this is split file by file: a repository of unrelated
photographs is one "source" in a manifest, and would fill one half alone."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a corpus. ``group`` names its source, which is never in both halves; ``origin``
    is the source as the manifest names it, however large.
    """

    path: Path
    kind: str
    category: str = ""
    distractor: bool = False
    group: str = ""
    origin: str = ""

    @property
    def id(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each part to take, at most."""

    originals: int
    absent: int
    distractors: int
    fillers: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """The parts of one half of a corpus. References are originals and distractors."""

    name: str
    half: str
    originals: tuple[Item, ...]
    absent: tuple[Item, ...]
    distractors: tuple[Item, ...]
    fillers: tuple[Item, ...]

    @property
    def references(self) -> tuple[Item, ...]:
        return self.originals + self.distractors


def corpora_of(option: Sequence[Path]) -> tuple[Path, ...]:
    """The folders of the command line, else of the environment (written as a search path)."""
    if option:
        return tuple(option)
    value = os.environ.get(CORPUS_VARIABLE, "")
    return tuple(Path(part) for part in value.split(os.pathsep) if part)


def find(corpora: Iterable[Path], kind: str) -> list[Item]:
    """All files of a kind, in an order that does not depend on the file system."""
    items = [i for i in chain.from_iterable(map(_items, corpora)) if i.kind == kind]
    return sorted(_with_groups(items), key=lambda item: _hash(item.id))


def deal(items: Sequence[Item], name: str, half: str, counts: Counts) -> Dataset:
    """Deal one half of the files into parts.

    Distractors come from both halves, as nothing is fitted to them, and in turn from media like the
    originals and from those that the manifest calls distractors. Of the files that may be
    disguised, originals, absent media and fillers are taken in turn, so that a small corpus still
    has all three; and one of each source before a second of any, so that they are varied.
    """
    mine = _varied([i for i in items if not i.distractor and half_of(i.group) == half])
    wanted = {"originals": counts.originals, "absent": counts.absent, "fillers": counts.fillers}
    parts: dict[str, list[Item]] = {part: [] for part in wanted}
    total = max(1, sum(wanted.values()))
    for item in mine:
        open_parts = [part for part in wanted if len(parts[part]) < wanted[part]]
        if not open_parts:
            break
        taken = sum(map(len, parts.values())) + 1
        behind = max(open_parts, key=lambda p: wanted[p] * taken / total - len(parts[p]))
        parts[behind].append(item)
    used = {item.path for item in chain.from_iterable(parts.values())}
    alike = [i for i in items if not i.distractor and i.path not in used]
    pairs = zip_longest(alike, (i for i in items if i.distractor))
    spare = [item for item in chain.from_iterable(pairs) if item is not None]
    return Dataset(
        name=name,
        half=half,
        originals=tuple(parts["originals"]),
        absent=tuple(parts["absent"]),
        distractors=tuple(spare[: counts.distractors]),
        fillers=tuple(parts["fillers"]),
    )


def _varied(items: Sequence[Item]) -> list[Item]:
    """The first of every source, then the second of every source, and so on."""
    seen: Counter[str] = Counter()
    ranks = []
    for item in items:
        ranks.append(seen[item.origin])
        seen[item.origin] += 1
    return [item for _, item in sorted(zip(ranks, items, strict=True), key=lambda pair: pair[0])]


def half_of(group: str) -> str:
    return CALIBRATION if int(_hash("half/" + group)[:8], 16) % 2 else REPORT


def name_of(corpora: Sequence[Path], size: str) -> str:
    """A short name for file names and tables: the folders' own names."""
    return "-".join([*(folder.resolve().name for folder in corpora), size])


def _items(folder: Path) -> Iterator[Item]:
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        for path in sorted(folder.rglob("*")):
            kind = kind_of(path)
            name = path.relative_to(folder).as_posix()
            if kind and path.is_file():
                yield Item(path, kind, group=name, origin=name)
        return
    with manifest.open(newline="", encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            path = folder / (entry.get("file") or entry["path"])
            kind = _KINDS.get(entry.get("kind") or "", "") or kind_of(path)
            origin = entry.get("group") or entry.get("package") or path.name
            if kind and path.exists():
                yield Item(
                    path,
                    kind,
                    category=entry.get("category") or entry.get("content") or "",
                    distractor=entry.get("role") == "distractor",
                    group=origin,
                    origin=origin,
                )


def kind_of(path: Path) -> str:
    ending = path.suffix.lower()
    return next((kind for kind, known in ENDINGS.items() if ending in known), "")


def _with_groups(items: list[Item]) -> Iterator[Item]:
    """The same files; those of too large a source become sources of their own."""
    sizes = Counter(item.group for item in items if not item.distractor)
    limit = LARGEST_GROUP * max(1, sum(sizes.values()))
    for item in items:
        group = item.id if sizes[item.group] > limit else item.group
        yield replace(item, group=group)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
