"""How often somebody may try to get in, by a clock that the test turns."""

import pytest

from reseen.console.attempts import ADDRESS, NAME, PAIR, REFILL_S, Attempts
from reseen.domain.errors import RateLimited, Unauthenticated


def _guess() -> None:
    raise Unauthenticated("wrong")


class Trier:
    def __init__(self) -> None:
        self.now = 0.0
        self.attempts = Attempts(lambda: self.now)

    def fails(self, address: str, name: str | None = "olga") -> bool:
        """Whether a wrong guess was let through."""
        with (
            pytest.raises((Unauthenticated, RateLimited)) as told,
            self.attempts.trying(address, name),
        ):
            _guess()
        if isinstance(told.value, RateLimited):
            assert 1 <= (told.value.retry_after_s or 0) <= REFILL_S
        return isinstance(told.value, Unauthenticated)


def test_a_name_is_guessed_a_few_times_from_an_address_and_then_slowly() -> None:
    trier = Trier()
    assert [trier.fails("a") for _ in range(12)] == [True] * int(PAIR) + [False] * 2
    assert trier.fails("b")
    trier.now += REFILL_S
    assert [trier.fails("a") for _ in range(2)] == [True, False]


def test_an_address_tries_many_names_a_while() -> None:
    trier = Trier()
    tried = [trier.fails("a", f"name {number}") for number in range(int(ADDRESS) + 5)]
    assert tried.count(True) == ADDRESS
    assert not any(tried[int(ADDRESS) :])


def test_many_addresses_guess_one_name_a_while() -> None:
    trier = Trier()
    tried = [trier.fails(f"10.0.0.{number}") for number in range(int(NAME) + 5)]
    assert tried.count(True) == NAME
    assert trier.fails("10.0.0.1", "another")


def test_what_succeeds_is_not_counted() -> None:
    trier = Trier()
    for _ in range(1000):
        with trier.attempts.trying("a", "olga"):
            pass
    assert trier.fails("a")


def test_who_is_refused_does_not_wait_longer_for_it() -> None:
    trier = Trier()
    while trier.fails("a"):
        pass
    for _ in range(50):
        assert not trier.fails("a")
    trier.now += REFILL_S
    assert trier.fails("a")


def test_asking_is_counted_whatever_comes_of_it() -> None:
    trier = Trier()

    def ask() -> None:
        for _ in range(1000):
            trier.attempts.asking("a")

    with pytest.raises(RateLimited):
        ask()
    trier.attempts.asking("b")
