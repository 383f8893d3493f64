"""References in stretches, newest first, at a cost that does not know what is not listed.

A deleted bank keeps its references until they are swept, and a small bank shares its project with
large ones. So nothing walks along a project: each living bank gives its newest numbers, by an index
that holds no other bank's, and these are merged. Banks whose newest is older than what is listed
already are not asked for more.
"""

import heapq
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.choices import ReferenceKind, ReferenceState
from reseen.store.rows import PLAIN, sliced
from reseen.store.tables import BANKS, LABELS, REFERENCES

type Such = tuple[sa.ColumnElement[bool], ...]


def newest(
    connection: sa.Connection,
    project_id: str,
    *,
    count: int,
    bank_number: int | None = None,
    label: str | None = None,
    such: Such = (),
    before: int | None = None,
) -> list[sa.Row[Any]]:
    """At most so many rows with the columns ``PLAIN``, by falling number, of living banks."""
    found: list[int] = []
    for bank, last in _banks(connection, project_id, bank_number, label, such, before):
        if len(found) == count and last < found[-1]:
            break
        above = found[-1] if len(found) == count else None
        query = _numbers(bank, label, such, before, above).limit(count)
        found = heapq.nlargest(count, [*found, *connection.execute(query).scalars()])
    return [
        row
        for some in sliced(found)
        for row in connection.execute(
            sa.select(*PLAIN)
            .where(REFERENCES.c.project_id == project_id, REFERENCES.c.number.in_(some))
            .order_by(REFERENCES.c.number.desc())
        )
    ]


def _banks(
    connection: sa.Connection,
    project_id: str,
    bank_number: int | None,
    label: str | None,
    such: Such,
    before: int | None,
) -> list[tuple[int, int]]:
    """Living banks and the newest number that each lists, by falling number."""
    last = _numbers(BANKS.c.number, label, such, before, None).limit(1).scalar_subquery()
    query = sa.select(BANKS.c.number, last).where(
        BANKS.c.project_id == project_id, BANKS.c.deleted_at.is_(None)
    )
    if bank_number is not None:
        query = query.where(BANKS.c.number == bank_number)
    held = [(bank, last) for bank, last in connection.execute(query) if last is not None]
    return sorted(held, key=lambda one: -one[1])


def such(
    name: str | None, kind: ReferenceKind | None, state: ReferenceState | None, now: datetime
) -> Such:
    """What is asked of references besides their bank and label. Of names in other letters than A to
    Z, the case counts: databases know no other in common.
    """
    asked: list[sa.ColumnElement[bool]] = []
    if name is not None:
        asked.append(REFERENCES.c.name.icontains(name, autoescape=True))
    if kind is ReferenceKind.HASH:
        asked.append(REFERENCES.c.medium.is_(None))
    elif kind is not None:
        asked.append(REFERENCES.c.medium == kind.value)
    is_expired = sa.func.coalesce(REFERENCES.c.expires_at <= now, sa.false())
    is_off = sa.func.coalesce(REFERENCES.c.disabled_until > now, sa.false())
    match state:
        case ReferenceState.EXPIRED:
            asked.append(is_expired)
        case ReferenceState.DISABLED:
            asked += [is_off, sa.not_(is_expired)]
        case ReferenceState.ACTIVE:
            asked += [sa.not_(is_off), sa.not_(is_expired)]
    return tuple(asked)


def _numbers(
    bank: int | sa.Column[int],
    label: str | None,
    such: Such,
    before: int | None,
    above: int | None,
) -> sa.Select[tuple[int]]:
    table = REFERENCES if label is None else LABELS
    query = sa.select(table.c.number).where(table.c.bank_number == bank)
    if label is not None:
        query = query.where(table.c.label == label)
        if such:
            own = REFERENCES.c.project_id == LABELS.c.project_id
            query = query.join(REFERENCES, own & (REFERENCES.c.number == LABELS.c.number))
    query = query.where(*such)
    if before is not None:
        query = query.where(table.c.number < before)
    if above is not None:
        query = query.where(table.c.number > above)
    return query.order_by(table.c.number.desc())
