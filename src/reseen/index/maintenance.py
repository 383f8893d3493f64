"""Writing to the disk and merging, beside searches: in a thread, and merges in a child process."""

import logging
import time
from contextlib import suppress
from threading import Event

from reseen.index.folder import Manifest, sweep
from reseen.index.merge import MergeFailed, Merging
from reseen.index.project import ProjectIndex
from reseen.index.segmented import SegmentedIndex
from reseen.index.segments import Damaged

_log = logging.getLogger(__name__)

_LOOK = 0.5
_AGE = 5.0
"""Seconds for which changes may be in memory only: after a kill they are followed again, at some
thousands a second."""
_LARGE = 64 << 20
"""Bytes in memory that are written without waiting."""
_PAUSE = 30.0
"""Seconds after a failed merge or write."""


class Maintenance:
    """Keeps every project of an index flushed and merged, in the thread that calls ``run``."""

    def __init__(self, index: SegmentedIndex) -> None:
        self._index = index
        self._stopped = Event()
        self._merging: tuple[str, Merging] | None = None
        self._flushed: dict[str, float] = {}
        self._paused_until = 0.0
        self.error: str | None = None
        """Why the disk took nothing, the last time."""

    def run(self) -> None:
        """Until ``stop``; then what is in memory is written."""
        while not self._stopped.wait(_LOOK):
            try:
                self._look()
            except (OSError, MergeFailed) as e:
                _log.error("the index cannot be written: %s", e)
                self.error = (
                    f"The index cannot be written ({said_of(e)}): make room"
                    " on its disk, or let this user write its folder. It serves from memory, and"
                    f" tries again every {_PAUSE:.0f} seconds."
                )
                self._paused_until = time.monotonic() + _PAUSE
                self._sweep()
        if self._merging is not None:
            self._merging[1].cancel()
        try:
            self._index.close()
        except OSError as e:
            _log.error("the index cannot be written: %s", e)

    def stop(self) -> None:
        self._stopped.set()

    @property
    def is_merging(self) -> bool:
        return self._merging is not None

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._paused_until:
            return
        for project_id in self._index.project_ids():
            project = self._index.project(project_id)
            age = now - self._flushed.setdefault(project_id, now)
            if project.is_flushed:
                self._flushed[project_id] = now
            elif age > _AGE or project.unflushed_bytes > _LARGE:
                project.flush()
                self._flushed[project_id] = now
        self._merge()
        self.error = None

    def _sweep(self) -> None:
        """Remove what a failed write left: each new try would leave more on a full disk. Nothing
        but this thread and its merge writes where a project serves.
        """
        if self._merging is not None:
            return
        for project_id in self._index.project_ids():
            folder = self._index.project(project_id).folder
            with suppress(OSError, Damaged):
                sweep(folder, Manifest.read(folder))

    def _merge(self) -> None:
        """Go on with the merge under way, or begin one."""
        if self._merging is not None:
            project_id, merging = self._merging
            if not merging.is_over():
                return
            self._merging = None
            if self._index.project(project_id) is merging.index:
                merging.finish()
            else:
                merging.cancel()
        for project_id in self._index.project_ids():
            project = self._index.project(project_id)
            due = project.merge_due()
            if due is not None:
                self._merging = project_id, Merging(project, due)
                return


def said_of(error: OSError | MergeFailed) -> str:
    """Why, in words for people: without numbers and paths where the system has words."""
    return getattr(error, "strerror", None) or str(error)


def settle(project: ProjectIndex) -> None:
    """Write and merge now, all that is due. Raises ``OSError``, ``MergeFailed``."""
    if project.unflushed_bytes > _LARGE:
        project.flush()
        while (due := project.merge_due()) is not None:
            Merging(project, due).finish()
