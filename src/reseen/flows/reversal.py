"""How what followed from a decision is taken back, piece by piece, and what could not be.

Everything is written within the caller's transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reseen.domain.bank import Reference
from reseen.domain.choices import Action
from reseen.domain.errors import NotFound
from reseen.domain.review import (
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    Upload,
)
from reseen.engine.policy import RISING
from reseen.flows.consequences import ACTION_OF, PAGE
from reseen.ports import ClusterStore, DecisionStore, Outbox, ReferenceStore, UploadStore

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""A reference may match what was uploaded long before it entered its bank."""
MOST = 10_000
"""Matches of a reference that are looked at again when it goes."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """All that it reaches. ``tell`` says what an upload is now, once its action has changed."""

    references: ReferenceStore
    uploads: UploadStore
    clusters: ClusterStore
    decisions: DecisionStore
    outbox: Outbox
    tell: Callable[[Upload], None]

    def take_back(self, decision: Decision) -> tuple[Consequence, ...]:
        """Reverse what can be reversed, and tell of it afterwards; what became of each."""
        done = [
            one
            for one in self.decisions.consequences(decision.id)
            if one.state is ConsequenceState.DONE
        ]
        stays: dict[str, str] = {}
        told = set[str]()
        for one in sorted(done, key=lambda one: one.kind is ConsequenceKind.EVENT):
            if one.kind is ConsequenceKind.EVENT and one.note in stays:
                state, note = ConsequenceState.IRREVERSIBLE, stays[one.note]
            else:
                state, note = self._reverse(decision, one)
            if one.kind is ConsequenceKind.ACTION and state is ConsequenceState.IRREVERSIBLE:
                stays[one.subject] = note
            if one.kind is ConsequenceKind.EVENT and state is ConsequenceState.REVERSED:
                told.add(one.note)
            self.decisions.mark(decision.id, one.number, state, note)
        for one in done:
            if one.kind is ConsequenceKind.ACTION and one.subject not in told | stays.keys():
                self._tell_undone(decision, one)
        return self.decisions.consequences(decision.id)

    def _reverse(self, decision: Decision, one: Consequence) -> tuple[ConsequenceState, str]:
        match one.kind:
            case ConsequenceKind.REFERENCE:
                return self._remove_reference(decision, one)
            case ConsequenceKind.ACTION:
                return self._restore_action(decision, one)
            case ConsequenceKind.EVENT:
                return self._compensate(decision, one)
            case ConsequenceKind.HELD:
                return ConsequenceState.REVERSED, ""  # the clusters follow: ``review.Reviewing``
            case ConsequenceKind.MEDIA:
                return ConsequenceState.IRREVERSIBLE, "The media were deleted."

    def _remove_reference(
        self, decision: Decision, one: Consequence
    ) -> tuple[ConsequenceState, str]:
        if one.note:
            return ConsequenceState.IRREVERSIBLE, "The bank held it before the decision."
        try:
            reference = self.references.delete(decision.project_id, one.subject)
        except NotFound:
            return ConsequenceState.REVERSED, "It was gone already."
        for upload in self._matched_by(reference):
            if upload.decision_id is None:
                changed = _without(upload, reference.id)
                self.uploads.save(changed)
                if changed.action is not upload.action:
                    self.tell(changed)
        return ConsequenceState.REVERSED, ""

    def _matched_by(self, reference: Reference) -> Iterator[Upload]:
        """Uploads that this reference was a reason for the answer to."""
        project_id = reference.project_id
        matched = self.clusters.tied(project_id, reference.number, EVER, MOST)
        after = ""
        while page := self.uploads.of_contents(project_id, matched, after, PAGE):
            yield from (u for u in page if any(r.reference_id == reference.id for r in u.reasons))
            after = page[-1].id

    def _restore_action(self, decision: Decision, one: Consequence) -> tuple[ConsequenceState, str]:
        try:
            upload = self.uploads.get(decision.project_id, one.subject)
        except NotFound:
            return ConsequenceState.IRREVERSIBLE, "The upload is not kept any more."
        if upload.decision_id is None:
            return ConsequenceState.IRREVERSIBLE, "It left the cluster, and is looked at by itself."
        if upload.decision_id != decision.id:
            return ConsequenceState.IRREVERSIBLE, "Another decision holds for it now."
        action = Action(one.before) if one.before else upload.ruled
        restored = replace(upload, action=action, decision_id=None)
        for own in self._own_references(decision):
            restored = _without(restored, own, least=Action.REVIEW)
        self.uploads.save(restored)
        return ConsequenceState.REVERSED, ""

    def _own_references(self, decision: Decision) -> list[str]:
        """Those that the decision put into a bank."""
        every = self.decisions.consequences(decision.id)
        return [o.subject for o in every if o.kind is ConsequenceKind.REFERENCE and not o.note]

    def _tell_undone(self, decision: Decision, one: Consequence) -> None:
        """Of an upload that was answered by the decision as it came, or of which what was told is
        forgotten: nothing else tells of it.
        """
        with suppress(NotFound):
            upload = self.uploads.get(decision.project_id, one.subject)
            if upload.action is not ACTION_OF[decision.draft.verdict]:
                self.tell(upload)

    def _compensate(self, decision: Decision, one: Consequence) -> tuple[ConsequenceState, str]:
        """Others were told; they are told of the reversal, under the same name."""
        try:
            event = self.outbox.event(decision.project_id, one.subject)
        except NotFound:
            return ConsequenceState.IRREVERSIBLE, "The event is not kept any more."
        said = {**event.data, "decision_id": None, "undone": decision.id}
        if "upload_id" in said:
            try:
                upload = self.uploads.get(decision.project_id, str(said["upload_id"]))
            except NotFound:
                return ConsequenceState.IRREVERSIBLE, "The upload is not kept any more."
            said["action"] = str(upload.action)
        self.outbox.emit(decision.project_id, event.type, said, compensates=event.id)
        return ConsequenceState.REVERSED, ""


def _without(upload: Upload, reference_id: str, least: Action = Action.PASS) -> Upload:
    """The upload, had it not matched this reference: of what that alone asked for, ``least``."""
    left = tuple(r for r in upload.reasons if r.reference_id != reference_id)
    if len(left) == len(upload.reasons):
        return upload
    ruled = max((r.action for r in left), key=RISING.index, default=Action.PASS)
    acting = max(ruled, least, key=RISING.index)
    action = upload.action if upload.action is Action.PASS else acting
    return replace(upload, reasons=left, ruled=ruled, action=action)
