"""Which references a sound may repeat: by the keys of quads that they share."""

from collections.abc import Sequence

import numpy as np

from reseen.engine.candidates import SURE, Floats, Ints, Lead, leads_of, strongest
from reseen.ports import Hits

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
    best: dict[int, float] = {}
    for (_, name), nats in votes.items():
        best[name] = max(nats, best.get(name, 0.0))
    if len(runs) > 1:
        reference, row, shared = (np.concatenate(column) for column in zip(*runs, strict=True))
        for name, nats in _by_rows(*_added(reference, row, shared), usual).items():
            votes[WHOLE, name] = nats
    return leads_of(votes, lambda name, _: best.get(name, 0.0) >= SURE, FAINT_SOUND)


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
    return strongest(reference, nats)


def _added(reference: Ints, row: Ints, shared: Floats) -> tuple[Ints, Ints, Floats]:
    """The same with what each row of a reference has, once."""
    pairs, which = np.unique(np.stack([reference, row]), axis=1, return_inverse=True)
    return pairs[0], pairs[1], np.bincount(which.ravel(), weights=shared)


def _unlikely(shared: Floats, usual: float) -> Floats:
    """Nats against so many shared keys by chance (Chernoff's bound of a clustered count)."""
    over = np.maximum(shared, usual)
    nats: Floats = (over * np.log(over / usual) - (over - usual)) / CLUSTERED
    return nats
