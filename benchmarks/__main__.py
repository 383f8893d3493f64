"""``python -m benchmarks [WHAT ...]``: measure, and rebuild the report.

WHAT is any of ``pictures sound video speed report``; without it, all. Media come from ``--corpus``
(again for more folders) or the environment variable RESEEN_CORPUS; without either a small set is
drawn from a seed, which checks the machinery and backs no claim. A run that was stopped goes on
where it was; a run of changed code starts anew.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import run_pictures, run_sound, run_speed, run_video, synthetic
from benchmarks.datasets import (
    CALIBRATION,
    PICTURE,
    REPORT,
    SOUND,
    VIDEO,
    Counts,
    Dataset,
    corpora_of,
    deal,
    find,
    name_of,
)
from benchmarks.pool import Make, plan, run
from benchmarks.rows import OUT, Stamp, commit, machine, path_for, query_folder
from benchmarks.shortlist import Breadth
from benchmarks.subject import standard

KINDS = {"pictures": PICTURE, "sound": SOUND, "video": VIDEO}
WHAT = (*KINDS, "speed", "report")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. ``per_absent``: attacks on each absent file."""

    counts: dict[str, Counts]
    breadth: dict[str, Breadth]
    per_absent: int


SIZES = {
    "tiny": Size(
        {PICTURE: Counts(1, 1, 4, 1), SOUND: Counts(1, 1, 2, 1), VIDEO: Counts(1, 1, 1, 1)},
        {PICTURE: Breadth(2, 1), SOUND: Breadth(1, 1), VIDEO: Breadth(1, 1)},
        1,
    ),
    "small": Size(
        {PICTURE: Counts(4, 4, 40, 4), SOUND: Counts(3, 3, 12, 3), VIDEO: Counts(2, 2, 6, 3)},
        {PICTURE: Breadth(5, 2), SOUND: Breadth(5, 2), VIDEO: Breadth(4, 2)},
        2,
    ),
    "medium": Size(
        {PICTURE: Counts(12, 16, 120, 8), SOUND: Counts(8, 12, 40, 6), VIDEO: Counts(6, 8, 16, 5)},
        {PICTURE: Breadth(4, 1), SOUND: Breadth(6, 2), VIDEO: Breadth(5, 2)},
        3,
    ),
    "full": Size(
        {
            PICTURE: Counts(60, 60, 1000, 20),
            SOUND: Counts(20, 30, 200, 10),
            VIDEO: Counts(16, 16, 60, 8),
        },
        {PICTURE: Breadth(20, 5), SOUND: Breadth(12, 4), VIDEO: Breadth(10, 3)},
        4,
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for."""

    corpora: tuple[Path, ...]
    size: Size
    name: str
    halves: tuple[str, ...]
    workers: int
    out: Path
    report: Path


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    what = options.what or list(WHAT)
    if unknown := sorted(set(what) - set(WHAT)):
        parser.error(f"{unknown[0]} is none of {', '.join(WHAT)}")
    corpora = corpora_of(options.corpus)
    name = name_of(corpora, options.size) if corpora else f"synthetic-{options.size}"
    halves = (CALIBRATION, REPORT) if options.half == "both" else (options.half,)
    asked = Run(
        corpora,
        SIZES[options.size],
        name,
        halves,
        options.workers,
        options.out,
        options.report,
    )
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    console = Console(stderr=True)
    for half in halves:
        for kind in (KINDS[w] for w in what if w in KINDS):
            measure(asked, kind, half, console)
    if "speed" in what:
        console.print("speed: pictures, video, sound, server at rest")
        run_speed.write(_speed_path(asked), _speed(asked))
    if "report" in what:
        from benchmarks import report  # draws with matplotlib, which measuring does without

        command = _command(asked, options.size)
        page = report.build(asked.name, asked.out, asked.report, command, options.note)
        console.print(f"report: {page}")


def measure(asked: Run, kind: str, half: str, console: Console) -> None:
    """Measure one kind of media, showing how far it is."""
    dataset = dataset_of(asked, kind, half)
    if not dataset.originals:
        console.print(f"{kind}: the corpus holds none for this half; left out")
        return
    make, names = _bench(asked, dataset, kind)
    queries = plan(dataset, names, per_absent=asked.size.per_absent)
    path = path_for(kind, asked.name, asked.out)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{kind}, {half} half", total=len(queries))
        run(make, queries, path, workers=asked.workers, tick=lambda _: progress.advance(task))


def dataset_of(asked: Run, kind: str, half: str) -> Dataset:
    counts = asked.size.counts[kind]
    corpora = asked.corpora or (synthetic.corpus(asked.out / asked.name, half, {kind: counts}),)
    return deal(find(corpora, kind), asked.name, half, counts)


def _bench(asked: Run, dataset: Dataset, kind: str) -> tuple[Make, tuple[str, ...]]:
    breadth = asked.size.breadth[kind]
    files = query_folder(kind, asked.name, [i.id for i in dataset.fillers], asked.out)
    if kind == PICTURE:
        return partial(run_pictures.PictureBench, dataset, breadth, files), run_pictures.NAMES
    if kind == SOUND:
        return partial(run_sound.SoundBench, dataset, breadth, files), run_sound.NAMES
    return partial(run_video.VideoBench, dataset, breadth, files), run_video.NAMES


def _speed(asked: Run) -> list[run_speed.Timing]:
    half = asked.halves[-1]
    pictures = dataset_of(asked, PICTURE, half)
    pairs = [
        (here.path, there.path)
        for here, there in zip(pictures.absent, pictures.references, strict=False)
    ]
    return run_speed.run(
        standard(),
        pairs[:10],
        dataset_of(asked, VIDEO, half).originals if asked.corpora else (),
        dataset_of(asked, SOUND, half).originals if asked.corpora else (),
        asked.out / "speed",
        Stamp(asked.name, commit(), machine()),
    )


def _speed_path(asked: Run) -> Path:
    return path_for("speed", asked.name, asked.out)


def _command(asked: Run, size: str) -> str:
    corpora = "".join(f" --corpus {folder.name}" for folder in asked.corpora)
    return f"python -m benchmarks{corpora} --size {size}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(WHAT))
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--half", choices=(CALIBRATION, REPORT, "both"), default=REPORT)
    parser.add_argument("--workers", type=int, choices=(1, 2), default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--note", default="", help="what a reader of the report must know")
    parser.add_argument("--report", type=Path, default=Path("docs/benchmarks"))
    return parser


if __name__ == "__main__":
    main()
