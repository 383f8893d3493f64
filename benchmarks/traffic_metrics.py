"""What the rows of a replay say. Pure; a row is an upload (``traffic_rows.Uploaded``).

*Conventions.* A cluster is the set of uploads with one ``cluster``; a thing, of those with one
``thing``. An upload that shows two things is at home with either. What shows a piece of its thing,
or shows it in another medium, may stand alone: it counts where it is mixed with others (purity),
and not where it is apart (completeness).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.traffic_plan import Role, Shows
from benchmarks.traffic_rows import Reviewed, Uploaded

REMOVE = "remove"
HARM = {Role.HARMFUL.value, Role.KNOWN.value}


@dataclass(frozen=True, slots=True)
class Clustered:
    """Shares of uploads. ``purity``: that show what most of their cluster show; ``purity_shared``:
    the same, of clusters of several uploads. ``completeness``: of things that were uploaded more
    than once, that are in the cluster which has most of their thing. B-cubed: the mean, over
    uploads, of the share of its cluster that shows its thing, and of its thing that is in its
    cluster. ``mixed`` clusters show several things.
    """

    purity: float
    purity_shared: float
    completeness: float
    precision: float
    recall: float
    mixed: int
    clusters: int
    things: int


def clustered(rows: Sequence[Uploaded]) -> Clustered:
    by_cluster = _grouped(rows, lambda row: row.cluster)
    majority = {name: _majority(some) for name, some in by_cluster.items()}
    fits = {row.number: _shows(row, majority[row.cluster]) for row in rows}
    shared = [row for row in rows if len(by_cluster[row.cluster]) > 1]
    whole = [row for row in rows if row.shows == Shows.WHOLE]
    by_thing = _grouped(whole, lambda row: row.thing)
    repeated = [some for some in by_thing.values() if len(some) > 1]
    together = sum(max(Counter(row.cluster for row in some).values()) for some in repeated)
    precision = [
        _mean(_shows(other, row.thing) for other in by_cluster[row.cluster]) for row in whole
    ]
    recall = [_mean(o.cluster == row.cluster for o in by_thing[row.thing]) for row in whole]
    return Clustered(
        purity=_mean(fits.values()),
        purity_shared=_mean(fits[row.number] for row in shared),
        completeness=together / max(1, sum(map(len, repeated))) if repeated else float("nan"),
        precision=_mean(precision),
        recall=_mean(recall),
        mixed=sum(not all(fits[r.number] for r in some) for some in by_cluster.values()),
        clusters=len(by_cluster),
        things=len({row.thing for row in rows}),
    )


def strays(rows: Sequence[Uploaded]) -> list[Uploaded]:
    """Copies that are not with most copies of their thing."""
    whole = [row for row in rows if row.shows == Shows.WHOLE]
    homes = {
        thing: Counter(row.cluster for row in some).most_common(1)[0][0]
        for thing, some in _grouped(whole, lambda row: row.thing).items()
    }
    return [row for row in whole if row.cluster != homes[row.thing]]


def intruders(rows: Sequence[Uploaded]) -> list[tuple[Uploaded, str]]:
    """Uploads in a cluster of something else, and what that is."""
    majority = {
        name: _majority(some) for name, some in _grouped(rows, lambda row: row.cluster).items()
    }
    told = ((row, majority[row.cluster]) for row in rows)
    return [(row, thing) for row, thing in told if not _shows(row, thing)]


def removed_innocents(rows: Iterable[Uploaded]) -> list[Uploaded]:
    """Innocent or allowed uploads that were removed, at once or later."""
    return [row for row in rows if row.role not in HARM and REMOVE in {row.action, row.ended}]


def removed_at_once(rows: Sequence[Uploaded]) -> dict[str, float]:
    """Share of harmful uploads, by what they show of it, whose answer was their removal."""
    found = _grouped([r for r in rows if r.role in HARM], lambda row: (row.role, row.shows))
    return {
        f"{role}, {shows}": _mean(row.action == REMOVE for row in some)
        for (role, shows), some in sorted(found.items())
    }


def removed_in_the_end(rows: Sequence[Uploaded]) -> float:
    """Share of all harmful copies."""
    return _mean(r.ended == REMOVE for r in rows if r.role in HARM and r.shows == Shows.WHOLE)


def reviews_a_thing(reviews: Sequence[Reviewed]) -> float:
    """Looks at copies, splits among them, for each distinct thing that was reviewed. A still of a
    film, or a piece of it among other things, is looked at for itself.
    """
    mine = [one for one in reviews if one.copies]
    return len(mine) / max(1, len({one.thing for one in mine}))


def looks_without_clusters(rows: Sequence[Uploaded], reviews: Sequence[Reviewed]) -> int:
    """Uploads that somebody would have had to look at one by one: the copies of what was decided
    that no known reference removed.
    """
    decided = {one.thing for one in reviews}
    return sum(r.thing in decided and (r.action != REMOVE or r.decided) for r in rows)


def ratio(rows: Sequence[Uploaded]) -> float:
    """p95 of answers over p95 of fingerprinting."""
    if not rows:
        return float("nan")
    return quantile(rows, "answer", 0.95) / quantile(rows, "perceive", 0.95)


def quantile(rows: Sequence[Uploaded], part: str, share: float) -> float:
    return float(np.quantile([getattr(row, part) for row in rows], share))


def by_size(
    rows: Sequence[Uploaded], bounds: Sequence[int]
) -> Mapping[str, tuple[int, float, float, float]]:
    """Answers by how many contents their cluster held already: how many there are, and medians of
    answering, of searching and of writing, in seconds.
    """
    found: dict[str, tuple[int, float, float, float]] = {}
    for low, high in zip(bounds, [*bounds[1:], 1 << 30], strict=True):
        some = [row for row in rows if low <= row.joined < high]
        if some:
            search = [row.answer - row.perceive - row.write for row in some]
            found[f"{low} to {high - 1}" if high < 1 << 30 else f"{low} and more"] = (
                len(some),
                quantile(some, "answer", 0.5),
                float(np.median(search)),
                quantile(some, "write", 0.5),
            )
    return found


def moved(one: Sequence[Uploaded], other: Sequence[Uploaded]) -> list[int]:
    """Numbers of uploads that would have to go elsewhere for the clusters of the one run to be
    those of the other: all that are not in the counterpart of their cluster, the one that has most
    of its uploads and is no other's counterpart.
    """
    there = {row.number: row.cluster for row in other}
    shared = Counter((row.cluster, there.get(row.number, "")) for row in one)
    counterpart: dict[str, str] = {}
    taken: set[str] = set()
    for (mine, theirs), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if mine not in counterpart and theirs not in taken:
            counterpart[mine] = theirs
            taken.add(theirs)
    return sorted(r.number for r in one if counterpart.get(r.cluster) != there.get(r.number, ""))


def _majority(rows: Sequence[Uploaded]) -> str:
    """What most show; those that show two things only where nothing else does."""
    single = [row.thing for row in rows if not row.beside]
    counts = Counter(single or [row.thing for row in rows])
    return max(counts, key=lambda thing: (counts[thing], thing))


def _shows(row: Uploaded, thing: str) -> bool:
    return thing in {row.thing, row.beside}


def _grouped[K: Hashable](
    rows: Iterable[Uploaded], key: Callable[[Uploaded], K]
) -> dict[K, list[Uploaded]]:
    found: defaultdict[K, list[Uploaded]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def _mean(values: Iterable[float]) -> float:
    some = list(values)
    return float(np.mean(some)) if some else float("nan")
