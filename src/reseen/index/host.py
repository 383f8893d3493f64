"""The index with its follower and its maintenance, in one process: what clients ask of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy.typing as npt

from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import Signal
from reseen.index.follower import Follower
from reseen.index.maintenance import Maintenance, said_of
from reseen.index.merge import MergeFailed
from reseen.index.rebuilding import rebuild
from reseen.index.segmented import SegmentedIndex
from reseen.ports import Hits, ReferenceStore

_AT_START = 5.0
"""Seconds for which the log is followed before the first question is answered: after a kill that is
enough for all that was not written."""


class IndexHost:
    """``ports.IndexService`` without a socket. ``close`` it: what is in memory is then written."""

    def __init__(self, folder: Path, truth: ReferenceStore) -> None:
        self._truth = truth
        self._index = SegmentedIndex(folder)
        self._follower = Follower(self._index, truth)
        self._maintenance = Maintenance(self._index)
        self._since = time.time()
        self._rebuilding = Lock()
        self._follower.catch_up(_AT_START)
        self._threads = [
            Thread(target=self._follower.run, name="follower"),
            Thread(target=self._maintenance.run, name="maintenance"),
        ]
        for thread in self._threads:
            thread.start()

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        return self._index.nearest(project_id, signal, codes, count, bank_numbers)

    def held(self, project_id: str) -> Mapping[str, int]:
        return self._index.held(project_id)

    def position(self, project_id: str) -> int:
        return self._index.position(project_id)

    def nudge(self, project_id: str, position: int) -> None:
        if self._index.position(project_id) < position:
            self._follower.nudge(project_id)

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        return self._follower.wait_for(project_id, position, timeout_s)

    @contextmanager
    def rebuild(self, project_id: str | None = None) -> Iterator[Iterator[float]]:
        if not self._rebuilding.acquire(blocking=False):
            raise NotReady("The index is being rebuilt already: wait until that is done.")
        try:
            ids = self._truth.project_ids() if project_id is None else (project_id,)
            steps = rebuild(self._index, self._follower, self._truth, ids)
            try:
                yield _said(steps)
            finally:
                steps.close()
        finally:
            self._rebuilding.release()

    def check(self) -> dict[str, Any]:
        lags: dict[str, int] = {}
        error = self._follower.error
        try:
            lags = self._follower.lags()
        except NotReady as e:
            error = e.detail
        projects = {p: self._index.project(p).stats() for p in self._index.project_ids()}
        return {
            "since": self._since,
            "error": error or self._maintenance.error,
            "is_merging": self._maintenance.is_merging,
            "is_rebuilding": self._rebuilding.locked(),
            "projects": {p: {**stats, "lag": lags.get(p)} for p, stats in projects.items()},
        }

    def close(self) -> None:
        self._follower.stop()
        self._maintenance.stop()
        for thread in self._threads:
            with suppress(RuntimeError):
                thread.join()


def _said(steps: Iterator[float]) -> Iterator[float]:
    try:
        yield from steps
    except (OSError, MergeFailed) as e:
        raise NotReady(
            f"The index could not be rebuilt, the old one serves: {said_of(e)}. There must be room"
            " for both on its disk; then start the rebuild again."
        ) from e
