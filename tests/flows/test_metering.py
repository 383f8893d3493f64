"""What is counted is written, whatever the database does meanwhile."""

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.errors import NotReady
from reseen.domain.usage import Spent, Tally, Use
from reseen.flows.metering import Metering
from reseen.store.database import open_database, sqlite_url
from reseen.store.usage import SqlUsageStore
from reseen.testing.key_store_contract import Clock


class Ailing(SqlUsageStore):
    """A database that can be away."""

    away = False

    def add(self, spent: Sequence[Spent]) -> None:
        if self.away:
            raise NotReady("The disk is full.")
        super().add(spent)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Ailing]:
    database = open_database(sqlite_url(tmp_path / "reseen.db"))
    yield Ailing(database)
    database.close()


def told(store: SqlUsageStore, day: date) -> list[tuple[str, int]]:
    return [(one.caller_id, one.tally.calls) for one in store.between(P, day, day)]


def test_counts_of_many_threads_are_added_up_and_written_once(store: Ailing) -> None:
    metering = Metering(store, Clock())

    def work() -> None:
        for _ in range(500):
            metering.count(P, "key_a", Use.MATCH, Tally(calls=1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    metering.flush()
    for thread in threads:
        thread.join()
    metering.flush()
    metering.flush()
    assert told(store, Clock().now.date()) == [("key_a", 2000)]


def test_what_cannot_be_written_is_kept_until_it_can(store: Ailing) -> None:
    metering = Metering(store, Clock())
    metering.count(P, "key_a", Use.MATCH, Tally(calls=1))
    store.away = True
    with pytest.raises(NotReady):
        metering.flush()
    metering.count(P, "key_a", Use.MATCH, Tally(calls=2))
    store.away = False
    metering.flush()
    assert told(store, Clock().now.date()) == [("key_a", 3)]


def test_a_call_belongs_to_the_day_on_which_it_came(store: Ailing) -> None:
    clock = Clock()
    metering = Metering(store, clock)
    first = clock.now.date()
    metering.count(P, "key_a", Use.MATCH, Tally(calls=1))
    clock.turn(days=1)
    metering.count(P, "key_a", Use.MATCH, Tally(calls=5))
    metering.flush()
    assert told(store, first) == [("key_a", 1)]
    assert told(store, clock.now.date()) == [("key_a", 5)]


def test_it_is_written_within_a_second_and_at_the_end(store: Ailing) -> None:
    metering = Metering(store, Clock())
    ended = threading.Event()
    keeper = threading.Thread(target=metering.keep, args=(ended,))
    keeper.start()
    metering.count(P, "key_a", Use.MATCH, Tally(calls=1))
    ended.wait(1.0)
    assert told(store, Clock().now.date()) == [("key_a", 1)]
    metering.count(P, "key_a", Use.MATCH, Tally(calls=1))
    ended.set()
    keeper.join()
    assert told(store, Clock().now.date()) == [("key_a", 2)]
