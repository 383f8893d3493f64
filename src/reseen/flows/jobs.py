"""Long work that survives a restart: who has claimed a job keeps it while alive, and no longer.

A job is claimed for a lease that a thread renews. A process that dies lets it end, and another goes
on with the items that still wait. Each item's outcome is recorded with what it wrote, so that it
does not matter at which point the process died.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reseen.domain.bank import Job
from reseen.domain.choices import JobKind, JobState
from reseen.domain.errors import Conflict, NotFound, NotReady, ReseenError
from reseen.ports import JobStore

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
"""A job of a process that died waits so long at most; one that is busy renews four times within."""

POLL_S = 1.0
RETRY_S = 5.0
"""Seconds before a job is tried again after the truth could not be used, unless it says more: a
batch that finds no room was fingerprinted for nothing."""


class Left(Exception):
    """The job is to be left: it was cancelled, went to another, or the process ends."""


@dataclass(slots=True)
class Hold:
    """Our claim on a job. ``check`` is asked often by whoever works on it."""

    stop: threading.Event = field(default_factory=threading.Event)
    """Set by whoever wants the work to end; the job can be taken up again."""

    lost: threading.Event = field(default_factory=threading.Event)
    """Set when the job was cancelled or is another's."""

    def check(self) -> None:
        """Raises ``Left`` when the work is to end."""
        if self.stop.is_set() or self.lost.is_set():
            raise Left


type Handler = Callable[[Job, Hold], Mapping[str, Any] | None]
"""Works on a job to its end and gives its result. Raises what ``Hold.check`` raises."""


def new_owner(kind: str) -> str:
    """A name that no other worker has."""
    return f"{kind}-{secrets.token_hex(8)}"


def work_on(
    jobs: JobStore,
    job: Job,
    owner: str,
    handle: Handler,
    *,
    stop: threading.Event | None = None,
    lease: timedelta = LEASE,
) -> Job:
    """Work on a claimed job and record how it ended; the job as it is afterwards.

    A job that is not over afterwards was left and can be taken up again. Raises ``NotReady`` when
    the truth cannot be used, and gives the job back, as it does for ``KeyboardInterrupt``.
    """
    hold = Hold(stop or threading.Event())
    ended = threading.Event()
    beat = threading.Thread(
        target=_keep, args=(jobs, job, owner, hold, ended, lease), name="lease", daemon=True
    )
    beat.start()
    try:
        state, result, problem = _run(job, hold, handle)
        if state is None:
            if not hold.lost.is_set():
                _give_back(jobs, job, owner)
        else:
            jobs.finish(job.id, state, result, problem)
    except BaseException:
        _give_back(jobs, job, owner)
        raise
    finally:
        ended.set()
        beat.join()
    return jobs.get(job.project_id, job.id)


def _run(
    job: Job, hold: Hold, handle: Handler
) -> tuple[JobState | None, Mapping[str, Any] | None, str | None]:
    try:
        return JobState.DONE, handle(job, hold), None
    except Left:
        return None, None, None
    except NotReady:
        raise
    except ReseenError as error:
        return JobState.FAILED, None, f"{error.code}: {error.detail}"
    except Exception:
        logger.exception("Job %s (%s) broke", job.id, job.kind)
        return JobState.FAILED, None, "internal: The job broke; the log says where."


def _keep(
    jobs: JobStore, job: Job, owner: str, hold: Hold, ended: threading.Event, lease: timedelta
) -> None:
    """Renew the lease until the work ends."""
    while not ended.wait(lease.total_seconds() / 4):
        try:
            present = jobs.renew(job.id, owner, lease)
        except (Conflict, NotFound):
            hold.lost.set()
            return
        except NotReady as error:
            logger.warning("The lease of job %s was not renewed: %s", job.id, error.detail)
            continue
        if present.is_over:
            hold.lost.set()
            return


def _give_back(jobs: JobStore, job: Job, owner: str) -> None:
    """Let the next one go on at once; where that fails the lease ends by itself."""
    try:
        jobs.renew(job.id, owner, timedelta(0))
    except ReseenError as error:
        logger.info("Job %s waits for its lease to end: %s", job.id, error.detail)


class JobWorker:
    """A thread that works on jobs of the kinds that it has handlers for, one at a time, as long as
    a server runs. Others are left to others: with one worker for long kinds and one for short ones,
    no ingest holds up a search, and never two of them hire a crew each.
    """

    def __init__(
        self,
        jobs: JobStore,
        handlers: Mapping[JobKind, Handler],
        *,
        lease: timedelta = LEASE,
        poll_s: float = POLL_S,
    ) -> None:
        self._jobs = jobs
        self._handlers = handlers
        self._lease = lease
        self._poll_s = poll_s
        self._owner = new_owner("server")
        self._stop = threading.Event()
        self._called = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self) -> None:
        """There is a new job: look at once."""
        self._called.set()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Leave the job at hand, for whoever takes it up again."""
        self._stop.set()
        self._called.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                job = self._jobs.claim_job(self._owner, self._lease, kinds=self._handlers.keys())
                if job is None:
                    self._rest(self._poll_s)
                    continue
                self._work_on(job)
            except NotReady as error:
                logger.warning("Jobs wait: %s", error.detail)
                self._rest(max(RETRY_S, error.retry_after_s or 0.0))
            except Exception:
                logger.exception("The worker of jobs goes on after an error")
                self._rest(RETRY_S)

    def _rest(self, seconds: float) -> None:
        self._called.wait(seconds)
        if not self._stop.is_set():
            self._called.clear()

    def _work_on(self, job: Job) -> None:
        handler = self._handlers[job.kind]
        logger.info("Job %s (%s) begins", job.id, job.kind)
        after = work_on(self._jobs, job, self._owner, handler, stop=self._stop, lease=self._lease)
        logger.info("Job %s is %s", job.id, after.state)
