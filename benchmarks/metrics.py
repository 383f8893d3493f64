"""How well true pairs are told from false ones.

Conventions: one entry a verified pair; ``scores`` ``float64 [N]``, larger is surer; ``truth``
``bool [N]``. Every true pair is among the entries, so ``truth.sum()`` is the number of positives.
False pairs that were not listed, and any entry that scores 0, count as never answered. Ties count
as one step: a true pair that ties with a false one is not above it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Scores = npt.NDArray[np.float64]
type Truth = npt.NDArray[np.bool_]
type Lines = Mapping[str, Sequence[tuple[float, float]]]
"""Points of a plot by the name of their line, from left to right."""

TAIL = "p95"
"""A line whose name ends so goes with the line before it."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall where the answer is "all pairs of at least this score"; scores fall."""

    scores: Scores
    precision: Scores
    recall: Scores


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95% confidence interval."""

    value: float
    low: float
    high: float


def curve(scores: Scores, truth: Truth) -> Curve:
    """One point for each distinct score above 0."""
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > 0.0]
    ranked, right = scores[order], truth[order]
    last_of_tie = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], len(ranked) > 0))
    hits = np.cumsum(right)[last_of_tie]
    positives = max(1, int(truth.sum()))
    return Curve(ranked[last_of_tie], hits / (last_of_tie + 1.0), hits / positives)


def best_false(scores: Scores, truth: Truth) -> float:
    """The score of the false pair that looks truest; 0 when no false pair was scored."""
    return float(scores[~truth].max(initial=0.0))


def recall_above(scores: Scores, truth: Truth, threshold: float) -> float:
    """The share of true pairs that score strictly above a threshold; NaN without true pairs."""
    return float((scores[truth] > threshold).mean()) if truth.any() else math.nan


def recall_at_zero_false(scores: Scores, truth: Truth) -> float:
    """The share of true pairs above every false one."""
    return recall_above(scores, truth, best_false(scores, truth))


def recall_at_precision(scores: Scores, truth: Truth, precision: float = 0.999) -> float:
    """The largest recall at which precision still holds; 0 when it never does."""
    points = curve(scores, truth)
    return float(points.recall[points.precision >= precision].max(initial=0.0))


def micro_average_precision(scores: Scores, truth: Truth) -> float:
    """Area under the step curve of all pairs ranked together: sum of precision times gained recall.

    As in the Image Similarity Challenge (Douze et al., *The 2021 Image Similarity Dataset and
    Challenge*), with ties taken as one step.
    """
    points = curve(scores, truth)
    return float(np.sum(points.precision * np.diff(points.recall, prepend=0.0)))


def wilson(successes: int, trials: int, z: float = 1.959964) -> Interval:
    """The score interval of a share (Wilson, 1927): honest at 0, at 1 and for few trials."""
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0)
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def bootstrap(
    groups: Sequence[str],
    statistic: Callable[[npt.NDArray[np.intp]], float],
    *,
    draws: int = 400,
    seed: int = 0,
) -> Interval:
    """A statistic of entries, with the percentile interval of resampled groups.

    ``groups`` names the source of each entry: attacks on one original rise and fall together, so
    whole originals are drawn, not pairs. ``statistic`` is given indices, repeated as drawn.
    """
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    blocks = [np.array(rows, np.intp) for rows in members.values()]
    value = statistic(np.arange(len(groups)))
    if len(blocks) < 2:
        return Interval(value, math.nan, math.nan)
    rng = np.random.default_rng(seed)
    drawn = [
        statistic(np.concatenate([blocks[b] for b in rng.integers(len(blocks), size=len(blocks))]))
        for _ in range(draws)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of similar score: their mean score, the share that is true, and how many they are."""

    score: float
    share: float
    count: int


def reliability(scores: Scores, truth: Truth, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal mass, by rising score. Equal scores may fall into neighbouring bins."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return tuple(
        Bin(float(scores[part].mean()), float(truth[part].mean()), len(part)) for part in parts
    )


def expected_calibration_error(scores: Scores, truth: Truth, bins: int = 10) -> float:
    """Mean distance between score and share of true pairs over bins of equal mass.

    Equal mass because bins of equal width leave the middle, where people doubt, almost empty
    (Nixon et al., *Measuring Calibration in Deep Learning*, 2019).
    """
    parts = reliability(scores, truth, bins)
    total = sum(part.count for part in parts)
    return sum(part.count * abs(part.score - part.share) for part in parts) / total if total else 0
