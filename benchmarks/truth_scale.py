"""``python -m benchmarks.truth_scale [--sizes 10000 100000 1000000]``: what the truth costs as it
grows.

References of hashes alone enter one SQLite database through ``add_many``, a thousand at a time, as
an ingest of lists does. At each size all that somebody waits for is asked many times over. At the
end the large bank is deleted and swept as a server does it, while one reader lists and one writer
adds, and neither may wait. Raw rows, one a call, go to ``truth-sqlite.jsonl``.
"""

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.rows import OUT, Stamp, commit, machine
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Content, Hash, ReferenceDraft
from reseen.domain.choices import JobKind
from reseen.domain.errors import NotFound
from reseen.domain.fingerprint import MD5, PDQ
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.wiring.banks import BREATH_S, SWEPT

P = DEFAULT_PROJECT
AT_ONCE = 1000
TIMES = 40
EVERY_S = 0.02
"""Pause of the reader and the writer beside a sweep."""
SHARES = {"large": 0.9, "middle": 0.09, "small": 0.01}


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call at one size. ``seconds`` by the clock, ``cpu_seconds`` of the thread that called."""

    what: str
    references: int
    seconds: float
    cpu_seconds: float
    disk_bytes: int
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of a call at one size: median by processor and by clock, and the longest."""

    cpu_ms: float
    ms: float
    longest_ms: float
    calls: int


def costs(rows: Iterable[CallRow]) -> dict[tuple[str, int], Cost]:
    """By call and size."""
    grouped: dict[tuple[str, int], list[CallRow]] = defaultdict(list)
    for row in rows:
        grouped[row.what, row.references].append(row)
    return {
        key: Cost(
            1000 * float(np.median([row.cpu_seconds for row in some])),
            1000 * float(np.median([row.seconds for row in some])),
            1000 * max(row.seconds for row in some),
            len(some),
        )
        for key, some in grouped.items()
    }


def table(found: Mapping[tuple[str, int], Cost]) -> str:
    """A line a call, a column a size: median by processor, by clock, longest; milliseconds."""
    sizes = sorted({size for _, size in found})
    lines = ["| call | " + " | ".join(f"{size:,}" for size in sizes) + " |"]
    lines.append("|---|" + "---|" * len(sizes))
    for what in dict.fromkeys(name for name, _ in found):
        told = [found.get((what, size)) for size in sizes]
        cells = [
            "" if c is None else f"{c.cpu_ms:.1f}, {c.ms:.1f}, {c.longest_ms:.0f}" for c in told
        ]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


class Truth:
    """The stores over one database file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "reseen.db"
        self.database = open_database(sqlite_url(self.path))
        blobs = open_blobs((folder / "blobs").as_uri())
        self.references = SqlReferenceStore(self.database, blobs)
        self.banks, self.jobs = SqlBankStore(self.database), SqlJobStore(self.database)
        self.bank = {name: self.banks.create(P, BankDraft(name)) for name in SHARES}

    @property
    def size(self) -> int:
        return sum(one.stat().st_size for one in self.path.parent.glob("reseen.db*"))


def hashes(number: int, count: int) -> list[Content]:
    """PDQ and MD5 of as many media that nobody has."""
    rng = np.random.default_rng([97, number])
    codes = rng.integers(0, 256, (count, 48), np.uint8)
    return [
        Content(hashes=(Hash(PDQ, c[:32].tobytes()), Hash(MD5, c[32:].tobytes()))) for c in codes
    ]


def fill(truth: Truth, begin: int, end: int) -> Iterator[tuple[float, float]]:
    """Add references; what each batch took. Every second one is labelled ``common``, and one in
    five thousand ``rare``.
    """
    for start in range(begin, end, AT_ONCE):
        place = (start // AT_ONCE % 100) / 100
        bank = "large" if place < 0.9 else "middle" if place < 0.99 else "small"
        items = []
        for k, content in enumerate(hashes(start, min(AT_ONCE, end - start))):
            number = start + k
            labels = (
                *(("common",) if number % 2 else ()),
                *(("rare",) if number % 5000 == 9 else ()),
            )
            draft = ReferenceDraft(f"list/{number}", labels, provenance={"list": "shared"})
            items.append((draft, content))
        yield timed(partial(truth.references.add_many, truth.bank[bank], items))


def calls(truth: Truth, size: int, seed: int) -> dict[str, Callable[[], object]]:
    """What people and searches ask, of other references each time."""
    store, rng = truth.references, np.random.default_rng(seed)
    numbers = rng.integers(1, size, 100).tolist()
    digest = hashes(int(rng.integers(size // AT_ONCE)) * AT_ONCE, AT_ONCE)[7].hashes[1:]
    cursor = f"ref_{int(rng.integers(size // 2, size)):010x}"
    small = truth.bank["small"]
    any_id = f"ref_{numbers[0]:010x}"
    return {
        "candidates of 100 numbers": lambda: store.candidates(P, numbers, datetime.now(UTC)),
        "with_hashes of a digest": lambda: store.with_hashes(P, digest),
        "get": lambda: store.get(P, any_id),
        "list: first page": lambda: store.list(P),
        "list: a page in the midst": lambda: store.list(P, cursor=cursor),
        "list: small bank": lambda: store.list(P, bank_id=small.id),
        "list: common label": lambda: store.list(P, label="common"),
        "list: rare label": lambda: store.list(P, label="rare"),
        "list: small bank, common label": lambda: store.list(P, bank_id=small.id, label="common"),
        "list: small bank, rare label": lambda: store.list(P, bank_id=small.id, label="rare"),
        "indexed: tracks of 100": lambda: store.indexed(P, numbers),
        "changes: a page of 1,000": lambda: store.changes(P, int(rng.integers(size))),
        "counts of banks": lambda: truth.banks.counts(P),
        "add one": lambda: store.add(small, ReferenceDraft("x"), hashes(seed + 1_000_003, 1)[0]),
        "update one": lambda: store.update(P, any_id, ReferenceDraft("y", ("new",))),
        "an unfinished job": lambda: truth.jobs.unfinished(P, JobKind.INGEST, {"bank": small.id}),
        "sweep: nothing due": lambda: store.sweep(datetime.now(UTC)),
        "delete one": lambda: store.delete(P, any_id),
    }


def measure(truth: Truth, size: int, stamp: Stamp) -> Iterator[CallRow]:
    for turn in range(TIMES):
        for what, call in calls(truth, size, 31 * size + turn).items():
            try:
                took = timed(call)
            except NotFound:  # deleted by an earlier turn
                continue
            yield CallRow(what, size, *took, truth.size, stamp)


def timed(call: Callable[[], object]) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.thread_time()
    call()
    return time.perf_counter() - begun, time.thread_time() - cpu


def delete_bank(truth: Truth, size: int, stamp: Stamp) -> list[CallRow]:
    """Delete the large bank and sweep it, with a reader and a writer beside it."""
    rows: list[CallRow] = []
    small = truth.bank["small"]

    def note(what: str, call: Callable[[], object]) -> None:
        rows.append(CallRow(what, size, *timed(call), truth.size, stamp))

    def sweep() -> None:
        left.append(truth.references.sweep(datetime.now(UTC), SWEPT))

    note("delete the large bank", lambda: truth.banks.delete(P, truth.bank["large"].id))
    left = [1]
    with (
        beside(lambda _: note("list beside a sweep", lambda: truth.references.list(P))),
        beside(lambda k: note("add beside a sweep", lambda: _add(truth, small, size + k))),
    ):
        while left[-1]:
            note(f"sweep {SWEPT:,}", sweep)
            time.sleep(BREATH_S)
    return rows


def _add(truth: Truth, bank: Bank, seed: int) -> None:
    truth.references.add(bank, ReferenceDraft("beside"), hashes(seed + 2_000_003, 1)[0])


@contextmanager
def beside(act: Callable[[int], None]) -> Iterator[None]:
    """Do this again and again in a thread of its own."""
    ended = threading.Event()

    def run() -> None:
        turn = 0
        while not ended.wait(EVERY_S):
            act(turn)
            turn += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def run(folder: Path, sizes: Sequence[int]) -> Iterator[CallRow]:
    truth, begin = Truth(folder), 0
    stamp = Stamp("hashes", commit(), machine())
    for size in sizes:
        for took in fill(truth, begin, size):
            yield CallRow(f"add_many of {AT_ONCE:,}", size, *took, truth.size, stamp)
        yield from measure(truth, size, stamp)
        begin = size
    yield from delete_bank(truth, sizes[-1], stamp)
    truth.database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--folder", type=Path, help="where the database lies meanwhile")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="reseen-truth-", dir=given.folder))
    rows: list[CallRow] = []
    try:
        with (given.out / "truth-sqlite.jsonl").open("a", encoding="ascii") as out:
            for row in run(folder, sorted(given.sizes)):
                out.write(json.dumps(asdict(row), separators=(",", ":")) + "\n")
                rows.append(row)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(costs(rows)))
    for size in sorted(given.sizes):
        added = [row for row in rows if row.references == size and row.what.startswith("add_many")]
        rate = AT_ONCE * len(added) / sum(row.seconds for row in added)
        print(f"{size:,}: {rate:,.0f} references added a second; {added[-1].disk_bytes:,} bytes")


if __name__ == "__main__":
    main()
