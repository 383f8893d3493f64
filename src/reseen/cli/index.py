"""``reseen index``: how the index is, and making it anew."""

from typing import Annotated

import typer

from reseen.cli.speak import answering, emit, people, read_settings

app = typer.Typer(help="Look at the index, and make it anew.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say how far the index has followed the truth, and how large it is."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.index import reach_index

        with reach_index(settings) as index:
            said = dict(index.check())
        if as_json:
            emit(said)
            return
        for name, value in said.items():
            people.print(f"  {name:12} {value}", markup=False)


@app.command()
def rebuild(as_json: AsJson = False) -> None:
    """Make the index anew from the truth; the old one serves meanwhile."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich.progress import Progress

        from reseen.wiring.index import reach_index

        with (
            reach_index(settings) as index,
            Progress(console=people, disable=as_json) as progress,
            index.rebuild() as steps,
        ):
            task = progress.add_task("rebuilding", total=1.0)
            for done in steps:
                progress.update(task, completed=done)
        if as_json:
            emit({"rebuilt": True})
        else:
            people.print("The index was made anew.")
