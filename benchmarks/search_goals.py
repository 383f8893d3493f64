"""What the search promises to reach, held against raw rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.goals import Goal, least, most
from benchmarks.index_churn import Event, quantiles
from benchmarks.index_scale import Cost, IndexRow, costs
from benchmarks.media_queries import SEEN
from benchmarks.run_ingest import Filled
from benchmarks.searched import Searched, recall, summary
from benchmarks.truth_scale import CallRow
from reseen.wiring.matching import CUTS

OURS, FAISS = "reseen", "FAISS IndexBinaryFlat"
MILLION = 1_000_000
DESCRIPTORS, WINDOWS = 100_000, 20_000
"""Of films, and of sound, among which the recall of films and sound is told."""
HOURS = 300 * 300
"""Windows of 12 s in 300 hours."""
TOLERANCE = 0.05
"""Memory that ends within this share of where it began is flat."""


@dataclass(frozen=True, slots=True)
class Killed:
    """What a run of ``benchmarks.faults`` says, summed up."""

    rounds: int
    broken: int
    """References that were lost, had risen again, were visible by half, or were done twice."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Raw rows of everything that was measured; what was not is empty."""

    hashes: Sequence[IndexRow] = ()
    descriptors: Sequence[IndexRow] = ()
    sound: Sequence[IndexRow] = ()
    searched: Sequence[Searched] = ()
    media: Sequence[Searched] = ()
    churn: Sequence[Event] = ()
    load: Sequence[Event] = ()
    filled: Sequence[Filled] = ()
    faults: Killed | None = None
    truth: Sequence[CallRow] = ()


def goals(measured: Measured) -> list[Goal]:
    """Those that the rows can tell of: a bound at a size is not told of a smaller one."""
    return [
        *_of_search(measured.searched),
        *_of_media(measured.media),
        *_of_index(measured),
        *_of_changes(measured),
        *_of_load(measured.load),
        *_of_ingest(measured.filled),
        *_of_faults(measured.faults),
    ]


def _of_search(rows: Sequence[Searched]) -> list[Goal]:
    found = []
    for one in summary(rows):
        if one.size == 100_000 and one.pairs == one.pairs:
            name = "recall at 100,000 references, below that of each pair alone by"
            found.append(most(name, 0.01, round(one.pairs - one.found, 6)))
        if one.size >= MILLION:
            found += _whole(one.size, [r for r in rows if r.size == one.size])
    return found


def _of_media(rows: Sequence[Searched]) -> list[Goal]:
    """Of all sizes that are large enough the largest."""
    sizes = [(r.size, r.windows) for r in rows if r.size >= DESCRIPTORS and r.windows >= WINDOWS]
    if not sizes:
        return []
    size, windows = max(sizes)
    mine = [row for row in rows if (row.size, row.windows) == (size, windows)]
    bounds = (
        ("films", f"{size:,} descriptors", [r for r in mine if r.what in SEEN]),
        ("sound", f"{windows / 300:.0f} hours", [r for r in mine if r.what not in SEEN]),
    )
    found = []
    for what, among, some in bounds:
        alone, by_search = recall(some)
        if not math.isnan(alone):
            name = f"recall of {what} among {among}, below that of each pair alone by"
            found.append(most(name, 0.01, round(alone - by_search, 6)))
    false = sum(row.false >= CUTS.medium for row in mine)
    name = f"false answers to {len(mine)} searches for films and sound"
    return [*found, most(name, 0.0, float(false))]


def _whole(size: int, rows: Sequence[Searched]) -> list[Goal]:
    """Copies and what matches nothing apart: the latter pay a second pass, and are most uploads."""
    found = []
    for said, absent in (("a copy", False), ("what matches nothing", True)):
        mine = [r.describe + r.search for r in rows if r.absent == absent]
        if mine:
            name = f"search for {said} at {size:,}, processor ms without decoding (p50)"
            found.append(most(name, 250.0, 1000 * float(np.median(mine))))
    return found


def _of_index(measured: Measured) -> list[Goal]:
    found = []
    if one := largest(measured.descriptors, MILLION):
        name = f"candidates among {one[0]:,} descriptors, all views of a query, ms on a core (p50)"
        found.append(most(name, 25.0, 1000 * one[1].p50))
    if one := largest(measured.hashes, 10 * MILLION):
        size, cost = one
        found.append(least(f"recall of {size:,} PDQ hashes to distance 31", 1.0, cost.recall))
        found.append(most("the same, gigabytes resident", 8.0, cost.resident_bytes / 1e9))
        peer = costs(measured.hashes).get((FAISS, size))
        if peer is not None:
            ratio = peer.p50 / cost.p50
            found.append(least("the same, times as fast as FAISS's exact scan", 1.0, ratio))
    if one := largest(measured.sound, HOURS):
        name = f"10 s of sound among {one[0] / 300:.0f} hours, ms on a core (p50)"
        found.append(most(name, 150.0, 1000 * one[1].p50))
    return found


def largest(rows: Sequence[IndexRow], least_rows: int) -> tuple[int, Cost] | None:
    """Ours at the largest size that was measured, if it is that large."""
    mine = [(size, cost) for (system, size), cost in costs(rows).items() if system == OURS]
    return max((one for one in mine if one[0] >= least_rows), key=lambda o: o[0], default=None)


def _of_changes(measured: Measured) -> list[Goal]:
    found = []
    events = [*measured.churn, *measured.load]
    for what, said in (("searchable", "searchable after it was added"), ("gone", "gone")):
        waits = [e.value for e in events if e.what == what]
        if waits:
            name = f"a reference is {said}, longest wait of {len(waits)}, s"
            found.append(most(name, 1.0, max(waits)))
    resident = [e.value for e in measured.churn if e.what == "resident"]
    if len(resident) > 1:
        growth = resident[-1] / resident[0]
        name = "resident memory after adding and removing, times that before"
        found.append(most(name, 1 + TOLERANCE, growth))
    return found


def _of_load(events: Sequence[Event]) -> list[Goal]:
    waits = {phase: q[2] for (phase, what), q in quantiles(events).items() if what == "search"}
    if "idle" not in waits:
        return []
    return [
        most(f"p99 of searches while {said}, times that at rest", 3.0, waits[phase] / waits["idle"])
        for phase, said in PHASES.items()
        if phase in waits and phase in BULK
    ]


PHASES = {
    "idle": "nothing else runs",
    "ingest": "`reseen ingest` runs on all cores",
    "job": "an ingest job of the server runs",
    "rebuild": "the index is rebuilt",
    "batch": "another client sends batches of 100",
}
BULK = {"ingest", "job", "rebuild"}
"""What the promise is about: ingest and maintenance."""


def _of_ingest(rows: Sequence[Filled]) -> list[Goal]:
    media = {row.cores: row.rate for row in rows if row.name == "media"}
    if 1 not in media or len(media) < 2:
        return []
    cores = max(media)
    name = f"ingest on {cores} cores, times {cores} x the rate of one"
    return [least(name, 0.8, media[cores] / media[1] / cores)]


def _of_faults(killed: Killed | None) -> list[Goal]:
    if killed is None:
        return []
    name = f"lost, risen, half-visible or doubled references in {killed.rounds} kills"
    return [most(name, 0.0, float(killed.broken))]
