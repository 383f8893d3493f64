"""The command line. With ``--json``, standard output holds one JSON object a line and nothing else;
everything said to people goes to standard error. Exit status: 0 answered, 1 any error, 2 wrong use.

Commands import what they need when they run: ``reseen --help`` stays instant.
"""

from typing import Annotated

import typer

from reseen.cli import (
    audit,
    banks,
    doctor,
    fingerprint,
    index,
    ingest,
    jobs,
    keys,
    match,
    people,
    references,
    samples,
    search,
    serve,
)

app = typer.Typer(
    help="Recognise media which has been seen before, however it was disguised.",
    epilog="Settings are environment variables that begin with RESEEN_; docs/reference lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.serve)
app.command()(match.match)
app.command()(search.search)
app.command()(ingest.ingest)
app.add_typer(banks.app, name="banks")
app.add_typer(references.app, name="references")
app.add_typer(jobs.app, name="jobs")
app.add_typer(index.app, name="index")
app.command()(fingerprint.fingerprint)
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.add_typer(audit.app, name="audit")
app.command()(samples.samples)
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def reseen(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.")
    ] = False,
) -> None:
    if version:
        from reseen import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """The entry point of the ``reseen`` program."""
    app(prog_name="reseen")
