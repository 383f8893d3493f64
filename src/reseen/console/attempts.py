"""How often somebody may try to get in.

Counted for a name at an address, so that a stranger cannot lock anybody out; for an address, so
that nobody tries many names; and for a name, so that many addresses do not guess it. What succeeds
is not counted. Each server counts for itself.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reseen.domain.errors import RateLimited

REMEMBERED = 20_000
PAIR, ADDRESS, NAME = 10.0, 60.0, 100.0
"""Failures in a row."""
ASKS = 120.0
"""Ceremonies that an address may begin in a row."""
REFILL_S = 30.0
"""Seconds after which one more is let through: 2,880 guesses a day for each."""


class Attempts:
    """Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    @contextmanager
    def trying(self, address: str, name: str | None = None) -> Iterator[None]:
        """Try something that counts unless it succeeds. Raises ``RateLimited``."""
        costs = {("address", address): ADDRESS}
        if name is not None:
            costs |= {("name", name): NAME, (address, name): PAIR}
        with self._lock:
            self._spend(costs)
        yield
        with self._lock:
            for key, most in costs.items():
                tries, seen = self._left.get(key, (most, self._clock()))
                self._left[key] = (min(most, tries + 1), seen)

    def asking(self, address: str) -> None:
        """Begin something that costs us a row. Raises ``RateLimited``."""
        with self._lock:
            self._spend({("asks", address): ASKS})

    def _spend(self, costs: dict[tuple[str, str], float]) -> None:
        now = self._clock()
        left = {key: self._refilled(key, most, now) for key, most in costs.items()}
        for key, tries in left.items():
            if tries < 1:
                raise RateLimited(
                    "There were too many tries to sign in; wait a little.",
                    limit=costs[key],
                    retry_after_s=max(1.0, (1 - tries) * REFILL_S),
                )
        for key, tries in left.items():
            self._left.pop(key, None)
            self._left[key] = (tries - 1, now)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)

    def _refilled(self, key: tuple[str, str], most: float, now: float) -> float:
        tries, seen = self._left.get(key, (most, now))
        return min(most, tries + (now - seen) / REFILL_S)
