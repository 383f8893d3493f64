"""How well copied stretches are found: where they start and end, and how the clocks relate.

Conventions: seconds; ``reference = offset + rate * query``; a ``Stretch`` is a box over the query's
and the reference's clock. Truth and finding are compared box by box; a truth takes the finding that
covers it best.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

type Interval = tuple[float, float]
type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds of a query that repeat seconds of a reference."""

    query: Interval
    reference: Interval
    score: float = 1.0
    rate: float = 1.0
    pitch: float | None = None
    offset: float | None = None
    channel: str = "visual"

    def shares_area(self, other: "Stretch") -> bool:
        return (
            overlap(self.query, other.query) > 0.0
            and overlap(self.reference, other.reference) > 0.0
        )

    def clock(self, at: float) -> float:
        """The reference's time at a query's time, as the ends of the box tell it."""
        offset = self.reference[0] - self.rate * self.query[0]
        return (offset if self.offset is None else self.offset) + self.rate * at


def overlap(one: Interval, other: Interval) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same seconds without overlaps, in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def length(intervals: Iterable[Interval]) -> float:
    return math.fsum(end - start for start, end in union(intervals))


def common(some: Iterable[Interval], others: Iterable[Interval]) -> float:
    """Seconds that both sets of intervals cover."""
    some, others = list(some), list(others)
    return length(some) + length(others) - length([*some, *others])


def iou(one: Interval, other: Interval) -> float:
    """Intersection over union of two intervals; 0 when both are empty."""
    shared = overlap(one, other)
    total = (one[1] - one[0]) + (other[1] - other[0]) - shared
    return shared / total if total > 0.0 else 0.0


def covering(truth: Stretch, found: Sequence[Stretch]) -> Stretch | None:
    """The finding that covers a true stretch best on both clocks; ``None`` when none touches it."""
    touching = [f for f in found if f.shares_area(truth)]
    return max(
        touching,
        key=lambda f: iou(truth.query, f.query) * iou(truth.reference, f.reference),
        default=None,
    )


def boundary_errors(truth: Stretch, found: Stretch) -> tuple[float, float]:
    """How far start and end are off, in seconds; the worse of both clocks for each."""
    return (
        max(abs(truth.query[0] - found.query[0]), abs(truth.reference[0] - found.reference[0])),
        max(abs(truth.query[1] - found.query[1]), abs(truth.reference[1] - found.reference[1])),
    )


def offset_error(truth: Stretch, found: Stretch) -> float:
    """How far the clocks are off in the middle of the shared query seconds.

    The middle, because an offset at the query's second 0 mixes the error of the rate into it.
    """
    start = max(truth.query[0], found.query[0])
    middle = (start + min(truth.query[1], found.query[1])) / 2
    return abs(truth.clock(middle) - found.clock(middle))


class _Coverage:
    """What truth and findings of one pair cover on one clock, as findings are added."""

    def __init__(self, truths: Sequence[Stretch]) -> None:
        self._truths = truths
        self._found: list[Stretch] = []

    def add(self, found: Stretch) -> None:
        self._found.append(found)

    def measure(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(shared, found) seconds on the query's clock, then on the reference's.

        A true stretch counts from the moment when a finding shares area with it.
        """
        touched = [t for t in self._truths if any(t.shares_area(f) for f in self._found)]
        return (
            (
                common([f.query for f in self._found], [t.query for t in touched]),
                length(f.query for f in self._found),
            ),
            (
                common([f.reference for f in self._found], [t.reference for t in touched]),
                length(f.reference for f in self._found),
            ),
        )


def segment_average_precision(
    truth: Sequence[tuple[Pair, Stretch]], found: Sequence[tuple[Pair, Stretch]]
) -> float:
    """Segment micro-AP of the matching track of the Video Similarity Challenge 2022.

    Findings of all pairs are taken by falling score, ties together. Precision and recall are the
    geometric means of those on the two clocks, counted in seconds: shared over found, and shared
    over true. The sum of precision times gained recall is the result (Pizzi et al., *The 2023 Video
    Similarity Dataset and Challenge*, section 4.3). Recall may fall within a tie-free step when
    findings overlap; the definition lets that count against.
    """
    by_pair: dict[Pair, list[Stretch]] = defaultdict(list)
    for pair, stretch in truth:
        by_pair[pair].append(stretch)
    true_query = math.fsum(length(t.query for t in ts) for ts in by_pair.values())
    true_reference = math.fsum(length(t.reference for t in ts) for ts in by_pair.values())
    coverage = {pair: _Coverage(by_pair.get(pair, ())) for pair, _ in found}
    measured = dict.fromkeys(coverage, ((0.0, 0.0), (0.0, 0.0)))
    result, recall = 0.0, 0.0
    sums = [[0.0, 0.0], [0.0, 0.0]]
    ranked = sorted(found, key=lambda entry: -entry[1].score)
    for _, tied in groupby(ranked, key=lambda entry: entry[1].score):
        for pair, stretch in tied:
            coverage[pair].add(stretch)
            before, after = measured[pair], coverage[pair].measure()
            measured[pair] = after
            for axis in (0, 1):
                for what in (0, 1):
                    sums[axis][what] += after[axis][what] - before[axis][what]
        (shared_query, all_query), (shared_reference, all_reference) = sums
        if all_query <= 0.0 or all_reference <= 0.0 or true_query <= 0.0 or true_reference <= 0.0:
            continue
        precision = math.sqrt((shared_query / all_query) * (shared_reference / all_reference))
        reached = math.sqrt((shared_query / true_query) * (shared_reference / true_reference))
        result += precision * (reached - recall)
        recall = reached
    return result
