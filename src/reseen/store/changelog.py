"""The change log of a project: what an index follows.

Positions and reference numbers come from one row of the project that every writer locks first, so
that what is committed later has a higher position: a follower that has seen position n has seen all
before it. (PostgreSQL's sequences hand out numbers in one order and commit in another.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from reseen.domain.bank import Change
from reseen.domain.errors import NotFound
from reseen.store.tables import CHANGES, LOGS, PROJECTS


@dataclass(frozen=True, slots=True)
class Heads:
    """The last position and the last reference number of a project."""

    position: int
    number: int


def lock(connection: sa.Connection, project_id: str) -> Heads:
    """Be the only writer of the project until the transaction ends. Raises ``NotFound``."""
    return _advance(connection, project_id, 0, 0)


def append(
    connection: sa.Connection,
    project_id: str,
    changed: Sequence[tuple[int, int | None]],
    at: datetime,
) -> int:
    """Log these changes (number of the reference, number of its bank or ``None``: gone), which get
    the positions up to the one that is returned.
    """
    heads = _advance(connection, project_id, len(changed), 0)
    _log(connection, project_id, heads.position, changed, at)
    return heads.position


def append_new(
    connection: sa.Connection, project_id: str, count: int, bank_number: int, at: datetime
) -> Heads:
    """Log so many new references of a bank, which get the numbers and positions up to these."""
    heads = _advance(connection, project_id, count, count)
    numbers = range(heads.number - count + 1, heads.number + 1)
    changed = [(number, bank_number) for number in numbers]
    _log(connection, project_id, heads.position, changed, at)
    return heads


def _log(
    connection: sa.Connection,
    project_id: str,
    position: int,
    changed: Sequence[tuple[int, int | None]],
    at: datetime,
) -> None:
    """Insert lines up to a position."""
    first = position - len(changed) + 1
    if changed:
        connection.execute(
            sa.insert(CHANGES),
            [
                {
                    "project_id": project_id,
                    "position": first + k,
                    "number": number,
                    "bank_number": bank_number,
                    "at": at,
                }
                for k, (number, bank_number) in enumerate(changed)
            ],
        )


def read(connection: sa.Connection, project_id: str, after: int, limit: int) -> tuple[Change, ...]:
    query = (
        sa.select(*CHANGES.c)
        .where(CHANGES.c.project_id == project_id, CHANGES.c.position > after)
        .order_by(CHANGES.c.position)
        .limit(limit)
    )
    return tuple(
        Change(row.position, project_id, row.number, row.bank_number, row.at)
        for row in connection.execute(query)
    )


def last(connection: sa.Connection, project_id: str) -> int:
    query = sa.select(LOGS.c.position).where(LOGS.c.project_id == project_id)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def _advance(connection: sa.Connection, project_id: str, positions: int, numbers: int) -> Heads:
    query = (
        sa.update(LOGS)
        .where(LOGS.c.project_id == project_id)
        .values(position=LOGS.c.position + positions, number=LOGS.c.number + numbers)
        .returning(LOGS.c.position, LOGS.c.number)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        known = sa.select(PROJECTS.c.id).where(PROJECTS.c.id == project_id)
        if connection.execute(known).one_or_none() is None:
            raise NotFound(f"There is no project {project_id!r}.")
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        first = insert(LOGS).values(project_id=project_id, position=0, number=0)
        connection.execute(first.on_conflict_do_nothing())
        row = connection.execute(query).one()
    return Heads(row.position, row.number)
