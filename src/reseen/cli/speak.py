"""To people on standard error, to programs on standard output; errors in one place."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console

from reseen.domain.errors import InvalidValue, ReseenError

if TYPE_CHECKING:
    from reseen.settings import Settings

people = Console(stderr=True, highlight=False, soft_wrap=True)


def emit(said: Mapping[str, Any]) -> None:
    """One JSON object on a line of standard output. A disk that takes no more of it ends the
    command with status 1.
    """
    try:
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _write_nowhere()
        people.print(f"[bold red]error[/] The output cannot be written: {error.strerror}.")
        raise typer.Exit(1) from None


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """Say an error as the command was asked to speak, and leave with status 1."""
    try:
        yield
    except ReseenError as error:
        _refuse(error, as_json=as_json)
    except BrokenPipeError:
        _write_nowhere()  # nobody reads on
        raise typer.Exit(1) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _refuse(InvalidValue(f"{where}{error.strerror}."), as_json=as_json)
    except KeyboardInterrupt:
        people.print("stopped")
        raise typer.Exit(130) from None


def _write_nowhere() -> None:
    """What is not written yet is tried once more when Python ends, and would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(error: ReseenError, *, as_json: bool) -> NoReturn:
    if as_json:
        emit({"error": said_of(error)})
    people.print("[bold red]error[/]", end=" ")
    people.print(f"{error.title}.", style="bold", markup=False)
    where = f"{error.field}: " if error.field else ""
    people.print(f"      {where}{error.detail}", markup=False)
    raise typer.Exit(1) from None


def said_of(error: ReseenError) -> dict[str, Any]:
    """An error for programs, in the words of the HTTP reference."""
    said = {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "field": error.field,
        "limit": error.limit,
        "actual": error.actual,
        "retry_after_s": error.retry_after_s,
    }
    return {name: value for name, value in said.items() if value is not None}


def read_settings(**given: object) -> "Settings":
    """Settings from the environment, and what the command line says instead. Status 2 when they
    cannot be.
    """
    from pydantic import ValidationError

    from reseen.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        for problem in error.errors():
            name = "RESEEN_" + "_".join(str(part) for part in problem["loc"]).upper()
            people.print(f"[bold red]error[/] {name}: {problem['msg']}")
        raise typer.Exit(2) from None
