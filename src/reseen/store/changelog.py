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
from reseen.store.tables import CHANGES, LOGS, PROJECTS, REFERENCES, plain, time_of


@dataclass(frozen=True, slots=True)
class Heads:
    """The last position and the last reference number of a project."""

    position: int
    number: int


def lock(connection: sa.Connection, project_id: str) -> Heads:
    """Be the only writer of the project until the transaction ends. Raises ``NotFound``."""
    return advance(connection, project_id, 0, 0)


def append(
    connection: sa.Connection,
    project_id: str,
    changed: Sequence[tuple[int, int | None]],
    at: datetime,
) -> int:
    """Log these changes (number of the reference, number of its bank or ``None``: gone), which get
    the positions up to the one that is returned.
    """
    heads = advance(connection, project_id, len(changed), 0)
    first = heads.position - len(changed) + 1
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
    return heads.position


def log_new(connection: sa.Connection, project_id: str, first_number: int) -> None:
    """Log the references from this number on, which were inserted with their positions."""
    lines = sa.select(
        REFERENCES.c.project_id,
        REFERENCES.c.change,
        REFERENCES.c.number,
        REFERENCES.c.bank_number,
        REFERENCES.c.created_at,
    ).where(REFERENCES.c.project_id == project_id, REFERENCES.c.number >= first_number)
    columns = ["project_id", "position", "number", "bank_number", "at"]
    connection.execute(sa.insert(CHANGES).from_select(columns, lines))


def read(connection: sa.Connection, project_id: str, after: int, limit: int) -> tuple[Change, ...]:
    query = (
        sa.select(CHANGES.c.position, CHANGES.c.number, CHANGES.c.bank_number, plain(CHANGES.c.at))
        .where(CHANGES.c.project_id == project_id, CHANGES.c.position > after)
        .order_by(CHANGES.c.position)
        .limit(limit)
    )
    return tuple(
        Change(position, project_id, number, bank_number, time_of(at))
        for position, number, bank_number, at in connection.execute(query).all()
    )


def last(connection: sa.Connection, project_id: str) -> int:
    query = sa.select(LOGS.c.position).where(LOGS.c.project_id == project_id)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def advance(connection: sa.Connection, project_id: str, positions: int, numbers: int) -> Heads:
    """Take so many positions and numbers, up to those that are returned. Raises ``NotFound``."""
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
