"""One upload, from its file to what is done with it.

A file is decoded once: what is searched with and what is kept come of the same pictures and sound.
One search over all banks tells what it repeats; the policies rule on what means harm, and what was
uploaded before puts it into its cluster, whose decision covers it. All that follows is written in
one transaction, so that an answer is given if and only if it is kept; two copies that arrive at the
same moment do not see each other in the index, and are brought together right afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from reseen.domain.bank import Bank, BankDraft, Content, ReferenceDraft
from reseen.domain.choices import Action, BankRole
from reseen.domain.cluster import Cluster
from reseen.domain.errors import Conflict
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.policy import Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import Upload, UploadDraft, UploadState, subjects_of
from reseen.domain.usage import Tally, Use
from reseen.engine.verdict import HARM
from reseen.flows.clustering import Clustering, Regrouping
from reseen.flows.findings import Answer, Scope
from reseen.flows.fingerprint import Rendition
from reseen.flows.metering import Meter, unmetered
from reseen.flows.rulings import Rulings, still
from reseen.flows.search import Searching
from reseen.flows.telling import said
from reseen.flows.ties import TYING, content_node, edge_between, node_of
from reseen.ports import (
    Alone,
    AuditLog,
    BankStore,
    Fetched,
    LegalHolds,
    MediaVault,
    Outbox,
    ReferenceStore,
    UploadStore,
)

MOST_FOUND = 200
"""References that rule on one upload, and that it is clustered with, at most."""
SEEN_BANK = "seen"
"""The bank that keeps uploads, made where a project has none."""

type Perceive = Callable[[Fetched], tuple[Rendition, Fingerprint]]
"""What to search with and what to keep, of one decoding; raises the media errors."""

type Covered = Callable[[Upload, Cluster, Ruling], Upload]
"""The upload as the decision on its cluster, or a new case, leaves it: ``review.Reviewing.cover``.
Within the caller's transaction."""


class Opened(Protocol):
    """``review.Reviewing.open``: the case of a cluster, opened or raised. Likewise."""

    def __call__(self, project_id: str, cluster: Cluster, ruling: Ruling, why: str) -> object: ...


type Followed = Callable[[str, Regrouping, Actor], object]
"""Cases and decisions follow their clusters: ``review.Reviewing.regrouped``. Likewise."""


@dataclass(frozen=True, slots=True)
class Moderating:
    """All that an upload depends on. Safe for many threads; any call may raise ``NotReady``."""

    perceive: Perceive
    searching: Searching
    banks: BankStore
    references: ReferenceStore
    uploads: UploadStore
    clustering: Clustering
    rulings: Rulings
    audit: AuditLog
    outbox: Outbox
    vault: MediaVault
    keeps: Callable[[str], bool]
    holds: LegalHolds
    alone: Alone
    covered: Covered
    regrouped: Followed
    heed: Callable[[Upload, Cluster], None]
    nudge: Callable[[str, int], None]
    late: Callable[[], None]
    clock: Callable[[], datetime]
    metered: Meter = unmetered

    def submit(self, project_id: str, who: Actor, draft: UploadDraft, file: Fetched) -> Upload:
        """The answer to an upload. Sent again with the same file, the same answer.

        Raises the media errors, and ``Conflict`` where the ``content_id`` is that of another file.
        """
        known = self.uploads.by_content_id(project_id, draft.content_id)
        if known is not None and known.state is not UploadState.FAILED:
            return known_again(known, file)
        new = Upload("", project_id, draft, UploadState.PENDING, self.clock())
        return self.answer(who, known or new, file)

    def answer(self, who: Actor, upload: Upload, file: Fetched) -> Upload:
        """Rule on an upload that is new, without an ``id``, or was accepted before. Raises the
        media errors.
        """
        project_id = upload.project_id
        rendition, kept = self.perceive(file)
        answer = self.searching.by_rendition(project_id, rendition, Scope(limit=MOST_FOUND))
        ruling = self._ruled(upload, kept, answer)
        upload = replace(
            _under(upload, ruling), state=UploadState.DONE, sha256=file.sha256, error=None
        )
        held = upload.media_key
        upload = replace(upload, media_key=self._keep(upload, file))
        with self.alone(project_id):
            upload, answer, ruling = self._now(upload, kept, answer, ruling)
            written = self._written(who, upload, kept, answer, ruling)
        if held is not None and written.media_key is None:
            self.vault.delete([held])
        is_match = any(r.role in HARM and r.asked is not Action.PASS for r in ruling.reasons)
        seen = Tally(
            looked=1, matched=int(is_match), media_ms=round(1000 * (kept.asset.duration or 0))
        )
        self.metered(project_id, who.id, Use.UPLOAD, seen)
        return written

    def _ruled(self, upload: Upload, kept: Fingerprint, answer: Answer) -> Ruling:
        asset, name = kept.asset, upload.draft.content_id
        return self.rulings.of(upload.project_id, name, asset.medium, asset.duration, answer)

    def _now(
        self, upload: Upload, kept: Fingerprint, answer: Answer, ruling: Ruling
    ) -> tuple[Upload, Answer, Ruling]:
        """As it is now that nobody else changes anything: what went or was held back since it was
        found removes nothing.
        """
        present = still(self.references, upload.project_id, answer, self.clock())
        if present is not answer or self.rulings.is_outdated(upload.project_id, ruling):
            ruling = self._ruled(upload, kept, present)
            upload = _under(upload, ruling)
        return upload, present, ruling

    def _written(
        self,
        who: Actor,
        upload: Upload,
        kept: Fingerprint,
        answer: Answer,
        ruling: Ruling,
    ) -> Upload:
        """The transaction."""
        project_id = upload.project_id
        name = ReferenceDraft(upload.draft.content_id)
        added = self.references.add(self.seen_bank(project_id), name, Content(kept))
        content = added.reference
        late = self._late(project_id, content.number, answer.reached)
        upload = self._put(
            replace(
                upload,
                state=UploadState.PENDING,  # nobody is told that it changed before it is answered
                content=content.number,
                reference_id=content.id,
                late_from=late,
            )
        )
        node = content_node(content, kept.asset, upload.received_at)
        found = [f for f in answer.matches if f.is_match and f.reference.number != node.number]
        tied = [f for f in found if f.bank.role in TYING]
        told = self.clustering.repeat(
            project_id, content.number, upload.draft.account_id, upload.draft.reach
        )
        if told is None:
            others = [node_of(f) for f in tied]
            edges = [edge_between(node, kept.asset.duration, f) for f in tied]
            told = self.clustering.arrive(project_id, node, others, edges)
        self.regrouped(project_id, told, who)
        cluster = told.clusters[0]
        upload = self.uploads.get(project_id, upload.id)
        if upload.decision_id is None:
            upload = self.covered(upload, cluster, ruling)
            self.uploads.save(upload)
        self.heed(upload, cluster)
        upload = replace(self.uploads.get(project_id, upload.id), state=UploadState.DONE)
        self.uploads.save(upload)
        self.audit.append(
            project_id,
            AuditDraft(
                who=who,
                what="upload.answered",
                subject=upload.id,
                detail={"action": upload.action, "ruled": upload.ruled, "cluster": cluster.id},
            ),
        )
        self.outbox.emit(project_id, "upload.answered", said(upload))
        if added.is_new:
            self.nudge(project_id, content.change)
        if late is not None:
            self.late()
        return upload

    def _put(self, upload: Upload) -> Upload:
        """Raises ``Conflict`` where it was answered meanwhile."""
        if not upload.id:
            return self.uploads.add(upload)
        present = self.uploads.get(upload.project_id, upload.id)
        if present.state is UploadState.DONE:
            raise Conflict("The upload was answered meanwhile.", field="content_id")
        self.uploads.save(upload)
        return upload

    def _late(self, project_id: str, content: int, reached: int | None) -> int | None:
        """The change after which something came that was not searched."""
        if reached is None:
            return 0
        others = self.references.changes(project_id, reached, 2)
        return reached if any(c.reference_number != content for c in others) else None

    def seen_bank(self, project_id: str) -> Bank:
        """Where the project keeps uploads."""
        every = [b for b in self.banks.of_project(project_id) if b.role is BankRole.SEEN]
        if every:
            return min(every, key=lambda bank: bank.number)
        try:
            return self.banks.create(project_id, BankDraft(SEEN_BANK, BankRole.SEEN))
        except Conflict:  # made a moment ago, or a bank of another role has the name
            return self.banks.get(project_id, SEEN_BANK)

    def _is_held(self, upload: Upload) -> bool:
        """By a legal hold, on its account perhaps."""
        return bool(self.holds.held(upload.project_id, subjects_of(upload, None)))

    def _keep(self, upload: Upload, file: Fetched) -> str | None:
        """Encrypted media for whoever reviews it, where somebody will, or must be able to."""
        if upload.action is Action.PASS and not self._is_held(upload):
            return None
        if not self.keeps(upload.project_id):
            return None
        return upload.media_key or self.vault.put(upload.project_id, upload.sha256, file.path)


def _under(upload: Upload, ruling: Ruling) -> Upload:
    return replace(upload, action=ruling.action, ruled=ruling.action, reasons=ruling.reasons)


def known_again(known: Upload, file: Fetched) -> Upload:
    """An upload that is sent once more. Raises ``Conflict`` where its file is another."""
    if known.sha256 and known.sha256 != file.sha256:
        raise Conflict(
            f"The content_id {known.draft.content_id!r} was used for another file; each upload has"
            " one of its own.",
            field="content_id",
        )
    return known
