"""``reseen match SOURCE TARGET``: the verdict on two files or URLs, without a server."""

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.speak import answering, emit, people, read_settings

if TYPE_CHECKING:
    from reseen.flows.explain import Exhibit


def match(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The upload in question: a path or a URL.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The reference: a path or a URL.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as one JSON object.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Write pictures that show why.")
    ] = False,
    explain_dir: Annotated[
        Path | None,
        typer.Option(help="Where --explain writes; the default is ./reseen-evidence/REQUEST_ID."),
    ] = None,
) -> None:
    """Say whether SOURCE is a copy of TARGET, and which seconds lie where."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.cli.report import print_verdict
        from reseen.domain.media import Medium
        from reseen.flows.obtain import obtain
        from reseen.web.schemas import envelope
        from reseen.wiring.matching import assemble

        request_id = uuid.uuid4().hex
        begun = time.perf_counter()
        with (
            people.status("comparing..."),
            assemble(settings) as reseen,
            obtain(reseen.fetcher, reseen.open_file, given(source), given(target)) as files,
        ):
            verdict = reseen.answering.compare(
                *files, frozenset(Medium), explain or explain_dir is not None
            )
        said = envelope(
            verdict,
            elapsed_ms=round(1000 * (time.perf_counter() - begun)),
            request_id=request_id,
        ).model_dump(exclude_none=True)
        folder = explain_dir or Path("reseen-evidence") / request_id
        written = write_exhibits(folder, verdict.exhibits)
        if as_json:
            emit({**said, "evidence": {"pictures": written}} if written else said)
        else:
            print_verdict(people, said, source, target)
        for picture in written:
            people.print(picture["path"], markup=False)


def given(text: str) -> str | Path:
    """A URL when it begins as one, else a path."""
    return text if text.lower().startswith(("http://", "https://")) else Path(text)


def write_exhibits(folder: Path, exhibits: "tuple[Exhibit, ...]") -> list[dict[str, str]]:
    """One file for each, told as HTTP does, with a path in the place of the data."""
    if not exhibits:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for exhibit in exhibits:
        name = f"{exhibit.name}.png"
        (folder / name).write_bytes(exhibit.png)
        written.append({"name": name, "title": exhibit.title, "path": str(folder / name)})
    return written
