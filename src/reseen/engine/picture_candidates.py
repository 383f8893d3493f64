"""Which references a picture or film may repeat: by descriptors, PDQ, and words of keypoints."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.engine.candidates import SURE, Floats, Ints, Lead, best_of_each, leads_of, strongest
from reseen.ports import Hits

WINDOW = 20.0
"""Seconds of a query that rank references by themselves."""
ALIKE = 0.85
"""Cosine of consecutive moments from which they are one picture or one take, with one vote."""
USUAL, UNUSUAL = 0.25, 0.42
"""Cosines between which what resembles everything lies: the median of what a moment found, but no
less than unrelated pictures reach among a few, and no more than among a million."""
SPREAD = 0.07
"""Of cosines of unrelated pictures around their mean."""
SURE_COSINE = 0.7
"""From which a reference is looked at whatever the budget."""
EACH = 1.0
"""Evidence in nats that the distinct moments of a film's window have at least, if it is sure: among
2,500 films one that is unrelated had 0.7 for each of 58 moments, the original 7.7."""
FAINT, FAINT_STILL = 0.4, 0.2
"""Evidence in nats under which a reference is no candidate of a film, or of a still. Among a
million, unrelated stills lead to one or two with more; copies that no keypoints lead to have it."""
FIRST = 4
"""So many of those by the descriptors of a still are looked at however faint: in a bank of
look-alikes all is usual."""
AMONG = 16
"""References that were found at least, unrelated ones where there are fewer: of a bank of one,
everything would be usual."""
CHANCE_VOTES, CHANCE_BEST = 16.0, 1.8
"""Votes of keypoints, in nats, that most of those have at most that are found by chance, and times
the median which the best of them has. Of 24 unrelated stills among a million frames the median was
10 to 11, the best 1.6 to 2.2 times that, in half of them less than 1.8; copies have 48 to 550."""
SURE_VOTES = SURE + CHANCE_VOTES * CHANCE_BEST
"""Votes of a frame whose reference is looked at whatever the budget."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of a track that an index is asked for, and what they are of.

    rows ``int64 [N]``; moments ``int64 [N]``, rows of one moment are views of one frame; windows
    ``int64 [N]``; weights ``float64 [N]``: one over the number of moments that look alike.
    """

    rows: Ints
    moments: Ints
    windows: Ints
    weights: Floats


def asked(track: Track, most: int) -> Asked:
    """At most so many rows of a track, so that nothing distinct is left out before anything alike
    is asked twice. A still's rows are views of one moment.
    """
    starts = track.spans[:, 0]
    if not len(track) or np.isinf(starts).any():
        rows = np.arange(min(len(track), most), dtype=np.int64)
        nothing = np.zeros(len(rows), np.int64)
        return Asked(rows, nothing, nothing, np.ones(len(rows)))
    _, first, moments = np.unique(starts, return_index=True, return_inverse=True)
    runs = _runs(track.codes[first].astype(np.float32))
    size = np.bincount(runs)
    within = np.arange(len(runs)) - np.searchsorted(runs, runs)
    turn = np.abs(within - size[runs] // 2)  # the middle of a run first
    order = np.lexsort((_spread(len(runs)), turn))
    taken = np.cumsum(np.bincount(moments)[order]) <= most
    chosen = np.isin(moments, order[taken])
    rows = np.flatnonzero(chosen).astype(np.int64)
    kept = np.bincount(runs[np.sort(order[taken])], minlength=len(size))
    share = 1.0 / np.maximum(1, kept)[runs[moments[rows]]]
    windows = (starts[rows] // WINDOW).astype(np.int64)
    return Asked(rows, moments[rows].astype(np.int64), windows, share)


def by_pictures(hits: Hits, of: Asked) -> list[Lead]:
    """References by descriptors; ``query_rows`` of the hits count rows of what was asked."""
    if not len(hits.references):
        return []
    moments = of.moments[hits.query_rows]
    which, best = best_of_each(moments, hits.references, hits.nearness.astype(np.float64))
    moment, reference = moments[which], hits.references[which]
    is_still = len(np.unique(of.moments)) == 1
    excess = np.maximum(0.0, best - _background(moment, best, -1.0 if is_still else USUAL))
    window = of.windows[hits.query_rows[which]]
    votes = of.weights[hits.query_rows[which]] * excess**2 / (2 * SPREAD**2)
    evidence = _distinct(window, reference, hits.reference_rows[which], votes, excess)
    nearest = strongest(reference, best)

    surest = _surest(evidence, of)

    def is_sure(number: int, _: float) -> bool:
        return nearest[number] >= SURE_COSINE or number in surest

    if is_still:
        return leads_of(evidence, is_sure, FAINT_STILL, FIRST)
    return leads_of(evidence, is_sure, FAINT)


def _surest(evidence: dict[tuple[int, int], float], of: Asked) -> frozenset[int]:
    """References that one window of a query is enough to be sure of: many moments add up to much
    that is little for each.
    """
    _, first = np.unique(of.moments, return_index=True)
    distinct = np.bincount(of.windows[first], weights=of.weights[first])
    return frozenset(
        name
        for (window, name), nats in evidence.items()
        if nats >= max(SURE, EACH * float(distinct[window]))
    )


def by_hashes(hits: Hits) -> list[Lead]:
    """References by PDQ within its radius: each is looked at."""
    nearest = strongest(hits.references, hits.nearness.astype(np.float64))
    ranked = sorted(nearest.items(), key=lambda one: (-one[1], one[0]))
    return [
        Lead(number, SURE - apart / 8.0, place, sure=True)
        for place, (number, apart) in enumerate((n, -near) for n, near in ranked)
    ]


def by_words(hits: Hits) -> list[Lead]:
    """References by keypoints of one turn and zoom, under any disguise: what the best frame has
    above what the best of so many has by chance.
    """
    if not len(hits.references):
        return []
    votes = hits.nearness.astype(np.float64)
    chance = min(CHANCE_VOTES, _median(votes)) * CHANCE_BEST
    excess = np.maximum(0.0, votes - chance)
    evidence = {(0, name): nats for name, nats in strongest(hits.references, excess).items()}
    return leads_of(evidence, lambda _, total: total >= SURE, FAINT_STILL)


def _runs(codes: npt.NDArray[np.float32]) -> Ints:
    """The number of the run that each moment belongs to: one that looks like the run's first."""
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9)
    runs = np.zeros(len(codes), np.int64)
    head = 0
    for at in range(1, len(codes)):
        is_new = float(codes[at] @ codes[head]) < ALIKE
        head = at if is_new else head
        runs[at] = runs[at - 1] + is_new
    return runs


def _spread(count: int) -> Ints:
    """A place for each of so many in a row, such that the first of them lie evenly apart: bits of
    the number, reversed (van der Corput, 1935).
    """
    bits = max(1, (count - 1).bit_length())
    number = np.arange(count, dtype=np.int64)
    places = np.zeros(count, np.int64)
    for _ in range(bits):
        places = (places << 1) | (number & 1)
        number >>= 1
    return places


def _background(moment: Ints, best: Floats, least: float) -> Floats:
    """What is usual among the references that a moment found, for each; moments ascend."""
    _, first, group = np.unique(moment, return_index=True, return_inverse=True)
    usual = np.array([_median(part) for part in np.split(best, first[1:])])
    clipped: Floats = np.clip(usual, least, UNUSUAL)
    return clipped[group]


def _median(found: Floats) -> float:
    unrelated = np.zeros(max(0, AMONG - len(found)))
    return float(np.median(np.concatenate([found, unrelated])))


def _distinct(
    window: Ints, reference: Ints, row: Ints, votes: Floats, excess: Floats
) -> dict[tuple[int, int], float]:
    """Evidence by window and reference: the votes of moments, and no more than its rows have."""
    found: dict[tuple[int, int], float] = {}
    rows: dict[tuple[int, int], dict[int, float]] = {}
    columns = (window, reference, row, votes, excess)
    for w, r, seen, vote, over in zip(*(c.tolist() for c in columns), strict=True):
        if not vote:
            continue
        key = w, r
        found[key] = found.get(key, 0.0) + vote
        own = rows.setdefault(key, {})
        own[seen] = max(own.get(seen, 0.0), over * over / (2 * SPREAD**2))
    return {key: min(total, sum(rows[key].values())) for key, total in found.items()}
