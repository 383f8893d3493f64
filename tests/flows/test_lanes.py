"""Things done side by side."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from reseen.flows.lanes import Limits, in_lanes

SOON = 20.0
"""Seconds that a test may wait for what must happen."""


def free(_: object) -> Limits:
    return ()


def test_every_thing_is_done_once() -> None:
    done = [one for one in in_lanes(range(500), lambda n: n * n, free, lanes=7) if one is not None]
    assert sorted(done) == [n * n for n in range(500)]


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(in_lanes((), str, free, lanes=3)) == []


def test_no_more_run_than_there_are_lanes_and_limits_allow() -> None:
    lock, running, most = threading.Lock(), Counter[str](), Counter[str]()
    meet = threading.Barrier(3)

    def do(thing: tuple[str, int]) -> str:
        name, number = thing
        with lock:
            running[name] += 1
            running["all"] += 1
            most[name] = max(most[name], running[name])
            most["all"] = max(most["all"], running["all"])
        if name == "wide" and number < 3:
            meet.wait(SOON)  # only three that run together get past
        with lock:
            running[name] -= 1
            running["all"] -= 1
        return name

    def limits(thing: tuple[str, int]) -> Limits:
        return ((thing[0], {"narrow": 1, "wide": 3}[thing[0]]),)

    things = [(name, n) for n in range(60) for name in ("narrow", "wide")]
    done = Counter(one for one in in_lanes(things, do, limits, lanes=4) if one)
    assert done == {"narrow": 60, "wide": 60}
    assert most["narrow"] == 1
    assert most["wide"] == 3
    assert most["all"] <= 4


def test_a_slow_host_holds_up_nobody_else() -> None:
    released = threading.Event()

    def do(host: str) -> str:
        if host == "slow":
            assert released.wait(SOON)
        return host

    def limits(host: str) -> Limits:
        return ((host, 2),)

    hosts = ["slow"] * 50 + ["fast"] * 50
    done: list[str] = []
    for one in in_lanes(hosts, do, limits, lanes=4):
        if one is not None:
            done.append(one)
        if done.count("fast") == 50:
            released.set()
    assert done[:50] == ["fast"] * 50
    assert len(done) == 100


def test_what_is_asked_of_the_source_is_bounded() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield "slow"

    block = threading.Event()
    stream = in_lanes(
        source(), lambda _: block.wait(SOON), lambda _: (("slow", 1),), lanes=3, aside=20
    )
    with closing(stream):
        assert next(stream) is None
        assert taken <= 23
    block.set()


def test_an_error_ends_it() -> None:
    def do(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        return number

    with pytest.raises(ValueError, match="five"):
        list(in_lanes(range(100), do, free, lanes=2))


def test_whoever_waits_for_results_gets_a_turn() -> None:
    block = threading.Event()
    stream = in_lanes([1], lambda _: block.wait(SOON), free, lanes=1)
    assert next(stream) is None
    block.set()
    assert [one for one in stream if one is not None] == [True]
