"""Somebody says that an upload is harmful: a case, whatever was answered."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from reseen.domain.choices import Action
from reseen.domain.errors import Conflict, InvalidValue
from reseen.domain.policy import Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import Upload, UploadState
from reseen.flows.moderate import Opened
from reseen.flows.telling import said
from reseen.ports import Alone, AuditLog, ClusterStore, Fetched, MediaVault, Outbox, UploadStore


@dataclass(frozen=True, slots=True)
class Reporting:
    """All that it depends on. Any call may raise ``NotReady``."""

    uploads: UploadStore
    clusters: ClusterStore
    vault: MediaVault
    keeps: Callable[[str], bool]
    opened: Opened
    audit: AuditLog
    outbox: Outbox
    alone: Alone

    def report(
        self,
        project_id: str,
        who: Actor,
        upload_id: str,
        reason: str,
        severity: int = 50,
        file: Fetched | None = None,
    ) -> Upload:
        """Open or raise the case of its cluster; the upload waits for review unless a decision
        holds for it. ``file``: its media, for reviewers, where none are kept.

        Raises ``NotFound``, ``Conflict`` for one that was not answered yet, ``InvalidValue`` for
        another file.
        """
        upload = self.uploads.get(project_id, upload_id)
        media_key = self._kept(upload, file)
        with self.alone(project_id):
            present = self.uploads.get(project_id, upload_id)
            if present.state is not UploadState.DONE or present.cluster_id is None:
                raise Conflict("The upload was not answered yet.", field="upload_id")
            changed = replace(present, media_key=present.media_key or media_key)
            if present.decision_id is None:
                if present.action is Action.PASS:
                    changed = replace(changed, action=Action.REVIEW)
                    self.outbox.emit(project_id, "upload.action_changed", said(changed))
                cluster = self.clusters.get(project_id, present.cluster_id)
                ruling = Ruling(Action.REVIEW, present.reasons, severity)
                self.opened(project_id, cluster, ruling, f"reported: {reason}")
            if changed != present:
                self.uploads.save(changed)
            self.audit.append(
                project_id,
                AuditDraft(
                    who, "upload.reported", upload_id, reason, detail={"severity": severity}
                ),
            )
        return changed

    def _kept(self, upload: Upload, file: Fetched | None) -> str | None:
        if file is None or upload.media_key is not None:
            return None
        if file.sha256 != upload.sha256:
            raise InvalidValue("This is not the file that was uploaded.", field="file")
        if not self.keeps(upload.project_id):
            return None
        return self.vault.put(upload.project_id, file.sha256, file.path)
