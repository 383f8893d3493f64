"""The numbers that people judge their moderation by, from facts that are kept.

Conventions: seconds; a share comes with the interval of Wilson (1927) at 95 %, which holds for few
cases and for shares near 0 and 1, where the usual one does not.

- *match rate*: of what was looked at, the share that matched.
- *queue age*: since when the cases wait that wait now.
- *time saved by clustering*: a decision covers all copies of a thing, so all but one of these need
  no look. A look takes as long as reviewers take: the median time between two decisions of one
  person, of those that follow each other within ``PAUSE_S``.
- *precision from decisions*: of what a reviewer decided because it matched, the share that was
  found harmful. What was removed or passed without a look is not in it, so it is the precision of
  what reviewers are shown.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from reseen.domain.usage import DayOfReview, Ruled, Saved, Share, Tally, Waiting

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""

AGES_S = (3600.0, 4 * 3600.0, 24 * 3600.0, 3 * 86_400.0, 7 * 86_400.0)

PAUSE_S = 600.0
"""Longer between two decisions, and somebody did something else."""

LEAST_GAPS = 5
"""Fewer tell no pace."""


def share(hits: int, of: int) -> Share:
    if not of:
        return Share(hits, of, None, None, None)
    p, z2 = hits / of, Z * Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(hits, of, p, max(0.0, middle - half), min(1.0, middle + half))


def match_rate(tallies: Iterable[Tally]) -> Share:
    total = sum(tallies, Tally())
    return share(total.matched, total.looked)


def queue_age(opened: Sequence[datetime], now: datetime) -> Waiting:
    """Of cases that were opened then."""
    ages = sorted(max(0.0, (now - at).total_seconds()) for at in opened)
    counts: list[tuple[float | None, int]] = []
    below = 0
    for limit in AGES_S:
        reached = sum(age <= limit for age in ages)
        counts.append((limit, reached - below))
        below = reached
    counts.append((None, len(ages) - below))
    return Waiting(
        cases=len(ages),
        oldest_s=ages[-1] if ages else None,
        median_s=median(ages) if ages else None,
        ages=tuple(counts),
    )


def pace(decisions: Iterable[Ruled]) -> float | None:
    """Seconds that a look takes; ``None`` where it cannot be told."""
    of_person: dict[str, list[datetime]] = defaultdict(list)
    for one in decisions:
        of_person[one.by].append(one.at)
    gaps: list[float] = []
    for times in of_person.values():
        times.sort()
        gaps += [(b - a).total_seconds() for a, b in pairwise(times)]
    working = [gap for gap in gaps if 0.0 < gap <= PAUSE_S]
    return median(working) if len(working) >= LEAST_GAPS else None


def saved(decisions: Sequence[Ruled]) -> Saved:
    copies = sum(one.copies for one in decisions)
    spared = sum(max(0, one.copies - 1) for one in decisions)
    look_s = pace(decisions)
    seconds = None if look_s is None else spared * look_s
    return Saved(len(decisions), copies, spared, look_s, seconds)


def precision(decisions: Iterable[Ruled]) -> Share:
    matched = [one for one in decisions if one.by_match]
    return share(sum(one.harmful for one in matched), len(matched))


def by_day(decisions: Iterable[Ruled], first: date, last: date) -> tuple[DayOfReview, ...]:
    """Every day from the first to the last."""
    of_day: dict[date, list[Ruled]] = defaultdict(list)
    for one in decisions:
        of_day[one.at.date()].append(one)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(_day(day, of_day[day]) for day in days)


def _day(day: date, some: Sequence[Ruled]) -> DayOfReview:
    waits = [(one.at - one.opened_at).total_seconds() for one in some]
    return DayOfReview(
        day=day,
        decisions=len(some),
        copies=sum(one.copies for one in some),
        harmful=sum(one.harmful for one in some),
        wait_s=max(0.0, median(waits)) if waits else None,
    )
