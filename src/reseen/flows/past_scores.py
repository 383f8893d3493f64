"""How past searches scored against one bank: what any cut would have matched, told at once.

A backtest tries one set of cuts and names examples; this is for whoever is still looking for the
cut. Nothing is searched again. Of each query and regime the best score counts, over all the time
that is asked for.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime

STEPS = 100
"""Scores are told in hundredths: a cut is set no finer."""


@dataclass(frozen=True, slots=True)
class PastScores:
    """By regime, how many queries scored best in each hundredth: entry ``n`` counts scores from
    ``n / 100`` up, the last one those of 1. ``queries`` counts a query once however many regimes it
    has.
    """

    queries: int
    bins: Mapping[Regime, tuple[int, ...]]
    first: datetime | None
    """The time of the oldest search that counts."""


def spread(scores: Iterable[StoredScore]) -> PastScores:
    best: dict[tuple[Regime, str], float] = {}
    first: datetime | None = None
    for one in scores:
        key = one.regime, one.query_sha256
        best[key] = max(one.score, best.get(key, 0.0))
        first = one.at if first is None else min(first, one.at)
    bins: dict[Regime, list[int]] = {}
    for (regime, _), score in best.items():
        # 0.29 * 100 is a little less than 29: what is stored must not fall beneath its own cut.
        step = min(STEPS, max(0, math.floor(round(score * STEPS, 6))))
        bins.setdefault(regime, [0] * (STEPS + 1))[step] += 1
    told = {regime: tuple(bins[regime]) for regime in Regime if regime in bins}
    return PastScores(len({sha256 for _, sha256 in best}), told, first)
