"""Who goes first in the index process: searches, then what nobody waits for.

Threads of one interpreter take turns, so a search waits for whatever another thread is in the
middle of. What follows the log, rebuilds or writes works in small pieces, and begins one where no
search is under way, or when it has waited for a while.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

PATIENCE = 0.05
"""Seconds after which a piece of work begins beside whatever search: it goes on under any load."""


class Turns:
    """Safe for threads."""

    def __init__(self, patience_s: float = PATIENCE) -> None:
        self._patience_s = patience_s
        self._searches = 0
        self._changed = Condition()

    @contextmanager
    def search(self) -> Iterator[None]:
        """One search."""
        with self._changed:
            self._searches += 1
        try:
            yield
        finally:
            with self._changed:
                self._searches -= 1
                if not self._searches:
                    self._changed.notify_all()

    def let_searches_pass(self) -> None:
        """Wait for a moment without a search, a little."""
        with self._changed:
            self._changed.wait_for(lambda: not self._searches, self._patience_s)
