"""``reseen search QUERY...``: which references a file, a URL or a hash repeats."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reseen.cli.match import given
from reseen.cli.speak import answering, emit, people, read_settings, said_of
from reseen.domain.errors import ReseenError

if TYPE_CHECKING:
    from reseen.flows.search import Answer, Scope
    from reseen.wiring.banks import Banks


def search(
    queries: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY...",
            help="Paths, URLs, or hashes written pdq:HEX, md5:HEX or sha256:HEX.",
        ),
    ],
    bank: Annotated[
        list[str] | None, typer.Option(help="Only in this bank; repeat for others.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Only references with this label; repeat for others.")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many matches a query.", min=1)] = 20,
    min_score: Annotated[
        float | None,
        typer.Option(
            help="List from this score up; 0 lists every candidate that was verified.",
            min=0,
            max=1,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a query.")] = False,
) -> None:
    """Find which references each QUERY repeats, and which seconds lie where."""
    settings = read_settings()
    failed = False
    with answering(as_json=as_json):
        from reseen.flows.search import Scope
        from reseen.wiring.banks import open_banks
        from reseen.wiring.truth import open_truth

        scope = Scope(
            banks=tuple(bank or ()), labels=tuple(label or ()), limit=limit, min_score=min_score
        )
        with open_truth(settings) as truth, open_banks(settings, truth) as banks:
            for query, found in _each(banks, queries, scope):
                failed = failed or isinstance(found, ReseenError)
                if as_json:
                    emit(_line(query, found))
                else:
                    _print(query, found)
    raise typer.Exit(1 if failed else 0)


def _each(
    banks: "Banks", queries: list[str], scope: "Scope"
) -> "Iterator[tuple[str, Answer | ReseenError]]":
    for query in queries:
        try:
            with people.status(f"searching {query}"):
                found = _search(banks, query, scope)
        except ReseenError as error:
            yield query, error
        else:
            yield query, found


def _search(banks: "Banks", query: str, scope: "Scope") -> "Answer":
    from reseen.domain.bank import Hash

    project = banks.truth.project_id
    kind, separator, code = query.partition(":")
    if separator and kind in {"pdq", "md5", "sha256"}:
        hashes: tuple[Hash, ...] = (Hash.parse(kind, code),)
        return banks.searching.by_hashes(project, hashes, scope)
    what = given(query)
    opened = (
        banks.reseen.open_file(what) if isinstance(what, Path) else banks.reseen.fetcher.fetch(what)
    )
    with opened as file:
        return banks.searching.by_file(project, file, scope)


def _line(query: str, found: "Answer | ReseenError") -> dict[str, Any]:
    if isinstance(found, ReseenError):
        return {"query": query, "media_type": None, "matches": [], "error": said_of(found)}
    from reseen.web.search import said_of_answer

    return {"query": query, **said_of_answer(found), "error": None}


def _print(query: str, found: "Answer | ReseenError") -> None:
    if isinstance(found, ReseenError):
        people.print(f"[bold red]error[/] {found.title}.")
        people.print(f"      {query}: {found.detail}", markup=False)
        return
    from reseen.cli.report import print_matches
    from reseen.web.search import said_of_answer

    print_matches(people, said_of_answer(found), query)
