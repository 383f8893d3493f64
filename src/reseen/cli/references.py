"""``reseen references``: what the banks hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reseen.cli.speak import answering, emit, people, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reseen.domain.bank import Bank, Reference
    from reseen.wiring.truth import Truth

app = typer.Typer(help="List, disable, move and delete references.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As 'reseen references list' shows it.")]

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@app.command("list")
def list_references(
    bank: Annotated[str | None, typer.Option(help="Only those of this bank.")] = None,
    label: Annotated[str | None, typer.Option(help="Only those with this label.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List references, newest first."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich import box
        from rich.table import Table

        from reseen.wiring.truth import open_truth

        table = Table(box=box.SIMPLE_HEAD, header_style="dim")
        for column in ("id", "bank", "media", "labels", "state", "reference"):
            table.add_column(column, overflow="fold", no_wrap=column == "id")
        with open_truth(settings) as truth:
            banks = {one.id: one for one in truth.banks.of_project(truth.project_id)}
            bank_id = truth.banks.get(truth.project_id, bank).id if bank else None
            for one in islice(_every(truth, bank_id, label), limit):
                if as_json:
                    emit(row(one, banks[one.bank_id]))
                else:
                    table.add_row(
                        one.id,
                        banks[one.bank_id].name,
                        one.medium or "hash",
                        ", ".join(one.draft.labels),
                        state_of(one),
                        one.draft.name,
                    )
        if not as_json:
            people.print(table if table.row_count else "There is no such reference.")


@app.command()
def disable(
    reference_id: Id,
    days: Annotated[
        float | None, typer.Option(help="For so long; without it until it is enabled.", min=0)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a reference and let it match nothing, from now on."""
    until = FOREVER if days is None else datetime.now(UTC) + timedelta(days=days)
    _until(reference_id, until, as_json=as_json)


@app.command()
def enable(reference_id: Id, as_json: AsJson = False) -> None:
    """Let a disabled reference match again."""
    _until(reference_id, None, as_json=as_json)


@app.command()
def move(
    reference_id: Id,
    bank: Annotated[str, typer.Argument(metavar="BANK", help="Name or id of the other bank.")],
    as_json: AsJson = False,
) -> None:
    """Move a reference into another bank."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            into = truth.banks.get(truth.project_id, bank)
            moved = truth.references.move(truth.project_id, reference_id, into)
        _say(moved, into, f"is in {into.name} now", as_json=as_json)


@app.command()
def delete(reference_id: Id, as_json: AsJson = False) -> None:
    """Delete a reference."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            gone = truth.references.delete(truth.project_id, reference_id)
        if as_json:
            emit({"id": gone.id, "deleted": True})
        else:
            people.print(f"{gone.id} is deleted.", markup=False)


def _every(truth: "Truth", bank_id: str | None, label: str | None) -> "Iterator[Reference]":
    cursor = None
    while True:
        page = truth.references.list(truth.project_id, bank_id=bank_id, label=label, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _until(reference_id: str, until: datetime | None, *, as_json: bool) -> None:
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            project = truth.project_id
            known = truth.references.get(project, reference_id)
            draft = replace(known.draft, disabled_until=until)
            changed = truth.references.update(project, reference_id, draft)
            bank = truth.banks.get(project, changed.bank_id)
        _say(changed, bank, f"is {state_of(changed)}", as_json=as_json)


def _say(reference: "Reference", bank: "Bank", what: str, *, as_json: bool) -> None:
    if as_json:
        emit(row(reference, bank))
    else:
        people.print(f"{reference.id} ({reference.draft.name}) {what}.", markup=False)


def state_of(reference: "Reference") -> str:
    """In a word or two."""
    now = datetime.now(UTC)
    draft = reference.draft
    if draft.expires_at is not None and draft.expires_at <= now:
        return "expired"
    if draft.disabled_until is None or draft.disabled_until <= now:
        return "in use"
    if draft.disabled_until.year == FOREVER.year:
        return "disabled"
    return f"disabled until {draft.disabled_until.astimezone():%Y-%m-%d %H:%M}"


def row(reference: "Reference", bank: "Bank") -> dict[str, Any]:
    """A reference as HTTP tells it."""
    from reseen.web.schemas.references import ReferenceSchema

    return ReferenceSchema.of(reference, bank).model_dump(mode="json", exclude_none=True)
