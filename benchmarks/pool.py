"""Measure many queries in a few processes, keeping every result as it comes.

A bench is built once in each process (models, references) and then answers for one query at a time
with the rows to keep; only the parent writes. Queries run in the order of a hash of their names, so
that a run which is stopped early is a fair sample of the whole.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.datasets import Dataset, Item
from benchmarks.rows import Row, append, measured


@dataclass(frozen=True, slots=True)
class Query:
    """One disguise of one file. ``absent``: the file is not among the references."""

    item: Item
    attack: str
    absent: bool

    @property
    def id(self) -> str:
        return f"{self.item.id}~{self.attack}"

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(list(hashlib.sha256(self.id.encode()).digest()[:16]))


class Bench(Protocol):
    def measure(self, query: Query) -> list[Row]: ...


type Make = Callable[[], Bench]
type Tick = Callable[[str], None]
"""Told the id of each query that is done."""


def plan(dataset: Dataset, attacks: Sequence[str], *, per_absent: int) -> tuple[Query, ...]:
    """Every attack on every original, and some attacks on every absent file."""
    queries = [
        Query(item, attack, absent=False) for item in dataset.originals for attack in attacks
    ]
    for item in dataset.absent:
        chosen = sorted(attacks, key=lambda attack: _hash(f"{item.id}~{attack}"))[:per_absent]
        queries += [Query(item, attack, absent=True) for attack in chosen]
    return tuple(sorted(queries, key=lambda query: _hash(query.id)))


def run(make: Make, queries: Iterable[Query], path: Path, *, workers: int, tick: Tick) -> None:
    """Measure what the file does not hold yet."""
    done = measured(path)
    left = [query for query in queries if query.id not in done]
    for name in done:
        tick(name)
    if workers <= 1 or len(left) <= 1:
        bench = make() if left else None
        for query in left:
            if bench is not None:
                append(path, bench.measure(query))
                tick(query.id)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, initializer=_start, initargs=(make,)) as pool:
        for query, rows in zip(left, pool.map(_measure, left), strict=True):
            append(path, rows)
            tick(query.id)


_bench: list[Bench] = []
"""The bench of this worker process: an executor's initializer has no other place to leave it."""


def _start(make: Make) -> None:
    _bench[:] = [make()]


def _measure(query: Query) -> list[Row]:
    return _bench[0].measure(query)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
