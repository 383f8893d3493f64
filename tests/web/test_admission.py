"""Who may start a match now."""

import threading

import pytest

from reseen.domain.errors import NotReady, RateLimited
from reseen.web.admission import Gate


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def enter(gate: Gate, key: str = "k") -> None:
    with gate.admit(key):
        pass


def test_a_share_is_a_minutes_worth_and_refills_with_time() -> None:
    clock = Clock()
    gate = Gate(concurrency=1, queue=5, rate_per_minute=3, clock=clock)
    for _ in range(3):
        enter(gate)
    with pytest.raises(RateLimited) as refused:
        enter(gate)
    assert refused.value.limit == 3
    assert refused.value.retry_after_s == pytest.approx(20)
    clock.now = 20.1
    enter(gate)
    with pytest.raises(RateLimited):
        enter(gate)


def test_shares_are_kept_apart_and_nought_means_no_limit() -> None:
    gate = Gate(concurrency=1, queue=5, rate_per_minute=1, clock=Clock())
    enter(gate, "one")
    enter(gate, "other")
    free = Gate(concurrency=1, queue=5, rate_per_minute=0, clock=Clock())
    for _ in range(1000):
        enter(free)


def test_many_that_come_as_one_cost_as_many() -> None:
    clock = Clock()
    gate = Gate(concurrency=1, queue=5, rate_per_minute=60, clock=clock)
    gate.spend("k", 50)
    with pytest.raises(RateLimited) as refused:
        gate.spend("k", 20)
    assert refused.value.retry_after_s == pytest.approx(10)
    gate.spend("k", 10)
    clock.now = 60.0
    gate.spend("k", 1000)  # more than it ever holds empties it
    with pytest.raises(RateLimited):
        gate.spend("k")


def test_no_more_are_admitted_than_run_and_wait() -> None:
    gate = Gate(concurrency=2, queue=1, rate_per_minute=0)
    with gate.admit("a"), gate.admit("b"), gate.admit("c"):
        with pytest.raises(NotReady) as full:
            enter(gate)
        assert (full.value.limit, full.value.actual) == (3, 3)
        assert full.value.retry_after_s is not None
    enter(gate)


def test_a_place_is_given_back_when_the_request_fails() -> None:
    gate = Gate(concurrency=1, queue=0, rate_per_minute=0)
    with pytest.raises(ZeroDivisionError), gate.admit("a"):
        raise ZeroDivisionError
    enter(gate)


def test_a_stopping_server_admits_nobody() -> None:
    gate = Gate(concurrency=1, queue=0, rate_per_minute=0, stopping=lambda: True)
    with pytest.raises(NotReady, match="stopping"):
        enter(gate)


def test_only_so_many_have_a_turn_at_once() -> None:
    gate = Gate(concurrency=2, queue=10, rate_per_minute=0)
    most, now, lock = 0, 0, threading.Lock()
    meet = threading.Barrier(2, timeout=5)

    def work() -> None:
        nonlocal most, now
        with gate.turn():
            with lock:
                now += 1
                most = max(most, now)
            meet.wait()  # passes in pairs only: two do run beside each other
            with lock:
                now -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 2


@pytest.mark.parametrize("concurrency", [1, 3])
def test_queries_of_batches_leave_a_turn_where_there_are_several(concurrency: int) -> None:
    gate = Gate(concurrency=concurrency, queue=5, rate_per_minute=0)
    most = max(1, concurrency - 1)
    running = threading.Semaphore(0)
    over = threading.Event()

    def query() -> None:
        with gate.turn_of_batch():
            running.release()
            over.wait(10)

    threads = [threading.Thread(target=query) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(most):
        assert running.acquire(timeout=10)
    assert not running.acquire(timeout=0.05)
    if concurrency > 1:
        with gate.turn():
            assert not running.acquire(blocking=False)
    over.set()
    for thread in threads:
        thread.join()
