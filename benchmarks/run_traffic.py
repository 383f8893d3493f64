"""Days of traffic through moderation as it ships: ``python -m benchmarks.run_traffic``.

Hundreds of accounts upload innocent things and bursts of disguised harmful ones
(``benchmarks.traffic_plan``), some of it is reported, and a reviewer decides what is to be reviewed
(``benchmarks.traffic_replay``). One upload is answered after the other, through the flows, stores
and index process that a server has. Then the same uploads come again at each other's times, to an
empty installation: the clusters must be the same. Rows are added to ``traffic-uploads.jsonl`` and
``traffic-reviews.jsonl`` (``benchmarks.traffic_rows``); ``benchmarks.traffic_report`` draws them.

``benchmarks.traffic_load`` measures a server. Without ``--corpus`` media are drawn from seeds,
which checks the machinery and backs no claim.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks import traffic_rows
from benchmarks.datasets import corpora_of, name_of
from benchmarks.rows import OUT, Stamp, commit, machine
from benchmarks.traffic_desk import ALLOWED, KNOWN, Clock, opened
from benchmarks.traffic_media import Media
from benchmarks.traffic_plan import SIZES, Act, Role, in_another_order, traffic
from benchmarks.traffic_replay import Replay
from benchmarks.traffic_rows import AS_PLANNED, REVIEWS, SHUFFLED, UPLOADS, Uploaded
from benchmarks.traffic_summary import lines

BANKS = {Role.KNOWN: KNOWN, Role.ALLOWED: ALLOWED}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    corpora = corpora_of(options.corpus)
    console = Console(stderr=True)
    acts = traffic(SIZES[options.size], options.seed)
    name = name_of(corpora, options.size) if corpora else f"synthetic-{options.size}"
    stamp = Stamp(f"{name}-{options.seed}", commit(), machine())
    media = Media(corpora, options.files or options.out / f"traffic-{name}-{options.seed}")
    media.deal(list(dict.fromkeys(act.thing for act in acts)))
    runs = {AS_PLANNED: acts, SHUFFLED: in_another_order(acts)}
    rows: list[Uploaded] = []
    reviews = []
    for run, some in list(runs.items())[: options.orders]:
        played, replay = _played(run, some, media, stamp, console)
        rows += played
        reviews += replay.reviews
        traffic_rows.append(options.out / UPLOADS, played)
        traffic_rows.append(options.out / REVIEWS, replay.reviews)
        for number, why in replay.failed.items():
            console.print(f"{run}: upload {number}: {why}")
    for line in lines(rows, reviews):
        print(line)


def _played(
    run: str, acts: Sequence[Act], media: Media, stamp: Stamp, console: Console
) -> tuple[list[Uploaded], Replay]:
    for act in acts:  # made before anything is timed
        _made(media, act, console)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        opened(Path(folder) / "home", Clock()) as desk,
        Progress(console=console) as progress,
    ):
        for thing in dict.fromkeys(act.thing for act in acts if act.thing.role in BANKS):
            desk.reference(BANKS[thing.role], media.original(thing))
        task = progress.add_task(run, total=len(acts))
        replay = Replay(desk, media, run, stamp, lambda: progress.advance(task))
        return replay.play(acts), replay


def _made(media: Media, act: Act, console: Console) -> None:
    try:
        media.file(act)
    except ValueError as error:
        console.print(f"{act.id} ({act.attack}) cannot be made: {error}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_traffic", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seed", type=int, default=0, help="of the traffic")
    parser.add_argument("--orders", type=int, choices=(1, 2), default=2)
    parser.add_argument("--files", type=Path, help="where media are kept that were made")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
