"""Whether a project keeps media: what its server allows, and what the project wants of it.

What is kept already stays until its case closes; from the change on nothing more is kept.
"""

from dataclasses import dataclass, replace

from reseen.domain.access import Project
from reseen.domain.errors import InvalidValue
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog
from reseen.ports.projects import Projects


@dataclass(frozen=True, slots=True)
class Keeping:
    """All that it depends on. Any call may raise ``NotReady``. ``allowed``: by the server."""

    projects: Projects
    audit: AuditLog
    alone: Alone
    allowed: bool

    def keeps(self, project_id: str) -> bool:
        return self.project(project_id).keep_media

    def project(self, project_id: str) -> Project:
        """As it is in effect. Raises ``NotFound``."""
        found = self.projects.get(project_id)
        return replace(found, keep_media=self.allowed and found.keep_media)

    def change(self, project_id: str, who: Actor, *, keep_media: bool) -> Project:
        """Raises ``InvalidValue`` where the server keeps no media of anybody."""
        if keep_media and not self.allowed:
            raise InvalidValue("This server keeps no media of any project.", field="keep_media")
        with self.alone(project_id):
            changed = self.projects.set_keep_media(project_id, keep=keep_media)
            said = AuditDraft(who, "project.changed", project_id, detail={"keep_media": keep_media})
            self.audit.append(project_id, said)
        return changed
