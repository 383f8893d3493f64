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
"""Evidence in nats, likewise; of one window of a query."""
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
CHANCE_VOTES, CHANCE_BEST = 16.0, 1.6
"""Votes of keypoints, in nats, that most of those have that are found among a million unrelated
frames, and times that which the best of them has; where most of those found have less, that is
taken. Above the 16 the best of 24 unrelated stills had 6 to 12, and copies 48 to 550."""
SURE_VOTES = SURE + CHANCE_VOTES * CHANCE_BEST
"""Votes of a frame whose reference is looked at whatever the budget."""
FEWEST_SHARED = 4
"""Keys of quads that a window of the query and one of the reference share at least."""
CHANCE_KEYS, CLUSTERED = 1.7e-5, 8.0
"""Keys of one second of unrelated lively sound among those that are asked for, a key; and by how
much such counts scatter more than independent ones. 144 queries of 10 to 30 s (149,000 keys a
window) and 3,000 windows share 30 keys on average if unrelated, one pair in a hundred more than 58,
one in a thousand more than 72; half of the disguised ones and their own window more than 136. That
is four times the scatter; twice that was chosen, as real music made too many references sure."""
FAINT_SOUND = 0.1
"""Evidence in nats under which a sound is no candidate: 37 keys where 30 are usual."""
WHOLE = -1
"""All windows of a query taken together."""


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

    surest = _surest(evidence, of)

    def is_sure(number: int, _: float) -> bool:
        return nearest[number] >= SURE_COSINE or number in surest

    if is_still:
        return _leads(evidence, is_sure, FAINT_STILL, FIRST)
    return _leads(evidence, is_sure, FAINT)


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
    nearest = _most(hits.references, hits.nearness.astype(np.float64))
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
    evidence = {(0, name): nats for name, nats in _most(hits.references, excess).items()}
    return _leads(evidence, lambda _, total: total >= SURE, FAINT_STILL)


def by_quads(windows: Sequence[tuple[int, Hits]], window_s: float) -> list[Lead]:
    """References by shared keys: for each window of the query how many keys it asked for, and what
    was found. A copy falls into two neighbouring windows of the reference; both count.

    What all windows of a query share with as many windows in a row ranks references as well: a copy
    under other sound is faint in each of them, and adds up.
    """
    votes: dict[tuple[int, int], float] = {}
    runs: list[tuple[Ints, Ints, Floats]] = []
    usual = 0.0
    for number, (keys, hits) in enumerate(windows):
        chance = max(1.0, keys * CHANCE_KEYS * window_s)
        usual += chance
        if len(hits.references):
            shared = hits.nearness.astype(np.float64)
            runs.append((hits.references, hits.reference_rows - number, shared))
            for name, nats in _by_rows(*runs[-1], chance).items():
                votes[number, name] = nats
    strongest: dict[int, float] = {}
    for (_, name), nats in votes.items():
        strongest[name] = max(nats, strongest.get(name, 0.0))
    if len(runs) > 1:
        reference, row, shared = (np.concatenate(column) for column in zip(*runs, strict=True))
        for name, nats in _by_rows(*_added(reference, row, shared), usual).items():
            votes[WHOLE, name] = nats
    return _leads(votes, lambda name, _: strongest.get(name, 0.0) >= SURE, FAINT_SOUND)


def _by_rows(reference: Ints, row: Ints, shared: Floats, chance: float) -> dict[int, float]:
    """Nats of the best row of each reference, or of the best two that follow each other."""
    order = np.lexsort((row, reference))
    reference, row, shared = reference[order], row[order], shared[order]
    follows = (reference[1:] == reference[:-1]) & (row[1:] == row[:-1] + 1)
    pair = shared.copy()
    pair[:-1][follows] += shared[1:][follows]
    two = np.append(follows, False)
    nats = np.maximum(_unlikely(shared, chance), np.where(two, _unlikely(pair, 2.0 * chance), 0.0))
    nats[np.maximum(shared, pair) < FEWEST_SHARED] = 0.0
    return _most(reference, nats)


def _added(reference: Ints, row: Ints, shared: Floats) -> tuple[Ints, Ints, Floats]:
    """The same with what each row of a reference has, once."""
    pairs, which = np.unique(np.stack([reference, row]), axis=1, return_inverse=True)
    return pairs[0], pairs[1], np.bincount(which.ravel(), weights=shared)


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
    usual = np.array([_median(part) for part in np.split(best, first[1:])])
    clipped: Floats = np.clip(usual, least, UNUSUAL)
    return clipped[group]


def _median(found: Floats) -> float:
    unrelated = np.zeros(max(0, AMONG - len(found)))
    return float(np.median(np.concatenate([found, unrelated])))


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


def _leads(
    evidence: dict[tuple[int, int], float], sure: Judge, faint: float, first: int = 0
) -> list[Lead]:
    """Leads from evidence by window and reference: all that is not faint, and the ``first``."""
    total: dict[int, float] = {}
    windows: dict[int, list[tuple[float, int]]] = {}
    for (window, reference), nats in evidence.items():
        total[reference] = total.get(reference, 0.0) + nats
        windows.setdefault(window, []).append((nats, reference))
    place: dict[int, int] = {}
    for some in windows.values():
        some.sort(key=lambda one: (-one[0], one[1]))
        for rank, (nats, reference) in enumerate(some):
            if nats >= faint or rank < first:
                place[reference] = min(rank, place.get(reference, rank))
    found = [Lead(r, total[r], place[r], sure(r, total[r])) for r in place]
    return sorted(found, key=lambda one: (one.place, -one.evidence, one.reference))
