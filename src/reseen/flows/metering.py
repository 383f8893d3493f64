"""Counting what is asked, at no cost to who asks: counts gather in memory and are written together.

They are written every ``FLUSH_S``, and when the server ends; a server that is killed loses what it
counted since. Where the database cannot be written, they gather until it can.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from reseen.domain.errors import ReseenError
from reseen.domain.usage import Spent, Tally, Use
from reseen.ports.usage import UsageStore

logger = logging.getLogger(__name__)

FLUSH_S = 0.5

type Meter = Callable[[str, str, Use, Tally], None]
"""``meter(project_id, caller_id, use, tally)``; never fails."""

type _Of = tuple[str, str, date, Use]


def unmetered(_project: str, _caller: str, _use: Use, _tally: Tally) -> None:
    """A ``Meter`` that counts nothing."""


@dataclass(frozen=True, slots=True)
class Metering:
    """Safe for threads."""

    store: UsageStore
    clock: Callable[[], datetime]
    _counted: dict[_Of, Tally] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def count(self, project_id: str, caller_id: str, use: Use, tally: Tally) -> None:
        """A ``Meter``."""
        self._put([((project_id, caller_id, self.clock().date(), use), tally)])

    def flush(self) -> None:
        """Write what was counted. Raises ``NotReady``, and keeps it."""
        with self._writing:
            with self._lock:
                taken = sorted(self._counted.items())
                self._counted.clear()
            if not taken:
                return
            try:
                self.store.add([Spent(*of, tally) for of, tally in taken])
            except BaseException:
                self._put(taken)
                raise

    def between(self, project_id: str, first: date, last: date) -> Sequence[Spent]:
        """What was counted on these days, by now. Raises ``NotReady``."""
        self.flush()
        return self.store.between(project_id, first, last)

    def keep(self, ended: threading.Event) -> None:
        """Write again and again, until the event is set, and then once more."""
        is_told = False
        while True:
            is_over = ended.wait(FLUSH_S)
            try:
                self.flush()
                is_told = False
            except ReseenError as error:
                if not is_told:
                    logger.warning("What was counted is not written: %s", error.detail)
                is_told = True
            except Exception:
                logger.exception("Counting goes on after an error")
            if is_over:
                return

    def _put(self, some: Sequence[tuple[_Of, Tally]]) -> None:
        with self._lock:
            for of, tally in some:
                self._counted[of] = self._counted.get(of, Tally()) + tally
