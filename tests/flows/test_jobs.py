"""Workers that take jobs, keep them while they live, and leave them to others."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.bank import Job
from reseen.domain.choices import JobKind, JobState
from reseen.domain.errors import InvalidValue, NotReady
from reseen.flows import jobs as flow
from reseen.flows.jobs import LEASE, Handler, Hold, JobWorker, work_on
from reseen.ports import JobStore
from reseen.store.database import open_database, sqlite_url
from reseen.store.jobs import SqlJobStore

SOON = 20.0
"""Seconds that a test may wait for what must happen."""


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[JobStore]:
    database = open_database(sqlite_url(tmp_path / "reseen.db"))
    yield SqlJobStore(database)
    database.close()


type Serve = Callable[[Mapping[JobKind, Handler]], JobWorker]


@pytest.fixture
def serve(jobs: JobStore) -> Iterator[Serve]:
    workers: list[JobWorker] = []

    def start(handlers: Mapping[JobKind, Handler]) -> JobWorker:
        worker = JobWorker(jobs, handlers, lease=timedelta(seconds=2), poll_s=0.02)
        worker.start()
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.stop(SOON)


def over(jobs: JobStore, job: Job) -> Job:
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        now = jobs.get(P, job.id)
        if now.is_over:
            return now
        time.sleep(0.01)
    raise AssertionError(f"{job.id} is {now.state}")


def new(jobs: JobStore, kind: JobKind = JobKind.BACKTEST, **request: Any) -> Job:
    return jobs.create(P, kind, request)


def test_jobs_are_worked_on_by_kind_and_keep_their_result(jobs: JobStore, serve: Serve) -> None:
    backtest, retroactive = new(jobs, n=2), new(jobs, JobKind.RETROACTIVE, n=3)
    serve(
        {
            JobKind.BACKTEST: lambda job, _: {"twice": 2 * job.request["n"]},
            JobKind.RETROACTIVE: lambda job, _: {"thrice": 3 * job.request["n"]},
        }
    )
    assert over(jobs, backtest).result == {"twice": 4}
    assert over(jobs, retroactive).result == {"thrice": 9}


def test_a_broken_handler_fails_its_job_and_no_other(
    jobs: JobStore, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(job: Job, _: Hold) -> None:
        if job.request["n"] == 1:
            raise RuntimeError("a secret path")
        if job.request["n"] == 2:
            raise InvalidValue("No such threshold.")

    first, second, third = (new(jobs, n=n) for n in (1, 2, 3))
    serve({JobKind.BACKTEST: handle})
    assert over(jobs, third).state is JobState.DONE
    broken, refused = jobs.get(P, first.id), jobs.get(P, second.id)
    assert broken.state is refused.state is JobState.FAILED
    assert broken.error is not None
    assert broken.error.startswith("internal: ")
    assert "secret" not in broken.error
    assert refused.error == "invalid_request: No such threshold."
    assert "a secret path" in caplog.text


def test_a_kind_that_a_worker_does_not_handle_is_left_to_others(
    jobs: JobStore, serve: Serve
) -> None:
    long, short = new(jobs, JobKind.INGEST), new(jobs, JobKind.BACKTEST)
    serve({JobKind.BACKTEST: lambda _job, _hold: {"short": True}})
    assert over(jobs, short).result == {"short": True}
    assert jobs.get(P, long.id).state is JobState.QUEUED
    serve({JobKind.INGEST: lambda _job, _hold: {"long": True}})
    assert over(jobs, long).result == {"long": True}


def test_what_the_truth_cannot_take_now_is_tried_again(
    jobs: JobStore, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "RETRY_S", 0.01)
    tries: list[int] = []

    def handle(_job: Job, _hold: Hold) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise NotReady("The disk is full.")

    job = new(jobs)
    serve({JobKind.BACKTEST: handle})
    assert over(jobs, job).state is JobState.DONE
    assert len(tries) == 3


def test_stopping_leaves_the_job_for_the_next(jobs: JobStore, serve: Serve) -> None:
    begun = threading.Event()

    def forever(_job: Job, hold: Hold) -> None:
        begun.set()
        while True:
            hold.check()
            time.sleep(0.005)

    job = new(jobs)
    worker = serve({JobKind.BACKTEST: forever})
    assert begun.wait(SOON)
    worker.stop(SOON)
    assert not jobs.get(P, job.id).is_over
    serve({JobKind.BACKTEST: lambda _job, _hold: {"done": True}})
    assert over(jobs, job).result == {"done": True}


def test_a_worker_that_listens_does_not_wait_for_its_next_look(jobs: JobStore) -> None:
    idle = threading.Event()

    class Looking:
        """The store, telling when its worker found nothing to do."""

        def claim_job(self, *given: Any, **more: Any) -> Job | None:
            found = jobs.claim_job(*given, **more)
            if found is None:
                idle.set()
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(jobs, name)

    handlers: Mapping[JobKind, Handler] = {JobKind.BACKTEST: lambda _job, _hold: {"done": True}}
    worker = JobWorker(Looking(), handlers, poll_s=3600)
    with jobs.listen(worker.call):
        worker.start()
        assert idle.wait(SOON)
        assert over(jobs, new(jobs)).result == {"done": True}
    worker.stop(SOON)


def test_a_job_stays_ours_as_long_as_we_work_on_it(jobs: JobStore) -> None:
    lease = timedelta(seconds=0.4)
    job = jobs.create(P, JobKind.BACKTEST, {}, owner="one", lease=lease)
    taken: list[Job | None] = []

    def handle(_job: Job, hold: Hold) -> None:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            hold.check()
            taken.append(jobs.claim_job("two", lease))
            time.sleep(0.05)

    after = work_on(jobs, job, "one", handle, lease=lease)
    assert after.state is JobState.DONE
    assert set(taken) == {None}


def test_a_cancelled_job_is_left_soon(jobs: JobStore) -> None:
    lease = timedelta(seconds=0.4)
    job = jobs.create(P, JobKind.BACKTEST, {}, owner="one", lease=lease)

    def handle(_job: Job, hold: Hold) -> None:
        jobs.cancel(P, job.id)
        until = time.monotonic() + SOON
        while time.monotonic() < until:
            hold.check()
            time.sleep(0.01)

    assert work_on(jobs, job, "one", handle, lease=lease).state is JobState.CANCELLED


def test_a_worker_that_vanished_is_replaced_when_its_lease_ends(
    jobs: JobStore, serve: Serve
) -> None:
    job = jobs.create(P, JobKind.BACKTEST, {}, owner="gone", lease=timedelta(seconds=0.2))
    serve({JobKind.BACKTEST: lambda _job, _hold: {"done": True}})
    assert over(jobs, job).result == {"done": True}


def test_ctrl_c_gives_the_job_back(jobs: JobStore) -> None:
    job = jobs.create(P, JobKind.BACKTEST, {}, owner="one", lease=LEASE)

    def handle(_job: Job, _hold: Hold) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_on(jobs, job, "one", handle)
    again = jobs.claim_job("two", LEASE, job.id)
    assert again is not None
    assert again.id == job.id
