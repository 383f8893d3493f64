"""Fingerprints made anew where a signal's version changed, while the older ones serve.

A fingerprint holds no media, so this needs the original: it is made again only where the path or
URL that it was ingested from is still reachable and holds the same bytes. What could not be made
again is told by item and keeps its older fingerprint.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from reseen.domain.bank import Job, JobItem, Reference
from reseen.domain.choices import ItemState, JobKind
from reseen.domain.errors import Conflict, NotFound, NotReady, ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.ingest import Ingesting, Remember
from reseen.flows.items import DOWNLOADS, failed, files_at_once, limits_of
from reseen.flows.jobs import LEASE, Hold
from reseen.flows.lanes import Limits, in_lanes
from reseen.flows.outcomes import PAGE, Watch
from reseen.ports import JobStore, ReferenceStore

type _Task = tuple[JobItem, Reference | None]


def begin(
    references: ReferenceStore,
    jobs: JobStore,
    project_id: str,
    bank_id: str | None = None,
    owner: str | None = None,
) -> Job:
    """A job for every reference with media, of a bank or of all; claimed for an ``owner``."""
    givens = _givens(references, project_id, bank_id)
    request = {"bank": bank_id}
    return jobs.create(project_id, JobKind.REINGEST, request, givens, owner=owner, lease=LEASE)


@dataclass(frozen=True, slots=True)
class Reingesting:
    """Where and how it is made again is as for what is new."""

    ingesting: Ingesting

    def work(self, job: Job, hold: Hold, watch: Watch = lambda _: None) -> Mapping[str, Any] | None:
        """A ``flows.jobs.Handler``; ``KNOWN`` items needed nothing."""
        with (
            self.ingesting.crew() as remember,
            closing(
                in_lanes(
                    self._tasks(job, hold),
                    partial(self._renew, remember),
                    self._limits,
                    lanes=files_at_once(self.ingesting.workers) + DOWNLOADS,
                )
            ) as outcomes,
        ):
            for outcome in outcomes:
                hold.check()
                if outcome is not None:
                    item = self._recorded(job.project_id, *outcome)
                    self.ingesting.jobs.finish_items([item])
                    watch(item)
        return None

    def _tasks(self, job: Job, hold: Hold) -> Iterator[_Task]:
        after = -1
        while page := self.ingesting.jobs.waiting(job.id, after, PAGE):
            after = page[-1].number
            for item in page:
                hold.check()
                try:
                    reference_id = str(item.given["reference_id"])
                    yield item, self.ingesting.references.get(job.project_id, reference_id)
                except NotFound:  # deleted meanwhile
                    yield item, None

    def _limits(self, task: _Task) -> Limits:
        _, reference = task
        return limits_of(self.ingesting.workers, reference.draft.provenance if reference else {})

    def _renew(self, remember: Remember, task: _Task) -> tuple[JobItem, Fingerprint | None]:
        """A fingerprint of today, where the older one is of another day. Runs in a lane."""
        item, reference = task
        if reference is None:
            return replace(item, state=ItemState.KNOWN), None
        item = replace(item, reference_id=reference.id)
        try:
            if reference.medium is None or not self.ingesting.is_stale(reference):
                return replace(item, state=ItemState.KNOWN), None
            source = reference.draft.provenance
            if not source.keys() & {"path", "url"}:
                raise NotFound("It was not ingested from a path or a URL.")
            with self.ingesting.opened(source, paths=True) as file:
                if f"sha256:{file.sha256}" != reference.identity:
                    raise Conflict("What is there now is another file.")
                return item, remember(file)
        except NotReady:
            raise
        except ReseenError as error:
            return failed(item, error), None

    def _recorded(self, project_id: str, item: JobItem, made: Fingerprint | None) -> JobItem:
        if made is None or item.reference_id is None:
            return item
        try:
            renewed = self.ingesting.references.refresh(project_id, item.reference_id, made)
        except NotFound:  # deleted meanwhile
            return replace(item, state=ItemState.KNOWN)
        self.ingesting.nudge(project_id, renewed.change)
        return replace(item, state=ItemState.DONE)


def _givens(
    references: ReferenceStore, project_id: str, bank_id: str | None
) -> Iterator[Mapping[str, Any]]:
    cursor = None
    while True:
        page = references.list(project_id, bank_id=bank_id, cursor=cursor, limit=PAGE)
        for one in page.items:
            if one.medium is not None:
                yield {"reference_id": one.id, "name": one.draft.name}
        cursor = page.next
        if cursor is None:
            return
