"""How often strangers match: what may be said from so many pairs of which none is a copy.

Pairs that a search does not score are pairs that did not match: every reference of the bank was
there to be found. A row is one query; metrics are functions of rows.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.metrics import Interval

CONFIDENCE = 0.95
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Stranger:
    """One query that no reference repeats, and what it resembles: ``found`` are names of references
    and scores. ``held_against``: references of other sources than its own. ``frame`` is what was
    put around it and around every reference alike, or empty.
    """

    query: str
    frame: str
    held_against: int
    found: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Strangers:
    """Pairs under one frame. ``false`` of them score at least ``cut``, in ``queries_hit`` queries;
    ``rate`` is a pair's, and ``at_a_million`` the false matches that a query is to expect among a
    million such references, each with the 95% interval of a Poisson count.
    """

    frame: str
    cut: float
    queries: int
    pairs: int
    false: int
    queries_hit: int
    rate: Interval
    at_a_million: Interval


def strangers(rows: Sequence[Stranger], cut: float) -> list[Strangers]:
    """By frame, plain ones first."""
    return [
        _of_one([row for row in rows if row.frame == frame], frame, cut)
        for frame in sorted({row.frame for row in rows})
    ]


def worst(rows: Sequence[Stranger], count: int) -> list[tuple[float, Stranger, str]]:
    """The pairs that score highest: score, query, and the name of the reference."""
    pairs = [(score, row, name) for row in rows for name, score in row.found]
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1].query, pair[2]))[:count]


def poisson(events: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of the mean of a Poisson count (Garwood, 1936). One-sided where there were
    no events: for 95% the upper end is then 3.0, the rule of three.
    """
    if events == 0:
        return 0.0, -math.log(1.0 - confidence)
    tail = (1.0 - confidence) / 2.0
    return _mean_at(events - 1, 1.0 - tail), _mean_at(events, tail)


def read(path: Path) -> Iterator[Stranger]:
    """A line that was cut off is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                said = json.loads(line)
                found = tuple((str(name), float(score)) for name, score in said["found"])
                yield Stranger(said["query"], said["frame"], said["held_against"], found)


def _of_one(rows: Sequence[Stranger], frame: str, cut: float) -> Strangers:
    pairs = sum(row.held_against for row in rows)
    hits = [sum(score >= cut for _, score in row.found) for row in rows]
    false, (low, high) = sum(hits), poisson(sum(hits))
    rate = Interval(false / pairs, low / pairs, high / pairs)
    many = Interval(*(MILLION * value for value in (rate.value, rate.low, rate.high)))
    return Strangers(frame, cut, len(rows), pairs, false, sum(map(bool, hits)), rate, many)


def _mean_at(events: int, probability: float) -> float:
    """The mean at which so few events, or fewer, have this probability; by bisection."""
    low, high = 0.0, 10.0 * (events + 5)
    for _ in range(200):
        middle = (low + high) / 2.0
        terms = (k * math.log(middle) - middle - math.lgamma(k + 1) for k in range(events + 1))
        low, high = (middle, high) if sum(map(math.exp, terms)) > probability else (low, middle)
    return (low + high) / 2.0
