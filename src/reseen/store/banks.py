"""Banks in the database."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.match import Cuts
from reseen.store import changelog
from reseen.store.database import Database, utc_now
from reseen.store.tables import BANKS
from reseen.store.text import is_storable

LONGEST_NAME = 200
PREFIX = "bank_"
LARGEST = 1 << 31
"""Numbers of banks are 32 bits wide in PostgreSQL."""


class SqlBankStore:
    """Implements ``ports.BankStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def create(self, project_id: str, draft: BankDraft) -> Bank:
        values = _columns(draft)
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            _need_free(connection, project_id, draft.name)
            row = connection.execute(
                sa.insert(BANKS)
                .values(project_id=project_id, size=0, created_at=self._clock(), **values)
                .returning(*BANKS.c)
            ).one()
        return bank_of(row)

    def get(self, project_id: str, id_or_name: str) -> Bank:
        number = number_of(id_or_name)
        if not is_storable(id_or_name):
            raise _unknown(id_or_name)
        with self._database.reading() as connection:
            row = None
            if number is not None:
                row = connection.execute(_live(project_id, BANKS.c.number == number)).one_or_none()
            if row is None:
                named = _live(project_id, BANKS.c.name == id_or_name)
                row = connection.execute(named).one_or_none()
        if row is None:
            raise _unknown(id_or_name)
        return bank_of(row)

    def of_project(self, project_id: str) -> tuple[Bank, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(_live(project_id).order_by(BANKS.c.number))
            return tuple(map(bank_of, rows))

    def update(self, project_id: str, bank_id: str, draft: BankDraft) -> Bank:
        values = _columns(draft)
        number = number_of(bank_id)
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            _need_free(connection, project_id, draft.name, beside=number)
            row = connection.execute(
                sa.update(BANKS)
                .where(_is(project_id, number), BANKS.c.deleted_at.is_(None))
                .values(**values)
                .returning(*BANKS.c)
            ).one_or_none()
            if row is None:
                raise _unknown(bank_id)
        return bank_of(row)

    def delete(self, project_id: str, bank_id: str) -> int:
        number = number_of(bank_id)
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            row = connection.execute(
                sa.update(BANKS)
                .where(_is(project_id, number), BANKS.c.deleted_at.is_(None))
                .values(deleted_at=self._clock(), name=f"\n{number}")
                .returning(BANKS.c.size)
            ).one_or_none()
            if row is None:
                raise _unknown(bank_id)
        return int(row.size)

    def counts(self, project_id: str) -> Mapping[str, int]:
        with self._database.reading() as connection:
            rows = connection.execute(_live(project_id))
            return {id_of(row.number): row.size for row in rows}


def bank_of(row: sa.Row[Any]) -> Bank:
    """A bank from a row with the columns of ``BANKS``."""
    return Bank(
        id=id_of(row.number),
        number=row.number,
        project_id=row.project_id,
        draft=BankDraft(
            name=row.name,
            role=BankRole(row.role),
            cuts={Regime(regime): Cuts(*cuts) for regime, cuts in row.cuts.items()},
            policy=ActionPolicy(**{name: Action(action) for name, action in row.policy.items()}),
            trust=row.trust,
            retention_s=row.retention_s,
            enabled=row.enabled,
        ),
        created_at=row.created_at,
    )


def id_of(number: int) -> str:
    return f"{PREFIX}{number:06x}"


def number_of(bank_id: str) -> int | None:
    """The number in an id; ``None`` for what is no id."""
    digits = bank_id.removeprefix(PREFIX)
    is_id = bank_id.startswith(PREFIX) and 6 <= len(digits) <= 8
    if not is_id or not all(c in "0123456789abcdef" for c in digits):
        return None
    number = int(digits, 16)
    return number if number < LARGEST else None


def _columns(draft: BankDraft) -> dict[str, Any]:
    """Raises ``InvalidValue``."""
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValue(
            f"A bank's name is one line of 1 to {LONGEST_NAME} printable characters.",
            field="name",
            limit=LONGEST_NAME,
            actual=len(name),
        )
    if not 0.0 <= draft.trust <= 1.0:
        raise InvalidValue("Trust is 0 to 1.", field="trust", limit=1, actual=draft.trust)
    if draft.retention_s is not None and not 0.0 < draft.retention_s < 1e10:
        raise InvalidValue("A retention is a number of seconds above 0.", field="retention_s")
    return {
        "name": name,
        "role": draft.role.value,
        "cuts": {
            regime.value: [cuts.low, cuts.medium, cuts.high] for regime, cuts in draft.cuts.items()
        },
        "policy": {name: Action(action).value for name, action in asdict(draft.policy).items()},
        "trust": draft.trust,
        "retention_s": draft.retention_s,
        "enabled": draft.enabled,
    }


def _need_free(
    connection: sa.Connection, project_id: str, name: str, beside: int | None = None
) -> None:
    query = _live(project_id, BANKS.c.name == name.strip())
    row = connection.execute(query).one_or_none()
    if row is not None and row.number != beside:
        raise Conflict(f"There is a bank {name!r} already; choose another name.", field="name")


def _live(project_id: str, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*BANKS.c).where(
        BANKS.c.project_id == project_id, BANKS.c.deleted_at.is_(None), *conditions
    )


def _is(project_id: str, number: int | None) -> sa.ColumnElement[bool]:
    return sa.and_(BANKS.c.project_id == project_id, BANKS.c.number == (number or -1))


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no bank {name[:80]!r}; 'reseen banks list' shows those that exist.")
