"""Following the change log of the truth: what was acknowledged is searchable a moment later.

Projects that changed lately are looked at ten times a second, others in turn, and one whose client
nudges at once. Applying is idempotent, so a position that is too low costs time and nothing else.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event, RLock
from typing import Any

from reseen.domain.bank import Change
from reseen.domain.fingerprint import LOOKS, Track
from reseen.engine.picture.words import words_of
from reseen.index.project import ProjectIndex
from reseen.index.segmented import SegmentedIndex
from reseen.index.turns import Turns
from reseen.ports import Entry, ReferenceStore

_log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between looks at the log."""
BATCH = 200
"""Changes taken at once: a nudge waits for the batch before it, so less than 1 s of work."""
_FEWEST = 8
_LIGHT = 1 << 20
"""References read at first, and bytes of theirs up to which more are read at once: some
milliseconds of work, for which a search may have to wait."""
_LISTED = 2.0
"""Seconds between looks for new projects."""
_AT_REST = 20
"""Projects at rest that are looked at in one round."""
_LATELY = 60.0
"""Seconds for which a project that changed is looked at in every round."""
_AGED = 60.0
"""Seconds between looks whether the truth was replaced."""
_FULL = 512 << 20
"""Bytes that may be in memory only: when the disk takes no more, following stops here."""


class Follower:
    """Feeds an index from the truth, in the thread that calls ``run``."""

    def __init__(self, index: SegmentedIndex, truth: ReferenceStore) -> None:
        self._index = index
        self._truth = truth
        self._asked: set[str] = set()
        self._wake = Event()
        self._stopped = Event()
        self._moved = Condition()
        self._feeding = RLock()
        self._changed: dict[str, float] = {}
        self._at_rest: list[str] = []
        self._aged: dict[str, float] = {}
        self._listed = -_LISTED
        self.error: str | None = None
        """Why the truth cannot be followed at the moment."""

    def run(self) -> None:
        """Until ``stop``."""
        while not self._stopped.is_set():
            try:
                is_behind = max(map(self.feed, self._round()), default=False)
                self.error = None
            except Exception as e:  # noqa: BLE001 the loop of a worker
                # The truth is away or the disk is full: nothing is lost by trying again.
                if self.error is None:
                    _log.exception("the change log cannot be followed")
                self.error = str(e) or type(e).__name__
                self._stopped.wait(0.5)
                continue
            if not is_behind:
                self._wake.wait(INTERVAL)

    def catch_up(self, timeout_s: float) -> None:
        """Follow what can be followed in this time."""
        end = time.monotonic() + timeout_s
        try:
            for project_id in self._truth.project_ids():
                while self.feed(project_id) and time.monotonic() < end:
                    pass
        except Exception as e:  # noqa: BLE001 ``run`` tries again
            self.error = str(e) or type(e).__name__
            _log.warning("the change log cannot be followed yet: %s", self.error)

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def nudge(self, project_id: str) -> None:
        """Look at this project's log at once."""
        self._asked.add(project_id)
        self._wake.set()

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        """Whether the index reached the position in time."""
        self.nudge(project_id)
        with self._moved:
            return self._moved.wait_for(
                lambda: self._index.position(project_id) >= position or self._stopped.is_set(),
                timeout_s,
            ) and (self._index.position(project_id) >= position)

    def feed(self, project_id: str) -> bool:
        """Take one batch; whether there was one."""
        with self._feeding:
            serving = self._index.project(project_id)
            if serving.unflushed_bytes > _FULL:
                raise OSError("The disk takes no more: make room for the index.")
            changes = self._truth.changes(project_id, serving.position, BATCH)
            if not changes:
                self._check_age(project_id, serving.position)
                return False
            take(serving, self._truth, project_id, changes, self._index.turns)
        self._changed[project_id] = time.monotonic()
        with self._moved:
            self._moved.notify_all()
        return len(changes) == BATCH

    def _check_age(self, project_id: str, position: int) -> None:
        """A truth that ends before the index does is an older copy, put back: begin anew."""
        now = time.monotonic()
        if now - self._aged.get(project_id, -_AGED) < _AGED:
            return
        self._aged[project_id] = now
        if self._truth.last_change(project_id) < position:
            _log.warning("the truth of %s is older than its index, which is made anew", project_id)
            self._index.clear(project_id)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is fed meanwhile."""
        with self._feeding:
            yield

    def lags(self) -> dict[str, Any]:
        """Changes that are not followed yet, by project."""
        return {
            p: max(0, self._truth.last_change(p) - self._index.position(p))
            for p in self._truth.project_ids()
        }

    def _round(self) -> list[str]:
        """The projects to look at now."""
        self._wake.clear()
        asked, now = sorted(self._asked), time.monotonic()
        self._asked.difference_update(asked)
        if now - self._listed > _LISTED:
            known = self._truth.project_ids()
            self._at_rest = [p for p in self._at_rest if p in known]
            self._at_rest += sorted(set(known) - set(self._at_rest))
            self._listed = now
        turn, self._at_rest = self._at_rest[:_AT_REST], self._at_rest[_AT_REST:]
        self._at_rest += turn
        lately = [p for p, at in self._changed.items() if now - at < _LATELY]
        return list(dict.fromkeys([*asked, *lately, *turn]))


def held_of(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """What an index holds of these: words in place of the keypoints that a reference keeps."""
    return tuple(words_of(t) if t.signal == LOOKS else t for t in tracks)


def take(
    index: ProjectIndex,
    truth: ReferenceStore,
    project_id: str,
    changes: Sequence[Change],
    turns: Turns,
) -> None:
    """Teach an index these changes: of each reference how it is now.

    Fingerprints are read some at a time, since one of a long film has tens of megabytes. The
    position moves with the last of them; until then all of this may come again.
    """
    last = {c.reference_number: c.bank_number for c in changes}
    numbers, size = list(last), _FEWEST
    while numbers:
        some, numbers = numbers[:size], numbers[size:]
        kept = [number for number in some if last[number] is not None]
        turns.let_searches_pass()
        tracks = truth.indexed(project_id, kept) if kept else {}
        entries = [
            Entry(number, last[number], held_of(tracks[number]))
            if number in tracks
            else Entry(number, None)
            for number in some
        ]
        turns.let_searches_pass()
        index.apply(entries, index.position if numbers else changes[-1].position)
        held = sum(t.codes.nbytes + t.spans.nbytes for own in tracks.values() for t in own)
        size = 2 * size if held < _LIGHT else max(1, size // 2)
