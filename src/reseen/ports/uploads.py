"""What is uploaded, as it is kept: acts of uploading, their media, and clusters of contents.

What one request or one arrival writes through several of these is one transaction
(``IdempotencyStore.together``). Any call may raise ``NotReady``; what is looked for by its id and
is not there is ``NotFound``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster, Edge, Link, Member, Node, Pin, Word
from reseen.domain.review import Upload
from reseen.ports.banks import Page


class UploadStore(Protocol):
    """Acts of uploading. A project has each ``content_id`` once."""

    def add(self, upload: Upload) -> Upload:
        """The store gives its ``id``. Raises ``Conflict`` where the ``content_id`` is taken."""
        ...

    def save(self, upload: Upload) -> None:
        """All of it is so from now on. Raises ``NotFound``."""
        ...

    def get(self, project_id: str, upload_id: str) -> Upload: ...

    def by_content_id(self, project_id: str, content_id: str) -> Upload | None: ...

    def list(
        self,
        project_id: str,
        *,
        cluster_id: str | None = None,
        account_id: str | None = None,
        action: Action | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Upload]:
        """Newest first."""
        ...

    def of_contents(
        self, project_id: str, contents: Sequence[int], after: str = "", limit: int = 500
    ) -> Sequence[Upload]:
        """Those with these contents, by id, from the id ``after`` on."""
        ...

    def accounts(self, project_id: str, cluster_id: str, since: datetime) -> int:
        """Different accounts that uploaded a member since then."""
        ...

    def arrivals(self, project_id: str, since: datetime) -> tuple[int, int]:
        """Uploads since then, and the clusters that they are of."""
        ...

    def keeping_media(
        self, project_id: str, cursor: str = "", limit: int = 500
    ) -> Sequence[Upload]:
        """Those whose media are kept, by id."""
        ...

    def late(self, limit: int = 100) -> Sequence[Upload]:
        """Those that were not held against all that came before them, of all projects."""
        ...

    def drop_media(self, project_id: str, upload_id: str, media_key: str) -> bool:
        """The upload names these media no more; whether it did."""
        ...

    def naming(self, project_id: str, media_keys: Sequence[str]) -> frozenset[str]:
        """Those of these keys of kept media that an upload names."""
        ...

    def forget(self, project_id: str, before: datetime, limit: int = 100) -> Sequence[Upload]:
        """Remove what was received before, but for what has kept media or what a legal hold or an
        open case keeps; what was removed.
        """
        ...


class MediaVault(Protocol):
    """Uploaded media, encrypted, until they are deleted. Files are never in the clear outside the
    scratch folder, and there only while they are looked at.
    """

    def put(self, project_id: str, upload_id: str, path: Path) -> str:
        """The key under which it lies, whole and durable."""
        ...

    def open(self, key: str) -> AbstractContextManager[Path]:
        """The file in the clear, for as long as the context is open. Raises ``BlobMissing``."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Unreadable at once: first the key that it was encrypted with, then the bytes."""
        ...

    def keys(self, project_id: str) -> Iterator[str]:
        """Whatever lies there, whole or in part, perhaps more than once."""
        ...


type Alone = Callable[[str], AbstractContextManager[None]]
"""A transaction, in which nobody else changes the references or the moderation of a project: all
that is decided about it is decided one after the other, whichever process it comes from."""


@dataclass(frozen=True, slots=True)
class Around:
    """All that decides how some contents are grouped: their clusters, those that hang together
    with these by strong ties and pins, and so on; every member of them, with the edges and pins
    between these.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    pins: tuple[Pin, ...]
    cluster_of: Mapping[int, str]
    clusters: Mapping[str, Cluster]


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A cluster as it is to be: ``id`` ``None``: a new one. ``shown``: of the members of which that
    changed. Clusters in ``absorbed`` became part of it.
    """

    id: str | None
    representative: int
    members: tuple[int, ...]
    shown: Mapping[int, float]
    absorbed: tuple[str, ...] = ()


class ClusterStore(Protocol):
    """Contents, edges, pins, and the clusters that follow from them."""

    def add_nodes(self, project_id: str, nodes: Sequence[Node]) -> None:
        """Those that are there stay as they are."""
        ...

    def add_edges(self, project_id: str, edges: Sequence[Edge]) -> None:
        """Of two edges between the same contents in one channel the stronger stays."""
        ...

    def add_pins(self, project_id: str, pins: Sequence[Pin]) -> None: ...

    def remove_pins(self, project_id: str, pins: Sequence[Pin]) -> None:
        """As if they had never been said."""
        ...

    def words(self, project_id: str, cluster_id: str) -> tuple[Word, ...]:
        """What reviewers said of its members, oldest first, each with all that was said at once."""
        ...

    def around(self, project_id: str, contents: Sequence[int]) -> Around: ...

    def regroup(
        self, project_id: str, groups: Sequence[Regrouped], at: datetime
    ) -> Sequence[Cluster]:
        """Write clusters, in the order of ``groups``; those that are as they were stay so."""
        ...

    def homes(self, project_id: str, contents: Sequence[int]) -> Mapping[int, str]:
        """The cluster of each, of those that have one."""
        ...

    def is_cut(self, project_id: str, cluster_id: str) -> bool:
        """Whether a reviewer said of a member that it and something else are apart."""
        ...

    def join(self, project_id: str, number: int, cluster_id: str, edges: Sequence[Edge]) -> Cluster:
        """A new content comes into a cluster, by edges that all lead there, at a cost that does not
        know how large it is.
        """
        ...

    def uploaded(self, project_id: str, cluster_id: str, account_id: str, reach: int) -> Cluster:
        """A member was uploaded once more, by this account and seen by so many people: that upload
        is kept already.
        """
        ...

    def count(self, project_id: str, cluster_id: str) -> Cluster:
        """Uploads of members were forgotten: they and their accounts are counted anew."""
        ...

    def get(self, project_id: str, cluster_id: str) -> Cluster:
        """The one that it was merged into, where it was."""
        ...

    def list(
        self,
        project_id: str,
        *,
        bursting: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Cluster]:
        """Last upload first."""
        ...

    def members(
        self, project_id: str, cluster_id: str, cursor: str | None = None, limit: int = 100
    ) -> Page[Member]: ...

    def contents(self, project_id: str, cluster_id: str) -> tuple[int, ...]: ...

    def numbered(self, reference_ids: Sequence[str]) -> tuple[int | None, ...]:
        """The contents that have these names; ``None`` for what is no id of a reference."""
        ...

    def named(self, contents: Sequence[int]) -> tuple[str, ...]:
        """The references of some contents."""
        ...

    def links(self, project_id: str, cluster_id: str) -> tuple[Link, ...]:
        """Clusters that share something with this one, surest first."""
        ...

    def tied(self, project_id: str, number: int, since: datetime, limit: int) -> tuple[int, ...]:
        """The newest contents that came since then and have an edge to this one, a reference."""
        ...

    def between(self, project_id: str, contents: Sequence[int]) -> tuple[Edge, ...]:
        """Edges of which both ends are among these."""
        ...

    def set_burst(self, project_id: str, cluster_id: str, since: datetime | None) -> None: ...
