"""``reseen samples [DIR]``: the sample media that come with reseen."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from reseen.cli.speak import answering, people


def samples(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to copy them to.")] = Path(
        "reseen-samples"
    ),
) -> None:
    """Copy sample media to a folder: a photo, a film and a song, each with a disguised copy."""
    with answering(as_json=False), as_file(files("reseen") / "samples") as inside:
        shutil.copytree(inside, folder, dirs_exist_ok=True)
    people.print(f"Copied to {folder}. Try:", markup=False)
    for copy, original in PAIRS:
        people.print(f"  reseen match {folder / copy} {folder / original}", markup=False)


PAIRS = (
    ("photo-disguised.jpg", "photo.jpg"),
    ("film-clip.webm", "film.mp4"),
    ("song-disguised.ogg", "song.m4a"),
)
"""Disguised copies and their originals."""
