"""Legal holds: what must be kept, whatever is over, until whoever asked for it lets go."""

from dataclasses import dataclass

from reseen.domain.errors import InvalidValue
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import ACCOUNT
from reseen.ports import (
    Alone,
    AuditLog,
    CaseStore,
    ClusterStore,
    LegalHold,
    LegalHolds,
    UploadStore,
)


@dataclass(frozen=True, slots=True)
class Holding:
    """All that it depends on. Each call is one transaction with its audit entry, and waits for
    whatever is being deleted at that moment; any may raise ``NotReady``.
    """

    holds: LegalHolds
    uploads: UploadStore
    clusters: ClusterStore
    cases: CaseStore
    audit: AuditLog
    alone: Alone

    def hold(self, project_id: str, who: Actor, subject: str, reason: str) -> LegalHold:
        """Of an upload, a cluster, or a case, which is held as its cluster. Raises ``NotFound``,
        ``InvalidValue``.
        """
        with self.alone(project_id):
            return self._held(project_id, who, self._subject(project_id, subject), reason)

    def hold_account(self, project_id: str, who: Actor, account_id: str, reason: str) -> LegalHold:
        """Of all that an account uploaded and uploads."""
        with self.alone(project_id):
            return self._held(project_id, who, ACCOUNT + account_id, reason)

    def release(self, project_id: str, who: Actor, hold_id: str) -> LegalHold:
        """Raises ``NotFound``, and ``Conflict`` where it was released."""
        with self.alone(project_id):
            released = self.holds.release(project_id, hold_id, who.id)
            self._note(project_id, who, "hold.released", released)
        return released

    def _held(self, project_id: str, who: Actor, subject: str, reason: str) -> LegalHold:
        held = self.holds.hold(project_id, subject, reason, who.id)
        self._note(project_id, who, "hold.placed", held, reason)
        return held

    def _subject(self, project_id: str, subject: str) -> str:
        match subject.partition("_")[0]:
            case "upl":
                return self.uploads.get(project_id, subject).id
            case "clu":
                return self.clusters.get(project_id, subject).id
            case "cas":
                return self.cases.get(project_id, subject).cluster_id
        raise InvalidValue(
            "Name an upload, a cluster or a case by its id, or an account.", field="subject"
        )

    def _note(
        self, project_id: str, who: Actor, what: str, hold: LegalHold, reason: str = ""
    ) -> None:
        detail = {"subject": hold.subject}
        self.audit.append(project_id, AuditDraft(who, what, hold.id, reason, detail=detail))
