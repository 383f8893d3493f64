"""What moderation promises to reach, held against raw rows of a replay and of a busy server."""

from collections.abc import Sequence

import numpy as np

from benchmarks import traffic_metrics as metrics
from benchmarks.datasets import PICTURE, SOUND, VIDEO
from benchmarks.goals import Goal, least, most
from benchmarks.traffic_load import HALF, Waited
from benchmarks.traffic_rows import AS_PLANNED, SHUFFLED, Reviewed, Uploaded

KINDS = (PICTURE, SOUND, VIDEO)


def goals(
    rows: Sequence[Uploaded], reviews: Sequence[Reviewed], load: Sequence[Waited]
) -> list[Goal]:
    """Those that the rows can tell of."""
    found: list[Goal] = []
    planned = [row for row in rows if row.run == AS_PLANNED]
    shuffled = [row for row in rows if row.run == SHUFFLED]
    if planned:
        found += _of_replay(planned, [one for one in reviews if one.run == AS_PLANNED])
    if planned and shuffled:
        name = "uploads in another cluster when all come in another order"
        found.append(most(name, 0.0, float(len(metrics.moved(planned, shuffled)))))
    half = [row for row in load if row.phase == HALF]
    if half:
        answer, inside = (
            float(np.quantile([getattr(row, what) for row in half], 0.95))
            for what in ("answer", "perceive")
        )
        name = "a server at half of its saturation: p95 of answers, times that of fingerprinting"
        found.append(most(name, 1.5, answer / inside))
    return found


def _of_replay(rows: Sequence[Uploaded], reviews: Sequence[Reviewed]) -> list[Goal]:
    clusters = metrics.clustered(rows)
    return [
        least("purity of clusters", 0.999, clusters.purity),
        least("completeness of clusters", 0.95, clusters.completeness),
        most("reviews for each thing that was reviewed", 1.1, metrics.reviews_a_thing(reviews)),
        most("innocent uploads removed", 0.0, float(len(metrics.removed_innocents(rows)))),
        *_answers(rows),
    ]


def _answers(rows: Sequence[Uploaded]) -> list[Goal]:
    """By kind: of all together the slowest kind to fingerprint would hide the others."""
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in KINDS}
    return [
        most(
            f"{kind}, one after the other: p95 of answers, times that of fingerprinting",
            1.5,
            metrics.ratio(some),
        )
        for kind, some in by_kind.items()
        if some
    ]
