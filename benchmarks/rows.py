"""Raw results: one JSON line for each query and candidate, appended as they are measured.

A run writes ``<kind>-<dataset>-<code>.jsonl``; ``code`` is a digest of the sources that were
measured, so a later run of the same code goes on where an earlier one stopped and changed code
starts a new file. All rows of a query are written at once; a line cut off by a kill is ignored and
its query is measured again.
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.localisation import Stretch

ROOT = Path(__file__).resolve().parent.parent
OUT = Path(__file__).resolve().parent / "out"
ATTACK_SOURCES = {
    "picture": ("__init__.py", "editing.py", "pictures.py", "pictures_reserved.py"),
    "sound": ("__init__.py", "acoustics.py", "sound.py", "sound_reserved.py", "vocoder.py"),
    "video": ("__init__.py", "effects.py", "film.py", "video.py"),
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a number was measured on."""

    dataset: str
    commit: str
    machine: str


@dataclass(frozen=True, slots=True)
class Row:
    """One query held against one reference by one system.

    ``source`` names the original that the query was made of (for an absent query: one that is not
    among the references). ``half`` is ``calibration`` or ``report``. ``score`` is the system's own,
    larger is surer, 0 is "no answer"; ``confidence`` is reseen's word for it. ``copied`` is the
    true segments of a true pair. ``seconds`` is the comparison alone, ``query_seconds`` the
    fingerprint of the query, decoding included.
    """

    system: str
    kind: str
    half: str
    query: str
    source: str
    reference: str
    attack: str
    family: str
    truth: bool
    score: float
    stamp: Stamp
    confidence: str = ""
    segments: tuple[Stretch, ...] = ()
    copied: tuple[Stretch, ...] = ()
    seconds: float = 0.0
    query_seconds: float = 0.0
    error: str | None = None

    def line(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, line: str) -> "Row":
        fields: dict[str, Any] = json.loads(line)
        fields["stamp"] = Stamp(**fields["stamp"])
        for name in ("segments", "copied"):
            fields[name] = tuple(_stretch(f) for f in fields[name])
        return cls(**fields)


def _stretch(fields: dict[str, Any]) -> Stretch:
    query, reference = fields.pop("query"), fields.pop("reference")
    return Stretch((query[0], query[1]), (reference[0], reference[1]), **fields)


def read(path: Path) -> list[Row]:
    """All complete rows of a file; none when it does not exist."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [Row.parse(line) for line in lines if line.endswith("\n")]


def measured(path: Path) -> frozenset[str]:
    """Queries that need not be measured again."""
    return frozenset(row.query for row in read(path))


def append(path: Path, rows: Iterable[Row]) -> None:
    """Add the rows of one query in one write, mending a line that an earlier run left unfinished.

    One process writes a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    block = "".join(row.line() + "\n" for row in rows)
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write(block.encode())


def of_system(rows: Iterable[Row], system: str) -> list[Row]:
    return [row for row in rows if row.system == system]


def families(rows: Iterable[Row]) -> list[str]:
    """Families with true pairs, in the order in which they appear."""
    return list(dict.fromkeys(row.family for row in rows if row.truth))


def query_folder(kind: str, dataset: str, mixed_in: Sequence[str], out: Path = OUT) -> Path:
    """Where disguised files are kept; another folder when the attacks change, or the names of the
    media that are mixed in.
    """
    digest = hashlib.sha256("\n".join(mixed_in).encode())
    for name in ATTACK_SOURCES[kind]:
        digest.update((ROOT / "benchmarks" / "attacks" / name).read_bytes())
    return out / "queries" / f"{kind}-{dataset}-{digest.hexdigest()[:8]}"


def path_for(kind: str, dataset: str, out: Path = OUT) -> Path:
    return out / f"{kind}-{dataset}-{code_digest()}.jsonl"


def newest(kind: str, dataset: str, out: Path = OUT) -> Path | None:
    """The file that was written last, whichever code it measured; its rows name their commit."""
    files = out.glob(f"{kind}-{dataset}-*.jsonl")
    return max(files, key=lambda path: path.stat().st_mtime, default=None)


@cache
def code_digest() -> str:
    """Eight characters that change when reseen, an attack or the way of measuring does."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _sources() -> Iterator[Path]:
    yield from (ROOT / "src" / "reseen").rglob("*.py")
    yield from (ROOT / "benchmarks" / "attacks").glob("*.py")
    measuring: Sequence[str] = ("datasets", "synthetic", "subject", "peers")
    yield from (ROOT / "benchmarks" / f"{name}.py" for name in measuring)
    yield from (ROOT / "benchmarks").glob("run_*.py")


@cache
def commit() -> str:
    """The commit that is checked out, with ``+`` when files differ from it."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", "src", "benchmarks") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@cache
def machine() -> str:
    """Processor, cores, system and Python, as a person would say it."""
    return (
        f"{_processor()}, {os.cpu_count() or 1} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
