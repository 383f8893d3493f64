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

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Judge = Callable[[int, float], bool]
"""Whether a reference with so much evidence is looked at whatever the budget."""

SURE = 20.0
"""Evidence in nats, of one window of a query, from which a reference is looked at whatever the
budget."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A reference that the query may repeat. ``evidence`` in nats; ``place`` 0 is the first of a
    window of the query. One that is ``sure`` is looked at whatever the budget.
    """

    reference: int
    evidence: float
    place: int = 0
    sure: bool = False


def leads_of(
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


def strongest(reference: Ints, value: Floats) -> dict[int, float]:
    """The largest value of each reference."""
    which, best = best_of_each(np.zeros(len(reference), np.int64), reference, value)
    return dict(zip(reference[which].tolist(), best.tolist(), strict=True))


def best_of_each(one: Ints, other: Ints, value: Floats) -> tuple[Ints, Floats]:
    """For each pair of names the index of its largest value, and that value."""
    order = np.lexsort((-value, other, one))
    first = np.ones(len(order), bool)
    first[1:] = (one[order][1:] != one[order][:-1]) | (other[order][1:] != other[order][:-1])
    which = order[first].astype(np.int64)
    return which, value[which]
