"""Work on a stream of things side by side, and let none that is slow hold up the others.

A thing may be bound by limits, each a name and how many may run at once under it: so many files, so
many downloads, so many from one host. What may not run yet waits aside, up to a bound, while what
comes behind it goes ahead. Memory is bounded by that and by the lanes.
"""

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

type Limits = tuple[tuple[str, int], ...]
"""Names, and how many things under each name may run at the same time."""

TICK = 0.2
"""Seconds after which a caller that waits for results gets to do something else."""


@dataclass(frozen=True, slots=True)
class _Done[R]:
    limits: Limits
    result: R
    error: BaseException | None = None


def in_lanes[T, R](
    things: Iterable[T],
    do: Callable[[T], R],
    limits: Callable[[T], Limits],
    *,
    lanes: int,
    aside: int = 1000,
) -> Generator[R | None]:
    """Results as they come, in any order; ``None`` when nothing came for a moment.

    At most ``lanes`` things run or have a result that was not taken yet, at most ``aside`` wait.
    What ``do`` raises is raised here, and ends it. When the generator is closed, what runs is not
    waited for: ``do`` should notice by itself.
    """
    crowd = _Lanes(do)
    waiting = _Waiting(things, limits, aside)
    try:
        while True:
            while crowd.running < lanes and (task := waiting.take()) is not None:
                crowd.put(*task)
            if not crowd.running:
                return
            one = crowd.next()
            if one is None:
                yield None
                continue
            if one.error is not None:
                raise one.error
            yield one.result
            waiting.give_back(one.limits)
            crowd.running -= 1
    finally:
        crowd.close()


class _Lanes[T, R]:
    """Threads that are started when they are needed, and whose ends nobody waits for."""

    def __init__(self, do: Callable[[T], R]) -> None:
        self._do = do
        self._tasks: queue.SimpleQueue[tuple[T, Limits] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Done[R | None]] = queue.SimpleQueue()
        self._threads = 0
        self.running = 0

    def put(self, thing: T, limits: Limits) -> None:
        if self._threads == self.running:
            threading.Thread(target=self._serve, daemon=True).start()
            self._threads += 1
        self._tasks.put((thing, limits))
        self.running += 1

    def next(self) -> _Done[R | None] | None:
        try:
            return self._done.get(timeout=TICK)
        except queue.Empty:
            return None

    def close(self) -> None:
        for _ in range(self._threads):
            self._tasks.put(None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            thing, limits = task
            try:
                self._done.put(_Done(limits, self._do(thing)))
            except BaseException as error:  # noqa: BLE001 - raised where the results are taken
                self._done.put(_Done(limits, None, error))


class _Waiting[T]:
    """Things that may not run yet, by what binds them; whoever waits longest within it is first."""

    def __init__(self, things: Iterable[T], limits: Callable[[T], Limits], most: int) -> None:
        self._source = iter(things)
        self._limits = limits
        self._most = most
        self._groups: dict[Limits, deque[T]] = {}
        self._used: Counter[str] = Counter()
        self._count = 0

    def take(self) -> tuple[T, Limits] | None:
        """One that may run now, of each group in turn; ``None`` while there is none."""
        while self._count < self._most:
            ready = self._ready()
            if ready is not None:
                return ready
            for thing in self._source:
                self._groups.setdefault(self._limits(thing), deque()).append(thing)
                self._count += 1
                break
            else:
                return None
        return self._ready()

    def _ready(self) -> tuple[T, Limits] | None:
        for limits, group in self._groups.items():
            if all(self._used[name] < most for name, most in limits):
                thing = group.popleft()
                del self._groups[limits]
                if group:
                    self._groups[limits] = group  # behind the others
                self._used.update(name for name, _ in limits)
                self._count -= 1
                return thing, limits
        return None

    def give_back(self, limits: Limits) -> None:
        for name, _ in limits:
            self._used[name] -= 1
            if not self._used[name]:
                del self._used[name]
