"""``reseen ingest``: files, folders, URLs and lists into a bank, as a job that can be resumed."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reseen.cli.speak import answering, people, read_settings
from reseen.domain.choices import BankRole, ItemState, JobKind
from reseen.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from rich.progress import Progress

    from reseen.cli.items import Teller
    from reseen.domain.bank import Bank, Job
    from reseen.flows.ingest import Ingesting
    from reseen.flows.jobs import Handler
    from reseen.wiring.truth import Truth

PATIENCE_S = 25.0
"""How long a job is waited for whose process may have been killed: longer than its lease."""

type Role = Literal["known", "recent", "allowed", "seen"]


def ingest(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT...",
            help="Files, folders, URLs, or text files that list URLs or hashes.",
        ),
    ] = None,
    bank: Annotated[
        str | None, typer.Option(help="The bank; a missing one is made.", show_default=False)
    ] = None,
    role: Annotated[
        Role | None, typer.Option(help="What a match with a bank that is made means.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Said of each reference; repeat for others.")
    ] = None,
    note: Annotated[str, typer.Option(help="Said of each reference.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be added, and write nothing.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes that fingerprint; one a core.", min=1)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A file for every error, one JSON object a line.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="JOB", help="Go on with an ingest that was stopped.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Fingerprint anew what an earlier version ingested, in --bank or everywhere, where"
            " the original is still there.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object an item.")] = False,
) -> None:
    """Add files, folders, URLs and lists of URLs or hashes to a bank.

    Content that the bank holds already is not added again, so the same command may be given as
    often as you like.
    """
    if [bool(what), resume is not None, again].count(True) != 1 or (what and not bank):
        raise typer.BadParameter("give what to ingest and --bank, or --resume JOB, or --again")
    if not what and (dry_run or role or label or note or (resume and bank)):
        raise typer.BadParameter("say how to ingest where you say what; --resume knows it")
    settings = read_settings(workers=workers)
    failed = 0
    with answering(as_json=as_json), ExitStack() as open_:
        from reseen.cli.items import Teller, progress_bar
        from reseen.wiring.ingest import open_ingesting

        open_.enter_context(_ended_like_ctrl_c())
        errors = open_.enter_context(report.open("w", encoding="utf-8")) if report else None
        truth, ingesting = open_.enter_context(open_ingesting(settings))
        progress = open_.enter_context(progress_bar())
        teller = Teller(progress, errors, as_json=as_json)
        if dry_run:
            _try_out(truth, ingesting, tuple(what or ()), str(bank), teller)
            failed = teller.counts[ItemState.FAILED]
        else:
            if resume:
                job, owner = _taken_up(truth, resume)
            elif again:
                job, owner = _begun_again(truth, bank)
            else:
                about = {"labels": label or [], "note": note}
                job, owner = _begun(truth, tuple(what or ()), str(bank), role, about, progress)
            failed = _work(truth, _handler(ingesting, job, teller), job, owner, teller)
    raise typer.Exit(1 if failed else 0)


def _begun(
    truth: "Truth",
    what: tuple[str, ...],
    name: str,
    role: Role | None,
    about: Mapping[str, Any],
    progress: "Progress",
) -> "tuple[Job, str]":
    """A new job for these arguments, ours from the start; an older one that was for the same and
    never ended is cancelled, as this one does all of it.
    """
    from reseen.flows.jobs import LEASE, new_owner
    from reseen.media.listings import is_url, listed

    bank = _bank(truth, name, role)
    arguments = [one if is_url(one) else str(Path(one).absolute()) for one in what]
    request = {"bank": bank.id, **about, "paths": True, "arguments": arguments}
    _supersede(truth, request)
    task = progress.add_task("listing", total=None, failures="")
    givens = progress.track(listed(what), task_id=task)
    owner = new_owner("ingest")
    job = truth.jobs.create(
        truth.project_id, JobKind.INGEST, request, givens, owner=owner, lease=LEASE
    )
    progress.remove_task(task)
    return job, owner


def _supersede(truth: "Truth", request: Mapping[str, Any]) -> None:
    for job in truth.jobs.unfinished(truth.project_id, JobKind.INGEST, request):
        with suppress(Conflict):
            truth.jobs.cancel(truth.project_id, job.id)


def _bank(truth: "Truth", name: str, role: Role | None) -> "Bank":
    from reseen.domain.bank import BankDraft

    try:
        bank = truth.banks.get(truth.project_id, name)
    except NotFound:
        try:
            draft = BankDraft(name, BankRole(role or "known"))
            return truth.banks.create(truth.project_id, draft)
        except Conflict:  # made by another a moment ago
            bank = truth.banks.get(truth.project_id, name)
    if role is not None and bank.role != role:
        raise Conflict(
            f"The bank {bank.name} has the role {bank.role}; leave --role out, or change the bank"
            " with 'reseen banks update'.",
            field="role",
        )
    return bank


def _begun_again(truth: "Truth", name: str | None) -> "tuple[Job, str]":
    from reseen.flows import reingest
    from reseen.flows.jobs import new_owner

    bank_id = truth.banks.get(truth.project_id, name).id if name else None
    owner = new_owner("ingest")
    job = reingest.begin(truth.references, truth.jobs, truth.project_id, bank_id, owner)
    return job, owner


def _taken_up(truth: "Truth", job_id: str) -> "tuple[Job, str]":
    """The job, claimed: at once, or when the lease of a process that was killed has ended. Raises
    ``NotFound``, and ``Conflict`` when it is over or another's.
    """
    from reseen.flows.jobs import LEASE, new_owner

    owner, until = new_owner("ingest"), time.monotonic() + PATIENCE_S
    with people.status("waiting for whoever works on it") as waiting:
        while True:
            job = truth.jobs.get(truth.project_id, job_id)
            if job.kind not in {JobKind.INGEST, JobKind.REINGEST}:
                raise Conflict(f"{job.id} is no ingest: it is a {job.kind} job.", field="resume")
            if job.is_over:
                raise Conflict(f"{job.id} is {job.state} and cannot go on.", field="resume")
            claimed = truth.jobs.claim_job(owner, LEASE, job.id)
            if claimed is not None:
                waiting.stop()
                return claimed, owner
            if time.monotonic() > until:
                raise Conflict(
                    f"{job.id} is being worked on, by a server or another command;"
                    f" 'reseen jobs show {job.id}' tells how far it is.",
                    field="resume",
                )
            time.sleep(0.5)


def _handler(ingesting: "Ingesting", job: "Job", teller: "Teller") -> "Handler":
    from reseen.flows.reingest import Reingesting

    flow = Reingesting(ingesting) if job.kind is JobKind.REINGEST else ingesting
    return lambda job, hold: flow.work(job, hold, teller.tell)


def _work(truth: "Truth", handler: "Handler", job: "Job", owner: str, teller: "Teller") -> int:
    """How many items failed. Raises ``Conflict`` when the job was cancelled or taken meanwhile."""
    from reseen.flows.jobs import work_on

    teller.begin(job.total, done=job.done + job.known + job.failed)
    try:
        job = work_on(truth.jobs, job, owner, handler)
    except BaseException:
        people.print(f"To go on:  reseen ingest --resume {job.id}", markup=False)
        raise
    teller.end(f"{job.done:,} added, {job.known:,} known before, {job.failed:,} failed", job.failed)
    if job.error is not None:
        code, _, detail = job.error.partition(": ")
        raise Conflict(f"{job.id} failed ({code}): {detail}")
    if not job.is_over:
        raise Conflict(f"{job.id} was taken over; 'reseen jobs show {job.id}' tells how far it is.")
    if job.state == "cancelled":
        raise Conflict(f"{job.id} was cancelled.")
    return job.failed


def _try_out(
    truth: "Truth", ingesting: "Ingesting", what: tuple[str, ...], name: str, teller: "Teller"
) -> None:
    from reseen.media.listings import listed

    try:
        bank = truth.banks.get(truth.project_id, name)
    except NotFound:
        bank = None
    teller.begin(None)
    for item in ingesting.try_out(bank, listed(what)):
        teller.tell(item)
    counts = teller.counts
    teller.end(
        f"would add {counts[ItemState.DONE]:,}; {counts[ItemState.KNOWN]:,} known,"
        f" {counts[ItemState.FAILED]:,} refused",
        counts[ItemState.FAILED],
    )


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Being told to end is as Ctrl-C: the job is given back."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
