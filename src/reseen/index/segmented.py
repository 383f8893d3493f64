"""The index that is kept on disk: a folder a project, in it a folder a generation.

A generation is a whole index of the project (``project.ProjectIndex``); the file ``current`` names
the one that serves. A rebuild fills the next one beside it. What is damaged is set aside, and the
project starts again at position 0: the log tells it everything anew.
"""

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote

import numpy.typing as npt

from reseen.domain.fingerprint import Signal
from reseen.index.project import ProjectIndex
from reseen.index.segments import Damaged, sync
from reseen.index.turns import Turns
from reseen.ports import Entry, Hits

_log = logging.getLogger(__name__)

FORMAT = "5"
"""Changes when files of an older version can no longer be read, or rows of theirs be compared."""
_CURRENT = "current"
_ASIDE = "set-aside"


class SegmentedIndex:
    """``ports.WritableIndex`` in a folder that no other process uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.turns = Turns()
        self._projects: dict[str, ProjectIndex] = {}
        self._lock = Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._check_format()
        (folder / "projects").mkdir(exist_ok=True, mode=0o700)
        for path in sorted((folder / "projects").iterdir()):
            self.project(unquote(path.name))

    def project(self, project_id: str) -> ProjectIndex:
        """The generation that serves; one that is damaged is set aside and an empty one serves."""
        with self._lock:
            held = self._projects.get(project_id)
            if held is None:
                held = self._projects[project_id] = self._opened(project_id)
            return held

    def project_ids(self) -> tuple[str, ...]:
        return tuple(self._projects)

    def apply(self, project_id: str, entries: Sequence[Entry], position: int) -> None:
        self.project(project_id).apply(entries, position)

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        with self.turns.search():
            project = self.project(project_id)
            try:
                return project.nearest(signal, codes, count, bank_numbers)
            except (IndexError, Damaged) as e:
                self.set_aside(project_id, str(e))
                return self.project(project_id).nearest(signal, codes, count, bank_numbers)

    def held(self, project_id: str) -> Mapping[str, int]:
        return self.project(project_id).held()

    def position(self, project_id: str) -> int:
        return self.project(project_id).position

    def clear(self, project_id: str) -> None:
        with self._lock:
            self._projects.pop(project_id, None)
            shutil.rmtree(self._home(project_id), ignore_errors=True)

    def close(self) -> None:
        for project in tuple(self._projects.values()):
            project.flush()

    def next_generation(self, project_id: str) -> ProjectIndex:
        """An empty index beside the one that serves."""
        number = int(self.project(project_id).folder.name) + 1
        folder = self._home(project_id) / f"{number:06d}"
        shutil.rmtree(folder, ignore_errors=True)
        return ProjectIndex(folder)

    def swap(self, project_id: str, made: ProjectIndex) -> None:
        """From now on this generation serves; nothing may feed the old one meanwhile."""
        made.flush()
        with self._lock:
            old = self._projects.get(project_id)
            self._name(project_id, made.folder.name)
            self._projects[project_id] = made
        if old is not None:
            self.drop(old)

    def drop(self, generation: ProjectIndex) -> None:
        """Remove one that does not serve, or no more."""
        shutil.rmtree(generation.folder, ignore_errors=True)

    def set_aside(self, project_id: str, why: str) -> None:
        """What is there is kept for a look, in place of what was set aside before."""
        _log.error("the index of %s is damaged and is made anew: %s", project_id, why)
        with self._lock:
            self._projects.pop(project_id, None)
            self._move_aside(project_id)

    def _check_format(self) -> None:
        """A folder of another version is set aside whole."""
        path, projects = self.folder / "format", self.folder / "projects"
        try:
            held = path.read_text(encoding="ascii").strip() if path.exists() else ""
        except (OSError, ValueError):
            held = "unreadable"
        if held == FORMAT:
            return
        if projects.exists():
            _log.warning("the index is of format %s and is made anew", held or "none")
            aside = self.folder / _ASIDE
            shutil.rmtree(aside, ignore_errors=True)
            projects.rename(aside)
        path.write_text(FORMAT, encoding="ascii")

    def _opened(self, project_id: str) -> ProjectIndex:
        home = self._home(project_id)
        try:
            return self._serving(project_id)
        except Damaged as e:
            _log.error("the index of %s is damaged and is made anew: %s", project_id, e)
            self._move_aside(project_id)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._serving(project_id)

    def _serving(self, project_id: str) -> ProjectIndex:
        home = self._home(project_id)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        current = home / _CURRENT
        try:
            name = current.read_text(encoding="ascii") if current.exists() else ""
        except (OSError, ValueError) as e:
            raise Damaged(f"{_CURRENT} cannot be read: {e}") from e
        if name and not (name.isdigit() and (home / name).is_dir()):
            raise Damaged(f"{_CURRENT} names no generation")
        if not name:
            name = f"{1:06d}"
            shutil.rmtree(home / name, ignore_errors=True)
            self._name(project_id, name)
        for path in home.iterdir():
            if path.is_dir() and path.name != name:
                shutil.rmtree(path, ignore_errors=True)
        return ProjectIndex(home / name)

    def _name(self, project_id: str, generation: str) -> None:
        home = self._home(project_id)
        (home / generation).mkdir(exist_ok=True, mode=0o700)
        part = home / f"{_CURRENT}.part"
        with part.open("w", encoding="ascii") as file:
            file.write(generation)
            file.flush()
            os.fsync(file.fileno())
        part.replace(home / _CURRENT)
        sync(home)

    def _move_aside(self, project_id: str) -> None:
        home = self._home(project_id)
        aside = self.folder / _ASIDE / home.name
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(exist_ok=True, mode=0o700)
        if home.exists():
            home.rename(aside)

    def _home(self, project_id: str) -> Path:
        return self.folder / "projects" / quote(project_id, safe="")
