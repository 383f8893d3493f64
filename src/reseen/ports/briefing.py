"""What reviewers are shown at a glance, read together for many cases at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from reseen.domain.briefing import Arrivals, Face
from reseen.domain.cluster import Cluster
from reseen.domain.media import Pixels

type DrawCover = Callable[[Pixels, bool], bytes]
"""A picture of which only shapes are left, as a PNG; in colour, or grey."""


class Glances(Protocol):
    """Any call may raise ``NotReady``."""

    def clusters(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Cluster]:
        """Those of these that are there."""
        ...

    def faces(self, project_id: str, contents: Sequence[int]) -> Mapping[int, Face]:
        """Of those of these that were uploaded."""
        ...

    def arrivals(self, project_id: str, clusters: Sequence[Cluster]) -> Mapping[str, Arrivals]:
        """When the uploads of each came."""
        ...

    def names(self, project_id: str, ids: Sequence[str]) -> Mapping[str, str]:
        """What people call these people and keys; a key without a label is not told."""
        ...
