"""A truth in memory, as far as an index reads it; tests that start a process use a real one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import cast

from reseen.domain.bank import Change
from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import Track
from reseen.ports import ReferenceStore


class MemoryTruth:
    """``is_away``: it answers nothing."""

    def __init__(self) -> None:
        self.log: dict[str, list[Change]] = {"default": []}
        self.tracks: dict[tuple[str, int], Sequence[Track]] = {}
        self.is_away = False
        self._lock = Lock()

    @property
    def store(self) -> ReferenceStore:
        return cast("ReferenceStore", self)

    def put(
        self,
        number: int,
        tracks: Sequence[Track] | None = None,
        bank: int | None = 0,
        project_id: str = "default",
    ) -> int:
        """A reference as it is from now on; the position of the change."""
        with self._lock:
            if tracks is not None:
                self.tracks[project_id, number] = tracks
            if bank is None:
                self.tracks.pop((project_id, number), None)
            log = self.log.setdefault(project_id, [])
            log.append(Change(len(log) + 1, project_id, number, bank, datetime.now(UTC)))
            return len(log)

    def changes(self, project_id: str, after: int, limit: int = 1000) -> Sequence[Change]:
        if self.is_away:
            raise NotReady("The database is away.")
        return self.log.get(project_id, [])[after : after + limit]

    def last_change(self, project_id: str) -> int:
        if self.is_away:
            raise NotReady("The database is away.")
        return len(self.log.get(project_id, []))

    def indexed(self, project_id: str, numbers: Sequence[int]) -> Mapping[int, Sequence[Track]]:
        held = {n: self.tracks.get((project_id, n)) for n in numbers}
        return {n: tracks for n, tracks in held.items() if tracks is not None}

    def project_ids(self) -> tuple[str, ...]:
        return tuple(self.log)
