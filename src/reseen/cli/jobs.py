"""``reseen jobs``: long work, how far it is, and what went wrong with which item."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reseen.cli.speak import answering, emit, people, read_settings
from reseen.domain.moment import rfc3339

if TYPE_CHECKING:
    from reseen.domain.bank import Job
    from reseen.wiring.truth import Truth

app = typer.Typer(help="List, inspect and cancel long work.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As 'reseen jobs list' shows it.")]


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich import box
        from rich.table import Table

        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            jobs = _newest(truth, limit)
        if as_json:
            for job in jobs:
                emit(row(job))
            return
        table = Table(box=box.SIMPLE_HEAD, header_style="dim")
        for column in ("id", "kind", "state", "items", "failed", "begun"):
            is_number = column in {"items", "failed"}
            table.add_column(
                column,
                justify="right" if is_number else "left",
                overflow="fold",
                no_wrap=column == "id",
            )
        for job in jobs:
            over = job.done + job.known + job.failed
            items = f"{over:,} of {job.total:,}"
            begun = rfc3339(job.created_at)
            table.add_row(job.id, job.kind, job.state, items, f"{job.failed:,}", begun)
        people.print(table if jobs else "There is no job yet.")


@app.command()
def show(
    job_id: Id,
    failed: Annotated[bool, typer.Option("--failed", help="List the items that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a job is; with --failed also what went wrong with each item."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.cli.items import row as item_row
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            job = truth.jobs.get(truth.project_id, job_id)
            if as_json:
                emit(row(job))
            else:
                people.print(
                    f"{job.id}: {job.kind}, {job.state}; {job.total:,} items: {job.done:,} done,"
                    f" {job.known:,} known, {job.failed:,} failed",
                    markup=False,
                )
                if job.error:
                    people.print(job.error, markup=False)
            cursor = None
            while failed:
                page = truth.jobs.items(
                    truth.project_id, job_id, failed_only=True, cursor=cursor, limit=1000
                )
                for item in page.items:
                    said = item_row(item)
                    if as_json:
                        emit(said)
                    else:
                        detail = f"{said['reference']}: {item.error_detail}"
                        people.print(f"  {detail} ({item.error_code})", markup=False)
                cursor = page.next
                failed = cursor is not None


@app.command()
def cancel(job_id: Id, as_json: AsJson = False) -> None:
    """Cancel a job; what it has done stays."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            job = truth.jobs.cancel(truth.project_id, job_id)
        if as_json:
            emit(row(job))
        else:
            people.print(f"Cancelled {job.id}.", markup=False)


def _newest(truth: "Truth", limit: int) -> "list[Job]":
    jobs: list[Job] = []
    cursor = None
    while len(jobs) < limit:
        page = truth.jobs.list(truth.project_id, cursor, min(limit - len(jobs), 1000))
        jobs += page.items
        cursor = page.next
        if cursor is None:
            break
    return jobs


def row(job: "Job") -> dict[str, Any]:
    """A job for programs."""
    return {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "items": job.total,
        "done": job.done,
        "known": job.known,
        "failed": job.failed,
        "result": dict(job.result) if job.result is not None else None,
        "error": job.error,
        "created_at": rfc3339(job.created_at),
        "updated_at": rfc3339(job.updated_at),
    }
