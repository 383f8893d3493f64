"""A look at kept media: written down before anybody sees anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reseen.domain.errors import BlobMissing, NotFound
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import AuditLog, MediaVault, UploadStore


@dataclass(frozen=True, slots=True)
class Looking:
    """All that it depends on. Any call may raise ``NotReady``."""

    uploads: UploadStore
    vault: MediaVault
    audit: AuditLog

    @contextmanager
    def at(self, project_id: str, who: Actor, upload_id: str) -> Iterator[Path]:
        """The media of an upload in the clear, for as long as the context is open; that they were
        looked at is in the audit by then. Raises ``NotFound`` where none are kept.
        """
        upload = self.uploads.get(project_id, upload_id)
        if upload.media_key is None:
            raise _gone(upload_id)
        try:
            opened = self.vault.open(upload.media_key)
            with opened as path:
                detail = {"content_id": upload.draft.content_id, "sha256": upload.sha256}
                seen = AuditDraft(who, "media.read", upload_id, detail=detail, sensitive=True)
                self.audit.append(project_id, seen)
                yield path
        except BlobMissing:
            if self.uploads.get(project_id, upload_id).media_key is None:  # deleted meanwhile
                raise _gone(upload_id) from None
            raise


def _gone(upload_id: str) -> NotFound:
    return NotFound(
        f"No media are kept of {upload_id[:80]!r}: it passed, its case is closed, or this server"
        " keeps none.",
        field="upload_id",
    )
