"""``reseen people``: who may sign in to the console. For a first look, and for lock-outs: who has
the machine may do what an owner may.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.serve import browsed
from reseen.cli.speak import answering, emit, people, read_settings
from reseen.domain.access import DEFAULT_PROJECT, Caller, Role
from reseen.domain.errors import NotFound
from reseen.domain.moment import rfc3339
from reseen.domain.people import folded
from reseen.domain.record import Actor

if TYPE_CHECKING:
    from reseen.domain.people import Invitation, Person
    from reseen.settings import Settings

app = typer.Typer(help="List, invite and reset people.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]
Name = Annotated[str, typer.Argument(help="What they sign in by.")]

CALLER = Caller("command line", DEFAULT_PROJECT, Role.OWNER)
BY = Actor("command line", "operator")


@app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List everybody, disabled ones too."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich import box
        from rich.table import Table

        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            every = truth.people.people.of_project(truth.project_id)
        if as_json:
            for one in every:
                emit(_row(one))
            return
        table = Table(box=box.SIMPLE_HEAD, header_style="dim")
        for name in ("name", "role", "state", "last signed in"):
            table.add_column(name, overflow="fold")
        for one in every:
            seen = one.signed_in_at
            when = seen.astimezone().strftime("%Y-%m-%d %H:%M") if seen else "never"
            table.add_row(one.name, one.role, one.state, when)
        people.print(table if every else "There is nobody yet; 'reseen people invite' begins.")


@app.command()
def invite(
    name: Name,
    role: Annotated[Role, typer.Option(help="owner, admin or reviewer.")] = Role.REVIEWER,
    as_json: AsJson = False,
) -> None:
    """Add somebody. Prints a link that works once, to give to them."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.access import make_staffing
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            made = make_staffing(settings, truth).invite(CALLER, BY, name, role)
        _show_once(made, settings, as_json=as_json)


@app.command()
def reset(name: Name, as_json: AsJson = False) -> None:
    """Let somebody in again. What let them in before is forgotten, and their sessions end. Prints a
    link that works once. Enables who is disabled.
    """
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.access import make_staffing
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            every = truth.people.people.of_project(truth.project_id)
            found = next((one for one in every if folded(one.name) == folded(name)), None)
            if found is None:
                raise NotFound(f"There is nobody called {name!r}; 'reseen people list' shows all.")
            staffing = make_staffing(settings, truth)
            staffing.change(CALLER, BY, found.id, disabled=False)
            made = staffing.reset(CALLER, BY, found.id)
        _show_once(made, settings, as_json=as_json)


def _show_once(made: "Invitation", settings: "Settings", *, as_json: bool) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    origin = browsed(f"http://{host}:{settings.port}", settings.console_origin)
    link = f"{origin}/console/invited#{made.token}"
    if as_json:
        emit({**_row(made.person), "link": link, "expires_at": rfc3339(made.expires_at)})
        return
    until = made.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    people.print(f"A link for {made.person.name}. It works once, until {until}:", markup=False)
    typer.echo(link)


def _row(person: "Person") -> dict[str, str | None]:
    seen = person.signed_in_at
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value,
        "state": person.state.value,
        "created_at": rfc3339(person.created_at),
        "signed_in_at": None if seen is None else rfc3339(seen),
    }
