"""Projects: the tenants of a server."""

from typing import Protocol

from reseen.domain.access import Project


class Projects(Protocol):
    """Any call may raise ``NotReady``."""

    def get(self, project_id: str) -> Project:
        """Raises ``NotFound``."""
        ...

    def set_keep_media(self, project_id: str, *, keep: bool) -> Project:
        """Raises ``NotFound``."""
        ...
