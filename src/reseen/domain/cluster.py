"""Near-copies as one: contents, what was found between two of them, and the clusters they form.

A *content* is a reference of a project, named by its number: one of the ``seen`` bank (the bytes of
one or more uploads), or one of a bank of harm, which then stands in the midst of its copies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reseen.domain.media import Channel, Medium


class Tie(StrEnum):
    """What joins two contents. ``NEAR``: each shows most of the other; they form one cluster.
    ``WITHIN``: one is shown whole by the other, as a good part of it. ``PART``: they share
    something. ``ACROSS``: a still of a film, or the sound of one under other pictures.
    """

    NEAR = "near"
    WITHIN = "within"
    PART = "part"
    ACROSS = "across"


@dataclass(frozen=True, slots=True)
class Edge:
    """What a search found between two contents, ``one`` < ``other``. Shares, 0..1, are of each
    content's time, or of its frame; ``score`` is the match's.
    """

    one: int
    other: int
    score: float
    one_share: float
    other_share: float
    channel: Channel
    is_across: bool = False
    """Between media of two kinds, or of two films by their sound alone."""


class Wish(StrEnum):
    """What reviewers said of two contents, or (``STANDS``) of one; it outweighs what is found."""

    TOGETHER = "together"
    APART = "apart"
    STANDS = "stands"
    """For the cluster that it is in: both ends of the pin are the content."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A reviewer's word on two contents, ``one`` <= ``other``. The latest word on a pair holds."""

    one: int
    other: int
    wish: Wish
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """All that a reviewer said at one moment, to split, merge or pin; it is taken back as one.
    ``holds``: newer words do not outweigh all of it.
    """

    id: str
    by: str
    at: datetime
    pins: tuple[Pin, ...]
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A content as clustering sees it. ``order`` is its first upload's place in time; a
    representative is chosen by ``shown``, how much the others of its cluster show of it, and by
    ``quality``: pixels or seconds.
    """

    number: int
    medium: Medium | None
    order: int
    quality: float = 0.0
    is_upload: bool = True
    shown: float = 0.0


@dataclass(frozen=True, slots=True)
class Grouping:
    """Contents by cluster, and what ties two clusters without making them one.

    ``groups``: sorted numbers, in the order of their first. ``links``: pairs of places in
    ``groups``, the lower first, with the strongest tie between them.
    """

    groups: tuple[tuple[int, ...], ...]
    links: Mapping[tuple[int, int], Tie]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as the truth holds it. ``reach``: how many people have seen its uploads.
    ``version`` rises with every change: a write that names an older one is refused.
    ``merged_into``: the id of the one that it became part of.
    """

    id: str
    project_id: str
    version: int
    representative: int
    members: int
    uploads: int
    accounts: int
    reach: int
    opened_at: datetime
    last_upload_at: datetime
    case_id: str | None = None
    decision_id: str | None = None
    merged_into: str | None = None
    bursting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A content in a cluster: how it hangs together with the rest (``None``: alone, or by a
    reviewer's word), and whether a reviewer pinned it there.
    """

    cluster_id: str
    content: int
    reference_id: str
    medium: Medium | None
    uploads: int
    joined_at: datetime
    score: float | None = None
    is_pinned: bool = False
    is_upload: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """Two clusters that have something in common and stay two."""

    one: str
    other: str
    tie: Tie
    score: float
    channel: Channel
