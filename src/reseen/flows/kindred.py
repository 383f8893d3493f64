"""Of many copies of one thing that were uploaded before, a few are looked at.

A picture that five hundred accounts uploaded is led to five hundred times, and a close look takes
ten milliseconds or more. What the nearest few say of their cluster is enough, where one of them
binds the query to it. Where none does, the others are looked at as well: all of them where one of
the few matches, as a piece of the query may, and else those that the index is sure of.
"""

from collections.abc import Callable, Mapping, Sequence

from reseen.domain.cluster import Node
from reseen.domain.media import Medium
from reseen.engine.candidates import Lead
from reseen.engine.cluster import binds
from reseen.flows.findings import Found
from reseen.flows.ties import edge_between

FEW = 4
"""Of each cluster that are looked at first."""

type Homes = Callable[[str, Sequence[int]], Mapping[int, str]]
"""The cluster of each reference of a project, of those that have one: ``ClusterStore.homes``."""


def nearest_of_each(
    leads: Sequence[Lead], homes: Mapping[int, str]
) -> tuple[list[Lead], list[Lead]]:
    """Leads in their order: the nearest few of each cluster, and the others."""
    counts: dict[str, int] = {}
    first, others = [], []
    for lead in leads:
        home = homes.get(lead.reference)
        if home is not None:
            counts[home] = counts.get(home, 0) + 1
        if home is None or counts[home] <= FEW:
            first.append(lead)
        else:
            others.append(lead)
    return first, others


def is_bound(medium: Medium | None, duration: float | None, found: Found) -> bool:
    """Whether what was found makes the query, of a duration in seconds, one with its cluster."""
    if not found.is_match or not found.match.segments:
        return False
    edge = edge_between(Node(0, medium, 0), duration, found)
    is_still = medium is found.reference.medium is Medium.IMAGE
    return binds(edge, is_still=is_still)
