"""References that match far too much are held back for a while: until then what matches them is
reviewed at most. Each change is one transaction with its audit entry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reseen.domain.errors import InvalidValue
from reseen.domain.moment import rfc3339
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog, Quarantine, Quarantines, ReferenceStore

LIFTED = "reference.quarantine_lifted"
"""What the audit calls it when somebody ends a quarantine."""
LONGEST = timedelta(days=90)
"""What is wrong for longer is disabled or deleted."""


@dataclass(frozen=True, slots=True)
class Quarantining:
    """All that it depends on. Any call may raise ``NotFound`` and ``NotReady``."""

    quarantines: Quarantines
    references: ReferenceStore
    audit: AuditLog
    alone: Alone
    clock: Callable[[], datetime]

    def put(
        self, project_id: str, who: Actor, reference_id: str, until: datetime, why: str
    ) -> Quarantine:
        """Anew where it is in quarantine already. Raises ``InvalidValue`` for an end that is past,
        or too far away.
        """
        now = self.clock()
        if not now < until <= now + LONGEST:
            raise InvalidValue(
                f"It ends later than now, and at most {LONGEST.days} days from now.", field="until"
            )
        with self.alone(project_id):
            reference = self.references.get(project_id, reference_id)
            self.quarantines.put(project_id, reference.id, until, why)
            detail = {"until": rfc3339(until)}
            said = AuditDraft(who, "reference.quarantined", reference.id, why, detail=detail)
            self.audit.append(project_id, said)
            return self.quarantines.get(project_id, reference.id)

    def lift(self, project_id: str, who: Actor, reference_id: str) -> None:
        """Raises ``NotFound`` where it is in none."""
        with self.alone(project_id):
            self.quarantines.lift(project_id, reference_id)
            said = AuditDraft(who, LIFTED, reference_id)
            self.audit.append(project_id, said)
