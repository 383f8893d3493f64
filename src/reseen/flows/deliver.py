"""Tell others what happened: events on their way to the endpoints of a project.

An event is sent at least once, always under one id, and may come twice or out of order: whoever
gets it keeps the ids that it has seen. What is not taken is tried again for a day, ever more
seldom, and then lies dead until it is replayed. Nothing waits for a slow endpoint but what is meant
for it.
"""

import hashlib
import hmac
import json
import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from reseen.domain.errors import NotFound, NotReady, ReseenError
from reseen.domain.moment import rfc3339
from reseen.domain.record import Delivery, Endpoint, Event
from reseen.ports import Endpoints, Outbox

logger = logging.getLogger(__name__)

STEPS_S = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)
"""Seconds before each further attempt; the last holds for all that follow."""
JITTER = 0.2
"""Share by which they vary, so that what failed together does not come back together."""
MOST_ATTEMPTS = len(STEPS_S) + 5
"""The last is made a day after the first, by these steps."""
LEASE = timedelta(seconds=60)
"""A delivery whose process died is tried again so long afterwards."""
POLL_S = 1.0
AT_ONCE = 8
GONE = 410
"""The status by which an endpoint says that it wants nothing any more."""
LONGEST_ERROR = 500


class Post(Protocol):
    """``(url, body, headers)`` to the status of the answer; through the guarded network path only.
    Raises ``UrlNotAllowed``, ``FetchFailed``, ``FetchTimeout``.
    """

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int: ...


def body_of(event: Event) -> bytes:
    """What is sent: JSON, the same at every attempt."""
    said = {
        "id": event.id,
        "type": event.type,
        "created_at": rfc3339(event.at),
        "project": event.project_id,
        "compensates": event.compensates,
        "data": dict(event.data),
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The header ``Reseen-Signature``: HMAC-SHA256 over the seconds, a dot, and the body."""
    message = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass(frozen=True, slots=True)
class Delivering:
    """``gave_up`` is told of what died, once it is recorded."""

    outbox: Outbox
    endpoints: Endpoints
    post: Post
    clock: Callable[[], datetime]
    gave_up: Callable[[Delivery], object] = lambda _: None
    chance: Callable[[], float] = random.random

    def attempt(self, delivery: Delivery) -> Delivery:
        """Send it once and record how it went."""
        settled = self._attempted(delivery)
        if self.outbox.settle(settled) and settled.dead_at is not None:
            self.gave_up(settled)
        return settled

    def _attempted(self, delivery: Delivery) -> Delivery:
        event, attempts = delivery.event, delivery.attempts + 1
        tried = replace(delivery, attempts=attempts)
        try:
            endpoint = self.endpoints.get(event.project_id, delivery.endpoint_id)
            status = self._sent(endpoint, event)
        except NotFound:
            return replace(tried, due_at=None, dead_at=self.clock(), error="It was removed.")
        except NotReady:
            raise
        except ReseenError as error:
            return self._later(replace(tried, status=None, error=error.detail[:LONGEST_ERROR]))
        tried = replace(tried, status=status, error="")
        if 200 <= status < 300:
            return replace(tried, due_at=None, delivered_at=self.clock())
        if status == GONE:
            said = "The endpoint answered 410: it is gone."
            return replace(tried, due_at=None, dead_at=self.clock(), error=said)
        return self._later(replace(tried, error=f"The endpoint answered {status}."))

    def _sent(self, endpoint: Endpoint, event: Event) -> int:
        body = body_of(event)
        timestamp = int(self.clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "Reseen-Event-Id": event.id,
            "Reseen-Event-Type": event.type,
            "Reseen-Signature": sign(self.endpoints.secret(endpoint.id), timestamp, body),
        }
        return self.post(endpoint.draft.url, body, headers)

    def _later(self, tried: Delivery) -> Delivery:
        now = self.clock()
        if tried.attempts >= MOST_ATTEMPTS:
            return replace(tried, due_at=None, dead_at=now)
        step = STEPS_S[min(tried.attempts, len(STEPS_S)) - 1]
        varied = step * (1.0 + JITTER * (2.0 * self.chance() - 1.0))
        return replace(tried, due_at=now + timedelta(seconds=varied))


class Deliverer:
    """Delivers what is due, in threads of its own, until it is stopped."""

    def __init__(self, delivering: Delivering, owner: str) -> None:
        self._delivering = delivering
        self._owner = owner
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="deliver", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self) -> None:
        """Something is due."""
        self._wake.set()

    def stop(self) -> None:
        """What is being sent is waited for, no longer than a post may take."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _serve(self) -> None:
        free = threading.Semaphore(AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliver") as threads:
            while not self._stop.is_set():
                if not self._claimed(threads, free):
                    self._wake.wait(POLL_S)
                    self._wake.clear()

    def _claimed(self, threads: ThreadPoolExecutor, free: threading.Semaphore) -> bool:
        """Begin with some of what is due; whether there was any."""
        room = 0
        while room < AT_ONCE and free.acquire(blocking=False):
            room += 1
        if not room:
            free.acquire()
            room = 1
        try:
            of = self._delivering
            due = of.outbox.claim(self._owner, LEASE, of.clock(), limit=room)
        except ReseenError as error:
            logger.warning("No event was sent: %s", error.detail)
            due = ()
        for _ in range(room - len(due)):
            free.release()
        for one in due:
            threads.submit(self._attempt, one, free)
        return bool(due)

    def _attempt(self, delivery: Delivery, free: threading.Semaphore) -> None:
        try:
            self._delivering.attempt(delivery)
        except ReseenError as error:
            logger.warning("What became of %s was not noted: %s", delivery.id, error.detail)
        except Exception:
            logger.exception("Delivery %s broke", delivery.id)
        finally:
            free.release()
            self._wake.set()
