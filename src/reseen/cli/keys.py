"""``reseen keys``: who may call the server."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.speak import answering, emit, people, read_settings
from reseen.domain.access import Role
from reseen.domain.moment import rfc3339

if TYPE_CHECKING:
    from reseen.domain.access import IssuedKey, Key

app = typer.Typer(help="Create, list, rotate and revoke keys.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")] = Role.SERVICE,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once and stored hashed."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            issued = truth.keys.create(role, label)
        _show_once(issued, as_json=as_json)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List every key, revoked ones too."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich import box
        from rich.table import Table

        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            keys = truth.keys.of_project()
        if as_json:
            for key in keys:
                emit(_row(key))
            return
        table = Table(box=box.SIMPLE_HEAD, header_style="dim")
        for name in ("id", "role", "label", "created", "last used", "state"):
            table.add_column(name, no_wrap=name != "label", overflow="fold")
        for key in keys:
            table.add_row(
                key.id,
                key.role,
                key.label,
                _when(key.created_at),
                _when(key.last_used_at),
                "revoked" if key.revoked(datetime.now(UTC)) else "active",
            )
        people.print(table if keys else "There is no key yet; 'reseen keys create' makes one.")


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As 'reseen keys list' shows it.")],
    linger_hours: Annotated[
        float, typer.Option(help="How long the old key works on.", min=0, max=8760)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Replace a key by a new one of the same role and label."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            issued = truth.keys.rotate(key_id, linger=timedelta(hours=linger_hours))
        _show_once(issued, as_json=as_json)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As 'reseen keys list' shows it.")],
    as_json: AsJson = False,
) -> None:
    """Refuse a key from now on."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            key = truth.keys.revoke(key_id)
        if as_json:
            emit(_row(key))
        else:
            people.print(f"Revoked {key.id} ({key.hint}...).", markup=False)


def _show_once(issued: "IssuedKey", *, as_json: bool) -> None:
    if as_json:
        emit({**_row(issued.key), "key": issued.secret})
        return
    people.print(f"A key for the role [bold]{issued.key.role}[/]. It is shown this once:")
    typer.echo(issued.secret)


def _row(key: "Key") -> dict[str, str | None]:
    return {
        "id": key.id,
        "hint": key.hint,
        "role": key.role.value,
        "label": key.label,
        "created_at": rfc3339(key.created_at),
        "last_used_at": None if key.last_used_at is None else rfc3339(key.last_used_at),
        "revoked_at": None if key.revoked_at is None else rfc3339(key.revoked_at),
    }


def _when(time: datetime | None) -> str:
    return time.astimezone().strftime("%Y-%m-%d") if time else "never"
