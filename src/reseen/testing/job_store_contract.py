# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.JobStore`` must do: an adapter's test class inherits this, with ``store``."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Job, JobItem
from reseen.domain.choices import ItemState, JobKind, JobState
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.ports import JobStore
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.key_store_contract import Clock

P = DEFAULT_PROJECT
LEASE = timedelta(seconds=30)
REQUEST: Mapping[str, Any] = {"bank": "b", "deep": {"list": [1, None, "ü \ud800 \0"]}}


def ingest(store: JobStore, count: int = 3, **more: Any) -> Job:
    given = ({"path": f"/media/{k}.jpg"} for k in range(count))
    return store.create(P, JobKind.INGEST, REQUEST, given, **more)


def outcome(item: JobItem, state: ItemState = ItemState.DONE) -> JobItem:
    if state is ItemState.FAILED:
        return replace(item, state=state, error_code="media_unreadable", error_detail="no picture")
    return replace(item, state=state, reference_id="ref_0000000001")


class JobStoreContract:
    """``store`` gives a store without jobs, with the projects ``default`` and ``OTHER_PROJECT``,
    that reads this clock.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, clock: Clock) -> Iterator[JobStore]:
        raise NotImplementedError

    def test_a_job_comes_back_as_it_was_made(self, store: JobStore, clock: Clock) -> None:
        job = ingest(store)
        assert (job.project_id, job.kind, job.state) == (P, JobKind.INGEST, JobState.QUEUED)
        assert (job.total, job.done, job.known, job.failed) == (3, 0, 0, 0)
        assert (job.request, job.created_at) == (REQUEST, clock.now)
        assert store.get(P, job.id) == job
        assert [item.given for item in store.items(P, job.id).items] == [
            {"path": f"/media/{k}.jpg"} for k in range(3)
        ]

    @pytest.mark.parametrize("kind", JobKind)
    def test_each_kind_is_carried_and_needs_no_items(self, store: JobStore, kind: JobKind) -> None:
        job = store.create(P, kind, {})
        assert (store.get(P, job.id).kind, job.total) == (kind, 0)
        assert store.waiting(job.id) in ((), [])

    def test_a_job_whose_items_break_off_never_was(self, store: JobStore) -> None:
        def broken() -> Iterator[Mapping[str, Any]]:
            for k in range(2500):
                yield {"number": k}
                assert store.list(P).items == ()
                if k == 1500:
                    assert store.claim_job("w", LEASE) is None
            raise OSError("the list could not be read on")

        with pytest.raises(OSError, match="read on"):
            store.create(P, JobKind.INGEST, {}, broken())
        assert store.list(P).items == ()
        assert store.claim_job("w", LEASE) is None

    @pytest.mark.parametrize("wrong", [float("nan"), float("inf"), {1, 2}, b"bytes"])
    def test_what_is_not_json_is_refused(self, store: JobStore, wrong: object) -> None:
        with pytest.raises(InvalidValue):
            store.create(P, JobKind.INGEST, {"x": wrong})
        with pytest.raises(InvalidValue):
            store.create(P, JobKind.INGEST, {}, [{"fine": 1}, {"x": wrong}])
        assert store.list(P).items == ()

    def test_jobs_are_listed_newest_first_by_page(self, store: JobStore, clock: Clock) -> None:
        made = []
        for turn in range(7):
            made.append(store.create(P, JobKind.INGEST, {"n": turn}))
            clock.turn(seconds=turn % 2)  # some at the same time
        seen: list[Job] = []
        cursor = None
        for _ in range(4):
            page = store.list(P, cursor, limit=2)
            seen += page.items
            cursor = page.next
        assert cursor is None
        assert {job.id for job in seen} == {job.id for job in made}
        assert [job.created_at for job in seen] == sorted(
            (j.created_at for j in made), reverse=True
        )
        assert store.list(OTHER_PROJECT).items == ()

    def test_a_list_of_one_state_pages_on_over_the_others(self, store: JobStore) -> None:
        made = [store.create(P, JobKind.INGEST, {"n": turn}) for turn in range(5)]
        for job in made[1::2]:
            store.cancel(P, job.id)
        first = store.list(P, limit=2, state=JobState.QUEUED)
        rest = store.list(P, first.next, limit=2, state=JobState.QUEUED)
        assert {job.id for job in (*first.items, *rest.items)} == {job.id for job in made[::2]}
        assert rest.next is None

    @pytest.mark.parametrize("cursor", ["", "x", "-1", "ref_1", "\ud800", "\0", "9" * 30])
    def test_a_cursor_that_no_list_gave_is_refused(self, store: JobStore, cursor: str) -> None:
        job = ingest(store)
        with pytest.raises(InvalidValue):
            store.list(P, cursor)
        with pytest.raises(InvalidValue):
            store.items(P, job.id, cursor=cursor)

    @pytest.mark.parametrize("unknown", ["", "job_none", "\ud800", "\0"])
    def test_an_unknown_job_is_not_found(self, store: JobStore, unknown: str) -> None:
        for ask in (store.get, store.items, store.cancel):
            with pytest.raises(NotFound):
                ask(P, unknown)
        with pytest.raises(NotFound):
            store.renew(unknown, "w", LEASE)
        assert store.claim_job("w", LEASE, unknown) is None

    def test_one_project_does_not_reach_into_another(self, store: JobStore) -> None:
        job = ingest(store)
        for ask in (store.get, store.items, store.cancel):
            with pytest.raises(NotFound):
                ask(OTHER_PROJECT, job.id)
        with pytest.raises(InvalidValue):
            store.list(OTHER_PROJECT, job.id)

    def test_the_oldest_free_job_is_claimed_by_one(self, store: JobStore, clock: Clock) -> None:
        first = ingest(store)
        clock.turn(seconds=1)
        second = ingest(store)
        claimed = store.claim_job("a", LEASE)
        assert claimed is not None
        assert (claimed.id, claimed.state) == (first.id, JobState.RUNNING)
        other = store.claim_job("b", LEASE)
        assert other is not None
        assert other.id == second.id
        assert store.claim_job("c", LEASE) is None
        assert store.claim_job("c", LEASE, first.id) is None

    def test_a_job_may_be_claimed_by_name_and_from_the_start(self, store: JobStore) -> None:
        ours = ingest(store, owner="a", lease=LEASE)
        assert ours.state is JobState.RUNNING
        assert store.claim_job("b", LEASE) is None
        ingest(store)
        named = ingest(store)
        claimed = store.claim_job("b", LEASE, named.id)
        assert claimed is not None
        assert claimed.id == named.id
        assert store.renew(ours.id, "a", LEASE).state is JobState.RUNNING

    def test_of_many_that_claim_at_once_each_gets_another(self, store: JobStore) -> None:
        made = {ingest(store, 1).id for _ in range(5)}
        got: list[Job | None] = []
        ready = threading.Barrier(8, timeout=10)

        def claim(name: str) -> None:
            ready.wait()
            got.append(store.claim_job(name, LEASE))

        threads = [threading.Thread(target=claim, args=(f"w{k}",)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(got) == 8
        claimed = [job.id for job in got if job is not None]
        assert len(claimed) == len(set(claimed))
        # A claim that lost a race may come away with nothing; the job is there for the next.
        while (more := store.claim_job("late", LEASE)) is not None:
            claimed.append(more.id)
        assert sorted(claimed) == sorted(made)

    def test_who_falls_silent_loses_the_job(self, store: JobStore, clock: Clock) -> None:
        job = ingest(store, owner="a", lease=LEASE)
        clock.turn(seconds=20)
        store.renew(job.id, "a", LEASE)
        clock.turn(seconds=20)
        assert store.claim_job("b", LEASE) is None
        clock.turn(seconds=11)
        taken = store.claim_job("b", LEASE)
        assert taken is not None
        assert taken.id == job.id
        with pytest.raises(Conflict):
            store.renew(job.id, "a", LEASE)
        with pytest.raises(Conflict):
            store.renew(job.id, "a", timedelta(0))
        assert store.renew(job.id, "b", LEASE).state is JobState.RUNNING

    def test_a_lease_of_no_time_gives_the_job_back(self, store: JobStore) -> None:
        job = ingest(store, owner="a", lease=LEASE)
        assert store.renew(job.id, "a", timedelta(0)).state is JobState.QUEUED
        taken = store.claim_job("b", LEASE)
        assert taken is not None
        assert taken.id == job.id

    def test_items_are_worked_on_in_order_and_counted_once(self, store: JobStore) -> None:
        job = ingest(store, 5)
        first, second, third, *_ = store.waiting(job.id)
        done = [
            outcome(first),
            outcome(second, ItemState.KNOWN),
            outcome(third, ItemState.FAILED),
        ]
        for _ in range(2):
            store.finish_items(done)
        store.finish_items([outcome(first, ItemState.FAILED), outcome(third), outcome(third)])
        store.finish_items([])
        now = store.get(P, job.id)
        assert (now.total, now.done, now.known, now.failed) == (5, 1, 1, 1)
        assert store.items(P, job.id, limit=3).items == tuple(done)
        assert [item.number for item in store.waiting(job.id)] == [3, 4]
        assert [item.number for item in store.waiting(job.id, after=3)] == [4]
        assert [item.number for item in store.waiting(job.id, limit=1)] == [3]

    def test_an_item_twice_in_one_call_counts_once(self, store: JobStore) -> None:
        job = ingest(store, 1)
        [item] = store.waiting(job.id)
        store.finish_items([outcome(item), outcome(item)])
        assert store.get(P, job.id).done == 1

    def test_what_went_wrong_is_told_whatever_it_says(self, store: JobStore) -> None:
        job = ingest(store, 2000)
        failed = [
            replace(outcome(item, ItemState.FAILED), error_detail=f"{item.number} \udcff \0 ü")
            for item in store.waiting(job.id, limit=2000)
            if item.number % 2
        ]
        store.finish_items(failed)
        page = store.items(P, job.id, failed_only=True, limit=999)
        rest = store.items(P, job.id, failed_only=True, cursor=page.next, limit=999)
        told = [*page.items, *rest.items]
        assert [item.number for item in told] == list(range(1, 2000, 2))
        assert all(item.error_detail is not None and "ü" in item.error_detail for item in told)
        assert rest.next is None

    def test_workers_that_finish_the_same_items_count_them_once(self, store: JobStore) -> None:
        job = ingest(store, 60)
        items = [outcome(item) for item in store.waiting(job.id)]

        def finish(turn: int) -> None:
            for start in range(0, 60, 6):
                store.finish_items(items[start : start + 6 + turn])

        threads = [threading.Thread(target=finish, args=(turn,)) for turn in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert store.get(P, job.id).done == 60

    @pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
    def test_a_job_that_is_over_stays_so(self, store: JobStore, state: JobState) -> None:
        job = ingest(store, owner="a", lease=LEASE)
        store.finish(job.id, state, {"found": [1]}, "text")
        now = store.get(P, job.id)
        assert (now.state, now.result, now.error) == (state, {"found": [1]}, "text")
        assert now.is_over
        store.finish(job.id, JobState.DONE, {"other": 1})
        assert store.get(P, job.id) == now
        assert store.claim_job("b", LEASE) is None
        assert store.claim_job("b", LEASE, job.id) is None
        with pytest.raises(Conflict):
            store.cancel(P, job.id)

    def test_jobs_that_were_asked_for_in_the_same_words_are_found(self, store: JobStore) -> None:
        asked = {"bank": "b", "labels": ["x", "ü"], "paths": True}
        ours = store.create(P, JobKind.INGEST, asked, [{}])
        store.create(P, JobKind.REINGEST, asked)
        store.create(P, JobKind.INGEST, {**asked, "labels": ["ü", "x"]})
        store.create(OTHER_PROJECT, JobKind.INGEST, asked)
        over = store.create(P, JobKind.INGEST, asked)
        store.finish(over.id, JobState.DONE)
        turned = dict(reversed(asked.items()))
        assert store.unfinished(P, JobKind.INGEST, turned) == (ours,)
        assert store.unfinished(P, JobKind.INGEST, {}) == ()
        with store.listen(lambda: None):
            claimed = store.claim_job("a", LEASE, ours.id)
        assert store.unfinished(P, JobKind.INGEST, asked) == (claimed,)

    def test_who_listens_hears_of_new_jobs_that_can_be_claimed(self, store: JobStore) -> None:
        heard: list[str | None] = []

        def called() -> None:
            job = store.claim_job("a", LEASE)
            heard.append(None if job is None else job.id)

        with store.listen(called):
            first = ingest(store)
            ingest(store, owner="b", lease=LEASE)
        ingest(store)
        assert heard == [first.id]

    def test_a_cancelled_job_is_over_and_its_worker_learns_of_it(self, store: JobStore) -> None:
        job = ingest(store, owner="a", lease=LEASE)
        assert store.cancel(P, job.id).state is JobState.CANCELLED
        assert store.renew(job.id, "a", LEASE).state is JobState.CANCELLED
        [item, *_] = store.waiting(job.id)
        store.finish_items([outcome(item)])
        assert store.get(P, job.id).done == 1
        assert store.claim_job("b", LEASE) is None
