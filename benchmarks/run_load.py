"""What one client waits for while the machine works: ``python -m benchmarks.run_load``.

A real ``reseen serve`` on a data folder of its own, with a bank of kept references; this process
sends it ``POST /v1/search`` with small pictures, one after the other. First nothing else runs; then
``reseen ingest`` works through a folder on all cores; then a job of the server does; then
``reseen index rebuild`` runs again and again; then another client asks a hundred queries at once,
again and again. Between any two of these the machine is at rest again (``idle``), so that what
others do to it shows. Now and then a hash is added until it is found, and disabled until it is not.

Rows, one a search or an addition, go to ``load.jsonl``: seconds by the clock. Without ``--corpus``
the media are drawn from seeds. Linux only (``benchmarks.faults``).
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import count, cycle, islice
from pathlib import Path

import numpy as np

from benchmarks import processes
from benchmarks.datasets import corpora_of
from benchmarks.faults import Installation, found
from benchmarks.index_churn import Event, quantiles
from benchmarks.load_bank import REAL, fill, kept_of, media_of
from benchmarks.load_works import Work, Works
from benchmarks.rows import OUT, Stamp, commit, machine
from reseen.settings import Settings
from reseen.testing.loopback import Loopback, answer
from reseen.wiring.truth import Truth, open_truth

QUERIES = 40
EACH = 12
"""After so many searches, something is added and disabled."""
PATIENCE = 30.0
SETTLE_S = 8.0
"""Seconds in which a server notices that its job was cancelled (a quarter of its lease), and its
processes end."""


class Load:
    """One server, and the client that measures what it waits for."""

    def __init__(self, home: Path, queries: Sequence[bytes], stamp: Stamp) -> None:
        self.installation = Installation(home)
        self.queries = cycle(queries)
        self.stamp = stamp
        self.events: list[Event] = []
        self.asked = 0

    def note(self, phase: str, what: str, value: float) -> None:
        self.events.append(Event(phase, what, value, self.stamp))

    def searches(self, phase: str, seconds: float) -> None:
        client, end = self.installation.client, time.monotonic() + seconds
        while time.monotonic() < end:
            picture = next(self.queries)
            begun = time.perf_counter()
            said = client.post("/v1/search", files={"file": ("query.jpg", picture)})
            self.note(phase, "search", time.perf_counter() - begun)
            inside = said.raise_for_status().json()["processing_time_ms"]
            self.note(phase, "inside", inside / 1000)
            self.asked += 1
            if self.asked % EACH == 0:
                self.add_and_disable(phase)

    def add_and_disable(self, phase: str) -> None:
        client = self.installation.client
        hashes = {"pdq": np.random.default_rng().bytes(32).hex()}
        said = {"bank": "known", "name": "hash", "hashes": hashes}
        added = client.post("/v1/references", json=said).raise_for_status().json()["id"]
        self.note(phase, "searchable", _until(lambda: added in found(client, hashes)))
        change = {"disabled_until": "2999-01-01T00:00:00Z"}
        client.patch(f"/v1/references/{added}", json=change).raise_for_status()
        self.note(phase, "gone", _until(lambda: added not in found(client, hashes)))

    def resident(self, phase: str) -> None:
        """Of the server with its decoders and what is started beside it, without this process."""
        mine = processes.tree(os.getpid(), processes.processes())
        self.note(phase, "resident", float(sum(p.resident for p in mine if p.pid != os.getpid())))

    def beside(self, phase: str, seconds: float, work: Work) -> None:
        """Search while the work runs; it is begun again where it ends earlier."""
        end = time.monotonic() + seconds
        for times in count():
            with work(times) as is_over:
                while not is_over() and time.monotonic() < end:
                    self.searches(phase, 1.0)
                    self.resident(phase)
            if time.monotonic() >= end:
                return


def _until(holds: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    while not holds():
        if time.perf_counter() - begun > PATIENCE:
            raise RuntimeError(f"not so within {PATIENCE:.0f} s")
        time.sleep(0.005)
    return time.perf_counter() - begun


def measure(load: Load, works: Works, seconds: float) -> None:
    load.searches("warm-up", 3.0)
    beside = {
        "ingest": works.ingest,
        "job": works.job,
        "rebuild": works.rebuild,
        "batch": works.batch,
    }
    for phase, work in beside.items():
        load.searches("idle", seconds / 2)
        load.resident("idle")
        before, begun = _held(works.truth), time.monotonic()
        load.beside(phase, seconds, work)
        if phase in {"ingest", "job"}:
            load.note(phase, "added", (_held(works.truth) - before) / (time.monotonic() - begun))
        time.sleep(SETTLE_S)
    load.searches("idle", seconds / 2)


def _held(truth: Truth) -> int:
    return sum(truth.banks.counts(truth.project_id).values())


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, home = Path(name), Path(name) / "home"
        media = media_of(
            corpora_of(options.corpus), folder / "media", options.pictures, options.films
        )
        made = list(islice(kept_of(media[: 2 * REAL]), REAL))
        stamp = Stamp(f"{options.references} references", commit(), machine())
        with open_truth(Settings(home=home)) as truth, ExitStack() as opened:
            queries = [query for _, query in made[:QUERIES]]
            load = Load(home, queries, stamp)
            served = opened.enter_context(Loopback(lambda at, _: answer(queries[int(at[1:])])))
            load.installation.environment |= {
                "RESEEN_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
                "RESEEN_FETCH_PORTS": str(served.port),
            }
            urls = [served.url(f"/{n}") for n in range(len(queries))]
            fill(truth, [fingerprint for fingerprint, _ in made[::2]], options.references)
            try:
                load.installation.start_server()
                wait_for_index(load.installation, truth)
                works = Works(load.installation, truth, media[2 * REAL :], urls)
                measure(load, works, options.seconds)
            finally:
                load.installation.stop()
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "load.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(e)) + "\n" for e in load.events)
    for (phase, what), (times, median, p99, largest) in quantiles(load.events).items():
        if what == "added":
            print(f"{phase:8} {what:10} {median:.1f} a second")
        elif what == "resident":
            print(f"{phase:8} {what:10} largest {largest / 1e6:.0f} MB")
        else:
            print(
                f"{phase:8} {what:10} {times:6} times: median {1e3 * median:.0f}, "
                f"p99 {1e3 * p99:.0f}, largest {1e3 * largest:.0f} ms"
            )


def wait_for_index(installation: Installation, truth: Truth) -> None:
    last = truth.references.last_change(truth.project_id)
    said = "0"
    while int(said) < last:
        time.sleep(0.2)
        status = json.loads(installation.command("index", "status", "--json").stdout)
        said = str(status["projects"].get(truth.project_id, {}).get("position", 0))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_load", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--references", type=int, default=3000)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
