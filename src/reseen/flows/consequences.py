"""What follows from a decision, piece by piece. How each is taken back: ``reversal``.

Everything is written within the caller's transaction.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from reseen.domain.bank import Bank, BankDraft, Content, Reference, ReferenceDraft
from reseen.domain.choices import Action, BankRole
from reseen.domain.cluster import Cluster
from reseen.domain.errors import BlobMissing, InvalidValue, NotFound
from reseen.domain.review import (
    Consequence,
    ConsequenceKind,
    Decision,
    DecisionDraft,
    Upload,
    UploadState,
    Verdict,
)
from reseen.engine.verdict import HARM
from reseen.flows.gathering import Gathering
from reseen.flows.telling import said
from reseen.ports import (
    BankStore,
    ClusterStore,
    DecisionStore,
    Outbox,
    ReferenceStore,
    UploadStore,
)

ACTION_OF = {
    Verdict.HARMFUL: Action.REMOVE,
    Verdict.ALLOWED: Action.PASS,
    Verdict.NO_ACTION: Action.PASS,
}
BANK_OF = {
    Verdict.HARMFUL: ("decided", BankRole.RECENT),
    Verdict.ALLOWED: ("allowed", BankRole.ALLOWED),
}
"""Where the representative goes, unless the decision names a bank: name and role of the project's
bank for such verdicts, made with the first of them. Nothing is kept where no action is taken."""
ROLES_FOR = {
    Verdict.HARMFUL: HARM,
    Verdict.ALLOWED: frozenset({BankRole.ALLOWED}),
    Verdict.NO_ACTION: frozenset[BankRole](),
}
"""Of banks that a decision may name."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Consequences:
    """All that a decision reaches. ``nudge`` tells the index of a new reference."""

    banks: BankStore
    references: ReferenceStore
    uploads: UploadStore
    clusters: ClusterStore
    decisions: DecisionStore
    outbox: Outbox
    gathering: Gathering
    nudge: Callable[[str, int], None]
    clock: Callable[[], datetime]

    def check(self, project_id: str, draft: DecisionDraft) -> None:
        """Raises ``InvalidValue`` for a bank in which the next copy would be treated otherwise than
        this decision says, and ``NotFound``.
        """
        if draft.bank_id is None:
            return
        bank = self.banks.get(project_id, draft.bank_id)
        if bank.role not in ROLES_FOR[draft.verdict]:
            able = ", ".join(sorted(ROLES_FOR[draft.verdict])) or "none"
            raise InvalidValue(
                f"What is {draft.verdict} does not enter {bank.name}, a bank of the role"
                f" {bank.role}; roles that fit: {able}.",
                field="bank",
            )

    def follow(self, decision: Decision) -> None:
        """Put a decision that came into force to work on all that its cluster holds."""
        book = _Book.of(self.decisions, decision.id, self.clock())
        self._promote(decision, book)
        for upload in self.members(decision):
            self._act(decision, upload, book)
        if self.gathering.hold(decision):
            book.add(ConsequenceKind.HELD, decision.cluster_id)
        event = self.outbox.emit(decision.project_id, "decision.in_force", _told(decision))
        book.add(ConsequenceKind.EVENT, event.id)
        self.decisions.add_consequences(book.lines)

    def cover(self, decision: Decision, upload: Upload) -> Upload:
        """An upload that comes under a decision in force; it is not saved here."""
        book = _Book.of(self.decisions, decision.id, self.clock())
        action = ACTION_OF[decision.draft.verdict]
        book.add(ConsequenceKind.ACTION, upload.id, before=upload.ruled)
        self.decisions.add_consequences(book.lines)
        return replace(upload, action=action, decision_id=decision.id)

    def _promote(self, decision: Decision, book: "_Book") -> None:
        bank = self._bank(decision)
        if bank is None:
            return
        cluster = self.clusters.get(decision.project_id, decision.cluster_id)
        candidate = self._candidate(decision, cluster)
        if candidate is None:
            return
        try:
            kept = self.references.fingerprint(candidate)
        except BlobMissing:
            kept = None
        content = Content(kept, () if kept else self.references.hashes_of(candidate))
        draft = ReferenceDraft(
            candidate.draft.name,
            labels=decision.draft.labels,
            note=decision.draft.reason,
            provenance={"decision_id": decision.id, "cluster_id": cluster.id},
        )
        added = self.references.add(bank, draft, content)
        note = "" if added.is_new else "the bank held it before"
        book.add(ConsequenceKind.REFERENCE, added.reference.id, note=note)
        if added.is_new:
            self.nudge(decision.project_id, added.reference.change)

    def _candidate(self, decision: Decision, cluster: Cluster) -> Reference | None:
        """The representative; where it is forgotten, another member that is kept."""
        project_id = decision.project_id
        first = self.uploads.of_contents(project_id, [cluster.representative], limit=1)
        for upload in chain(first, self.members(decision)):
            if upload.reference_id is not None:
                with suppress(NotFound):  # the bank of uploads keeps it no more
                    return self.references.get(project_id, upload.reference_id)
        return None

    def members(self, decision: Decision) -> Iterator[Upload]:
        """All uploads that a decision is about."""
        contents = self.clusters.contents(decision.project_id, decision.cluster_id)
        after = ""
        while page := self.uploads.of_contents(decision.project_id, contents, after, PAGE):
            yield from page
            after = page[-1].id

    def _bank(self, decision: Decision) -> Bank | None:
        """Raises ``NotFound`` for a bank that the decision names and that is gone."""
        project_id, draft = decision.project_id, decision.draft
        if draft.bank_id is not None:
            return self.banks.get(project_id, draft.bank_id)
        if draft.verdict not in BANK_OF:
            return None
        name, role = BANK_OF[draft.verdict]
        try:
            return self.banks.get(project_id, name)
        except NotFound:
            return self.banks.create(project_id, BankDraft(name, role))

    def _act(self, decision: Decision, upload: Upload, book: "_Book") -> None:
        action = ACTION_OF[decision.draft.verdict]
        book.add(ConsequenceKind.ACTION, upload.id, before=upload.action)
        changed = replace(upload, action=action, decision_id=decision.id)
        self.uploads.save(changed)
        if upload.action is not action:
            self._tell(changed, book)

    def tell(self, upload: Upload, what: str = "upload.action_changed") -> None:
        """Others learn of an upload as it is now; with the decision that covers it this is undone
        again. Of one that is just being answered they learn by its answer.
        """
        if upload.state is UploadState.PENDING:
            return
        event = self.outbox.emit(upload.project_id, what, said(upload))
        if upload.decision_id is not None:
            book = _Book.of(self.decisions, upload.decision_id, self.clock())
            book.add(ConsequenceKind.EVENT, event.id, note=upload.id)
            self.decisions.add_consequences(book.lines)

    def _tell(self, upload: Upload, book: "_Book") -> None:
        event = self.outbox.emit(upload.project_id, "upload.action_changed", said(upload))
        book.add(ConsequenceKind.EVENT, event.id, note=upload.id)


@dataclass(slots=True)
class _Book:
    """Consequences that are written down together, numbered on from those that are kept."""

    decision_id: str
    at: datetime
    next: int
    lines: list[Consequence] = field(default_factory=list)

    @classmethod
    def of(cls, decisions: DecisionStore, decision_id: str, at: datetime) -> "_Book":
        return cls(decision_id, at, decisions.next_number(decision_id))

    def add(
        self, kind: ConsequenceKind, subject: str, before: str | None = None, note: str = ""
    ) -> None:
        number = self.next + len(self.lines)
        line = Consequence(self.decision_id, number, kind, subject, self.at)
        self.lines.append(replace(line, before=before, note=note))


def _told(decision: Decision) -> Mapping[str, object]:
    draft = decision.draft
    return {
        "decision_id": decision.id,
        "case_id": decision.case_id,
        "cluster_id": decision.cluster_id,
        "verdict": str(draft.verdict),
        "policy": draft.policy,
        "reason": draft.reason,
        "labels": list(draft.labels),
    }
