"""Everything that the search report shows, measured one after the other.

Each step is a command with a folder of its own. A step that ended says so in its folder, with what
it ran on, and is not run again; one that was stopped begins anew. Changed code is not noticed:
choose another folder for it.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from benchmarks.rows import commit, machine

DONE = "step.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What was run, on what, and for how long."""

    command: str
    machine: str
    commit: str
    seconds: float

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """That of a folder; ``None`` where no step ended."""
        path = folder / DONE
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. ``sound`` is windows of 12 s, ``media`` rows of films and windows
    of sound. ``films`` are originals, and as many sounds; each ``disguises``-th disguise of them.
    """

    rows: tuple[int, ...]
    hashes: tuple[int, ...]
    sound: tuple[int, ...]
    references: tuple[int, ...]
    originals: int
    every: int
    media: tuple[tuple[int, int], ...]
    films: int
    disguises: int
    churn_s: int
    rounds: int
    load_s: int
    pictures: int
    kills: int
    truth: tuple[int, ...]


SIZES = {
    "tiny": Size(
        rows=(2000,),
        hashes=(20_000,),
        sound=(1000,),
        references=(200,),
        originals=1,
        every=40,
        media=((500, 100),),
        films=1,
        disguises=20,
        churn_s=2,
        rounds=100,
        load_s=4,
        pictures=10,
        kills=1,
        truth=(1000,),
    ),
    "quick": Size(
        rows=(10_000, 100_000, 1_000_000),
        hashes=(20_000, 100_000, 1_000_000, 10_000_000),
        sound=(3000, 30_000, 90_000),
        references=(10_000, 100_000, 1_000_000),
        originals=6,
        every=5,
        media=((100_000, 20_000),),
        films=12,
        disguises=6,
        churn_s=15,
        rounds=3000,
        load_s=20,
        pictures=120,
        kills=6,
        truth=(10_000, 100_000, 300_000),
    ),
    "full": Size(
        rows=(10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000),
        hashes=(20_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000),
        sound=(3000, 10_000, 30_000, 90_000),
        references=(10_000, 100_000, 1_000_000),
        originals=20,
        every=2,
        media=((10_000, 2000), (100_000, 20_000), (300_000, 90_000)),
        films=24,
        disguises=3,
        churn_s=60,
        rounds=10_000,
        load_s=120,
        pictures=400,
        kills=100,
        truth=(10_000, 100_000, 1_000_000),
    ),
}


def steps(size: Size, folder: Path, corpora: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    """The commands by name, each writing into ``folder``/name."""
    media = [word for corpus in corpora for word in ("--corpus", str(corpus))]

    def scale(what: str, sizes: Sequence[int], count: int) -> list[str]:
        said = ["--sizes", *map(str, sizes), "--media", str(count)]
        return ["index_scale", what, *media, *said, "--out", str(folder / what)]

    searched = [word for one in size.references for word in ("--size", str(one))]
    sizes = [("--rows", str(rows), "--windows", str(windows)) for rows, windows in size.media]
    return {
        "descriptors": scale("descriptors", size.rows, 200),
        "hashes": scale("hashes", size.hashes, 100),
        "sound": scale("sound", size.sound, 60),
        "searched": [
            *("run_search", *media, *searched, "--originals", str(size.originals)),
            *("--absent", str(size.originals), "--references", "150", "--every", str(size.every)),
            *("--out", str(folder / "searched" / "searched.jsonl")),
        ],
        "media": [
            *("run_search_media", *media, *(word for one in sizes for word in one)),
            *("--originals", str(size.films), "--absent", str(max(1, size.films // 2))),
            *("--every", str(size.disguises), "--out", str(folder / "media" / "media.jsonl")),
        ],
        "churn": [
            *("index_churn", "--seconds", str(size.churn_s), "--rounds", str(size.rounds)),
            *("--out", str(folder / "churn")),
        ],
        "load": [
            *("run_load", *media, "--seconds", str(size.load_s), "--out", str(folder / "load")),
        ],
        "ingest": [
            *("run_ingest", "--pictures", str(size.pictures)),
            *("--out", str(folder / "ingest" / "ingest.jsonl")),
        ],
        "truth": [
            *("truth_scale", "--sizes", *map(str, size.truth), "--out", str(folder / "truth")),
        ],
        "faults": [
            *("faults", "--rounds", str(size.kills)),
            *("--out", str(folder / "faults" / "faults.jsonl")),
        ],
    }


def run(name: str, rows: Path, corpora: Sequence[Path], only: Sequence[str] = ()) -> None:
    """Run what has not ended yet. One that fails is told, and the others go on."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for step, words in steps(SIZES[name], rows, corpora).items():
        folder = rows / step
        if (only and step not in only) or Step.read(folder) is not None:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", f"benchmarks.{words[0]}", *words[1:]]
        print(f"{step}: {' '.join(command[1:])}", flush=True)
        begun = time.monotonic()
        ended = subprocess.run(command, env=environment, check=False)
        seconds = time.monotonic() - begun
        print(f"{step}: {seconds:.0f} s, status {ended.returncode}", flush=True)
        if ended.returncode == 0:
            done = Step(told(words), f"{machine()}, {memory_gb()} GB", commit(), round(seconds, 1))
            (folder / DONE).write_text(json.dumps(asdict(done)), encoding="utf-8")


def told(words: Sequence[str]) -> str:
    """A command as others would give it: no folder of this machine."""
    hidden = {"--corpus": "CORPUS", "--out": "ROWS"}
    shown = ["python", "-m", f"benchmarks.{words[0]}"]
    for before, word in pairwise(words):
        shown.append(hidden.get(before, word))
    return " ".join(shown)


def memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)
