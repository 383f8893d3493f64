"""What the plots of the search report show, computed from raw rows."""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import truth_scale
from benchmarks.goals import OURS
from benchmarks.index_churn import Event, quantiles
from benchmarks.index_scale import Cost, IndexRow, costs
from benchmarks.metrics import TAIL, Lines
from benchmarks.run_ingest import Filled
from benchmarks.searched import Searched, summary
from benchmarks.truth_scale import CallRow

type Points = list[tuple[float, float]]


def newest(rows: Sequence[IndexRow]) -> list[IndexRow]:
    """Of each system and size, the rows of the commit that was measured last: a file is added to
    by every run.
    """
    last = {(row.system, row.rows): row.stamp for row in rows}
    return [row for row in rows if row.stamp == last[row.system, row.rows]]


def over_size(
    rows: Sequence[IndexRow], value: Callable[[Cost], float], scale: float = 1.0
) -> dict[str, Points]:
    """A value of each system against rows times ``scale``; ours first."""
    lines: dict[str, Points] = {}
    for (system, size), cost in costs(rows).items():
        lines.setdefault(system, []).append((size * scale, value(cost)))
    return dict(sorted(lines.items(), key=lambda line: (line[0] != OURS, line[0])))


def waits(rows: Sequence[IndexRow], scale: float = 1.0) -> Lines:
    """Milliseconds a query: the median of each system, and its 95th percentile."""
    lines: dict[str, Points] = {}
    tails = over_size(rows, lambda cost: 1000 * cost.p95, scale)
    for system, points in over_size(rows, lambda cost: 1000 * cost.p50, scale).items():
        lines[system] = points
        lines[f"{system}, {TAIL}"] = tails[system]
    return lines


def bytes_of(kinds: dict[str, Sequence[IndexRow]]) -> Lines:
    """Megabytes in memory and on disk by kind of row, ours."""
    lines: dict[str, Points] = {}
    for kind, rows in kinds.items():
        mine = [row for row in rows if row.system == OURS]
        if mine:
            lines[f"{kind}, in memory"] = over_size(mine, lambda c: c.resident_bytes / 1e6)[OURS]
            lines[f"{kind}, on disk"] = over_size(mine, lambda c: c.disk_bytes / 1e6)[OURS]
    return lines


def parts_of_search(rows: Sequence[Searched]) -> dict[str, list[float]]:
    """Mean processor milliseconds of a search by what they went to; a number for each kind of query
    and size, as in ``summary``.
    """
    kinds = sorted({_kind(row) for row in rows})

    def mean(part: Callable[[Searched], float]) -> list[float]:
        return [
            1000 * float(np.mean([part(row) for row in rows if _kind(row) == kind]))
            for kind in kinds
        ]

    return {
        "describing the query": mean(lambda row: row.describe),
        "index": mean(lambda row: row.index),
        "truth": mean(lambda row: row.truth),
        "looking closely": mean(lambda row: row.closely),
    }


def _kind(row: Searched) -> tuple[str, int, int]:
    return row.what, row.size, row.windows


def recalls(
    searched: Sequence[Searched], kinds: dict[str, Sequence[IndexRow]]
) -> dict[str, Points]:
    """Shares that are found: of true pairs, and of what an exact scan finds."""
    sizes = summary(searched)
    lines: dict[str, Points] = {}
    if sizes:
        lines["pairs, each alone"] = [(one.size, one.pairs) for one in sizes]
        lines["pairs, by search"] = [(one.size, one.found) for one in sizes]
    for kind, rows in kinds.items():
        mine = [row for row in rows if row.system == OURS]
        if mine:
            lines[kind] = over_size(mine, lambda cost: cost.recall)[OURS]
    return lines


def by_phase(events: Sequence[Event], what: str, phases: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds in the order of the phases that were measured: median, p99, longest."""
    found = quantiles([event for event in events if event.what == what])
    mine = [found[phase, what] for phase in phases if (phase, what) in found]
    return {
        "median": [1000 * one[1] for one in mine],
        "p99": [1000 * one[2] for one in mine],
        "longest": [1000 * one[3] for one in mine],
    }


def phases_of(events: Sequence[Event], what: str, order: Sequence[str]) -> list[str]:
    there = {event.phase for event in events if event.what == what}
    return [phase for phase in order if phase in there]


CALLS = (
    "candidates of 100 numbers",
    "with_hashes of a digest",
    "indexed: tracks of 100",
    "list: first page",
    "add one",
    "delete one",
)
"""Of the truth, those that searches, followers and clients wait for."""


def calls(rows: Sequence[CallRow]) -> dict[str, Points]:
    """Milliseconds by the clock (median) of calls of the truth against references."""
    lines: dict[str, Points] = {}
    for (what, size), cost in sorted(truth_scale.costs(rows).items()):
        if what in CALLS:
            lines.setdefault(what, []).append((size, cost.ms))
    return {what: lines[what] for what in CALLS if what in lines}


def rates(rows: Sequence[Filled]) -> dict[str, Points]:
    """Items a second against cores; what as many times one core would do, and four fifths of it."""
    media = {row.cores: row.rate for row in rows if row.name == "media"}
    if 1 not in media:
        return {}
    cores = sorted(media)
    ideal = [(float(n), n * media[1]) for n in (0, *cores)]
    return {
        "measured": [(float(n), media[n]) for n in cores],
        "cores x one": ideal,
        "goal: four fifths of it": [(n, 0.8 * rate) for n, rate in ideal],
    }
