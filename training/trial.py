"""The trial: pictures of sources that nothing was trained on, disguised by ``benchmarks``' attacks.

Made once for all students: what the peers say of every picture is kept, and the picture as a square
of the student's side. References are originals and distractors, shown clean; queries are disguises
of originals, and of absent pictures to which every answer is false.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.attacks.pictures import ATTACKS
from benchmarks.datasets import REPORT, Counts, Dataset, Item, deal
from benchmarks.pool import Query
from benchmarks.run_pictures import QUALITY

from reseen.domain.fingerprint import Skip
from reseen.signals.descriptor import MODELS, OnnxDescriptor, load_descriptor
from training import columns, packed
from training.config import Config, Trial
from training.sources import Hashes, halves, hashes, near, opened

_CHUNK = 32
_BY_NAME = {attack.name: attack for attack in ATTACKS}


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of the trial: a reference where ``attack`` is empty, else a query."""

    source: str
    attack: str = ""
    family: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """The trial's parts with their pixels, ``longest`` sides as trained on."""

    dataset: Dataset
    hashes: Hashes


def dealt(corpora: Sequence[Path], config: Config) -> Held:
    """Parts of the half that reports. A distractor that PDQ takes for an original is left out: it
    would count as false though it shows the same picture.
    """
    _, mine = halves(corpora)
    readable, bits = [], []
    for item, pixels in opened(mine, config.sources.longest):
        readable.append(item)
        bits.append(hashes([pixels]))
    counts = _counts(config.trial, len(readable))
    dataset = deal(readable, "trial", REPORT, counts)
    every = Hashes(
        np.concatenate([b.bits for b in bits]), np.concatenate([b.quality for b in bits])
    )
    place = {item.path: i for i, item in enumerate(readable)}
    shown = [place[i.path] for i in (*dataset.originals, *dataset.absent)]
    told = Hashes(every.bits[shown], every.quality[shown])
    spare = [place[item.path] for item in dataset.distractors]
    twins = near(Hashes(every.bits[spare], every.quality[spare]), told, config.sources.near)
    kept = tuple(i for i, twin in zip(dataset.distractors, twins, strict=True) if not twin)
    parts = Dataset("trial", REPORT, dataset.originals, dataset.absent, kept, dataset.fillers)
    return Held(parts, every)


def _counts(config: Trial, readable: int) -> Counts:
    return Counts(
        originals=min(config.originals, readable // 4),
        absent=min(config.absent, readable // 8),
        distractors=config.distractors,
        fillers=min(config.fillers, readable // 8),
    )


def plan(dataset: Dataset, share: float, seed: int) -> list[tuple[Item, Shown]]:
    """References first, then queries; each original has its own draw of the attacks."""
    shown = [(item, Shown(item.id)) for item in dataset.references]
    for absent, items in ((False, dataset.originals), (True, dataset.absent)):
        for k, item in enumerate(items):
            rng = np.random.default_rng([seed, int(absent), k])
            taken = sorted(rng.permutation(len(ATTACKS))[: max(1, round(share * len(ATTACKS)))])
            attacks = (ATTACKS[int(i)] for i in taken)
            shown += [(item, Shown(item.id, a.name, a.family, absent)) for a in attacks]
    return shown


def build(held: Held, config: Config, out: Path) -> list[Shown]:
    """Write the trial into a folder. Goes on where it was stopped."""
    out.mkdir(parents=True, exist_ok=True)
    wanted = plan(held.dataset, config.trial.share, config.seed)
    listed = "".join(json.dumps(asdict(shown)) + "\n" for _, shown in wanted)
    names = out / "shown.jsonl"
    if names.exists() and names.read_text(encoding="utf-8") != listed:
        raise SystemExit(f"{out} holds another trial; give another folder")
    names.write_text(listed, encoding="utf-8")
    fillers = [pixels for _, pixels in opened(held.dataset.fillers, 1200)]
    peers = {name: _peer(name) for name in MODELS}
    side = config.student.side
    files: dict[str, tuple[Path, int, npt.DTypeLike]] = {
        name: (out / f"{name}.f32", 512, np.float32) for name in peers
    }
    files["squares"] = (out / f"squares-{side}.u8", side * side * 3, np.uint8)
    done = min(columns.count(*file) for file in files.values())
    for file, width, kind in files.values():
        columns.cut(file, done, width, kind)
    for start in range(done, len(wanted), _CHUNK):
        pictures = [_shown(*w, fillers) for w in wanted[start : start + _CHUNK]]
        for name, peer in peers.items():
            columns.add(files[name][0], peer(pictures))
        squares = [packed.squared(p, side).ravel() for p in pictures]
        columns.add(files["squares"][0], np.stack(squares))
        print(f"trial: {start + len(pictures)} of {len(wanted)}", file=sys.stderr, flush=True)
    return [shown for _, shown in wanted]


def read(out: Path) -> Iterator[Shown]:
    for line in (out / "shown.jsonl").read_text(encoding="utf-8").splitlines():
        yield Shown(**json.loads(line))


def _shown(item: Item, shown: Shown, fillers: Sequence[packed.Pixels]) -> packed.Pixels:
    _, pixels = next(opened([item], 1200))
    if not shown.attack:
        return pixels
    query = Query(item, shown.attack, shown.absent)
    disguised = _BY_NAME[shown.attack].apply(pixels, query.rng(), fillers)
    return packed.opened(packed.coded(np.ascontiguousarray(disguised), QUALITY))


def _peer(name: str) -> OnnxDescriptor:
    found = load_descriptor(name)
    if isinstance(found, Skip):
        raise SystemExit(f"{name}: {found.reason}")
    return found


cv2.setNumThreads(1)
