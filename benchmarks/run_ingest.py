"""How fast a bank is filled: ``python -m benchmarks.run_ingest [--files FOLDER] [--out FILE]``.

Pictures go in again and again, each time into a new data folder: with one worker and all that
belongs to it on one core, then with a worker a core on two, four and so on, up to all of them.
Rates are taken between the first tenth of the items and the last, so that starting processes does
not count. ``busy`` is processor seconds of all processes over wall seconds and cores: near 1
nothing was waited for. On a machine that does other work too, the ratio of the rates says less than
that of processor seconds an item, together with the time in which the cores were ``idle``.

Then a list of hashes goes in, with the rate and the largest memory of this process.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import processes
from benchmarks.rows import Stamp, commit, machine
from reseen.domain.bank import BankDraft, JobItem
from reseen.domain.choices import JobKind
from reseen.flows.jobs import LEASE, work_on
from reseen.media.listings import listed
from reseen.settings import Settings
from reseen.testing.pictures import scene
from reseen.wiring.ingest import open_ingesting


@dataclass(frozen=True, slots=True)
class Filled:
    """``rate``: items a second; ``cpu``: processor seconds an item, of every process; ``idle``: the
    share of the time in which the cores had nothing to do, whoever else was there.
    """

    name: str
    cores: int
    items: int
    failed: int
    rate: float
    cpu: float
    busy: float
    idle: float
    listing_s: float
    memory: int
    stamp: Stamp


def read(path: Path) -> list[Filled]:
    """The rows of earlier runs."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
    return [Filled(**{**row, "stamp": Stamp(**row["stamp"])}) for row in rows]


def doubled(cores: int) -> list[int]:
    """1, 2, 4 and so on, and all."""
    return sorted({cores} | {1 << bit for bit in range(cores.bit_length()) if 1 << bit < cores})


def fill(name: str, home: Path, what: Sequence[Path], cores: Sequence[int]) -> Filled:
    """Ingest on these cores."""
    with _only_on(cores), open_ingesting(Settings(home=home, workers=len(cores))) as (truth, flow):
        bank = truth.banks.create(truth.project_id, BankDraft("known"))
        begun = time.perf_counter()
        job = truth.jobs.create(
            truth.project_id,
            JobKind.INGEST,
            {"bank": bank.id, "paths": True},
            listed(tuple(map(str, what))),
            owner="bench",
            lease=LEASE,
        )
        listing = time.perf_counter() - begun
        ticks: list[tuple[float, float, float]] = []

        def watch(_item: JobItem) -> None:
            if len(ticks) % max(1, job.total // 100) == 0 or len(ticks) == job.total - 1:
                now = time.perf_counter(), processes.cpu_seconds(), processes.idle_seconds(cores)
                ticks.append(now)
            else:
                ticks.append(ticks[-1])

        after = work_on(truth.jobs, job, "bench", lambda job, hold: flow.work(job, hold, watch))
    first = job.total // 10
    (from_wall, from_cpu, from_idle), (to_wall, to_cpu, to_idle) = ticks[first], ticks[-1]
    items, wall = job.total - 1 - first, to_wall - from_wall
    return Filled(
        name=name,
        cores=len(cores),
        items=job.total,
        failed=after.failed,
        rate=items / wall,
        cpu=(to_cpu - from_cpu) / items,
        busy=(to_cpu - from_cpu) / wall / len(cores),
        idle=(to_idle - from_idle) / wall / len(cores),
        listing_s=listing,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
        stamp=Stamp(f"{job.total} items", commit(), machine()),
    )


@contextmanager
def _only_on(cores: Sequence[int]) -> Iterator[None]:
    """This process and those that it starts meanwhile (Linux; elsewhere on any core)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def write_pictures(folder: Path, count: int) -> None:
    folder.mkdir()
    for seed in range(count):
        Image.fromarray(scene(seed, 800, 600)).save(folder / f"{seed:05}.jpg", quality=90)


def write_hashes(path: Path, count: int) -> None:
    rng = np.random.default_rng(7)
    with path.open("w", encoding="ascii") as file:
        file.write("name,pdq,md5\n")
        for start in range(0, count, 10_000):
            codes = rng.integers(0, 256, (10_000, 48), np.uint8)
            file.writelines(
                f"{start + k},{code[:32].tobytes().hex()},{code[32:].tobytes().hex()}\n"
                for k, code in enumerate(codes[: count - start])
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=Path, help="media to ingest; made from seeds without it")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--hashes", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="a file for the rows, one JSON line each")
    given = parser.parse_args()
    every = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    rows: list[Filled] = []
    with tempfile.TemporaryDirectory(prefix="reseen-ingest-") as name:
        folder = Path(name)
        media = given.files or folder / "media"
        if given.files is None:
            write_pictures(media, given.pictures)
        files = [Path(one["path"]) for one in listed((str(media),))][: given.pictures]
        write_hashes(folder / "hashes.csv", given.hashes)
        for count in doubled(len(every)):
            rows.append(fill("media", folder / str(count), files, every[:count]))
            print(json.dumps(asdict(rows[-1])), flush=True)
        one, all_ = rows[0], rows[-1]
        print(
            f"rate: {all_.rate / one.rate / len(every):.2f} of {len(every)} cores x one; processor"
            f" seconds an item {one.cpu / all_.cpu:.2f} of one's; cores idle {all_.idle:.2f}"
        )
        rows.append(fill("hashes", folder / "hashes", [folder / "hashes.csv"], every))
        print(json.dumps(asdict(rows[-1])), flush=True)
    if given.out:
        with given.out.open("a", encoding="ascii") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


if __name__ == "__main__":
    main()
