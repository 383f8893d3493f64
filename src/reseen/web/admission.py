"""Who may start a match now: a share for each key, a bounded queue for all.

A request is admitted before its body is read, so that a full server says so at once and never holds
more uploads than it will serve. Being admitted is one thing, having a turn another: at most
``concurrency`` admitted requests run, the others wait. Queries of batches leave one turn free, so
that a client with one question does not wait for another's hundred.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reseen.domain.errors import NotReady, RateLimited

REMEMBERED_KEYS = 10_000
FIRST_GUESS_S = 1.0
"""How long a match is taken to last until one was measured."""


class Gate:
    """Thread-safe. ``stopping`` says whether the server was told to stop."""

    def __init__(
        self,
        *,
        concurrency: int,
        queue: int,
        rate_per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._concurrency = concurrency
        self._capacity = concurrency + queue
        self._rate = rate_per_minute / 60.0
        self._burst = float(rate_per_minute)
        self._clock = clock
        self.stopping = stopping
        self._turns = threading.BoundedSemaphore(concurrency)
        self._turns_of_batches = threading.BoundedSemaphore(max(1, concurrency - 1))
        self._lock = threading.Lock()
        self._admitted = 0
        self._typical_s = FIRST_GUESS_S
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @contextmanager
    def admit(self, key_id: str) -> Iterator[None]:
        """Hold a place from before the body is read until the answer is made.

        Raises ``RateLimited`` when the key has spent its share, ``NotReady`` when the queue is
        full or the server is stopping.
        """
        with self._lock:
            if self.stopping():
                raise NotReady("The server is stopping; try another or wait.", retry_after_s=5)
            self._spend(key_id, 1)
            if self._admitted >= self._capacity:
                wait = self._typical_s * self._admitted / self._concurrency
                raise NotReady(
                    f"{self._admitted} requests are running or waiting, and no more may wait.",
                    limit=self._capacity,
                    actual=self._admitted,
                    retry_after_s=max(1.0, min(60.0, wait)),
                )
            self._admitted += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted -= 1

    def spend(self, key_id: str, requests: int = 1) -> None:
        """Count requests that need no place, or many that came as one. Raises ``RateLimited``."""
        with self._lock:
            self._spend(key_id, requests)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a processor core, in a thread."""
        with self._turns:
            begun = self._clock()
            try:
                yield
            finally:
                with self._lock:
                    self._typical_s += 0.2 * (self._clock() - begun - self._typical_s)

    @contextmanager
    def turn_of_batch(self) -> Iterator[None]:
        """As ``turn``, for one of many queries that came as one."""
        with self._turns_of_batches, self.turn():
            yield

    def _spend(self, key_id: str, requests: int) -> None:
        """Take tokens of the key's bucket, which refills at the rate and holds a minute's. More
        than it holds empties it.
        """
        if not self._rate:
            return
        now = self._clock()
        tokens, seen = self._buckets.pop(key_id, (self._burst, now))
        tokens = min(self._burst, tokens + (now - seen) * self._rate)
        cost = min(float(requests), self._burst)
        enough = tokens >= cost
        self._buckets[key_id] = (tokens - cost if enough else tokens, now)
        if len(self._buckets) > REMEMBERED_KEYS:
            self._buckets.popitem(last=False)
        if not enough:
            raise RateLimited(
                f"This key may send {self._burst:.0f} requests a minute.",
                limit=self._burst,
                retry_after_s=max(1.0, (cost - tokens) / self._rate),
            )
