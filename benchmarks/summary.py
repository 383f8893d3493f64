"""From raw rows to the numbers of the report."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.localisation import (
    Stretch,
    boundary_errors,
    covering,
    iou,
    offset_error,
    segment_average_precision,
)
from benchmarks.metrics import (
    Interval,
    Scores,
    Truth,
    best_false,
    bootstrap,
    micro_average_precision,
    recall_at_precision,
    recall_at_zero_false,
    wilson,
)
from benchmarks.rows import Row

ACTED_ON = ("medium", "high")
"""Confidences that make ``match`` true."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One system over all pairs of one kind."""

    system: str
    queries: int
    true_pairs: int
    false_pairs: int
    at_zero_false: Interval
    at_precision: float
    average_precision: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Family:
    """True pairs of one family above the system's best false pair."""

    name: str
    recall: Interval
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Localised:
    """One true stretch of a found pair, and how well it was found; NaN where it was not."""

    attack: str
    family: str
    iou: float
    start: float
    end: float
    offset: float


def arrays(rows: Sequence[Row]) -> tuple[Scores, Truth]:
    return (
        np.array([row.score for row in rows], np.float64),
        np.array([row.truth for row in rows], bool),
    )


def ranking(system: str, rows: Sequence[Row]) -> Ranking:
    scores, truth = arrays(rows)

    def recall(chosen: npt.NDArray[np.intp]) -> float:
        return recall_at_zero_false(scores[chosen], truth[chosen])

    return Ranking(
        system=system,
        queries=len({row.query for row in rows}),
        true_pairs=int(truth.sum()),
        false_pairs=int((~truth).sum()),
        at_zero_false=bootstrap([row.source for row in rows], recall),
        at_precision=recall_at_precision(scores, truth),
        average_precision=micro_average_precision(scores, truth),
        threshold=best_false(scores, truth),
    )


def by_family(rows: Sequence[Row]) -> list[Family]:
    """Families in alphabetical order."""
    threshold = best_false(*arrays(rows))
    true: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.truth:
            true[row.family].append(row)
    return [
        Family(
            name,
            wilson(sum(row.score > threshold for row in some), len(some)),
            tuple(sorted(row.attack for row in some if row.score <= threshold)),
        )
        for name, some in sorted(true.items())
    ]


def at_cut(rows: Sequence[Row], cut: float = math.inf) -> tuple[Interval, int]:
    """Recall and false pairs where the system itself says "match"; peers do from a score."""
    said = [row.confidence in ACTED_ON or row.score >= cut for row in rows]
    true = [s for s, row in zip(said, rows, strict=True) if row.truth]
    false = sum(s for s, row in zip(said, rows, strict=True) if not row.truth)
    return wilson(sum(true), len(true)), false


def localised(rows: Sequence[Row]) -> list[Localised]:
    """Every true stretch of every true pair above the best false one."""
    threshold = best_false(*arrays(rows))
    return [
        _localised(row, truth, covering(truth, row.segments))
        for row in rows
        if row.truth and row.score > threshold
        for truth in row.copied
    ]


def _localised(row: Row, truth: Stretch, found: Stretch | None) -> Localised:
    if found is None:
        return Localised(row.attack, row.family, 0.0, math.nan, math.nan, math.nan)
    start, end = boundary_errors(truth, found)
    return Localised(
        row.attack,
        row.family,
        min(iou(truth.query, found.query), iou(truth.reference, found.reference)),
        start,
        end,
        math.nan if found.offset is None else offset_error(truth, found),
    )


def within(rows: Sequence[Row], seconds: float) -> Interval:
    """The share of all true stretches found with both boundaries this close."""
    near = [item for item in localised(rows) if max(item.start, item.end) <= seconds]
    return wilson(len(near), sum(len(row.copied) for row in rows if row.truth))


def segment_precision(rows: Sequence[Row]) -> float:
    """Segment micro-AP over all pairs that were compared."""
    true = [((r.query, r.reference), stretch) for r in rows for stretch in r.copied]
    found = [((r.query, r.reference), stretch) for r in rows for stretch in r.segments]
    return segment_average_precision(true, found)


def quantile(values: Sequence[float], share: float) -> float:
    finite = [v for v in values if math.isfinite(v)]
    return float(np.quantile(finite, share)) if finite else math.nan
