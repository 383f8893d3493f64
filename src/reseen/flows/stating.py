"""Statements of reasons for all that was removed, one upload after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.choices import Action
from reseen.domain.errors import NotFound
from reseen.domain.policy import Reason
from reseen.domain.review import Decision, Upload
from reseen.domain.statement import Background, Statement, Terms
from reseen.engine.statements import statements
from reseen.ports import AuditLog, BankStore, DecisionStore, Restrictions

PAGE = 500
REPORTED = "upload.reported"
"""What the audit calls a report of an upload by somebody."""


@dataclass(frozen=True, slots=True)
class Stating:
    """All that it depends on. Any call may raise ``NotReady``."""

    restrictions: Restrictions
    decisions: DecisionStore
    banks: BankStore
    audit: AuditLog
    terms: Terms

    def walk(
        self, project_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Statement]:
        """Those that were made or withdrawn in this time, by the id of their upload; few are in
        memory at once.
        """
        names = {bank.id: bank.name for bank in self.banks.of_project(project_id)}
        after = ""
        while page := self.restrictions.after(project_id, after, PAGE):
            for restricted in page:
                background = self._background(restricted.upload, names)
                for one in statements(restricted, background, self.terms):
                    if _is_between(one, since, until):
                        yield one
            after = page[-1].upload.id

    def _background(self, upload: Upload, names: dict[str, str]) -> Background:
        reports = self.audit.walk(upload.project_id, what=REPORTED, subject=upload.id)
        first = next(reports, None)
        reason = next((one for one in upload.reasons if one.action is Action.REMOVE), None)
        return Background(
            reported_at=None if first is None else first.at,
            origin=None if reason is None else self._origin(upload.project_id, reason),
            bank="" if reason is None else names.get(reason.bank_id, ""),
        )

    def _origin(self, project_id: str, reason: Reason) -> Decision | None:
        """The decision that put into a bank what an upload matches."""
        if reason.decision_id is not None:
            try:
                return self.decisions.get(project_id, reason.decision_id)
            except NotFound:
                return None
        return self.decisions.by_reference(project_id, reason.reference_id)


def _is_between(one: Statement, since: datetime | None, until: datetime | None) -> bool:
    moments = (one.applied_at, one.withdrawn_at)
    return any(
        moment is not None
        and (since is None or moment >= since)
        and (until is None or moment < until)
        for moment in moments
    )
