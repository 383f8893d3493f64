# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.IdempotencyStore`` must do: an adapter's test class inherits this, with
``store``.
"""

import threading
from contextlib import suppress

import pytest

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import BankDraft
from reseen.domain.errors import Conflict, IdempotencyMismatch, NotFound
from reseen.ports import Answered, BankStore, IdempotencyStore
from reseen.testing.key_store_contract import Clock

P = DEFAULT_PROJECT
ANSWER = Answered(201, b'{"id": "bank_1"}')


class IdempotencyStoreContract:
    """``store`` gives an empty store that reads this clock, over the same truth as ``banks``."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, clock: Clock) -> IdempotencyStore:
        raise NotImplementedError

    @pytest.fixture
    def banks(self) -> BankStore:
        raise NotImplementedError

    def test_a_request_is_ours_until_it_is_answered(self, store: IdempotencyStore) -> None:
        assert store.begin(P, "k", "d", "one") is None
        with pytest.raises(Conflict) as refused:
            store.begin(P, "k", "d", "two")
        assert refused.value.retry_after_s
        store.finish(P, "k", "one", ANSWER)
        assert store.begin(P, "k", "d", "two") == ANSWER

    def test_a_key_belongs_to_one_request(self, store: IdempotencyStore) -> None:
        store.begin(P, "k", "d", "one")
        with pytest.raises(IdempotencyMismatch):
            store.begin(P, "k", "other", "two")
        store.finish(P, "k", "one", ANSWER)
        with pytest.raises(IdempotencyMismatch):
            store.begin(P, "k", "other", "two")
        assert store.begin(P, "l", "other", "two") is None

    def test_what_came_to_nothing_may_be_tried_again(self, store: IdempotencyStore) -> None:
        store.begin(P, "k", "d", "one")
        store.release(P, "k", "one")
        assert store.begin(P, "k", "other", "two") is None

    def test_an_answer_is_not_released(self, store: IdempotencyStore) -> None:
        store.begin(P, "k", "d", "one")
        store.finish(P, "k", "one", ANSWER)
        store.release(P, "k", "one")
        assert store.begin(P, "k", "d", "two") == ANSWER

    def test_who_falls_silent_loses_it(self, store: IdempotencyStore, clock: Clock) -> None:
        store.begin(P, "k", "d", "one")
        clock.turn(seconds=7)
        store.renew(["one", "another"])
        clock.turn(seconds=7)
        with pytest.raises(Conflict):
            store.begin(P, "k", "d", "two")
        clock.turn(seconds=7)
        assert store.begin(P, "k", "d", "two") is None
        with pytest.raises(Conflict):
            store.finish(P, "k", "one", Answered(500, b"late"))
        store.release(P, "k", "one")
        store.finish(P, "k", "two", ANSWER)
        assert store.begin(P, "k", "d", "three") == ANSWER

    def test_what_is_done_for_who_lost_it_is_not_written(
        self, store: IdempotencyStore, banks: BankStore, clock: Clock
    ) -> None:
        store.begin(P, "k", "d", "one")
        clock.turn(seconds=20)
        store.begin(P, "k", "d", "two")

        def late() -> None:
            with store.together():
                banks.create(P, BankDraft("harm"))
                store.finish(P, "k", "one", ANSWER)

        with pytest.raises(Conflict):
            late()
        assert banks.of_project(P) == ()
        with store.together():
            made = banks.create(P, BankDraft("harm"))
            assert banks.of_project(P) == (made,)
            store.finish(P, "k", "two", ANSWER)
        assert store.begin(P, "k", "d", "three") == ANSWER
        assert banks.of_project(P) == (made,)

    def test_a_write_that_fails_leaves_those_beside_it(
        self, store: IdempotencyStore, banks: BankStore
    ) -> None:
        store.begin(P, "k", "d", "one")
        with store.together():
            for name in ("harm", "harm", "other", "harm"):
                with suppress(Conflict):
                    banks.create(P, BankDraft(name))
            store.finish(P, "k", "one", ANSWER)
        assert [bank.name for bank in banks.of_project(P)] == ["harm", "other"]

        def broken() -> None:
            with store.together():
                banks.create(P, BankDraft("third"))
                banks.delete(P, "bank_ffffff")

        with pytest.raises(NotFound):
            broken()
        assert [bank.name for bank in banks.of_project(P)] == ["harm", "other"]
        banks.create(P, BankDraft("third"))

    def test_answers_are_kept_for_a_day(self, store: IdempotencyStore, clock: Clock) -> None:
        store.begin(P, "k", "d", "one")
        store.finish(P, "k", "one", ANSWER)
        clock.turn(seconds=86_390)
        assert store.begin(P, "k", "d", "two") == ANSWER
        clock.turn(seconds=20)
        assert store.begin(P, "k", "other", "two") is None

    def test_of_many_at_once_one_begins(self, store: IdempotencyStore) -> None:
        begun: list[str] = []
        ready = threading.Barrier(8, timeout=10)

        def ask(holder: str) -> None:
            ready.wait()
            try:
                if store.begin(P, "k", "d", holder) is None:
                    begun.append(holder)
            except Conflict:
                pass

        threads = [threading.Thread(target=ask, args=(f"h{i}",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(begun) == 1
