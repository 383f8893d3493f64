"""``python -m benchmarks.index_scale descriptors|hashes|sound``: what searches cost as an index
grows.

Raw rows, one a query, go to ``index-<what>.jsonl``; times are seconds of the processor.
FAISS's exact scan answers the same hash queries in the same run.
"""

import argparse
import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import index_data, processes
from benchmarks.datasets import PICTURE, SOUND, corpora_of, find
from benchmarks.rows import OUT, Stamp, commit, machine
from reseen.domain.fingerprint import DESCRIPTOR, PDQ, QUADS, Signal, Track
from reseen.index.maintenance import settle
from reseen.index.merge import merge_in_child
from reseen.index.project import ProjectIndex
from reseen.ports import Entry

DISTANCES = (0, 8, 20, 31)
HITS = 50
FRAMES = 10
"""Rows of one synthetic reference with hashes or descriptors."""
WINDOWS = 500
"""Windows of one synthetic recording: 100 minutes."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One query. ``wanted``: rows that an exact scan finds, or that it was made of; ``found``: how
    many of them were.
    """

    system: str
    what: str
    rows: int
    query_rows: int
    cpu_seconds: float
    wanted: int
    found: int
    resident_bytes: int
    disk_bytes: int
    rows_per_second: float
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Cost:
    """What a system took at one size: seconds a query, recall, bytes, rows taken in a second."""

    p50: float
    p95: float
    recall: float
    resident_bytes: int
    disk_bytes: int
    rows_per_second: float
    queries: int


def costs(rows: Sequence[IndexRow]) -> dict[tuple[str, int], Cost]:
    """By system and number of rows."""
    groups: dict[tuple[str, int], list[IndexRow]] = defaultdict(list)
    for row in rows:
        groups[row.system, row.rows].append(row)
    return {key: _cost(some) for key, some in sorted(groups.items())}


def _cost(rows: Sequence[IndexRow]) -> Cost:
    seconds = [r.cpu_seconds for r in rows]
    wanted = sum(r.wanted for r in rows)
    return Cost(
        p50=float(np.percentile(seconds, 50)),
        p95=float(np.percentile(seconds, 95)),
        recall=sum(r.found for r in rows) / wanted if wanted else 1.0,
        resident_bytes=max(r.resident_bytes for r in rows),
        disk_bytes=max(r.disk_bytes for r in rows),
        rows_per_second=max(r.rows_per_second for r in rows),
        queries=len(rows),
    )


class Growing:
    """An index that is filled further and further, and asked at each size."""

    def __init__(self, folder: Path, what: str, out: Path, stamp: Stamp, peers: int = 0) -> None:
        """``peers``: the size up to which Qdrant Edge is measured too."""
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.what, self.out, self.stamp = folder, what, out, stamp
        self.index = ProjectIndex(folder)
        self.peers = peers
        self.references = 0
        self.rows = 0
        self.seconds = 0.0
        self.recorded: list[IndexRow] = []

    def add(self, tracks: Sequence[Track], rows: int) -> None:
        entries = [Entry(self.references + n, n % 50, [t]) for n, t in enumerate(tracks)]
        begin = time.perf_counter()
        self.references += len(entries)
        self.index.apply(entries, self.references)
        settle(self.index)
        self.seconds += time.perf_counter() - begin
        self.rows += rows

    def reopen(self) -> None:
        """As after a restart: all on disk, nothing in memory."""
        self.index.flush()
        while (due := self.index.merge_due()) is not None:
            merge_in_child(self.index, due)
        self.index = ProjectIndex(self.folder)

    def record(self, system: str, query_rows: int, seconds: float, wanted: int, found: int) -> None:
        disk = sum(p.stat().st_size for p in self.folder.rglob("*") if p.is_file())
        resident = processes.resident_bytes(os.getpid())
        rate = self.rows / self.seconds if self.seconds else 0.0
        row = IndexRow(
            *(system, self.what, self.rows, query_rows, seconds, wanted, found, resident, disk),
            *(rate, self.stamp),
        )
        self.recorded.append(row)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with self.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


def timed[T](call: Callable[..., T], *arguments: Any) -> tuple[float, T]:
    begin = time.process_time()
    result = call(*arguments)
    return time.process_time() - begin, result


def descriptors(growing: Growing, sizes: Sequence[int], media: index_data.Pictures) -> None:
    """All views of a disguised picture, at once; ``wanted``: its original, where an exact scan has
    it among the first ``HITS``.
    """
    real = media.descriptors
    growing.add([_track(DESCRIPTOR, c[None]) for c in real], len(real))
    blocks = index_data.descriptor_blocks(real)
    exact = _Exact(media, real)
    for size in sizes:
        while growing.rows < size:
            block = next(blocks)
            growing.add(
                [_track(DESCRIPTOR, c) for c in np.split(block, len(block) // FRAMES)], len(block)
            )
            exact.see(block)
        growing.reopen()
        for at, (own, views) in enumerate(media.queries):
            seconds, hits = timed(growing.index.nearest, DESCRIPTOR, views, HITS)
            wanted = exact.is_found(at)
            found = wanted and own in hits.references
            growing.record("reseen", len(views), seconds, int(wanted), int(found))
        if size <= growing.peers:
            for graph in (False, True):
                _qdrant_descriptors(growing, media, exact, size, graph=graph)


def _qdrant_descriptors(
    growing: Growing, media: index_data.Pictures, exact: "_Exact", size: int, *, graph: bool
) -> None:
    from benchmarks.index_peers import Qdrant

    peer = Qdrant(growing.folder.with_name("qdrant"), graph=graph)
    peer.add_descriptors(media.descriptors)
    blocks = index_data.descriptor_blocks(media.descriptors)
    while peer.rows < size:
        peer.add_descriptors(next(blocks))
    seconds, held = peer.optimize()
    name = f"Qdrant Edge, {'graph' if graph else 'scan'}"
    print(f"{name}: optimised in {seconds:.1f} s; other threads stood for {held:.1f} s", flush=True)
    for at, (own, views) in enumerate(media.queries):
        seconds, found = timed(peer.near_descriptors, views, HITS)
        wanted = exact.is_found(at)
        growing.record(name, len(views), seconds, int(wanted), int(wanted and own in found))


class _Exact:
    """How many rows are nearer to a view than the picture that it was made of."""

    def __init__(self, media: index_data.Pictures, real: npt.NDArray[np.int8]) -> None:
        views = np.concatenate([v for _, v in media.queries]).astype(np.float32)
        self._of = np.repeat(np.arange(len(media.queries)), [len(v) for _, v in media.queries])
        own = np.array([o for o, _ in media.queries])[self._of]
        self._views = views.T
        self._own = np.einsum("ij,ij->i", views, real[own].astype(np.float32))
        self._nearer = np.zeros(len(own), np.int64)
        self.see(real)

    def see(self, rows: npt.NDArray[np.int8]) -> None:
        self._nearer += (rows.astype(np.float32) @ self._views > self._own).sum(axis=0)

    def is_found(self, query: int) -> bool:
        return bool((self._nearer[self._of == query] < HITS).any())


def hashes(growing: Growing, sizes: Sequence[int], media: index_data.Pictures) -> None:
    """A stored hash with bits changed; ``wanted``: all that FAISS's exact scan finds within 31."""
    import faiss

    faiss.omp_set_num_threads(1)
    real, rng = media.hashes, np.random.default_rng(9)
    blocks = index_data.hash_blocks(real)
    asked: list[npt.NDArray[np.uint8]] = []
    for size in sizes:
        while growing.rows < size:
            block = next(blocks)
            growing.add([_track(PDQ, c) for c in np.split(block, len(block) // FRAMES)], len(block))
            if len(asked) < 200:
                asked += [index_data.flipped(block[n], DISTANCES[n % 4], rng) for n in range(40)]
        growing.reopen()
        found = []
        for query in asked:
            seconds, hits = timed(growing.index.nearest, PDQ, query[None], 1000)
            rows = hits.references * FRAMES + hits.reference_rows
            found.append((seconds, set(rows.tolist())))
        resident = processes.resident_bytes(os.getpid())
        print(f"resident before FAISS: {resident / 1e9:.2f} GB", flush=True)
        scan = faiss.IndexBinaryFlat(256)
        again = index_data.hash_blocks(real)
        for _ in range(size // index_data.BLOCK):
            scan.add(next(again))
        for query, (seconds, ours) in zip(asked, found, strict=True):
            theirs, (_, _, labels) = timed(scan.range_search, query[None], 32)
            wanted = set(labels.tolist())
            growing.record("reseen", 1, seconds, len(wanted), len(wanted & ours))
            growing.record("FAISS IndexBinaryFlat", 1, theirs, len(wanted), len(wanted))
        del scan
        if size <= growing.peers:
            _qdrant_hashes(growing, asked, [row for _, row in found], real, size)


def _qdrant_hashes(
    growing: Growing,
    asked: Sequence[npt.NDArray[np.uint8]],
    wanted: Sequence[set[int]],
    real: npt.NDArray[np.uint8],
    size: int,
) -> None:
    from benchmarks.index_peers import Qdrant

    peer = Qdrant(growing.folder.with_name("qdrant"))
    blocks = index_data.hash_blocks(real)
    while peer.rows < size:
        peer.add_hashes(next(blocks))
    seconds, held = peer.optimize()
    print(f"Qdrant: optimised in {seconds:.1f} s; others stood for {held:.1f} s", flush=True)
    for query, rows in zip(asked, wanted, strict=True):
        seconds, found = timed(peer.near_hashes, query, 1000)
        growing.record("Qdrant Edge", 1, seconds, len(rows), len(rows & found))


def sound(growing: Growing, sizes: Sequence[int], media: index_data.Sounds) -> None:
    """Ten seconds, disguised; ``wanted``: the window they begin in, or the next, first of all."""
    growing.add([index_data.recording(media.windows)], len(media.windows))
    blocks = index_data.window_blocks(media.windows, WINDOWS)
    for size in sizes:
        while growing.rows < size:
            growing.add([index_data.recording(next(blocks))], WINDOWS)
        growing.reopen()
        for window, keys in media.queries:
            seconds, hits = timed(growing.index.nearest, QUADS, keys, HITS)
            first = zip(hits.references[:1].tolist(), hits.reference_rows[:1].tolist(), strict=True)
            found = any(r == 0 and abs(n - window) <= 1 for r, n in first)
            growing.record("reseen", len(keys), seconds, 1, int(found))


def _track(signal: Signal, codes: npt.NDArray[Any]) -> Track:
    rows = len(codes)
    spans = np.tile([-np.inf, np.inf], (rows, 1))
    return Track(signal, spans, codes, np.ones(rows, np.float32), np.empty((rows, 0), np.float32))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_scale", description=__doc__)
    parser.add_argument("what", choices=("descriptors", "hashes", "sound"))
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--media", type=int, default=300, help="real files that are used")
    parser.add_argument("--peers", type=int, default=0, help="size up to which peers are measured")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    items = find(corpora_of(options.corpus), SOUND if options.what == "sound" else PICTURE)
    order = np.random.default_rng(4).permutation(len(items))[: options.media]
    chosen = [items[n] for n in order]
    stamp = Stamp(f"{len(chosen)} files", commit(), machine())
    out = options.out / f"index-{options.what}.jsonl"
    growing = Growing(
        options.out / f"index-{options.what}", options.what, out, stamp, options.peers
    )
    if options.what == "sound":
        sound(growing, options.sizes, index_data.sounds(chosen))
    else:
        run = descriptors if options.what == "descriptors" else hashes
        run(growing, options.sizes, index_data.pictures(chosen))
    for folder in (growing.folder, growing.folder.with_name("qdrant")):
        shutil.rmtree(folder, ignore_errors=True)
    for (system, rows), cost in costs(growing.recorded).items():
        print(
            f"{system:24} {rows:>10,} rows: {1000 * cost.p50:.1f} ms p50,"
            f" {1000 * cost.p95:.1f} p95, recall {cost.recall:.3f},"
            f" {cost.resident_bytes / 1e9:.2f} GB resident,"
            f" {cost.disk_bytes / rows:.0f} B a row, {cost.rows_per_second:,.0f} rows/s in"
        )


def read(path: Path) -> Iterator[IndexRow]:
    """The rows of earlier runs."""
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        yield IndexRow(**{**fields, "stamp": Stamp(**fields["stamp"])})


if __name__ == "__main__":
    main()
