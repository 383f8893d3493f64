"""Which references a sound may repeat: by the keys of quads that they share, on one clock and
one shift of pitch.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reseen.engine.candidates import SURE, Floats, Ints, Lead, leads_of, strongest
from reseen.engine.sound.quads import marks
from reseen.ports import QUAD_TICKS, QUAD_WINDOW, Hits

FEWEST_SHARED = 4
"""Keys of quads that a window of the query and one of the reference share at least."""
CHANCE_KEYS, CLUSTERED = 8.2e-7, 6.0
"""Keys of one second of unrelated lively sound among those that are asked for, a key, that agree on
one clock and one shift of pitch; and by how much such counts scatter more than independent ones.
144 queries of 10 to 30 s (149,000 keys a window) and 3,000 windows agree on 1.5 keys on average if
unrelated, one pair in a hundred on more than 6, one in a thousand on more than 9; half of the
disguised ones and their own window on more than 96, nine in ten on more than 23. Two windows of
real music may agree on hundreds, where one loop is in both: hence the scatter, five times what the
others have."""
FAINT_SOUND = 0.5
"""Evidence in nats under which a sound is no candidate: 5 keys where 1.5 are usual."""
WHOLE = -1
"""All windows of a query taken together."""
BRIEF = 0.4
"""What is left of a query under this share of a window is not asked for; of a short one all is."""


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


def windows_asked(
    times: npt.NDArray[np.float64], pitches: npt.NDArray[np.float64], keys: npt.NDArray[np.uint32]
) -> list[npt.NDArray[np.uint32]]:
    """What to ask an index for, from times, pitches ``float64 [N]`` and keys ``uint32 [N]`` of a
    query: of each window of it the distinct keys, with the mark where each is first
    ``uint32 [K, 2]``.
    """
    if not len(keys):
        return []
    ticks = ((times - times.min()) * (QUAD_TICKS / QUAD_WINDOW)).astype(np.int64)
    count = max(1, math.floor(float(np.ptp(times)) / QUAD_WINDOW + 1.0 - BRIEF))
    some = []
    for number in range(count):
        inside = np.flatnonzero(ticks // QUAD_TICKS == number)
        inside = inside[np.argsort(ticks[inside], kind="stable")]
        own, first = np.unique(keys[inside], return_index=True)
        if len(own):
            at = inside[first]
            some.append(np.stack([own, marks(ticks[at] % QUAD_TICKS, pitches[at])], axis=1))
    return some


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
