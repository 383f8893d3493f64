"""Media and hashes into banks, one by one or as a job.

SHA-256 comes first: what a bank holds already is ``known`` and is not decoded. Files are obtained
and fingerprinted side by side, and one writer commits them in batches, each item's outcome in the
transaction that adds its reference: whenever the process dies, the items that still wait are those
that are not in the bank. Doing a job again is safe in any case: equal content is held once.

A job's request is ``{"bank": id, "labels": [...], "note": ..., "provenance": {...},
"paths": true}``, all but the bank optional, said of every item; its items are as ``media.listings``
describes. Local paths are opened only where the request says ``paths``: a client of the server may
not name any.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from reseen.domain.bank import Added, Bank, Content, Hash, Job, JobItem, Reference, ReferenceDraft
from reseen.domain.choices import ItemState
from reseen.domain.errors import BlobMissing, Forbidden, InvalidValue, NotReady, ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.items import (
    DOWNLOADS,
    content_of,
    draft_of,
    failed,
    files_at_once,
    known,
    limits_of,
    path_of,
)
from reseen.flows.jobs import Hold
from reseen.flows.lanes import in_lanes
from reseen.flows.obtain import OpenFile
from reseen.flows.outcomes import PAGE, Outcome, Watch, Writer
from reseen.ports import BankStore, Fetched, Fetcher, JobStore, ReferenceStore

type Remember = Callable[[Fetched], Fingerprint]
"""All that is kept of a file. Safe for many threads; raises the media errors."""

type Crew = Callable[[], AbstractContextManager[Remember]]
"""Processes that fingerprint side by side, for as long as the context is open."""


@dataclass(frozen=True, slots=True)
class Ingesting:
    """Adds to banks. ``remember`` works in this process, ``crew`` in ``workers`` others that are
    started for a job. ``probe`` refuses a file by its beginning, as decoding it would. ``nudge``
    tells the index of a project that there is something new.
    """

    banks: BankStore
    references: ReferenceStore
    jobs: JobStore
    fetcher: Fetcher
    open_file: OpenFile
    remember: Remember
    probe: Callable[[Fetched], None]
    crew: Crew
    workers: int
    nudge: Callable[[str, int], None]
    versions: Callable[[], Mapping[str, str]] = dict[str, str]
    """Name and version of every signal that a fingerprint of today may hold."""

    arrived: Callable[[Bank, Mapping[str, Any]], object] = lambda _bank, _what: None
    """Told what a bank got: ``{"reference_id": ...}``; of a job at its end ``{"ingest_job_id":
    ...}``."""

    def add_file(self, bank: Bank, file: Fetched, draft: ReferenceDraft) -> Added:
        """Raises the media errors, and what the store raises."""
        held = self._held(bank, file)
        if held is not None:
            return Added(held, is_new=False)
        return self._add(bank, draft, Content(self.remember(file)))

    def _held(self, bank: Bank, file: Fetched) -> Reference | None:
        """The bank's reference with this file, where it is more than a hash from a list and has its
        fingerprint as it is made today: one that was lost, or is of an older version, is made anew,
        and written when the file is added.
        """
        held = self.references.held(bank, f"sha256:{file.sha256}")
        if held is None or held.medium is None:
            return None
        return None if self.is_stale(held) else held

    def is_stale(self, reference: Reference) -> bool:
        """Whether what is kept of its medium was lost, or holds another version of a signal than is
        made today.
        """
        try:
            signals = self.references.signals(reference)
        except BlobMissing:
            return True
        today = self.versions()
        return any(today.get(one.name, one.version) != one.version for one in signals)

    def add_hashes(self, bank: Bank, hashes: Sequence[Hash], draft: ReferenceDraft) -> Added:
        """Raises ``InvalidValue`` for no hash at all, and what the store raises."""
        if not hashes:
            raise InvalidValue("A reference needs a file or a hash.", field="hashes")
        return self._add(bank, draft, Content(hashes=tuple(hashes)))

    def work(self, job: Job, hold: Hold, watch: Watch = lambda _: None) -> Mapping[str, Any] | None:
        """Work on an ingest job's waiting items to the end: a ``flows.jobs.Handler``.

        Raises ``NotFound`` when the bank is gone, ``NotReady`` when the truth cannot be used; what
        is wrong with an item is recorded with it.
        """
        bank = self.banks.get(job.project_id, str(job.request["bank"]))
        writer = Writer(self.references, self.jobs, self.nudge, bank, watch)
        with (
            self.crew() as remember,
            closing(
                in_lanes(
                    self._media(job, bank, writer, hold),
                    partial(self._obtain, job, bank, remember),
                    lambda item: limits_of(self.workers, item.given),
                    lanes=files_at_once(self.workers) + DOWNLOADS,
                )
            ) as outcomes,
        ):
            for outcome in outcomes:
                hold.check()
                if outcome is None:
                    writer.flush()
                else:
                    writer.take(outcome)
            writer.flush()
        if self.jobs.get(job.project_id, job.id).done:
            self.arrived(bank, {"ingest_job_id": job.id})
        return None

    def try_out(self, bank: Bank | None, givens: Iterable[Mapping[str, Any]]) -> Iterator[JobItem]:
        """What a job with these items would do, without writing anything: ``DONE`` would be added.

        Files are hashed and their beginning is looked at, not decoded. ``bank`` ``None``: it would
        be made. Raises ``NotReady``.
        """
        items = (JobItem("", number, given) for number, given in enumerate(givens))
        lanes = files_at_once(self.workers) + DOWNLOADS
        seen: set[str] = set()
        for one in in_lanes(
            items,
            partial(self._foresee, bank),
            lambda item: limits_of(self.workers, item.given),
            lanes=lanes,
        ):
            if one is None:
                continue
            item, identity = one
            if identity in seen and item.state is ItemState.DONE:
                item = replace(item, state=ItemState.KNOWN)
            seen.add(identity)
            yield item

    def _add(self, bank: Bank, draft: ReferenceDraft, content: Content) -> Added:
        added = self.references.add(bank, kept_until(bank, draft), content)
        if added.is_new:
            self.nudge(bank.project_id, added.reference.change)
            self.arrived(bank, {"reference_id": added.reference.id})
        return added

    def _media(self, job: Job, bank: Bank, writer: Writer, hold: Hold) -> Iterator[JobItem]:
        """Items that need a file; all others go to the writer on the way."""
        after = -1
        while page := self.jobs.waiting(job.id, after, PAGE):
            after = page[-1].number
            for item in page:
                hold.check()
                if "path" in item.given or "url" in item.given:
                    yield item
                else:
                    writer.take(_of_hashes(job, bank, item))

    def _obtain(self, job: Job, bank: Bank, remember: Remember, item: JobItem) -> Outcome:
        """Bring a file here, and its fingerprint where the bank lacks it. Runs in a lane."""
        try:
            draft = kept_until(bank, draft_of(job.request, item))
            with self.opened(item.given, paths=bool(job.request.get("paths"))) as file:
                held = self._held(bank, file)
                if held is not None:
                    return Outcome(known(item, held))
                return Outcome(item, draft, Content(remember(file)))
        except NotReady:
            raise
        except ReseenError as error:
            return Outcome(failed(item, error))

    def opened(self, given: Mapping[str, Any], *, paths: bool) -> AbstractContextManager[Fetched]:
        """The file that was given. Raises what fetching and opening raise, and ``Forbidden`` for a
        path where ``paths`` may not be opened.
        """
        if "url" in given:
            return self.fetcher.fetch(str(given["url"]))
        if not paths:
            raise Forbidden("This job may not open files of the server; give URLs or hashes.")
        return self.open_file(path_of(given))

    def _foresee(self, bank: Bank | None, item: JobItem) -> tuple[JobItem, str]:
        """How an item would end, and the identity of its content."""
        identity = ""
        try:
            if "path" in item.given or "url" in item.given:
                with self.opened(item.given, paths=True) as file:
                    identity = f"sha256:{file.sha256}"
                    held = self._held(bank, file) if bank else None
                    if held is None:
                        self.probe(file)
            else:
                identity = content_of(item).identity
                held = self.references.held(bank, identity) if bank else None
        except NotReady:
            raise
        except ReseenError as error:
            return failed(item, error), identity
        else:
            done = replace(item, state=ItemState.DONE)
            return done if held is None else known(item, held), identity


def kept_until(bank: Bank, draft: ReferenceDraft) -> ReferenceDraft:
    """A draft with the expiry that its bank gives, where it says none itself."""
    if draft.expires_at is not None or bank.draft.retention_s is None:
        return draft
    expires = datetime.now(UTC) + timedelta(seconds=bank.draft.retention_s)
    return replace(draft, expires_at=expires)


def _of_hashes(job: Job, bank: Bank, item: JobItem) -> Outcome:
    """What becomes of an item that needs no file."""
    try:
        return Outcome(item, kept_until(bank, draft_of(job.request, item)), content_of(item))
    except ReseenError as error:
        return Outcome(failed(item, error))
