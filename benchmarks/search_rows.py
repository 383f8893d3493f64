"""Raw rows of everything that the search report shows, from wherever they lie under a folder."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import index_scale, run_ingest, searched
from benchmarks.index_churn import Event
from benchmarks.rows import Stamp
from benchmarks.search_figures import newest
from benchmarks.search_goals import Killed, Measured
from benchmarks.truth_scale import CallRow

FILES = {
    "hashes": "index-hashes.jsonl",
    "descriptors": "index-descriptors.jsonl",
    "sound": "index-sound.jsonl",
    "searched": "searched.jsonl",
    "media": "media.jsonl",
    "churn": "index-churn.jsonl",
    "load": "load.jsonl",
    "filled": "ingest.jsonl",
    "faults": "faults.jsonl",
    "truth": "truth-sqlite.jsonl",
}


def load(folder: Path) -> Measured:
    """All rows under a folder."""

    def every[R](kind: str, read: Callable[[Path], Iterable[R]]) -> list[R]:
        return [row for path in files(folder, kind) for row in read(path)]

    return Measured(
        hashes=newest(every("hashes", index_scale.read)),
        descriptors=newest(every("descriptors", index_scale.read)),
        sound=newest(every("sound", index_scale.read)),
        searched=every("searched", searched.read),
        media=every("media", searched.read),
        churn=every("churn", events),
        load=every("load", events),
        filled=every("filled", run_ingest.read),
        faults=killed(every("faults", _lines)),
        truth=every("truth", calls),
    )


def files(folder: Path, kind: str) -> list[Path]:
    """Those with rows of a kind, the latest last."""
    return sorted(folder.rglob(FILES[kind]), key=lambda path: path.stat().st_mtime)


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def events(path: Path) -> list[Event]:
    """Rows of ``index_churn`` and ``run_load``, those of the last run that added to the file."""
    rows = [Event(**{**r, "stamp": Stamp(**r["stamp"])}) for r in _lines(path)]
    return [row for row in rows if row.stamp == rows[-1].stamp]


def calls(path: Path) -> list[CallRow]:
    """Rows of ``truth_scale``, those of the last run that added to the file."""
    rows = [CallRow(**{**r, "stamp": Stamp(**r["stamp"])}) for r in _lines(path)]
    return [row for row in rows if row.stamp == rows[-1].stamp]


def killed(rounds: Sequence[dict[str, Any]]) -> Killed | None:
    """What rows of ``benchmarks.faults`` say; ``None`` when there are none."""
    wrong = ("lost", "risen", "half", "doubled")
    broken = sum(int(one.get(name, 0)) for one in rounds for name in wrong)
    return Killed(len(rounds), broken) if rounds else None
