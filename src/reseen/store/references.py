"""References in the database, their fingerprints in the blobs, and the change log of both."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import (
    Added,
    Bank,
    Change,
    Content,
    Hash,
    JobItem,
    Reference,
    ReferenceDraft,
)
from reseen.domain.choices import ReferenceKind, ReferenceState
from reseen.domain.errors import BlobMissing, Conflict, InvalidValue, NotFound
from reseen.domain.fingerprint import Fingerprint, Signal, Track
from reseen.ports import Blobs, Candidate, Page, ReadRange
from reseen.store import additions, adoption, changelog, indexed, kept, listing, mending, removals
from reseen.store.banks import bank_of
from reseen.store.banks import number_of as bank_number_of
from reseen.store.database import Database, utc_now
from reseen.store.job_rows import settle
from reseen.store.rows import (
    PLAIN,
    hash_of,
    identity_code,
    number_of,
    reference_of,
    said,
    sliced,
)
from reseen.store.tables import BANKS, CONTENTS, HASHES, IS_EXACT, LABELS, PROJECTS, REFERENCES
from reseen.store.text import is_storable

EXACT = ("sha256", "md5")


class SqlReferenceStore:
    """Implements ``ports.ReferenceStore``. Safe to share between threads and processes."""

    def __init__(
        self, database: Database, blobs: Blobs, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def add(self, bank: Bank, draft: ReferenceDraft, content: Content) -> Added:
        return self.add_many(bank, [(draft, content)])[0]

    def add_many(
        self,
        bank: Bank,
        items: Sequence[tuple[ReferenceDraft, Content]],
        outcomes: Callable[[Sequence[Added]], Sequence[JobItem]] = lambda _: (),
    ) -> list[Added]:
        return additions.add(
            self._database,
            self._blobs,
            bank,
            items,
            self._clock,
            lambda connection, added: settle(connection, outcomes(added), self._clock()),
        )

    def get(self, project_id: str, reference_id: str) -> Reference:
        with self._database.reading() as connection:
            return reference_of(_find(connection, project_id, reference_id))

    def held(self, bank: Bank, identity: str) -> Reference | None:
        query = _live(bank.project_id).where(
            REFERENCES.c.bank_number == bank.number,
            REFERENCES.c.identity == identity_code(identity),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        found = None if row is None else reference_of(row)
        expires = found and found.draft.expires_at
        return None if expires and expires <= self._clock() else found

    def list(
        self,
        project_id: str,
        *,
        bank_id: str | None = None,
        label: str | None = None,
        name: str | None = None,
        kind: ReferenceKind | None = None,
        state: ReferenceState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Reference]:
        before = None if cursor is None else number_of(cursor)
        if cursor is not None and before is None:
            raise InvalidValue("This is no cursor that a list gave.", field="cursor")
        if not all(is_storable(text) for text in (label, name) if text is not None):
            return Page(())
        with self._database.reading() as connection:
            rows = listing.newest(
                connection,
                project_id,
                count=limit + 1,
                bank_number=None if bank_id is None else bank_number_of(bank_id) or -1,
                label=label,
                such=listing.such(name, kind, state, self._clock()),
                before=before,
            )
        found = [reference_of(row) for row in rows]
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1].id if more else None)

    def update(self, project_id: str, reference_id: str, draft: ReferenceDraft) -> Reference:
        values = said(draft)
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            row = _find(connection, project_id, reference_id)
            labels = sa.and_(LABELS.c.project_id == project_id, LABELS.c.number == row.number)
            connection.execute(sa.delete(LABELS).where(labels))
            if values["labels"]:
                key = {
                    "project_id": project_id,
                    "number": row.number,
                    "bank_number": row.bank_number,
                }
                rows = [{**key, "label": label} for label in values["labels"]]
                connection.execute(sa.insert(LABELS), rows)
            return self._changed(connection, row, row.bank_number, values)

    def refresh(self, project_id: str, reference_id: str, fingerprint: Fingerprint) -> Reference:
        identity = identity_code(Content(fingerprint).identity)
        _need_same(self.get(project_id, reference_id), fingerprint)
        while True:
            put = adoption.put(
                self._database, self._blobs, project_id, {identity: fingerprint}, self._clock()
            )
            with contextlib.suppress(adoption.Swept):
                return self._refresh(project_id, reference_id, identity, put[identity])

    def _refresh(self, project_id: str, reference_id: str, identity: bytes, blob: str) -> Reference:
        """Raises ``Swept``."""
        now = self._clock()
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            _find(connection, project_id, reference_id)
            adoption.adopt(connection, [blob], now)
            mending.put_in_place(connection, project_id, {identity: blob}, now)
            return reference_of(_find(connection, project_id, reference_id))

    def move(self, project_id: str, reference_id: str, bank: Bank) -> Reference:
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            row = _find(connection, project_id, reference_id)
            additions.need(connection, project_id, bank)
            if row.bank_number == bank.number:
                return reference_of(row)
            there = sa.select(REFERENCES.c.number).where(
                REFERENCES.c.bank_number == bank.number, REFERENCES.c.identity == row.identity
            )
            if connection.execute(there).first() is not None:
                raise Conflict(f"The bank {bank.name!r} holds this content already.", field="bank")
            for number, step in ((row.bank_number, -1), (bank.number, 1)):
                resized = sa.update(BANKS).where(BANKS.c.number == number)
                connection.execute(resized.values(size=BANKS.c.size + step))
            labels = sa.and_(LABELS.c.project_id == project_id, LABELS.c.number == row.number)
            connection.execute(sa.update(LABELS).where(labels).values(bank_number=bank.number))
            return self._changed(connection, row, bank.number, {"bank_number": bank.number})

    def delete(self, project_id: str, reference_id: str) -> Reference:
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            row = _find(connection, project_id, reference_id)
            removals.remove(connection, project_id, [row], self._clock())
        return reference_of(row)

    def candidates(
        self, project_id: str, numbers: Sequence[int], now: datetime
    ) -> tuple[Candidate, ...]:
        rows: list[sa.Row[Any]] = []
        with self._database.reading() as connection:
            for some in sliced(sorted(set(numbers))):
                query = sa.select(*PLAIN).where(
                    REFERENCES.c.project_id == project_id, REFERENCES.c.number.in_(some)
                )
                rows += connection.execute(query).all()
            live = sa.select(*BANKS.c).where(
                BANKS.c.number.in_({row.bank_number for row in rows}),
                BANKS.c.deleted_at.is_(None),
                BANKS.c.enabled.is_(True),
            )
            banks = {row.number: bank_of(row) for row in connection.execute(live)}
        found = (
            Candidate(reference_of(row), banks[row.bank_number])
            for row in rows
            if row.bank_number in banks
        )
        return tuple(one for one in found if one.reference.is_live(now))

    def with_hashes(self, project_id: str, hashes: Sequence[Hash]) -> tuple[int, ...]:
        found: set[int] = set()
        with self._database.reading() as connection:
            for kind in EXACT:
                codes = [one.code for one in hashes if one.signal.name == kind]
                for some in sliced(codes):
                    query = sa.select(HASHES.c.number).where(
                        HASHES.c.project_id == project_id,
                        IS_EXACT,
                        HASHES.c.kind == kind,
                        HASHES.c.code.in_(some),
                    )
                    found.update(connection.execute(query).scalars())
        return tuple(sorted(found))

    def hashes_of(self, reference: Reference) -> tuple[Hash, ...]:
        query = sa.select(HASHES.c.kind, HASHES.c.code).where(
            HASHES.c.project_id == reference.project_id, HASHES.c.number == reference.number
        )
        with self._database.reading() as connection:
            return tuple(map(hash_of, connection.execute(query.order_by(HASHES.c.kind))))

    def fingerprint(self, reference: Reference) -> Fingerprint | None:
        return None if reference.medium is None else kept.read(self._reader(reference))

    def signals(self, reference: Reference) -> tuple[Signal, ...]:
        return () if reference.medium is None else kept.signals(self._reader(reference))

    def changes(self, project_id: str, after: int, limit: int = 1000) -> Sequence[Change]:
        with self._database.reading() as connection:
            return changelog.read(connection, project_id, after, limit)

    def last_change(self, project_id: str) -> int:
        with self._database.reading() as connection:
            return changelog.last(connection, project_id)

    def indexed(self, project_id: str, numbers: Sequence[int]) -> Mapping[int, Sequence[Track]]:
        return indexed.tracks(self._database, self._blobs, project_id, numbers)

    def sweep(self, now: datetime, limit: int = 1000) -> int:
        return removals.sweep(self._database, self._blobs, now, limit)

    def project_ids(self) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return tuple(connection.execute(sa.select(PROJECTS.c.id)).scalars())

    def _reader(self, reference: Reference) -> ReadRange:
        query = sa.select(CONTENTS.c.blob).where(
            CONTENTS.c.project_id == reference.project_id,
            CONTENTS.c.identity == identity_code(reference.identity),
        )
        with self._database.reading() as connection:
            blob = connection.execute(query).scalar_one_or_none()
        if blob is None:
            raise BlobMissing(f"{reference.id} was removed a moment ago.")
        return self._blobs.reader(blob)

    def _changed(
        self,
        connection: sa.Connection,
        row: sa.Row[Any],
        bank_number: int,
        values: Mapping[str, Any],
    ) -> Reference:
        changed = [(row.number, bank_number)]
        change = changelog.append(connection, row.project_id, changed, self._clock())
        updated = (
            sa.update(REFERENCES)
            .where(REFERENCES.c.project_id == row.project_id, REFERENCES.c.number == row.number)
            .values(change=change, **values)
            .returning(*PLAIN)
        )
        return reference_of(connection.execute(updated).one())


def _need_same(reference: Reference, fingerprint: Fingerprint) -> None:
    """Raises ``Conflict``."""
    if reference.medium is None or reference.identity != Content(fingerprint).identity:
        raise Conflict("The fingerprint is of another file than the reference.")


def _live(project_id: str) -> sa.Select[Any]:
    """References of banks that were not deleted."""
    return (
        sa.select(*PLAIN)
        .join(BANKS, BANKS.c.number == REFERENCES.c.bank_number)
        .where(REFERENCES.c.project_id == project_id, BANKS.c.deleted_at.is_(None))
    )


def _find(connection: sa.Connection, project_id: str, reference_id: str) -> sa.Row[Any]:
    number = number_of(reference_id)
    row = None
    if number is not None:
        query = _live(project_id).where(REFERENCES.c.number == number)
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no reference {reference_id[:80]!r}.")
    return row
