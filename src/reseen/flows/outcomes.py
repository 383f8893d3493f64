"""What became of the items of an ingest, committed in batches by one writer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reseen.domain.bank import Added, Bank, Content, JobItem, ReferenceDraft
from reseen.domain.choices import ItemState
from reseen.domain.errors import InvalidValue
from reseen.flows.items import failed
from reseen.ports import JobStore, ReferenceStore

type Watch = Callable[[JobItem], None]
"""Told of each item when its outcome is recorded."""

PAGE = 1000
"""Items that are read, and hashes that are added, in one transaction."""

BATCH = 32
BATCH_BYTES = 64 << 20
"""Fingerprints that are added in one transaction: few enough to lose little when a process dies,
enough that waiting for the disk is spread over them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item; with ``content`` it is to be added under ``draft``."""

    item: JobItem
    draft: ReferenceDraft | None = None
    content: Content | None = None


class Writer:
    """Commits outcomes in batches, in the one thread that calls it."""

    def __init__(
        self,
        references: ReferenceStore,
        jobs: JobStore,
        nudge: Callable[[str, int], None],
        bank: Bank,
        watch: Watch,
    ) -> None:
        self._references = references
        self._jobs = jobs
        self._nudge = nudge
        self._bank = bank
        self._watch = watch
        self._batch: list[Outcome] = []
        self._media = 0
        self._bytes = 0

    def take(self, outcome: Outcome) -> None:
        self._batch.append(outcome)
        if outcome.content is not None and outcome.content.fingerprint is not None:
            self._media += 1
            self._bytes += outcome.content.fingerprint.nbytes
        if len(self._batch) >= PAGE or self._media >= BATCH or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Raises ``NotReady``, and ``NotFound`` when the bank is gone."""
        batch, self._batch, self._media, self._bytes = self._batch, [], 0, 0
        if batch:
            for item in self._commit(batch):
                self._watch(item)

    def _commit(self, batch: Sequence[Outcome]) -> Sequence[JobItem]:
        new = [(one.item, one.draft, one.content) for one in batch if one.draft and one.content]
        over = [one.item for one in batch if one.content is None]
        if not new:
            self._jobs.finish_items(over)
            return over

        def outcomes(added: Sequence[Added]) -> Sequence[JobItem]:
            return [*over, *map(_added, (item for item, _, _ in new), added)]

        try:
            added = self._references.add_many(
                self._bank, [(draft, content) for _, draft, content in new], outcomes
            )
        except InvalidValue as error:
            if len(batch) > 1:
                return [item for one in batch for item in self._commit([one])]
            refused = [failed(batch[0].item, error)]
            self._jobs.finish_items(refused)
            return refused
        self._nudge(self._bank.project_id, max(one.reference.change for one in added))
        return outcomes(added)


def _added(item: JobItem, added: Added) -> JobItem:
    state = ItemState.DONE if added.is_new else ItemState.KNOWN
    return replace(item, state=state, reference_id=added.reference.id)
