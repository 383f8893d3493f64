"""What is over is deleted: kept media, uploads with what is known of them, events that were told.

Media are kept until their case is decided, and a while longer, so that an appeal can be answered;
of what needs no case, for that while after it came. An upload is forgotten some time after it came,
unless its case is open; the fingerprint in the bank of uploads goes with the last upload of it.
What a legal hold keeps stays, whatever is over. Decisions and the audit are never deleted.

The truth forgets first, in one transaction with the audit; the bytes follow. What a process that
was killed in between leaves in the vault is named by no upload, and is swept an hour later, as is
what one left that was killed before its upload was written.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from reseen.domain.choices import Action
from reseen.domain.errors import NotFound, ReseenError
from reseen.domain.record import SYSTEM_ACTOR, AuditDraft
from reseen.domain.review import (
    Case,
    CaseState,
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Upload,
    UploadState,
    subjects_of,
)
from reseen.ports import (
    Alone,
    AuditLog,
    CaseStore,
    ClusterStore,
    DecisionStore,
    LegalHolds,
    MediaVault,
    Outbox,
    ReferenceStore,
    UploadStore,
)

logger = logging.getLogger(__name__)

EVERY_S = 300.0
UNNAMED = timedelta(hours=1)
"""How long media may lie in the vault before an upload names them: longer than any upload takes."""
SWEPT_EVERY = timedelta(hours=1)
"""The whole vault is listed so often."""
TOGETHER = 50
"""Uploads that are forgotten in one transaction, for which others that write wait."""
BREATH_S = 0.05
PAGE = 500


@dataclass(frozen=True, slots=True)
class Windows:
    """How long each is kept: media after their case was decided, uploads and events after they
    came.
    """

    media: timedelta
    uploads: timedelta
    events: timedelta


@dataclass(frozen=True, slots=True)
class Retaining:
    """All that it depends on. Any call may raise ``NotReady``, and goes on where it was when it is
    made again. Several processes may do so at once.
    """

    uploads: UploadStore
    references: ReferenceStore
    clusters: ClusterStore
    cases: CaseStore
    decisions: DecisionStore
    holds: LegalHolds
    vault: MediaVault
    audit: AuditLog
    outbox: Outbox
    alone: Alone
    clock: Callable[[], datetime]
    windows: Windows
    keeps_media: bool = True
    unnamed: dict[str, datetime] = field(default_factory=dict)
    """Media that no upload names, and since when."""

    def over(self, upload: Upload, case: Case | None) -> datetime | None:
        """When the media of an upload are to be deleted; ``None``: somebody may still look."""
        if not self.keeps_media:
            return upload.received_at
        if upload.state is UploadState.PENDING or upload.action is Action.REVIEW:
            return None
        if case is None:
            return upload.received_at + self.windows.media
        if case.state is not CaseState.DECIDED or case.decision_id is None:
            return None
        closed = self.decisions.closed_at(case.decision_id)
        return max(closed or upload.received_at, upload.received_at) + self.windows.media

    def delete_media(self, project_id: str) -> Iterator[Upload]:
        """Media that are over, of one upload after the other."""
        after = ""
        while page := self.uploads.keeping_media(project_id, after, PAGE):
            yield from filter(self._deleted, page)
            after = page[-1].id

    def forget_uploads(self, project_id: str) -> int:
        """Up to ``TOGETHER`` uploads that are over; how many there were."""
        before = self.clock() - self.windows.uploads
        with self.alone(project_id):
            gone = self.uploads.forget(project_id, before, TOGETHER)
            self._remove_fingerprints(project_id, gone)
            for cluster_id in sorted({one.cluster_id for one in gone if one.cluster_id}):
                self.clusters.count(project_id, cluster_id)
            for one in gone:
                detail = {"received_at": one.received_at.isoformat()}
                said = AuditDraft(SYSTEM_ACTOR, "upload.forgotten", one.id, detail=detail)
                self.audit.append(project_id, said)
        return len(gone)

    def forget_events(self) -> int:
        """Some events of all projects; how many there were."""
        return self.outbox.forget(self.clock() - self.windows.events)

    def sweep_vault(self, project_id: str) -> int:
        """Media that no upload has named for an hour; how many."""
        now, unnamed = self.clock(), dict[str, datetime]()
        for keys in batched(self.vault.keys(project_id), PAGE, strict=False):
            named = self.uploads.naming(project_id, keys)
            unnamed |= {key: self.unnamed.get(key, now) for key in keys if key not in named}
        over = [key for key, since in unnamed.items() if now - since >= UNNAMED]
        for key in [key for key in self.unnamed if key.split("/")[1] == project_id]:
            del self.unnamed[key]
        self.unnamed.update(unnamed)
        self.vault.delete(over)
        return len(over)

    def _deleted(self, upload: Upload) -> bool:
        """Whether its media were over, and are deleted."""
        if not self._is_over(upload):
            return False
        project_id, key = upload.project_id, upload.media_key
        with self.alone(project_id):
            upload = self.uploads.get(project_id, upload.id)
            if key is None or not self._is_over(upload):
                return False
            if not self.uploads.drop_media(project_id, upload.id, key):
                return False
            if upload.decision_id is not None:
                self._note(upload, upload.decision_id)
            why = "nobody needs to look any more" if self.keeps_media else "no media are kept"
            detail = {"decision_id": upload.decision_id}
            said = AuditDraft(SYSTEM_ACTOR, "media.deleted", upload.id, why, detail=detail)
            self.audit.append(project_id, said)
        self.vault.delete([key])
        return True

    def _is_over(self, upload: Upload) -> bool:
        if self.keeps_media and upload.received_at + self.windows.media > self.clock():
            return False
        case = None
        if upload.cluster_id is not None:
            case = self.cases.of_cluster(upload.project_id, upload.cluster_id)
        over = self.over(upload, case)
        if over is None or over > self.clock():
            return False
        subjects = subjects_of(upload, None if case is None else case.id)
        return not self.holds.held(upload.project_id, subjects)

    def _note(self, upload: Upload, decision_id: str) -> None:
        """Among what followed from the decision: it cannot be taken back."""
        number = self.decisions.next_number(decision_id)
        gone = Consequence(
            decision_id,
            number,
            ConsequenceKind.MEDIA,
            upload.id,
            self.clock(),
            ConsequenceState.DONE,
        )
        self.decisions.add_consequences([gone])

    def _remove_fingerprints(self, project_id: str, gone: Sequence[Upload]) -> None:
        """Of contents that no upload is left of."""
        by_content = {one.content: one.reference_id for one in gone if one.content is not None}
        for content, reference_id in by_content.items():
            if reference_id is None or self.uploads.of_contents(project_id, [content], limit=1):
                continue
            try:
                self.references.delete(project_id, reference_id)
            except NotFound:  # it expired with its bank, or somebody deleted it
                continue


class Retainer:
    """Deletes what is over, in a thread of its own, until it is stopped."""

    def __init__(self, retaining: Retaining, project_ids: Callable[[], Sequence[str]]) -> None:
        self._retaining = retaining
        self._project_ids = project_ids
        self._stop = threading.Event()
        self._swept_at: datetime | None = None
        self._thread = threading.Thread(target=self._serve, name="retain", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                for _ in self._steps():
                    if self._stop.wait(BREATH_S):
                        return
            except ReseenError as error:
                logger.warning("What is over was not deleted: %s", error.detail)
            except Exception:
                logger.exception("Deleting what is over broke")
            self._stop.wait(EVERY_S)

    def _steps(self) -> Iterator[None]:
        """All that is over, with a pause for others wherever this goes on."""
        retaining = self._retaining
        now = retaining.clock()
        is_swept = self._swept_at is None or now - self._swept_at >= SWEPT_EVERY
        for project_id in self._project_ids():
            for _ in retaining.delete_media(project_id):
                yield
            while retaining.forget_uploads(project_id):
                yield
            if is_swept:
                retaining.sweep_vault(project_id)
                yield
        while retaining.forget_events():
            yield
        if is_swept:
            self._swept_at = now
