"""What is found of an upload after it was answered.

Two copies that arrive at one moment do not see each other in the index, and a reference may enter a
bank when its copies are there already. Either is found afterwards: the upload comes into its
cluster, what is done with it is ruled anew, and whoever was told otherwise is told. What a person
decided stays.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from reseen.domain.bank import Bank, Reference
from reseen.domain.choices import Action, BankRole
from reseen.domain.cluster import Cluster
from reseen.domain.errors import BlobMissing, NotFound, NotReady, ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.match import Match
from reseen.domain.record import SYSTEM_ACTOR, AuditDraft
from reseen.domain.review import Upload
from reseen.engine.policy import RISING, gravity
from reseen.engine.verdict import HARM, judged, regime_of_media
from reseen.flows.clustering import Clustering
from reseen.flows.findings import Answer, Found, Scope
from reseen.flows.moderate import Covered, Followed
from reseen.flows.rulings import Rulings, still
from reseen.flows.search import Searching
from reseen.flows.telling import said
from reseen.flows.ties import TYING, edge_between, node_of, reference_node
from reseen.ports import Alone, AuditLog, Outbox, ReferenceStore, UploadStore

logger = logging.getLogger(__name__)

FEW = 64
"""References that came meanwhile, up to which they are looked at one by one; for more there is a
search, once the index has them."""
PAGE = 500
SCOPE = Scope(limit=200)


@dataclass(frozen=True, slots=True)
class Revising:
    """All that it depends on. Any call may raise ``NotReady``."""

    searching: Searching
    references: ReferenceStore
    uploads: UploadStore
    clustering: Clustering
    rulings: Rulings
    audit: AuditLog
    outbox: Outbox
    alone: Alone
    covered: Covered
    regrouped: Followed

    def catch_up(self, limit: int = 100) -> int:
        """Hold uploads against what came at the same moment; how many are done with. One that
        cannot be is given up, and keeps nobody waiting.
        """
        done = 0
        for upload in self.uploads.late(limit):
            try:
                done += self._meet(upload)
            except NotReady:
                raise
            except ReseenError as error:
                logger.warning("%s was not looked at again: %s", upload.id, error.detail)
                with self.alone(upload.project_id):
                    self._caught_up(upload)
                done += 1
        return done

    def matched(self, content: Reference, known: Reference, bank: Bank, match: Match) -> None:
        """A reference of a bank of harm was found to match what was uploaded, the query, before."""
        kept = self._kept(content)
        if kept is None:
            return
        answer = self.searching.again(content.project_id, kept, SCOPE)
        if known.id not in {one.reference.id for one in answer.matches}:
            regime = regime_of_media(content.medium, known.medium)
            confidence, regime = judged(match, self.searching.cuts, bank.draft.cuts, regime)
            late = Found(known, bank, match, confidence, regime)
            answer = replace(answer, matches=(*answer.matches, late))
        with self.alone(content.project_id):
            self._apply(content, answer)

    def _meet(self, upload: Upload) -> bool:
        """False where the index is behind what is asked for: later, then."""
        try:
            content = self.references.get(upload.project_id, upload.reference_id or "")
        except NotFound:
            content = None
        kept = None if content is None else self._kept(content)
        answer = None
        if content is not None and kept is not None:
            answer = self._meanwhile(upload, content, kept)
            if answer is None:
                return False
        with self.alone(upload.project_id):
            self._caught_up(upload)
            if content is not None and answer is not None:
                self._apply(content, answer)
        return True

    def _caught_up(self, upload: Upload) -> None:
        with suppress(NotFound):
            present = self.uploads.get(upload.project_id, upload.id)
            self.uploads.save(replace(present, late_from=None))

    def _meanwhile(self, upload: Upload, content: Reference, kept: Fingerprint) -> Answer | None:
        """What was not searched at first; ``None`` where it cannot be searched yet."""
        project_id = upload.project_id
        changes = self.references.changes(project_id, upload.late_from or 0, FEW + 1)
        numbers = {c.reference_number for c in changes if c.bank_number is not None}
        numbers -= {content.number}
        if len(changes) <= FEW:
            now = self.searching.clock()
            some = self.references.candidates(project_id, sorted(numbers), now)
            if all(one.reference.medium is not None for one in some):
                answer = self.searching.among(project_id, kept, sorted(numbers), SCOPE)
                if not any(f.is_match and f.bank.role in HARM for f in answer.matches):
                    return answer
        answer = self.searching.again(project_id, kept, SCOPE)
        return None if answer.reached is None else answer

    def _kept(self, content: Reference) -> Fingerprint | None:
        try:
            return self.references.fingerprint(content)
        except BlobMissing as error:
            logger.warning("%s was not looked at again: %s", content.id, error.detail)
            return None

    def _apply(self, content: Reference, answer: Answer) -> None:
        project_id = content.project_id
        answer = still(self.references, project_id, answer, self.searching.clock())
        node = reference_node(content)
        tied = [
            one
            for one in answer.matches
            if one.is_match and one.bank.role in TYING and one.reference.number != node.number
        ]
        edges = [edge_between(node, content.duration, one) for one in tied]
        told = self.clustering.found(project_id, node, [node_of(one) for one in tied], edges)
        self.regrouped(project_id, told, SYSTEM_ACTOR)
        after = ""
        while page := self.uploads.of_contents(project_id, [node.number], after, PAGE):
            for upload in page:
                self._revise(upload, content, told.clusters[0], answer)
            after = page[-1].id

    def _revise(self, upload: Upload, content: Reference, cluster: Cluster, answer: Answer) -> None:
        """Rule on it anew, with the reasons that it had."""
        ruling = self.rulings.of(
            upload.project_id, upload.draft.content_id, content.medium, content.duration, answer
        )
        had = {reason.reference_id for reason in upload.reasons}
        added = [
            r
            for r in ruling.reasons
            if r.reference_id not in had and r.role in HARM | {BankRole.ALLOWED}
        ]
        fresh = [r for r in added if r.role in HARM]
        if not fresh:
            return
        reasons = sorted((*added, *upload.reasons), key=gravity)
        gravest = max((upload.ruled or Action.PASS, *(r.action for r in fresh)), key=RISING.index)
        changed = replace(upload, ruled=gravest, reasons=tuple(reasons))
        if upload.decision_id is None:
            held = upload.action or Action.PASS
            changed = replace(changed, action=max(held, gravest, key=RISING.index))
            changed = self.covered(changed, cluster, ruling)
        self.uploads.save(changed)
        self.audit.append(
            upload.project_id,
            AuditDraft(
                who=SYSTEM_ACTOR,
                what="upload.revised",
                subject=upload.id,
                detail={"action": changed.action, "references": [r.reference_id for r in fresh]},
            ),
        )
        if changed.action is not upload.action:
            self.outbox.emit(upload.project_id, "upload.action_changed", said(changed))
