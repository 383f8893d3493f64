"""Uploads that are answered later: accepted at once, worked on as jobs, told of by an event.

What was accepted is not lost: a file lies encrypted in the vault until its job is done, an address
in the request of the job. A job whose process dies is done again, and answers once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseen.domain.bank import Job
from reseen.domain.choices import JobKind
from reseen.domain.errors import BlobMissing, InvalidValue, MediaUnreadable, NotReady, ReseenError
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import Upload, UploadDraft, UploadState
from reseen.flows.jobs import Hold
from reseen.flows.moderate import Moderating, known_again
from reseen.flows.obtain import OpenFile
from reseen.flows.telling import said
from reseen.ports import (
    Alone,
    AuditLog,
    Fetched,
    Fetcher,
    JobStore,
    MediaVault,
    Outbox,
    UploadStore,
)


@dataclass(frozen=True, slots=True)
class Later:
    """All that it depends on. Any call may raise ``NotReady``."""

    moderating: Moderating
    uploads: UploadStore
    jobs: JobStore
    vault: MediaVault
    keeps: Callable[[str], bool]
    fetcher: Fetcher
    open_file: OpenFile
    audit: AuditLog
    outbox: Outbox
    alone: Alone
    clock: Callable[[], datetime]

    def accept(
        self, project_id: str, who: Actor, draft: UploadDraft, what: Fetched | str
    ) -> Upload:
        """An upload that a job will answer: its file, or its address.

        Raises ``Conflict`` where the ``content_id`` is that of another file, ``InvalidValue`` for a
        file where no media are kept.
        """
        known = self.uploads.by_content_id(project_id, draft.content_id)
        if known is not None and known.state is not UploadState.FAILED:
            return known if isinstance(what, str) else known_again(known, what)
        upload = known or Upload("", project_id, draft, UploadState.PENDING, self.clock())
        upload = replace(upload, state=UploadState.PENDING, error=None)
        if isinstance(what, str):
            return self._queued(upload, who, {"url": what})
        if not self.keeps(project_id):
            raise InvalidValue(
                "No media are kept here, so a file is answered while you wait; or send its url.",
                field="wait",
            )
        key = self.vault.put(project_id, what.sha256, what.path)
        try:
            return self._queued(replace(upload, sha256=what.sha256, media_key=key), who, {})
        except BaseException:
            self.vault.delete([key])
            raise

    def work(self, job: Job, hold: Hold) -> Mapping[str, Any]:
        """A ``flows.jobs.Handler``."""
        upload = self.uploads.get(job.project_id, job.request["upload_id"])
        hold.check()
        if upload.state is UploadState.PENDING:
            who = Actor(
                *(job.request.get(part, "") for part in ("who", "role", "request_id", "name"))
            )
            try:
                with self._opened(upload, job.request.get("url")) as file:
                    upload = self.moderating.answer(who, upload, file)
            except NotReady:
                raise
            except ReseenError as error:
                upload = self._failed(who, upload, error)
        return {"upload_id": upload.id, "state": str(upload.state)}

    def _queued(self, upload: Upload, who: Actor, what: Mapping[str, str]) -> Upload:
        with self.alone(upload.project_id):
            if upload.id:
                self.uploads.save(upload)
            else:
                upload = self.uploads.add(upload)
            said_by = {
                "who": who.id,
                "role": who.role,
                "request_id": who.request_id,
                "name": who.name,
            }
            request = {"upload_id": upload.id, **said_by, **what}
            job = self.jobs.create(upload.project_id, JobKind.UPLOAD, request)
            upload = replace(upload, job_id=job.id)
            self.uploads.save(upload)
            self.audit.append(
                upload.project_id, AuditDraft(who, "upload.accepted", upload.id, detail={})
            )
        return upload

    def _opened(self, upload: Upload, url: str | None) -> AbstractContextManager[Fetched]:
        if url is not None:
            return self.fetcher.fetch(url)
        return self._kept(upload)

    @contextmanager
    def _kept(self, upload: Upload) -> Iterator[Fetched]:
        if upload.media_key is None:
            raise MediaUnreadable("The file is not kept any more; send it again.")
        try:
            with self.vault.open(upload.media_key) as path, self.open_file(path) as file:
                yield file
        except BlobMissing:
            raise MediaUnreadable("The file is not kept any more; send it again.") from None

    def _failed(self, who: Actor, upload: Upload, error: ReseenError) -> Upload:
        failed = replace(upload, state=UploadState.FAILED, error=error, media_key=None)
        with self.alone(upload.project_id):
            present = self.uploads.get(upload.project_id, upload.id)
            if present.state is not UploadState.PENDING:
                return present
            self.uploads.save(failed)
            self.audit.append(
                upload.project_id, AuditDraft(who, "upload.failed", upload.id, error.detail)
            )
            told = {**said(failed), "code": error.code, "detail": error.detail}
            self.outbox.emit(upload.project_id, "upload.failed", told)
        if upload.media_key is not None:
            self.vault.delete([upload.media_key])
        return failed
