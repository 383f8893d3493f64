"""What a project's index has on the disk: segments, the log of its slots, and a manifest that names
both. Files that the manifest does not name are of an ended process, and are removed.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from reseen.index.segments import SUFFIX, Damaged, sync
from reseen.index.slots import RECORD

_MANIFEST = "manifest.json"
_LOGS = "slots-"
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Log:
    """The log of slots: the name of its file, and how many records of it count."""

    name: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """``made``: how many files were ever made, so that no name comes again."""

    position: int
    log: Log
    made: int
    segments: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """``None`` where nothing was written yet. Raises ``Damaged``."""
        try:
            held = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as e:
            raise Damaged(f"the manifest cannot be read: {e}") from e
        try:
            name, count = held["slots"]
            return cls(
                int(held["position"]),
                Log(str(name), int(count)),
                int(held["made"]),
                tuple(str(one) for one in held["segments"]),
            )
        except (KeyError, TypeError, ValueError) as e:
            raise Damaged(f"the manifest is not whole: {e}") from e

    def write(self, folder: Path) -> None:
        """In place of the one before. Raises ``OSError``; then that one stays."""
        said = {
            "position": self.position,
            "slots": (self.log.name, self.log.count),
            "made": self.made,
            "segments": self.segments,
        }
        part = folder / f"{_MANIFEST}.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / _MANIFEST)
        sync(folder)


def append_records(
    folder: Path, log: Log, records: npt.NDArray[np.void], *, anew: str | None = None
) -> Log:
    """The log with these records; ``anew``: another log that holds nothing else, of this number.
    Raises ``OSError``.
    """
    if anew is not None:
        log = Log(f"{_LOGS}{anew}")
    with (folder / log.name).open("ab") as file:
        file.truncate(log.count * RECORD.itemsize)
        file.write(records.tobytes())
        file.flush()
        os.fsync(file.fileno())
    return Log(log.name, log.count + len(records))


def read_records(folder: Path, log: Log) -> npt.NDArray[np.void]:
    """Raises ``Damaged``."""
    try:
        records = np.fromfile(folder / log.name, RECORD, log.count)
    except OSError as e:
        raise Damaged(f"{log.name} cannot be read: {e}") from e
    if len(records) != log.count:
        raise Damaged(f"{log.name} is cut off")
    return records


def remove(folder: Path, segments: Iterable[str], log: str = "") -> None:
    """Files that nothing names any more."""
    for name in segments:
        (folder / f"{name}{SUFFIX}").unlink(missing_ok=True)
    if log:
        (folder / log).unlink(missing_ok=True)


def sweep(folder: Path, manifest: Manifest | None) -> None:
    """Remove what an ended process or a failed write left: nothing else may write here now."""
    named = () if manifest is None else manifest.segments
    log = "" if manifest is None else manifest.log.name
    for path in folder.iterdir():
        is_old_log = path.name.startswith(_LOGS) and path.name != log
        is_left = path.suffix == _PART or (path.suffix == SUFFIX and path.stem not in named)
        if is_old_log or is_left:
            path.unlink(missing_ok=True)
