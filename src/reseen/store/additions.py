"""Adding references: fingerprints to the blobs first, then one transaction for all the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import Added, Bank, Content, Reference, ReferenceDraft
from reseen.domain.errors import NotFound
from reseen.domain.fingerprint import Fingerprint
from reseen.ports import Blobs
from reseen.store import adoption, changelog, mending
from reseen.store.completion import complete, completes
from reseen.store.database import Database
from reseen.store.removals import remove
from reseen.store.rows import (
    PLAIN,
    hashes_in,
    id_of,
    identity_code,
    reference_of,
    said,
    sliced,
)
from reseen.store.tables import BANKS, CONTENTS, HASHES, LABELS, REFERENCES, time_of

type Item = tuple[ReferenceDraft, Content]
type Settle = Callable[[sa.Connection, Sequence[Added]], None]
"""Writes what else must be true if and only if the references were added."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is to be added, item by item; identities are those of rows."""

    bank: Bank
    items: Sequence[Item]
    identities: Sequence[bytes]
    drafts: Sequence[Mapping[str, Any]]
    now: datetime

    def fingerprints(self, skipping: set[bytes]) -> dict[bytes, Fingerprint]:
        return {
            identity: content.fingerprint
            for identity, (_, content) in zip(self.identities, self.items, strict=True)
            if content.fingerprint is not None and identity not in skipping
        }


@dataclass(slots=True)
class _Rows:
    """What one transaction inserts."""

    references: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    hashes: list[dict[str, Any]] = field(default_factory=list)


def add(
    database: Database,
    blobs: Blobs,
    bank: Bank,
    items: Sequence[Item],
    clock: Callable[[], datetime],
    settle: Settle,
) -> list[Added]:
    """As ``ports.ReferenceStore.add_many``."""
    drafts = [said(draft) for draft, _ in items]
    identities = [identity_code(content.identity) for _, content in items]
    if not items:
        return []
    present: set[bytes] | None = None
    worse: set[bytes] = set()
    while True:
        batch = _Batch(bank, items, identities, drafts, clock())
        wanted = batch.fingerprints(skipping=set())
        if wanted and present is None:
            with database.reading() as connection:
                present = _shared(connection, bank.project_id, list(wanted))
                here = {identity: wanted[identity] for identity in present}
                worse = mending.wanting(connection, blobs, bank.project_id, here)
            present -= worse
        wanted = batch.fingerprints(skipping=present or set())
        put = adoption.put(database, blobs, bank.project_id, wanted, clock())
        try:
            with database.writing() as connection:
                added = _add(connection, batch, put, worse, clock())
                settle(connection, added)
        except adoption.Swept:
            present = set()
        else:
            return added


def _add(
    connection: sa.Connection,
    batch: _Batch,
    put: Mapping[bytes, str],
    worse: set[bytes],
    now: datetime,
) -> list[Added]:
    """The transaction. What is ``worse`` in the project than what was put is replaced by it. Raises
    ``NotFound``, ``Swept``.
    """
    bank = batch.bank
    changelog.lock(connection, bank.project_id)
    need(connection, bank.project_id, bank)
    spare = {identity: put[identity] for identity in worse}
    mended = mending.put_in_place(connection, bank.project_id, spare, now)
    adoption.adopt(connection, [put[identity] for identity in mended], now)
    held = _without_expired(connection, bank, _held(connection, bank, batch.identities), now)
    new: dict[bytes, int] = {}
    for k, identity in enumerate(batch.identities):
        if identity not in held:
            new.setdefault(identity, k)
    hollow = {
        identity: k
        for k, identity in enumerate(batch.identities)
        if identity in held and completes(batch.items[k][1], held[identity])
    }
    media = [i for i, k in new.items() if batch.items[k][1].fingerprint is not None]
    media += hollow
    shared = _shared(connection, bank.project_id, media)
    lacking = [identity for identity in media if identity not in shared]
    if not put.keys() >= set(lacking):
        raise adoption.Swept
    adoption.adopt(connection, [put[identity] for identity in lacking], now)
    made = _insert(connection, batch, new, lacking, put)
    for identity, k in hollow.items():
        content = batch.items[k][1]
        made[identity] = reference_of(complete(connection, held[identity], content, now))
    _hold(connection, bank.project_id, shared)
    found = {identity: reference_of(row) for identity, row in held.items()} | made
    return [
        Added(found[identity], is_new=k in {new.get(identity), hollow.get(identity)})
        for k, identity in enumerate(batch.identities)
    ]


def _insert(
    connection: sa.Connection,
    batch: _Batch,
    new: Mapping[bytes, int],
    lacking: Sequence[bytes],
    put: Mapping[bytes, str],
) -> dict[bytes, Reference]:
    """Insert these items, and the fingerprints that the project lacks."""
    contents = [
        {"project_id": batch.bank.project_id, "identity": identity, "blob": put[identity]}
        for identity in lacking
    ]
    if contents:
        connection.execute(sa.insert(CONTENTS).values(holders=1), contents)
    if not new:
        return {}
    bank, project = batch.bank, batch.bank.project_id
    heads = changelog.advance(connection, project, len(new), len(new))
    first_number, first_change = heads.number - len(new) + 1, heads.position - len(new) + 1
    rows = _Rows()
    made: dict[bytes, Reference] = {}
    for place, (identity, k) in enumerate(new.items()):
        content, number, draft = batch.items[k][1], first_number + place, batch.drafts[k]
        asset = content.fingerprint and content.fingerprint.asset
        medium, duration = (asset.medium, asset.duration) if asset else (None, None)
        change = first_change + place
        rows.references.append(
            {
                "project_id": project,
                "number": number,
                "bank_number": bank.number,
                "identity": identity,
                "medium": medium and medium.value,
                "duration": duration,
                "created_at": batch.now,
                "change": change,
                **draft,
            }
        )
        key = {"project_id": project, "number": number}
        rows.labels += [
            {**key, "bank_number": bank.number, "label": label} for label in draft["labels"]
        ]
        rows.hashes += [
            {**key, "kind": one.signal.name, "code": one.code} for one in hashes_in(content)
        ]
        made[identity] = Reference(
            id=id_of(number),
            number=number,
            project_id=project,
            bank_id=bank.id,
            identity=content.identity,
            medium=medium,
            duration=duration,
            draft=_kept(batch.items[k][0], draft),
            created_at=batch.now,
            change=change,
        )
    for table, values in (
        (REFERENCES, rows.references),
        (LABELS, rows.labels),
        (HASHES, rows.hashes),
    ):
        if values:
            connection.execute(sa.insert(table), values)
    changelog.log_new(connection, project, first_number)
    grown = sa.update(BANKS).where(BANKS.c.number == bank.number)
    connection.execute(grown.values(size=BANKS.c.size + len(new)))
    return made


def need(connection: sa.Connection, project_id: str, bank: Bank) -> None:
    """Raises ``NotFound`` where the project has no such bank any more."""
    query = sa.select(BANKS.c.number).where(
        BANKS.c.number == bank.number,
        BANKS.c.project_id == project_id,
        BANKS.c.deleted_at.is_(None),
    )
    if connection.execute(query).one_or_none() is None:
        raise NotFound(f"The bank {bank.name!r} is gone.", field="bank")


def _kept(draft: ReferenceDraft, said: Mapping[str, Any]) -> ReferenceDraft:
    """As it will be read back: labels once each."""
    if len(draft.labels) == len(said["labels"]):
        return draft
    return replace(draft, labels=tuple(said["labels"]))


def _held(
    connection: sa.Connection, bank: Bank, identities: Sequence[bytes]
) -> dict[bytes, sa.Row[Any]]:
    """The bank's references with these identities."""
    found: dict[bytes, sa.Row[Any]] = {}
    for some in sliced(identities):
        query = sa.select(*PLAIN).where(
            REFERENCES.c.bank_number == bank.number, REFERENCES.c.identity.in_(some)
        )
        found |= {row.identity: row for row in connection.execute(query)}
    return found


def _without_expired(
    connection: sa.Connection, bank: Bank, held: dict[bytes, sa.Row[Any]], now: datetime
) -> dict[bytes, sa.Row[Any]]:
    """Those that still hold; the others make room for what is added anew."""
    expired = {
        identity: row
        for identity, row in held.items()
        if row.expires_at is not None and time_of(row.expires_at) <= now
    }
    if expired:
        remove(connection, bank.project_id, list(expired.values()), now)
    return {identity: row for identity, row in held.items() if identity not in expired}


def _shared(connection: sa.Connection, project_id: str, identities: Sequence[bytes]) -> set[bytes]:
    """Those of which the project has a fingerprint."""
    found: set[bytes] = set()
    for some in sliced(identities):
        query = sa.select(CONTENTS.c.identity).where(
            CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(some)
        )
        found.update(connection.execute(query).scalars())
    return found


def _hold(connection: sa.Connection, project_id: str, identities: set[bytes]) -> None:
    """One more reference holds each of these fingerprints."""
    for some in sliced(sorted(identities)):
        ours = sa.and_(CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(some))
        more = sa.update(CONTENTS).where(ours).values(holders=CONTENTS.c.holders + 1)
        connection.execute(more)
