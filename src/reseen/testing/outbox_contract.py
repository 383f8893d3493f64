# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Outbox`` must do: an adapter's test class inherits this."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.record import Delivery, Endpoint, EndpointDraft, EventType
from reseen.ports import Endpoints, Outbox
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.key_store_contract import Clock

LEASE = timedelta(seconds=60)
AT_ONCE = 4
"""Deliveries to one endpoint that may be under way together."""
ANSWERED, BURSTING = EventType.UPLOAD_ANSWERED, EventType.CLUSTER_BURSTING

type Together = Callable[[], AbstractContextManager[None]]


class Refused(Exception):
    pass


def went(delivery: Delivery, clock: Clock) -> Delivery:
    return replace(
        delivery,
        attempts=delivery.attempts + 1,
        due_at=None,
        delivered_at=clock(),
        status=200,
        error="",
    )


def died(delivery: Delivery, clock: Clock) -> Delivery:
    tried = replace(delivery, attempts=delivery.attempts + 1, due_at=None, dead_at=clock())
    return replace(tried, status=500, error="The endpoint answered 500.")


class OutboxContract:
    """``store`` gives an empty outbox that reads this clock, ``endpoints`` those of projects
    ``PROJECT`` and ``OTHER_PROJECT``, ``together`` a transaction of both.
    """

    @pytest.fixture
    def store(self) -> Outbox:
        raise NotImplementedError

    @pytest.fixture
    def endpoints(self) -> Endpoints:
        raise NotImplementedError

    @pytest.fixture
    def together(self) -> Together:
        raise NotImplementedError

    @pytest.fixture
    def hook(self, endpoints: Endpoints) -> Endpoint:
        return self.hooked(endpoints)

    @staticmethod
    def hooked(
        endpoints: Endpoints, *types: str, enabled: bool = True, project: str = PROJECT
    ) -> Endpoint:
        return endpoints.add(project, EndpointDraft("https://a.example/", types, enabled))

    @staticmethod
    def claim(store: Outbox, clock: Clock, limit: int = 20, owner: str = "o") -> list[Delivery]:
        return list(store.claim(owner, LEASE, clock(), limit))

    @staticmethod
    def all(store: Outbox, **more: object) -> Sequence[Delivery]:
        return store.deliveries(PROJECT, **more).items  # type: ignore[arg-type]  # as it takes them

    # Events.

    def test_an_event_is_recorded_and_due_at_once(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        said = {"upload_id": "upl_1", "words": ["é", "\U0001f600", None, 1.5]}
        event = store.emit(PROJECT, ANSWERED, said)
        assert event.id.startswith("evt_")
        assert store.event(PROJECT, event.id) == event
        [due] = self.claim(store, clock)
        assert (due.event, due.endpoint_id, due.attempts) == (event, hook.id, 0)
        back = store.emit(PROJECT, ANSWERED, {}, compensates=event.id)
        assert store.event(PROJECT, back.id).compensates == event.id

    def test_nothing_is_left_of_what_was_not_committed(
        self, store: Outbox, hook: Endpoint, clock: Clock, together: Together
    ) -> None:
        def emit_and_fail() -> None:
            with together():
                store.emit(PROJECT, ANSWERED, {})
                raise Refused

        with pytest.raises(Refused):
            emit_and_fail()
        assert store.events(PROJECT).items == ()
        assert self.claim(store, clock) == []
        with together():
            store.emit(PROJECT, ANSWERED, {})
        assert [one.endpoint_id for one in self.claim(store, clock)] == [hook.id]

    def test_only_those_who_want_it_get_it(
        self, store: Outbox, endpoints: Endpoints, clock: Clock
    ) -> None:
        every = self.hooked(endpoints)
        some = self.hooked(endpoints, ANSWERED)
        self.hooked(endpoints, BURSTING)
        self.hooked(endpoints, enabled=False)
        self.hooked(endpoints, project=OTHER_PROJECT)
        store.emit(PROJECT, ANSWERED, {})
        assert {one.endpoint_id for one in self.claim(store, clock)} == {every.id, some.id}

    def test_one_for_a_single_endpoint_goes_there_only(
        self, store: Outbox, endpoints: Endpoints, clock: Clock
    ) -> None:
        one = self.hooked(endpoints, BURSTING)
        self.hooked(endpoints)
        event = store.emit(PROJECT, EventType.WEBHOOK_TEST, {}, only=one.id)
        assert [due.endpoint_id for due in self.claim(store, clock)] == [one.id]
        assert store.replay(PROJECT, event.id) == 1
        with pytest.raises(NotFound):
            store.emit(OTHER_PROJECT, EventType.WEBHOOK_TEST, {}, only=one.id)
        assert len(store.events(PROJECT).items) == 1
        assert store.events(OTHER_PROJECT).items == ()

    def test_a_type_that_nobody_documented_is_refused(self, store: Outbox) -> None:
        with pytest.raises(ValueError, match="made_up"):
            store.emit(PROJECT, "upload.made_up", {})

    # Claims.

    def test_what_is_claimed_is_nobody_elses_until_the_lease_is_over(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        store.emit(PROJECT, ANSWERED, {})
        [first] = self.claim(store, clock)
        assert self.claim(store, clock, owner="p") == []
        clock.turn(seconds=59)
        assert self.claim(store, clock, owner="p") == []
        clock.turn(seconds=1)
        [second] = self.claim(store, clock, owner="p")
        assert (second.id, second.event.id) == (first.id, first.event.id)
        assert second.endpoint_id == hook.id

    def test_each_delivery_is_claimed_once_by_those_who_ask_together(
        self, store: Outbox, endpoints: Endpoints, clock: Clock
    ) -> None:
        hooks = [self.hooked(endpoints) for _ in range(6)]
        for _ in range(5):
            store.emit(PROJECT, ANSWERED, {})
        claimed: list[Delivery] = []
        errors: list[BaseException] = []

        def work(owner: str) -> None:
            try:
                for _ in range(4):
                    claimed.extend(self.claim(store, clock, 3, owner))
            except BaseException as error:  # noqa: BLE001 told by the test
                errors.append(error)

        threads = [threading.Thread(target=work, args=(f"o{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert errors == []
        while more := self.claim(store, clock, 3):
            claimed += more
        ids = [one.id for one in claimed]
        assert len(ids) == len(set(ids)) == len(hooks) * AT_ONCE
        for one in claimed:
            assert store.settle(went(one, clock))
        assert len(self.claim(store, clock, 99)) == len(hooks) * (5 - AT_ONCE)

    def test_of_one_endpoint_a_few_are_under_way_and_it_hides_no_other(
        self, store: Outbox, endpoints: Endpoints, clock: Clock
    ) -> None:
        slow = self.hooked(endpoints)
        for _ in range(60):
            store.emit(PROJECT, ANSWERED, {})
        clock.turn(seconds=1)
        other = self.hooked(endpoints, BURSTING)
        store.emit(PROJECT, BURSTING, {})
        claimed = [one for _ in range(8) for one in self.claim(store, clock, 1)]
        held = [one for one in claimed if one.endpoint_id == slow.id]
        assert len(held) == AT_ONCE
        assert [one.endpoint_id for one in claimed if one not in held] == [other.id]
        store.settle(went(held[0], clock))
        assert [one.endpoint_id for one in self.claim(store, clock)] == [slow.id]

    def test_the_earliest_due_come_first(self, store: Outbox, hook: Endpoint, clock: Clock) -> None:
        made = []
        for _ in range(3):
            made.append(store.emit(PROJECT, ANSWERED, {}).id)
            clock.turn(seconds=1)
        assert [one.event.id for one in self.claim(store, clock, 2)] == made[:2]
        assert {one.endpoint_id for one in self.claim(store, clock)} == {hook.id}

    def test_what_waits_for_a_disabled_endpoint_goes_out_when_it_is_enabled(
        self, store: Outbox, endpoints: Endpoints, hook: Endpoint, clock: Clock
    ) -> None:
        store.emit(PROJECT, ANSWERED, {})
        endpoints.update(PROJECT, hook.id, replace(hook.draft, enabled=False))
        assert self.claim(store, clock) == []
        endpoints.update(PROJECT, hook.id, hook.draft)
        assert len(self.claim(store, clock)) == 1

    # How attempts end.

    def test_what_failed_is_due_again_later(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        store.emit(PROJECT, ANSWERED, {})
        [due] = self.claim(store, clock)
        later = replace(due, attempts=1, due_at=clock() + LEASE, status=500, error="It broke.")
        assert store.settle(later)
        assert self.claim(store, clock) == []
        [kept] = self.all(store, endpoint_id=hook.id)
        assert (kept.attempts, kept.status, kept.error) == (1, 500, "It broke.")
        clock.turn(seconds=60)
        [again] = self.claim(store, clock)
        assert (again.id, again.attempts) == (due.id, 1)
        at = clock()
        assert store.settle(went(again, clock))
        clock.turn(days=9)
        assert self.claim(store, clock) == []
        [kept] = self.all(store)
        assert (kept.delivered_at, kept.status, kept.error) == (at, 200, "")

    def test_who_lost_its_lease_says_nothing_any_more(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        store.emit(PROJECT, ANSWERED, {})
        [late] = self.claim(store, clock)
        clock.turn(seconds=61)
        [other] = self.claim(store, clock)  # the same owner, and another claim
        assert not store.settle(died(late, clock))
        [kept] = self.all(store, endpoint_id=hook.id)
        assert kept.dead_at is None
        assert store.settle(went(other, clock))
        assert not store.settle(died(late, clock))
        assert not store.settle(died(other, clock))
        [kept] = self.all(store)
        assert (kept.delivered_at, kept.dead_at) == (clock(), None)

    def test_who_is_late_and_alone_is_heard(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        store.emit(PROJECT, ANSWERED, {})
        [late] = self.claim(store, clock)
        clock.turn(seconds=90)
        assert store.settle(went(late, clock))
        assert self.claim(store, clock) == []
        assert self.all(store, endpoint_id=hook.id)[0].delivered_at == clock()

    def test_what_is_given_up_is_listed_as_dead(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        for _ in range(2):
            store.emit(PROJECT, ANSWERED, {})
        lost, other = self.claim(store, clock)
        at = clock()
        store.settle(died(lost, clock))
        clock.turn(days=2)
        assert [one.id for one in self.claim(store, clock)] == [other.id]
        [dead] = self.all(store, dead=True)
        assert (dead.id, dead.status, dead.dead_at) == (lost.id, 500, at)
        assert [one.id for one in self.all(store, dead=False)] == [other.id]
        assert self.all(store, dead=True, endpoint_id=hook.id) == (dead,)
        assert self.all(store, dead=True, endpoint_id="whk_none") == ()

    # Again.

    def test_a_replay_keeps_the_id_and_begins_anew(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        event = store.emit(PROJECT, ANSWERED, {"n": 1})
        [first] = self.claim(store, clock)
        store.settle(died(first, clock))
        clock.turn(days=3)
        assert store.replay(PROJECT, event.id) == 1
        [again] = self.claim(store, clock)
        assert (again.id, again.event, again.attempts) == (first.id, event, 0)
        assert (again.endpoint_id, again.dead_at, again.error) == (hook.id, None, "")
        assert store.settle(went(again, clock))
        assert store.replay(PROJECT, event.id, hook.id) == 1
        assert len(self.claim(store, clock)) == 1

    def test_a_replay_takes_it_from_whoever_is_at_it(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        event = store.emit(PROJECT, ANSWERED, {})
        [first] = self.claim(store, clock)
        store.replay(PROJECT, event.id)
        assert not store.settle(died(first, clock))
        assert [one.endpoint_id for one in self.claim(store, clock)] == [hook.id]

    def test_a_replay_reaches_who_wants_it_now_or_was_named(
        self, store: Outbox, endpoints: Endpoints, clock: Clock
    ) -> None:
        event = store.emit(PROJECT, ANSWERED, {})
        new = self.hooked(endpoints, ANSWERED)
        other = self.hooked(endpoints, BURSTING)
        self.hooked(endpoints, enabled=False)
        assert store.replay(PROJECT, event.id) == 1
        assert [one.endpoint_id for one in self.claim(store, clock)] == [new.id]
        assert store.replay(PROJECT, event.id, other.id) == 1
        assert [one.endpoint_id for one in self.claim(store, clock)] == [other.id]

    def test_all_that_died_at_an_endpoint_is_replayed(
        self, store: Outbox, endpoints: Endpoints, hook: Endpoint, clock: Clock
    ) -> None:
        other = self.hooked(endpoints)
        for _ in range(3):
            store.emit(PROJECT, ANSWERED, {})
        claimed = self.claim(store, clock)
        for one in claimed:
            store.settle(died(one, clock))
        assert store.revive(PROJECT, hook.id) == 3
        assert store.revive(PROJECT, hook.id) == 0
        again = {one.id for one in self.claim(store, clock)}
        assert again == {one.id for one in claimed if one.endpoint_id == hook.id}
        assert len(self.all(store, dead=True, endpoint_id=other.id)) == 3

    # What ends.

    def test_what_waits_for_a_removed_endpoint_is_given_up(
        self, store: Outbox, endpoints: Endpoints, hook: Endpoint, clock: Clock
    ) -> None:
        for _ in range(2):
            event = store.emit(PROJECT, ANSWERED, {})
        [under_way] = self.claim(store, clock, 1)
        endpoints.remove(PROJECT, hook.id)
        assert not store.settle(replace(under_way, attempts=1, due_at=clock()))
        clock.turn(days=1)
        assert self.claim(store, clock) == []
        assert len(self.all(store, dead=True)) == 2
        assert store.replay(PROJECT, event.id) == 0
        with pytest.raises(NotFound):
            store.replay(PROJECT, event.id, hook.id)
        with pytest.raises(NotFound):
            store.revive(PROJECT, hook.id)
        store.emit(PROJECT, ANSWERED, {})
        assert self.claim(store, clock) == []

    def test_what_is_over_is_forgotten_and_what_waits_is_kept(
        self, store: Outbox, hook: Endpoint, clock: Clock
    ) -> None:
        made = [store.emit(PROJECT, ANSWERED, {}) for _ in range(4)]
        first, second, third, fourth = self.claim(store, clock)
        store.settle(went(first, clock))
        store.settle(died(second, clock))
        store.settle(replace(third, attempts=1, due_at=clock() + timedelta(days=99)))
        assert store.forget(clock()) == 0
        clock.turn(seconds=1)
        assert store.forget(clock(), limit=1) == 1
        assert store.forget(clock()) == 1
        assert store.forget(clock()) == 0
        kept = {one.id for one in store.events(PROJECT).items}
        assert kept == {third.event.id, fourth.event.id}
        assert {one.id for one in self.all(store)} == {third.id, fourth.id}
        assert {one.endpoint_id for one in self.all(store)} == {hook.id}
        assert store.settle(went(fourth, clock))
        assert store.forget(clock()) == 1
        with pytest.raises(NotFound):
            store.event(PROJECT, made[0].id)

    # Lists.

    def test_lists_page_newest_first(self, store: Outbox, hook: Endpoint) -> None:
        types = [ANSWERED, BURSTING] * 4
        made = [store.emit(PROJECT, one, {}).id for one in types]
        store.emit(OTHER_PROJECT, ANSWERED, {})
        found: list[str] = []
        cursor = None
        while True:
            page = store.events(PROJECT, cursor=cursor, limit=3)
            found += [one.id for one in page.items]
            if (cursor := page.next) is None:
                break
        assert found == made[::-1]
        some = store.events(PROJECT, type=BURSTING, limit=99).items
        assert [one.id for one in some] == made[1::2][::-1]
        sent: list[str] = []
        while True:
            told = store.deliveries(PROJECT, endpoint_id=hook.id, cursor=cursor, limit=3)
            sent += [one.event.id for one in told.items]
            if (cursor := told.next) is None:
                break
        assert sent == made[::-1]

    @pytest.mark.parametrize(
        "cursor", ["", "x", "-1", "1.5", "9" * 19, "9" * 40, "\0", "\N{ARABIC-INDIC DIGIT ONE}"]
    )
    def test_what_is_no_cursor_is_said(self, store: Outbox, cursor: str) -> None:
        with pytest.raises(InvalidValue, match="cursor"):
            store.events(PROJECT, cursor=cursor)
        with pytest.raises(InvalidValue, match="cursor"):
            store.deliveries(PROJECT, cursor=cursor)

    def test_a_project_sees_nothing_of_another(
        self, store: Outbox, endpoints: Endpoints, hook: Endpoint
    ) -> None:
        event = store.emit(PROJECT, ANSWERED, {})
        foreign = self.hooked(endpoints, project=OTHER_PROJECT)
        assert store.events(OTHER_PROJECT).items == ()
        assert store.deliveries(OTHER_PROJECT, endpoint_id=hook.id).items == ()
        for ask in (
            lambda: store.event(OTHER_PROJECT, event.id),
            lambda: store.replay(OTHER_PROJECT, event.id),
            lambda: store.replay(PROJECT, event.id, foreign.id),
            lambda: store.revive(OTHER_PROJECT, hook.id),
        ):
            with pytest.raises(NotFound):
                ask()
