"""From near rows to the few references that are worth a close look.

Every signal tells by itself which references a query may repeat, in nats of evidence against
chance; the shortlist takes the best of each. Three rules hold for all signals:

- *Distinct evidence.* A scene that stands still is one picture however long it is shown, on either
  side: moments of a query that look alike share one vote, and a row of a reference counts once.
- *Excess, not likeness.* What resembles everything (one studio, one template) says little: only
  what a reference has above the other references that a moment found counts, squared.
- *Windows.* A long query may repeat a dozen references for a few seconds each. Each window of it
  ranks references by itself, and the winners of all windows come first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.ports import Hits

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Judge = Callable[[int, float], bool]
"""Whether a reference with so much evidence is looked at whatever the budget."""

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
SURE = 20.0
"""Evidence in nats, likewise."""
FAINT = 0.4
"""Evidence in nats under which a reference is no candidate of a film. A still has one moment to
speak for it and is looked at in 3 ms: what is nearer than usual is enough there."""
CHANCE_VOTES = 16.0
"""Votes of keypoints, in nats, that the best of a million unrelated frames has; what most of those
found have is taken for chance where it is less."""
FEWEST_SHARED = 4
"""Keys of quads that a window of the query and one of the reference share at least."""
CHANCE_KEYS, CLUSTERED = 4.2e-5, 30.0
"""Keys of one second of unrelated sound among those that are asked for, a key; and by how much such
counts scatter more than independent ones. 23 queries of 10 s (118,000 keys) and 131 windows share
60 keys on average if unrelated, one pair in a hundred more than 169 (independent: 79); a query and
its own window share 340 to 520 before any disguise."""
FAINT_SOUND = 0.1
"""Evidence in nats under which a sound is no candidate: 80 keys where 60 are usual."""


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


@dataclass(frozen=True, slots=True)
class Lead:
    """A reference that the query may repeat. ``evidence`` in nats; ``place`` 0 is the first of a
    window of the query. One that is ``sure`` is looked at whatever the budget.
    """

    reference: int
    evidence: float
    place: int = 0
    sure: bool = False


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
    which, best = _best_of_each(moments, hits.references, hits.nearness.astype(np.float64))
    moment, reference = moments[which], hits.references[which]
    is_still = len(np.unique(of.moments)) == 1
    excess = np.maximum(0.0, best - _background(moment, best, -1.0 if is_still else USUAL))
    window = of.windows[hits.query_rows[which]]
    votes = of.weights[hits.query_rows[which]] * excess**2 / (2 * SPREAD**2)
    evidence = _distinct(window, reference, hits.reference_rows[which], votes, excess)
    nearest = _most(reference, best)

    def is_sure(number: int, total: float) -> bool:
        return nearest[number] >= SURE_COSINE or total >= SURE

    return _leads(evidence, is_sure, 0.0 if is_still else FAINT)


def by_hashes(hits: Hits) -> list[Lead]:
    """References by PDQ within its radius: each is looked at."""
    nearest = _most(hits.references, hits.nearness.astype(np.float64))
    ranked = sorted(nearest.items(), key=lambda one: (-one[1], one[0]))
    return [
        Lead(number, SURE - apart / 8.0, place, sure=True)
        for place, (number, apart) in enumerate((n, -near) for n, near in ranked)
    ]


def by_words(hits: Hits) -> list[Lead]:
    """References by keypoints of one turn and zoom, under any disguise: what the best frame has
    above what most of those that were found have.
    """
    if not len(hits.references):
        return []
    votes = hits.nearness.astype(np.float64)
    excess = np.maximum(0.0, votes - min(CHANCE_VOTES, float(np.median(votes))))
    evidence = {(0, name): nats for name, nats in _most(hits.references, excess).items()}
    return _leads(evidence, lambda _, total: total >= SURE, 0.0)


def by_quads(windows: Sequence[tuple[int, Hits]], window_s: float) -> list[Lead]:
    """References by shared keys: for each window of the query how many keys it asked for, and what
    was found. A copy falls into two neighbouring windows of the reference; both count.
    """
    votes: dict[tuple[int, int], float] = {}
    for number, (keys, hits) in enumerate(windows):
        if not len(hits.references):
            continue
        chance = max(1.0, keys * CHANCE_KEYS * window_s)
        order = np.lexsort((hits.reference_rows, hits.references))
        reference, row = hits.references[order], hits.reference_rows[order]
        shared = hits.nearness[order].astype(np.float64)
        follows = (reference[1:] == reference[:-1]) & (row[1:] == row[:-1] + 1)
        pair = shared.copy()
        pair[:-1][follows] += shared[1:][follows]
        two = np.append(follows, False)
        strength = np.maximum(
            _unlikely(shared, chance), np.where(two, _unlikely(pair, 2.0 * chance), 0.0)
        )
        strength[np.maximum(shared, pair) < FEWEST_SHARED] = 0.0
        for name, nats in _most(reference, strength).items():
            votes[number, name] = nats
    return _leads(votes, lambda _, total: total >= SURE, FAINT_SOUND)


def merged(leads: Iterable[Lead]) -> list[Lead]:
    """One lead a reference: the evidence of several signals adds up; best first."""
    found: dict[int, Lead] = {}
    for lead in leads:
        known = found.get(lead.reference)
        found[lead.reference] = (
            lead
            if known is None
            else Lead(
                lead.reference,
                lead.evidence + known.evidence,
                min(lead.place, known.place),
                lead.sure or known.sure,
            )
        )
    return sorted(found.values(), key=lambda one: (one.place, -one.evidence, one.reference))


def shortlist(signals: Sequence[Sequence[Lead]], budget: int) -> list[Lead]:
    """All that are sure, and the best of each signal in turn up to the budget; surest first, then
    what each signal puts first, since nats of one may be fewer than those of another.
    """
    every = {lead.reference: lead for lead in merged(one for some in signals for one in some)}
    ranked = [[lead.reference for lead in merged(some)] for some in signals]
    firsts = {some[0] for some in ranked if some}
    chosen = dict.fromkeys(number for number, lead in every.items() if lead.sure)
    room = budget
    for place in range(max(map(len, ranked), default=0)):
        for some in ranked:
            if room > 0 and place < len(some) and some[place] not in chosen:
                chosen[some[place]] = None
                room -= 1
    return sorted(
        (every[number] for number in chosen),
        key=lambda one: (
            not one.sure,
            one.reference not in firsts,
            -one.evidence,
            one.reference,
        ),
    )


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


def _best_of_each(one: Ints, other: Ints, value: Floats) -> tuple[Ints, Floats]:
    """For each pair of names the index of its largest value, and that value."""
    order = np.lexsort((-value, other, one))
    first = np.ones(len(order), bool)
    first[1:] = (one[order][1:] != one[order][:-1]) | (other[order][1:] != other[order][:-1])
    which = order[first].astype(np.int64)
    return which, value[which]


def _background(moment: Ints, best: Floats, least: float) -> Floats:
    """What is usual among the references that a moment found, for each; moments ascend."""
    _, first, group = np.unique(moment, return_index=True, return_inverse=True)
    usual = np.array([float(np.median(part)) for part in np.split(best, first[1:])])
    clipped: Floats = np.clip(usual, least, UNUSUAL)
    return clipped[group]


def _most(reference: Ints, value: Floats) -> dict[int, float]:
    """The largest value of each reference."""
    which, best = _best_of_each(np.zeros(len(reference), np.int64), reference, value)
    return dict(zip(reference[which].tolist(), best.tolist(), strict=True))


def _unlikely(shared: Floats, usual: float) -> Floats:
    """Nats against so many shared keys by chance (Chernoff's bound of a clustered count)."""
    over = np.maximum(shared, usual)
    nats: Floats = (over * np.log(over / usual) - (over - usual)) / CLUSTERED
    return nats


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


def _leads(evidence: dict[tuple[int, int], float], sure: Judge, faint: float = FAINT) -> list[Lead]:
    """Leads from evidence by window and reference."""
    total: dict[int, float] = {}
    windows: dict[int, list[tuple[float, int]]] = {}
    for (window, reference), nats in evidence.items():
        total[reference] = total.get(reference, 0.0) + nats
        windows.setdefault(window, []).append((nats, reference))
    place: dict[int, int] = {}
    for some in windows.values():
        some.sort(key=lambda one: (-one[0], one[1]))
        for rank, (nats, reference) in enumerate(some):
            if nats >= faint:
                place[reference] = min(rank, place.get(reference, rank))
    found = [Lead(r, total[r], place[r], sure(r, total[r])) for r in place]
    return sorted(found, key=lambda one: (one.place, -one.evidence, one.reference))
