# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Outbox`` with its ``ports.Endpoints`` must do: an adapter's test class
inherits this.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.record import Delivery, Endpoint, EndpointDraft
from reseen.ports import Alone, Endpoints, Outbox

LEASE = timedelta(seconds=60)
HOOK = EndpointDraft("https://platform.example/hook")


@dataclass(slots=True)
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Office:
    """An outbox and the endpoints of the same project, by one clock."""

    outbox: Outbox
    endpoints: Endpoints
    alone: Alone
    clock: Clock

    def claim(self, limit: int = 20, owner: str = "one") -> list[Delivery]:
        return list(self.outbox.claim(owner, LEASE, self.clock(), limit))

    def every(
        self, endpoint: Endpoint | None = None, *, dead: bool | None = None
    ) -> list[Delivery]:
        of = None if endpoint is None else endpoint.id
        return list(self.outbox.deliveries(PROJECT, endpoint_id=of, dead=dead).items)

    def delivered(self, delivery: Delivery) -> Delivery:
        now, tried = self.clock(), delivery.attempts + 1
        return replace(delivery, attempts=tried, due_at=None, delivered_at=now, status=200)

    def dead(self, delivery: Delivery) -> Delivery:
        now, tried = self.clock(), delivery.attempts + 1
        return replace(delivery, attempts=tried, due_at=None, dead_at=now, error="gone")


class OutboxContract:
    """``office`` is empty."""

    @pytest.fixture
    def office(self) -> Iterator[Office]:
        raise NotImplementedError

    def test_an_event_goes_to_those_that_want_its_type(self, office: Office) -> None:
        every = office.endpoints.add(PROJECT, HOOK)
        some = office.endpoints.add(PROJECT, replace(HOOK, types=("upload.answered",)))
        other = office.endpoints.add(PROJECT, replace(HOOK, types=("appeal.opened",)))
        off = office.endpoints.add(PROJECT, replace(HOOK, enabled=False))
        event = office.outbox.emit(PROJECT, "upload.answered", {"upload_id": "upl_1"})
        assert office.outbox.event(PROJECT, event.id) == event
        claimed = office.claim()
        assert {one.endpoint_id for one in claimed} == {every.id, some.id}
        assert {one.event.id for one in claimed} == {event.id}
        assert office.every(other) == office.every(off) == []

    def test_an_event_for_one_endpoint_goes_there_alone(self, office: Office) -> None:
        office.endpoints.add(PROJECT, HOOK)
        one = office.endpoints.add(PROJECT, replace(HOOK, types=("appeal.opened",)))
        office.outbox.emit(PROJECT, "webhook.test", {}, only=one.id)
        assert [d.endpoint_id for d in office.claim()] == [one.id]

    def test_what_is_taken_back_was_never_told(self, office: Office) -> None:
        office.endpoints.add(PROJECT, HOOK)
        with suppress(ZeroDivisionError), office.alone(PROJECT):
            office.outbox.emit(PROJECT, "upload.answered", {"share": 1})
            raise ZeroDivisionError
        assert office.outbox.events(PROJECT).items == ()
        assert office.claim() == []

    def test_a_delivery_is_given_to_one_until_its_lease_ends(self, office: Office) -> None:
        office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "upload.answered", {})
        (first,) = office.claim()
        assert office.claim(owner="two") == []
        office.clock.now += LEASE
        (again,) = office.claim(owner="two")
        assert again.event == first.event

    def test_many_that_claim_at_once_never_get_the_same(self, office: Office) -> None:
        for _ in range(4):
            office.endpoints.add(PROJECT, HOOK)
        for number in range(6):
            office.outbox.emit(PROJECT, "upload.answered", {"number": number})
        found: list[str] = []
        failed: list[BaseException] = []

        def work(owner: str) -> None:
            try:
                while some := office.claim(2, owner):
                    found.extend(one.id for one in some)
                    for one in some:
                        assert office.outbox.settle(office.delivered(one))
            except BaseException as error:  # noqa: BLE001 told below
                failed.append(error)

        threads = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        work("last")  # what one of them held while the others left
        assert not failed
        assert len(found) == len(set(found)) == 24

    def test_a_slow_endpoint_leaves_room_for_the_others(self, office: Office) -> None:
        slow = office.endpoints.add(PROJECT, HOOK)
        for number in range(30):
            office.outbox.emit(PROJECT, "upload.answered", {"number": number})
        quick = office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "appeal.opened", {})
        claimed = [*office.claim(20), *office.claim(20)]
        of = [one.endpoint_id for one in claimed]
        assert of.count(quick.id) == 1
        assert 1 <= of.count(slow.id) <= 8

    def test_what_failed_is_due_again_and_what_is_over_is_not(self, office: Office) -> None:
        office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "upload.answered", {})
        (first,) = office.claim()
        later = office.clock() + timedelta(seconds=30)
        failed = replace(first, attempts=1, due_at=later, status=500, error="It answered 500.")
        assert office.outbox.settle(failed)
        assert office.claim() == []
        office.clock.now = later
        (second,) = office.claim()
        assert (second.attempts, second.status, second.error) == (1, 500, "It answered 500.")
        assert office.outbox.settle(office.delivered(second))
        office.clock.now += timedelta(days=2)
        assert office.claim() == []
        (told,) = office.every()
        assert (told.attempts, told.delivered_at, told.due_at) == (2, later, None)

    def test_an_attempt_that_came_too_late_changes_nothing(self, office: Office) -> None:
        office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "upload.answered", {})
        (slow,) = office.claim(owner="slow")
        office.clock.now += LEASE
        (quick,) = office.claim(owner="quick")
        assert office.outbox.settle(office.delivered(quick))
        assert not office.outbox.settle(office.dead(slow))
        assert office.every()[0].delivered_at is not None

    def test_what_died_is_listed_and_comes_back_under_its_id(self, office: Office) -> None:
        endpoint = office.endpoints.add(PROJECT, HOOK)
        events = [office.outbox.emit(PROJECT, "upload.answered", {"n": n}) for n in range(3)]
        for one in office.claim():
            office.outbox.settle(office.dead(one))
        assert len(office.every(endpoint, dead=True)) == 3
        assert office.every(endpoint, dead=False) == []
        assert office.outbox.replay(PROJECT, events[0].id) == 1
        assert office.outbox.revive(PROJECT, endpoint.id) == 2
        again = office.claim()
        assert {one.event.id for one in again} == {one.id for one in events}
        assert {one.attempts for one in again} == {0}

    def test_an_event_is_replayed_to_those_that_never_had_it(self, office: Office) -> None:
        event = office.outbox.emit(PROJECT, "upload.answered", {})
        late = office.endpoints.add(PROJECT, HOOK)
        other = office.endpoints.add(PROJECT, HOOK)
        assert office.outbox.replay(PROJECT, event.id, late.id) == 1
        (sent,) = office.claim()
        assert (sent.endpoint_id, sent.event.id) == (late.id, event.id)
        assert office.every(other) == []
        with pytest.raises(NotFound):
            office.outbox.replay(PROJECT, "evt_none")
        with pytest.raises(NotFound):
            office.outbox.replay(PROJECT, event.id, "whk_none")

    def test_what_waits_for_an_endpoint_that_is_off_is_sent_once_it_is_on(
        self, office: Office
    ) -> None:
        endpoint = office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "upload.answered", {})
        office.endpoints.update(PROJECT, endpoint.id, replace(HOOK, enabled=False))
        assert office.claim() == []
        office.endpoints.update(PROJECT, endpoint.id, HOOK)
        assert len(office.claim()) == 1

    def test_what_waits_for_a_removed_endpoint_is_given_up(self, office: Office) -> None:
        endpoint = office.endpoints.add(PROJECT, HOOK)
        office.outbox.emit(PROJECT, "upload.answered", {})
        office.endpoints.remove(PROJECT, endpoint.id)
        assert office.claim() == []
        assert list(office.endpoints.of_project(PROJECT)) == []
        with pytest.raises(NotFound):
            office.endpoints.get(PROJECT, endpoint.id)

    def test_secrets_are_shown_once_and_changed(self, office: Office) -> None:
        made = office.endpoints.add(PROJECT, HOOK)
        assert len(made.secret) >= 32
        assert not office.endpoints.get(PROJECT, made.id).secret
        assert office.endpoints.secret(made.id) == made.secret
        anew = office.endpoints.rotate_secret(PROJECT, made.id)
        assert office.endpoints.secret(made.id) == anew.secret != made.secret

    def test_events_are_listed_newest_first_by_type_and_page(self, office: Office) -> None:
        for number in range(7):
            kind = "upload.answered" if number % 2 else "appeal.opened"
            office.outbox.emit(PROJECT, kind, {"number": number})
        found: list[int] = []
        cursor: str | None = None
        while True:
            page = office.outbox.events(PROJECT, cursor=cursor, limit=3)
            found += [one.data["number"] for one in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found == [6, 5, 4, 3, 2, 1, 0]
        some = office.outbox.events(PROJECT, type="upload.answered").items
        assert [one.data["number"] for one in some] == [5, 3, 1]
        with pytest.raises(InvalidValue, match="cursor"):
            office.outbox.events(PROJECT, cursor="x")
        with pytest.raises(InvalidValue, match="cursor"):
            office.outbox.deliveries(PROJECT, cursor="-1")

    def test_old_events_are_forgotten_unless_they_wait(self, office: Office) -> None:
        endpoint = office.endpoints.add(PROJECT, HOOK)
        over = office.outbox.emit(PROJECT, "upload.answered", {})
        (one,) = office.claim()
        office.outbox.settle(office.delivered(one))
        waits = office.outbox.emit(PROJECT, "upload.answered", {})
        office.clock.now += timedelta(days=90)
        assert office.outbox.forget(office.clock()) == 1
        assert [one.id for one in office.outbox.events(PROJECT).items] == [waits.id]
        assert [one.event.id for one in office.every(endpoint)] == [waits.id]
        with pytest.raises(NotFound):
            office.outbox.event(PROJECT, over.id)
