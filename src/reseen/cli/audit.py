"""``reseen audit``: what was done and looked at, with the proof that nobody altered it since."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from reseen.cli.speak import answering, emit, people, read_settings
from reseen.domain.choices import ExportFormat

app = typer.Typer(help="Verify and export the audit.", no_args_is_help=True)

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]
Format = Annotated[ExportFormat, typer.Option("--format", help="How it is written.")]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where it is written; without it, standard output."),
]
Since = Annotated[datetime | None, typer.Option(formats=TIMES, help="From then on, in UTC.")]
Until = Annotated[datetime | None, typer.Option(formats=TIMES, help="Before then, in UTC.")]


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            metavar="DIGEST", help="One that was noted before; it must still be in the audit."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read all of it; status 1 when an entry was changed or taken out, and where."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.web.schemas.model import said
        from reseen.web.schemas.record import VerifiedSchema
        from reseen.wiring.truth import open_truth

        known = None if head is None else head.strip().lower()
        with open_truth(settings) as truth:
            told = VerifiedSchema.of(truth.review.audit.verify(truth.project_id, known), known)
        if as_json:
            emit(said(told))
        elif told.holds:
            noted = (
                "" if told.head_at is None else f" The digest is that of entry {told.head_at:,}."
            )
            people.print(f"The audit holds: {told.entries:,} entries.{noted}")
            people.print("The digest of the last, to keep elsewhere and give to --head later:")
            typer.echo(told.head)
        else:
            where = "" if told.broken_at is None else f" at entry {told.broken_at:,}"
            people.print(f"[bold red]The audit does not hold{where}[/]: {told.problem}.")
            people.print(f"      Up to entry {told.entries:,} it does; the digest of that is")
            typer.echo(told.head)
        if not told.holds:
            raise typer.Exit(1)


@app.command()
def export(
    form: Format = ExportFormat.JSONL,
    out: Out = None,
    who: Annotated[str | None, typer.Option(help="Only what this key did.")] = None,
    what: Annotated[str | None, typer.Option(help="Only such, as case.decided.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this id.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Write it out, oldest first, with its digests."""
    settings = read_settings()
    refuse_table(form, out, as_json=as_json)
    with answering(as_json=as_json):
        from reseen.domain.record import COLUMNS, told
        from reseen.web.exports import written
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            entries = truth.review.audit.walk(
                truth.project_id,
                who=who,
                what=what,
                subject=subject,
                since=in_utc(since),
                until=in_utc(until),
            )
            count = write(written(map(told, entries), COLUMNS, form), out)
        say(count, out, form, as_json=as_json)


@app.command()
def statements(
    form: Format = ExportFormat.JSONL,
    out: Out = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Write statements of reasons for what was removed, or shown again, in this time."""
    settings = read_settings()
    refuse_table(form, out, as_json=as_json)
    with answering(as_json=as_json):
        from reseen.domain.statement import COLUMNS, told
        from reseen.web.exports import written
        from reseen.wiring.statements import make_stating
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            stating = make_stating(settings, truth)
            found = stating.walk(truth.project_id, in_utc(since), in_utc(until))
            count = write(written(map(told, found), COLUMNS, form), out)
        say(count, out, form, as_json=as_json)


def refuse_table(form: ExportFormat, out: Path | None, *, as_json: bool) -> None:
    """Standard output holds JSON or a table."""
    if as_json and form is ExportFormat.CSV and out is None:
        raise typer.BadParameter("With --json, a table goes to a file: give --out.")


def in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def write(lines: Iterator[str], out: Path | None) -> int:
    """To a file, which is there when it is whole, or to standard output; how many lines."""
    count = 0
    with _opened(out) as file:
        for line in lines:
            file.write(line)
            count += 1
        file.flush()
    return count


def say(count: int, out: Path | None, form: ExportFormat, *, as_json: bool) -> None:
    """What was written to a file. A table has a head, which is no record."""
    if out is None:
        return
    records = count - 1 if form is ExportFormat.CSV else count
    if as_json:
        emit({"out": str(out), "format": form.value, "records": records})
    else:
        noun = "record" if records == 1 else "records"
        people.print(f"Wrote {records:,} {noun} to {out}.", markup=False)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
