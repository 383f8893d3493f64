"""References in stretches, newest first, at a cost that does not know what is not listed.

A deleted bank keeps its references until they are swept, and a small bank shares its project with
large ones. So nothing walks along a project: each living bank gives its newest numbers, by an index
that holds no other bank's, and these are merged. Banks whose newest is older than what is listed
already are not asked for more.
"""

import heapq
from typing import Any

import sqlalchemy as sa

from reseen.store.rows import PLAIN, sliced
from reseen.store.tables import BANKS, LABELS, REFERENCES


def newest(
    connection: sa.Connection,
    project_id: str,
    *,
    count: int,
    bank_number: int | None = None,
    label: str | None = None,
    before: int | None = None,
) -> list[sa.Row[Any]]:
    """At most so many rows with the columns ``PLAIN``, by falling number, of living banks."""
    found: list[int] = []
    for bank, last in _banks(connection, project_id, bank_number, label, before):
        if len(found) == count and last < found[-1]:
            break
        above = found[-1] if len(found) == count else None
        query = _numbers(bank, label, before, above).limit(count)
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
    before: int | None,
) -> list[tuple[int, int]]:
    """Living banks and the newest number that each lists, by falling number."""
    last = _numbers(BANKS.c.number, label, before, None).limit(1).scalar_subquery()
    query = sa.select(BANKS.c.number, last).where(
        BANKS.c.project_id == project_id, BANKS.c.deleted_at.is_(None)
    )
    if bank_number is not None:
        query = query.where(BANKS.c.number == bank_number)
    held = [(bank, last) for bank, last in connection.execute(query) if last is not None]
    return sorted(held, key=lambda one: -one[1])


def _numbers(
    bank: int | sa.Column[int], label: str | None, before: int | None, above: int | None
) -> sa.Select[tuple[int]]:
    table = REFERENCES if label is None else LABELS
    query = sa.select(table.c.number).where(table.c.bank_number == bank)
    if label is not None:
        query = query.where(table.c.label == label)
    if before is not None:
        query = query.where(table.c.number < before)
    if above is not None:
        query = query.where(table.c.number > above)
    return query.order_by(table.c.number.desc())
