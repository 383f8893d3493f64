"""``python -m benchmarks.index_churn``: searches through the index process while all changes.

A real truth (SQLite, blobs in a folder), a writer in another process, searches from this one. Raw
rows, one a search or an addition, go to ``index-churn.jsonl``. Times are of the clock: what waits
counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import processes
from benchmarks.rows import OUT, Stamp, commit, machine
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Content, ReferenceDraft
from reseen.domain.errors import Conflict
from reseen.domain.fingerprint import DESCRIPTOR, PDQ, Fingerprint, Track
from reseen.domain.media import Asset, Medium
from reseen.ports import IndexService
from reseen.priority import give_way
from reseen.settings import Settings
from reseen.wiring.index import reach_index
from reseen.wiring.truth import Truth, open_truth

VIEWS = 40
"""Descriptors of one synthetic reference: a short film."""
BATCH = 50


@dataclass(frozen=True, slots=True)
class Event:
    """``phase``: idle, ingest, rebuild, churn; ``what``: search, searchable, gone, resident (then
    ``value`` is bytes, else seconds).
    """

    phase: str
    what: str
    value: float
    stamp: Stamp


def quantiles(events: Sequence[Event]) -> dict[tuple[str, str], tuple[int, float, float, float]]:
    """By phase and what: how many, the median, the 99th percentile, the largest."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        groups[event.phase, event.what].append(event.value)
    return {
        key: (len(v), float(np.median(v)), float(np.percentile(v, 99)), max(v))
        for key, v in groups.items()
    }


class Churn:
    def __init__(self, truth: Truth, index: IndexService, out: Path) -> None:
        self.truth, self.index, self.out = truth, index, out
        self.bank = _bank(truth)
        self.stamp = Stamp("synthetic", commit(), machine())
        self.events: list[Event] = []
        self.rng = np.random.default_rng(11)

    def note(self, phase: str, what: str, value: float) -> None:
        self.events.append(Event(phase, what, value, self.stamp))

    def search(self, phase: str, seconds: float) -> None:
        """Two views at a time, one search after another; now and then an addition and a removal."""
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            codes = _descriptors(self.rng, 2)
            begin = time.perf_counter()
            self.index.nearest(DEFAULT_PROJECT, DESCRIPTOR, codes, 50)
            self.note(phase, "search", time.perf_counter() - begin)
            count += 1
            if count % 20 == 0:
                self.add_and_remove(phase)

    def add_and_remove(self, phase: str) -> None:
        code = self.rng.integers(0, 256, (1, 32), np.uint8)
        content = _content(self.rng, code)
        added = self.truth.references.add(self.bank, ReferenceDraft("one"), content).reference
        begin = time.perf_counter()
        self.index.nudge(DEFAULT_PROJECT, added.change)
        while added.number not in self.index.nearest(DEFAULT_PROJECT, PDQ, code, 5).references:
            time.sleep(0.005)
        self.note(phase, "searchable", time.perf_counter() - begin)
        self.truth.references.delete(DEFAULT_PROJECT, added.id)

    def add_and_remove_all(self, rounds: int) -> None:
        for n in range(rounds // 100):
            items = [(ReferenceDraft(str(k)), _content(self.rng)) for k in range(100)]
            for added in self.truth.references.add_many(self.bank, items):
                self.truth.references.delete(DEFAULT_PROJECT, added.reference.id)
            last = self.truth.references.last_change(DEFAULT_PROJECT)
            self.index.wait_for(DEFAULT_PROJECT, last, 60)
            if n % 10 == 9:
                self.note("churn", "resident", float(self.resident()))

    def resident(self) -> int:
        return processes.resident_bytes(int(self.index.check()["pid"]))

    def write(self) -> None:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with self.out.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(event)) + "\n" for event in self.events)


def _bank(truth: Truth) -> Bank:
    try:
        return truth.banks.create(DEFAULT_PROJECT, BankDraft("known"))
    except Conflict:
        return truth.banks.get(DEFAULT_PROJECT, "known")


def _descriptors(rng: np.random.Generator, rows: int) -> npt.NDArray[np.int8]:
    vectors = rng.standard_normal((rows, 512), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.rint(vectors * 127).astype(np.int8)


def _content(rng: np.random.Generator, pdq: object = None) -> Content:
    code = rng.integers(0, 256, (1, 32), np.uint8) if pdq is None else np.asarray(pdq, np.uint8)
    tracks = []
    for signal, codes in ((PDQ, code), (DESCRIPTOR, _descriptors(rng, VIEWS))):
        rows = len(codes)
        spans = np.tile([-np.inf, np.inf], (rows, 1))
        places = np.zeros((rows, 6 if signal is DESCRIPTOR else 0), np.float32)
        tracks.append(Track(signal, spans, codes, np.ones(rows, np.float32), places))
    asset = Asset(rng.bytes(32).hex(), rng.bytes(16).hex(), 1000, Medium.IMAGE, "jpeg")
    return Content(fingerprint=Fingerprint(asset, tuple(tracks)))


def write_until_killed(home: Path, seed: int, most: int) -> None:
    """Add references, as fast as the truth takes them."""
    rng = np.random.default_rng(seed)
    with open_truth(Settings(home=home)) as truth:
        bank = _bank(truth)
        for _ in range(most // BATCH):
            truth.references.add_many(
                bank, [(ReferenceDraft(str(n)), _content(rng)) for n in range(BATCH)]
            )


@contextmanager
def _writer(home: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.index_churn", "--write", str(home)]
    with subprocess.Popen(command, env=dict(os.environ), start_new_session=True) as writer:
        try:
            yield
        finally:
            writer.kill()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_churn", description=__doc__)
    parser.add_argument("--references", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.write:
        give_way()  # as the processes of an ingest do
        write_until_killed(options.write, os.getpid(), 10**9)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out, ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        settings = Settings(home=home)
        with open_truth(settings) as truth, reach_index(settings) as index:
            churn = Churn(truth, index, options.out / "index-churn.jsonl")
            write_until_killed(home, 0, options.references)
            index.wait_for(DEFAULT_PROJECT, truth.references.last_change(DEFAULT_PROJECT), 600)
            while index.check()["is_merging"]:
                time.sleep(0.5)
            churn.search("idle", options.seconds)
            with _writer(home):
                churn.search("ingest", options.seconds)
            index.wait_for(DEFAULT_PROJECT, truth.references.last_change(DEFAULT_PROJECT), 600)
            _rebuild_beside(churn)
            churn.add_and_remove_all(options.rounds)
            churn.write()
    for (phase, what), (count, median, p99, largest) in quantiles(churn.events).items():
        unit = 1e-6 if what == "resident" else 1e3
        print(
            f"{phase:8} {what:10} {count:6} times: median {unit * median:.1f}, "
            f"p99 {unit * p99:.1f}, largest {unit * largest:.1f} {'MB' if unit < 1 else 'ms'}"
        )


def _rebuild_beside(churn: Churn) -> None:
    def rebuild() -> None:
        with churn.index.rebuild() as steps:
            for _ in steps:
                pass

    thread = threading.Thread(target=rebuild)
    thread.start()
    while thread.is_alive():
        churn.search("rebuild", 0.5)
    thread.join()


if __name__ == "__main__":
    main()
