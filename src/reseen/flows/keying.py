"""Keys of a project, over HTTP: as ``reseen keys``, with an entry in the audit for each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from reseen.domain.access import IssuedKey, Key, Role
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog, KeyStore


@dataclass(frozen=True, slots=True)
class Keying:
    """All that it depends on. Each change is one transaction; any call may raise ``NotReady``."""

    keys: KeyStore
    audit: AuditLog
    alone: Alone

    def of_project(self, project_id: str) -> Sequence[Key]:
        """All, oldest first, revoked ones too."""
        return self.keys.of_project(project_id)

    def create(self, project_id: str, by: Actor, role: Role, label: str) -> IssuedKey:
        """Raises ``InvalidValue`` for a label."""
        with self.alone(project_id):
            made = self.keys.create(role, label, project_id)
            self._note(by, "key.created", made.key, {})
        return made

    def rotate(self, project_id: str, by: Actor, key_id: str, linger: timedelta) -> IssuedKey:
        """Raises ``NotFound``, ``Conflict`` for one that is revoked."""
        with self.alone(project_id):
            made = self.keys.rotate(key_id, project_id, linger=linger)
            detail = {"replaces": key_id, "linger_s": linger.total_seconds()}
            self._note(by, "key.rotated", made.key, detail)
        return made

    def revoke(self, project_id: str, by: Actor, key_id: str) -> Key:
        """Raises ``NotFound``; revoking twice changes nothing."""
        with self.alone(project_id):
            gone = self.keys.revoke(key_id, project_id)
            self._note(by, "key.revoked", gone, {})
        return gone

    def _note(self, by: Actor, what: str, key: Key, detail: Mapping[str, object]) -> None:
        said = {"role": key.role.value, "label": key.label, **detail}
        self.audit.append(key.project_id, AuditDraft(by, what, key.id, detail=said))
