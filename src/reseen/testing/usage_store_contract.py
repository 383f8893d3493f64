# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.UsageStore`` must do: an adapter's test class inherits this."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.usage import Spent, Tally, Use
from reseen.ports.usage import UsageStore
from reseen.testing.bank_store_contract import OTHER_PROJECT

DAY = date(2030, 3, 1)
ONE = Spent(P, "key_a", DAY, Use.SEARCH, Tally(1, 0, 1, 1, 2_500))


class UsageStoreContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[UsageStore]:
        raise NotImplementedError

    def test_what_is_added_is_added_up(self, store: UsageStore) -> None:
        store.add([])
        assert store.between(P, DAY, DAY) == []
        store.add([ONE])
        store.add([ONE, replace(ONE, use=Use.MATCH, tally=Tally(calls=3, failed=2))])
        assert list(store.between(P, DAY, DAY)) == [
            replace(ONE, use=Use.MATCH, tally=Tally(calls=3, failed=2)),
            replace(ONE, tally=Tally(2, 0, 2, 2, 5_000)),
        ]

    def test_only_these_days_of_this_project_are_told(self, store: UsageStore) -> None:
        days = [replace(ONE, day=DAY + timedelta(days=n)) for n in range(4)]
        other = replace(ONE, project_id=OTHER_PROJECT)
        store.add([*reversed(days), other, replace(ONE, caller_id="key_b", day=days[1].day)])
        assert list(store.between(P, days[1].day, days[2].day)) == [
            days[1],
            replace(days[1], caller_id="key_b"),
            days[2],
        ]
        assert list(store.between(OTHER_PROJECT, DAY, DAY)) == [other]

    def test_counts_may_be_larger_than_a_year_of_films(self, store: UsageStore) -> None:
        huge = replace(ONE, tally=Tally(5_000_000_000, media_ms=10**15))
        store.add([huge])
        store.add([huge])
        [told] = store.between(P, DAY, DAY)
        assert told.tally == Tally(10_000_000_000, media_ms=2 * 10**15)

    def test_nothing_is_lost_where_many_count_at_once(self, store: UsageStore) -> None:
        some = [replace(ONE, caller_id=f"key_{n}") for n in range(5)]

        def work(turn: int) -> None:
            for _ in range(10):
                store.add(some if turn % 2 else some[::-1])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.tally.calls for one in store.between(P, DAY, DAY)] == [40] * 5
