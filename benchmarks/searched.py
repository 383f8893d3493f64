"""One query searched for in a bank of one size, and many of them summed up.

Conventions: scores 0..1; times are processor seconds of one search after the other, without
decoding, which happens in another process.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from reseen.wiring.matching import CUTS

AS_GOOD = 0.01
"""Score by which a search may fall behind the pair alone."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One query in a bank of one size. ``pair`` is the score of the true pair alone, ``found`` that
    in the answer of the search, ``false`` the best of any other reference.

    ``what`` is the kind of query, ``family`` that of its disguise. ``size``: references of a bank
    of stills, descriptors of one of films, which has windows of sound besides. Of ``segments`` that
    the query repeats, ``placed`` are those that the search tells with all ends true to a second,
    ``placed_alone`` those that the pair does. ``search`` is without ``describe``, of which
    ``index`` and ``truth`` are parts; ``wall`` is by the clock.
    """

    query: str
    family: str
    absent: bool
    size: int
    pair: float
    found: float
    false: float
    describe: float
    search: float
    index: float
    truth: float
    looked_at: int
    wall: float = 0.0
    what: str = "still"
    windows: int = 0
    segments: int = 0
    placed_alone: int = 0
    placed: int = 0

    @property
    def closely(self) -> float:
        """Seconds in which references were compared with the query."""
        return max(0.0, self.search - self.index - self.truth)


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one kind of query in a bank of one size: shares of true pairs that match alone (``pairs``)
    and in the search (``found``); how many match in one and not the other, how many the search
    tells worse by more than ``AS_GOOD``, how many queries were answered falsely; shares of segments
    in their place; and times.
    """

    what: str
    size: int
    windows: int
    queries: int
    pairs: float
    found: float
    lost: int
    gained: int
    worse: int
    false: int
    placed_alone: float
    placed: float
    describe_p50: float
    search_p50: float
    search_p95: float
    index_p50: float
    truth_p50: float
    closely_p50: float
    looked_at: float

    def line(self) -> str:
        """As one line of JSON."""
        values = asdict(self).items()
        return json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values})


def summary(rows: Sequence[Searched], match: float = CUTS.medium) -> list[Summary]:
    """By kind of query and size, ascending."""
    keys = sorted({(row.what, row.size, row.windows) for row in rows})
    return [
        _of_one([row for row in rows if (row.what, row.size, row.windows) == key], match)
        for key in keys
    ]


def read(path: Path) -> list[Searched]:
    """A line that was cut off is left out."""
    with path.open(encoding="utf-8") as lines:
        return [Searched(**json.loads(line)) for line in lines if line.endswith("\n")]


def recall(rows: Sequence[Searched], match: float = CUTS.medium) -> tuple[float, float]:
    """Shares of true pairs that match alone, and in the search; not a number without any."""
    true = [row for row in rows if not row.absent]
    return (
        _share([row.pair >= match for row in true], len(true)),
        _share([row.found >= match for row in true], len(true)),
    )


def _of_one(rows: Sequence[Searched], match: float) -> Summary:
    true = [row for row in rows if not row.absent]
    segments = sum(row.segments for row in true)
    pairs, found = recall(rows, match)

    def at(name: str, percent: float) -> float:
        return float(np.percentile([getattr(row, name) for row in rows], percent))

    return Summary(
        what=rows[0].what,
        size=rows[0].size,
        windows=rows[0].windows,
        queries=len(rows),
        pairs=pairs,
        found=found,
        lost=sum(row.found < match <= row.pair for row in true),
        gained=sum(row.pair < match <= row.found for row in true),
        worse=sum(row.found < row.pair - AS_GOOD and row.pair >= CUTS.low for row in true),
        false=sum(row.false >= match for row in rows),
        placed_alone=_share([row.placed_alone for row in true], segments),
        placed=_share([row.placed for row in true], segments),
        describe_p50=at("describe", 50),
        search_p50=at("search", 50),
        search_p95=at("search", 95),
        index_p50=at("index", 50),
        truth_p50=at("truth", 50),
        closely_p50=at("closely", 50),
        looked_at=float(np.mean([row.looked_at for row in rows])),
    )


def _share(hits: Sequence[bool | int], of: int) -> float:
    return sum(hits) / of if of else float("nan")
