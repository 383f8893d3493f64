"""When something is more than the usual: a thing that many accounts upload at once, and a reference
that suddenly matches far too much.

A burst raises the priority of its case, and whoever listens is told once. A reference that floods
goes into quarantine for a while: what it matches is reviewed, not removed, and what it removed by
itself in the window waits for somebody too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reseen.domain.bank import Reference
from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster
from reseen.domain.errors import NotFound
from reseen.domain.moment import rfc3339
from reseen.domain.policy import Ruling
from reseen.domain.record import SYSTEM_ACTOR, AuditDraft
from reseen.domain.review import Upload, UploadState
from reseen.engine.cluster import count_of_things
from reseen.engine.priority import BURSTING, FLOODING, is_burst, is_flood
from reseen.engine.verdict import HARM
from reseen.flows.moderate import Opened
from reseen.flows.quarantine import LIFTED
from reseen.flows.telling import said
from reseen.ports import AuditLog, ClusterStore, Outbox, Quarantines, ReferenceStore, UploadStore

WINDOW = timedelta(hours=1)
USUAL = timedelta(days=7)
"""What is usual is told from so much of the past."""
QUARANTINE = timedelta(hours=24)
EVERY = 8
"""Uploads of a large cluster, and removals by one reference, between two looks at them."""
MOST = 500
"""Matches of a reference that are looked at: the newest."""
PAGE = 500
WINDOW_MATCHES = 100_000
"""Matches of a window that are given back."""
COUNTED = 10_000
"""References whose removals are counted at once; with more, counting begins anew."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """All that it depends on. Everything is written within the caller's transaction; any call may
    raise ``NotReady``.
    """

    references: ReferenceStore
    uploads: UploadStore
    clusters: ClusterStore
    quarantines: Quarantines
    audit: AuditLog
    outbox: Outbox
    opened: Opened
    clock: Callable[[], datetime]
    removals: dict[str, int] = field(default_factory=dict)
    """By each reference, in this process: it says when to look, not what is found."""

    def heed(self, upload: Upload, cluster: Cluster) -> None:
        """An upload came into a cluster and was answered."""
        if cluster.accounts >= BURSTING and _is_time(cluster.uploads):
            self._burst(upload, cluster)
        for reason in upload.reasons:
            if reason.action is Action.REMOVE and reason.role in HARM:
                self._flood(upload.project_id, reason.reference_id)

    def calm(self, project_id: str, limit: int = 500) -> int:
        """End the bursts that are over; how many. Within the caller's transaction, too."""
        over = 0
        cursor: str | None = None
        while True:
            page = self.clusters.list(project_id, bursting=True, cursor=cursor, limit=limit)
            for cluster in page.items:
                if cluster.last_upload_at < self.clock() - WINDOW:
                    self.clusters.set_burst(project_id, cluster.id, None)
                    over += 1
            cursor = page.next
            if cursor is None:
                return over

    def _burst(self, upload: Upload, cluster: Cluster) -> None:
        now = self.clock()
        if cluster.bursting_since is not None:
            return
        accounts = self.uploads.accounts(upload.project_id, cluster.id, now - WINDOW)
        if not is_burst(accounts, usual=0.0):
            return  # nor is it where more is usual, and a week need not be counted
        uploads, clusters = self.uploads.arrivals(upload.project_id, now - USUAL)
        usual = max(0, uploads - cluster.uploads) / max(1, clusters - 1)
        if not is_burst(accounts, usual):
            return
        self.clusters.set_burst(upload.project_id, cluster.id, now)
        bursting = self.clusters.get(upload.project_id, cluster.id)
        if bursting.case_id is not None and bursting.decision_id is None:
            self.opened(upload.project_id, bursting, Ruling(Action.REVIEW), "a burst")
        told = {
            "cluster_id": cluster.id,
            "accounts": accounts,
            "window_s": WINDOW.total_seconds(),
            "usual": round(usual, 2),
        }
        self.outbox.emit(upload.project_id, "cluster.bursting", told)
        self._note(upload.project_id, "cluster.bursting", cluster.id, told)

    def _flood(self, project_id: str, reference_id: str) -> None:
        if not self._is_due(reference_id):
            return
        try:
            reference = self.references.get(project_id, reference_id)
        except NotFound:  # removed a moment ago
            return
        since = self._since(project_id, reference_id)
        matched = self.clusters.tied(project_id, reference.number, since, MOST)
        if len(matched) < FLOODING:
            return
        things = count_of_things(matched, self.clusters.between(project_id, matched))
        if len(matched) == MOST:  # held against what came in the time that these took
            first = self.uploads.of_contents(project_id, [min(matched)], limit=1)
            arrived = max((one.received_at for one in first), default=since)
        else:
            arrived = since
        _, clusters = self.uploads.arrivals(project_id, max(since, arrived))
        if not is_flood(things, clusters - 1 + things):
            return
        self._quarantine(reference, things, since)

    def _since(self, project_id: str, reference_id: str) -> datetime:
        """From when on matches count: not from before somebody lifted a quarantine."""
        since = self.clock() - WINDOW
        lifted = self.audit.entries(
            project_id, what=LIFTED, subject=reference_id, since=since, limit=1
        ).items
        return lifted[0].at if lifted else since

    def _is_due(self, reference_id: str) -> bool:
        if len(self.removals) >= COUNTED and reference_id not in self.removals:
            self.removals.clear()
        count = self.removals[reference_id] = self.removals.get(reference_id, 0) + 1
        return _is_time(count)

    def _quarantine(self, reference: Reference, things: int, since: datetime) -> None:
        project_id, until = reference.project_id, self.clock() + QUARANTINE
        why = f"it matched {things} different things within {WINDOW.total_seconds():.0f} s"
        self.quarantines.put(project_id, reference.id, until, why)
        told = {"reference_id": reference.id, "until": rfc3339(until), "why": why}
        self.outbox.emit(project_id, "reference.quarantined", told)
        self._note(project_id, "reference.quarantined", reference.id, told)
        matched = self.clusters.tied(project_id, reference.number, since, WINDOW_MATCHES)
        after = ""
        while page := self.uploads.of_contents(project_id, matched, after, PAGE):
            for upload in page:
                self._give_back(upload, reference)
            after = page[-1].id

    def _give_back(self, upload: Upload, reference: Reference) -> None:
        """What nothing but this reference removed waits for somebody."""
        if upload.action is not Action.REMOVE or upload.decision_id is not None:
            return
        acting = {r.reference_id for r in upload.reasons if r.action is Action.REMOVE}
        if acting != {reference.id} or upload.cluster_id is None:
            return
        why = "the reference is in quarantine: it matches far too much"
        reasons = tuple(
            replace(
                r,
                action=Action.REVIEW,
                rule=f"{r.rule}; {why}",
                basis=r.basis and replace(r.basis, is_quarantined=True),
            )
            if r.reference_id == reference.id
            else r
            for r in upload.reasons
        )
        changed = replace(upload, action=Action.REVIEW, ruled=Action.REVIEW, reasons=reasons)
        self.uploads.save(changed)
        cluster = self.clusters.get(upload.project_id, upload.cluster_id)
        self.opened(upload.project_id, cluster, Ruling(Action.REVIEW, reasons), why)
        if changed.state is UploadState.DONE:  # else its answer is yet to be told
            self.outbox.emit(upload.project_id, "upload.action_changed", said(changed))
        self._note(upload.project_id, "upload.given_back", upload.id, {"reference": reference.id})

    def _note(self, project_id: str, what: str, subject: str, detail: Mapping[str, object]) -> None:
        self.audit.append(project_id, AuditDraft(SYSTEM_ACTOR, what, subject, detail=detail))


def _is_time(count: int) -> bool:
    """Whether to look, the n-th time: always at first, then every so often."""
    return count < EVERY * EVERY or count % EVERY == 0
