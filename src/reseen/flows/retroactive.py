"""Hold what was uploaded lately against references that came later.

The other way round than a search: the reference asks the index of ``seen`` banks, and what is found
is told as if the upload had been searched with: the upload is the source, the reference the target.
A kept upload has no pixels, so what only a look at them would show stays hidden.

A job's request is ``{"window_s": seconds}`` with ``"reference_id"`` or ``"reference_ids"``, or with
``"ingest_job_id"`` for all that an ingest added. It is done again from its start when its process
dies.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from reseen.domain.bank import Bank, Job, Reference
from reseen.domain.choices import BankRole, ItemState, JobKind
from reseen.domain.errors import BlobMissing, InvalidValue, NotFound
from reseen.domain.match import Segment
from reseen.domain.media import Span
from reseen.domain.moment import rfc3339
from reseen.engine.verdict import HARM
from reseen.flows.jobs import Hold
from reseen.flows.search import Answer, Found, Scope, Searching
from reseen.flows.shortlisted import turned
from reseen.ports import BankStore, JobStore

BUDGET, COUNTS = 200, (4096,)
"""A job may take its time, and one film may have been uploaded a thousand times."""
MOST_MATCHES = 10_000
"""In one result, which is one JSON object."""
PAGE = 500
EVER_S = 10 * 366 * 86_400.0
"""The window of banks that keep uploads for ever."""


def begin(banks: BankStore, jobs: JobStore, bank: Bank, what: Mapping[str, Any]) -> Job | None:
    """A job for what came into a bank whose matches mean harm, where uploads are kept: as far back
    as they are. ``what`` is a ``reference_id`` or an ``ingest_job_id``.
    """
    seen = [b for b in banks.of_project(bank.project_id) if b.role is BankRole.SEEN]
    if bank.role not in HARM or not seen:
        return None
    window = max(b.draft.retention_s or EVER_S for b in seen)
    return jobs.create(bank.project_id, JobKind.RETROACTIVE, {**what, "window_s": window})


@dataclass(frozen=True, slots=True)
class Retroactive:
    """``searching`` is that of uploads; ``work`` is a ``flows.jobs.Handler``."""

    searching: Searching
    jobs: JobStore
    matched: Callable[[Reference, Found], object] = lambda _reference, _upload: None
    """Told of each upload that a reference matches; more than once, where a job is done again."""

    def work(self, job: Job, hold: Hold) -> Mapping[str, Any]:
        """Matches of uploads within the window, by reference, surest first.

        Raises ``NotFound`` for a reference or job that is not there, ``InvalidValue``.
        """
        since = self.searching.clock() - timedelta(seconds=_window(job))
        matches: list[dict[str, Any]] = []
        remarks: list[str] = []
        searched = 0
        for reference in self._references(job):
            hold.check()
            answer = self._uploads(reference, since, remarks)
            if answer is None:
                continue
            searched += 1
            remarks += (r for r in answer.remarks if r not in remarks)
            for found in answer.matches:
                if found.is_match:
                    hold.check()
                    self.matched(reference, found)
                    matches.append(_said(reference, found))
        return {
            "since": rfc3339(since),
            "references": searched,
            "total": len(matches),
            "matches": matches[:MOST_MATCHES],
            "remarks": remarks[:PAGE],
        }

    def _references(self, job: Job) -> Iterator[Reference]:
        store, asked = self.searching.references, job.request
        if "reference_id" in asked:
            yield store.get(job.project_id, asked["reference_id"])
            return
        if "reference_ids" in asked:
            yield from self._still_there(job, asked["reference_ids"])
            return
        if "ingest_job_id" not in asked:
            raise InvalidValue("Say which reference_id or ingest_job_id.", field="reference_id")
        cursor: str | None = None
        while True:
            page = self.jobs.items(
                job.project_id, asked["ingest_job_id"], cursor=cursor, limit=PAGE
            )
            added = (item.reference_id for item in page.items if item.state is ItemState.DONE)
            yield from self._still_there(job, [one for one in added if one is not None])
            cursor = page.next
            if cursor is None:
                return

    def _still_there(self, job: Job, reference_ids: Sequence[str]) -> Iterator[Reference]:
        for one in reference_ids:
            with suppress(NotFound):
                yield self.searching.references.get(job.project_id, one)

    def _uploads(self, reference: Reference, since: datetime, remarks: list[str]) -> Answer | None:
        """What is found of one reference, or nothing where it is dead or cannot be read."""
        searching = replace(self.searching, budget=BUDGET, counts=COUNTS, scores=None)
        store, project = searching.references, reference.project_id
        if not store.candidates(project, [reference.number], searching.clock()):
            return None
        scope = Scope(roles=(BankRole.SEEN,), limit=MOST_MATCHES, since=since)
        try:
            kept = store.fingerprint(reference)
        except BlobMissing as error:
            remarks.append(f"{reference.draft.name} was not searched for: {error.detail}")
            return None
        if kept is not None:
            return searching.by_fingerprint(project, kept, scope)
        answer = searching.by_hashes(project, store.hashes_of(reference), scope)
        other_way = (replace(f, match=turned(f.match)) for f in answer.matches)
        return replace(answer, matches=tuple(other_way))


def _window(job: Job) -> float:
    window = job.request.get("window_s")
    if not isinstance(window, int | float) or not window > 0:
        raise InvalidValue("window_s is a number of seconds.", field="window_s")
    return float(window)


def _said(reference: Reference, found: Found) -> dict[str, Any]:
    """The envelope of a match, in the contract's words."""
    upload = found.reference
    return {
        "reference_id": reference.id,
        "upload_id": upload.id,
        "upload": upload.draft.name,
        "bank_id": found.bank.id,
        "uploaded_at": rfc3339(upload.created_at),
        "provenance": dict(upload.draft.provenance),
        "match": found.is_match,
        "confidence": str(found.confidence),
        "similarity_score": round(found.match.score, 4),
        "regime": str(found.regime),
        "matched_segments": [_segment(s) for s in found.match.segments],
    }


def _segment(segment: Segment) -> dict[str, Any]:
    """Times in seconds, three decimals; those of a still, and of a whole file, are 0."""
    source, target = _seconds(segment.query), _seconds(segment.reference)
    return {
        "source_start": source[0],
        "source_end": source[1],
        "target_start": target[0],
        "target_end": target[1],
        "score": round(segment.score, 4),
        "channel": str(segment.channel),
    }


def _seconds(span: Span) -> tuple[float, float]:
    return (0.0, 0.0) if span.is_timeless else (round(span.start, 3), round(span.end, 3))
