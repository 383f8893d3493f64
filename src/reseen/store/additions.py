"""Adding references: fingerprints to the blobs first, then one transaction for all the rest.

A blob has a name of its own each time, so that one that is being swept is never one that is being
added. What is killed between the two leaves a blob that no row names.
"""

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import Added, Bank, Content, ReferenceDraft
from reseen.domain.errors import NotFound
from reseen.ports import Blobs
from reseen.store import changelog, kept
from reseen.store.database import Database
from reseen.store.removals import remove
from reseen.store.rows import hashes_in, reference_of, said, sliced
from reseen.store.tables import BANKS, CONTENTS, HASHES, LABELS, ORPHANS, REFERENCES

SIDE_BY_SIDE = 8
"""Blobs that are put at the same time: each waits for its disk or its network."""

type Item = tuple[ReferenceDraft, Content]
type Settle = Callable[[sa.Connection, Sequence[Added]], None]
"""Writes what else must be true if and only if the references were added."""


@dataclass(slots=True)
class _Rows:
    """What one transaction inserts."""

    references: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    hashes: list[dict[str, Any]] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)


def add(
    database: Database,
    blobs: Blobs,
    bank: Bank,
    items: Sequence[Item],
    now: datetime,
    settle: Settle,
) -> list[Added]:
    """As ``ports.ReferenceStore.add_many``."""
    drafts = [said(draft) for draft, _ in items]
    identities = [content.identity for _, content in items]
    with database.reading() as connection:
        held = _held(connection, bank, identities)
        shared = _shared(connection, bank.project_id, identities)
    put = _put(blobs, bank.project_id, items, skipping=held.keys() | shared)
    with database.writing() as connection:
        changelog.lock(connection, bank.project_id)
        need(connection, bank.project_id, bank)
        held = _without_expired(connection, bank, _held(connection, bank, identities), now)
        shared = _shared(connection, bank.project_id, identities)
        lacking = [
            k
            for k, identity in enumerate(identities)
            if items[k][1].fingerprint is not None
            and identity not in held.keys() | shared | put.keys()
        ]
        if lacking:  # removed between our look and our turn
            put |= _put(blobs, bank.project_id, [items[k] for k in lacking], skipping=set())
        new = _new(identities, held)
        _insert(connection, bank, items, drafts, new, shared, put, now)
        held |= _held(connection, bank, [identities[k] for k in new])
        unused = [put[identity] for identity in put if identity in shared]
        if unused:
            connection.execute(sa.insert(ORPHANS), [{"blob": one} for one in unused])
        first = set(new)
        added = [
            Added(reference_of(held[identity]), is_new=k in first)
            for k, identity in enumerate(identities)
        ]
        settle(connection, added)
    return added


def _new(identities: Sequence[str], held: dict[str, sa.Row[Any]]) -> list[int]:
    """Which items are added: the first of each identity that the bank does not hold."""
    seen = set(held)
    new = []
    for k, identity in enumerate(identities):
        if identity not in seen:
            seen.add(identity)
            new.append(k)
    return new


def _insert(
    connection: sa.Connection,
    bank: Bank,
    items: Sequence[Item],
    drafts: Sequence[dict[str, Any]],
    new: Sequence[int],
    shared: set[str],
    put: dict[str, str],
    now: datetime,
) -> None:
    """Insert the new ones."""
    if not new:
        return
    project = bank.project_id
    heads = changelog.append_new(connection, project, len(new), bank.number, now)
    first_number, first_change = heads.number - len(new) + 1, heads.position - len(new) + 1
    rows = _Rows()
    for place, k in enumerate(new):
        content, number = items[k][1], first_number + place
        fingerprint, identity = content.fingerprint, content.identity
        rows.references.append(
            {
                "project_id": project,
                "number": number,
                "bank_number": bank.number,
                "identity": identity,
                "medium": fingerprint and fingerprint.asset.medium.value,
                "duration": fingerprint and fingerprint.asset.duration,
                "created_at": now,
                "change": first_change + place,
                **drafts[k],
            }
        )
        key = {"project_id": project, "number": number}
        rows.labels += [{**key, "label": label} for label in drafts[k]["labels"]]
        rows.hashes += [
            {**key, "kind": one.signal.name, "code": one.code} for one in hashes_in(content)
        ]
        if fingerprint is not None and identity not in shared:
            rows.contents.append(
                {"project_id": project, "identity": identity, "blob": put[identity]}
            )
    for table, values in (
        (REFERENCES, rows.references),
        (LABELS, rows.labels),
        (HASHES, rows.hashes),
        (CONTENTS, rows.contents),
    ):
        if values:
            connection.execute(sa.insert(table), values)
    grown = sa.update(BANKS).where(BANKS.c.number == bank.number)
    connection.execute(grown.values(size=BANKS.c.size + len(new)))


def blob_key(project_id: str, sha256: str) -> str:
    """A new name for a fingerprint of these bytes."""
    return f"{project_id}/{sha256[:2]}/{sha256}/{secrets.token_hex(6)}"


def _put(
    blobs: Blobs, project_id: str, items: Sequence[Item], skipping: set[str]
) -> dict[str, str]:
    """Put the fingerprints of these identities; their keys."""
    wanted = {
        content.identity: content.fingerprint
        for _, content in items
        if content.fingerprint is not None and content.identity not in skipping
    }
    keys = {identity: blob_key(project_id, one.asset.sha256) for identity, one in wanted.items()}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        list(
            threads.map(
                lambda identity: blobs.put(keys[identity], kept.encode(wanted[identity])), wanted
            )
        )
    return keys


def _held(
    connection: sa.Connection, bank: Bank, identities: Sequence[str]
) -> dict[str, sa.Row[Any]]:
    """The bank's references with these identities."""
    found: dict[str, sa.Row[Any]] = {}
    for some in sliced(identities):
        query = sa.select(*REFERENCES.c).where(
            REFERENCES.c.bank_number == bank.number, REFERENCES.c.identity.in_(some)
        )
        found |= {row.identity: row for row in connection.execute(query)}
    return found


def _without_expired(
    connection: sa.Connection, bank: Bank, held: dict[str, sa.Row[Any]], now: datetime
) -> dict[str, sa.Row[Any]]:
    """Those that still hold; the others make room for what is added anew."""
    expired = [row for row in held.values() if row.expires_at and row.expires_at <= now]
    if expired:
        remove(connection, bank.project_id, expired, now)
    return {identity: row for identity, row in held.items() if row not in expired}


def _shared(connection: sa.Connection, project_id: str, identities: Sequence[str]) -> set[str]:
    """Those of which the project has a fingerprint."""
    found: set[str] = set()
    for some in sliced(identities):
        query = sa.select(CONTENTS.c.identity).where(
            CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(some)
        )
        found.update(connection.execute(query).scalars())
    return found


def need(connection: sa.Connection, project_id: str, bank: Bank) -> None:
    """Raises ``NotFound`` where the project has no such bank any more."""
    query = sa.select(BANKS.c.number).where(
        BANKS.c.number == bank.number,
        BANKS.c.project_id == project_id,
        BANKS.c.deleted_at.is_(None),
    )
    if connection.execute(query).one_or_none() is None:
        raise NotFound(f"The bank {bank.name!r} is gone.", field="bank")
