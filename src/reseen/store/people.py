"""People and the links that invite them, in the database."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.access import Role
from reseen.domain.errors import Conflict, NotFound
from reseen.domain.people import Invitation, Person, folded, name_of
from reseen.domain.preferences import BUILT_IN, Default, Value
from reseen.store.access_tables import CONSOLE_DEFAULTS, INVITATIONS, PASSKEYS, PEOPLE
from reseen.store.database import Database, utc_now
from reseen.store.tables import PROJECTS

TOKEN_BYTES = 24


class SqlPeople:
    """Implements ``ports.PeopleStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add(self, project_id: str, name: str, role: Role, subject: str | None = None) -> Person:
        name = name_of(name)
        person_id = f"per_{secrets.token_hex(8)}"
        with self._database.writing() as connection:
            _need_project(connection, project_id)
            taken = sa.select(PEOPLE.c.id).where(PEOPLE.c.folded == folded(name))
            if connection.execute(taken).first() is not None:
                raise Conflict(f"There is somebody called {name!r} already.", field="name")
            connection.execute(
                sa.insert(PEOPLE).values(
                    id=person_id,
                    project_id=project_id,
                    name=name,
                    folded=folded(name),
                    role=role.value,
                    subject=subject,
                    settings={},
                    created_at=self._clock(),
                )
            )
            return found(connection, project_id, person_id)

    def get(self, project_id: str, person_id: str) -> Person:
        with self._database.reading() as connection:
            return found(connection, project_id, person_id)

    def of_project(self, project_id: str) -> Sequence[Person]:
        query = PERSON.where(PEOPLE.c.project_id == project_id).order_by(PEOPLE.c.folded)
        with self._database.reading() as connection:
            return [person_of(row) for row in connection.execute(query)]

    def any_exists(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(sa.select(PEOPLE.c.id).limit(1)).first() is not None

    def named(self, name: str) -> tuple[Person, str | None] | None:
        query = PERSON.add_columns(PEOPLE.c.password).where(PEOPLE.c.folded == folded(name))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (person_of(row), row.password)

    def of_subject(self, subject: str) -> Person | None:
        with self._database.reading() as connection:
            row = connection.execute(PERSON.where(PEOPLE.c.subject == subject)).one_or_none()
        return None if row is None else person_of(row)

    def set_role(self, project_id: str, person_id: str, role: Role) -> Person:
        return self._set(project_id, person_id, role=role.value)

    def set_disabled(self, project_id: str, person_id: str, at: datetime | None) -> Person:
        return self._set(project_id, person_id, disabled_at=at)

    def set_password(self, project_id: str, person_id: str, hashed: str | None) -> Person:
        return self._set(project_id, person_id, password=hashed)

    def note_sign_in(self, person_id: str, at: datetime) -> None:
        row = sa.update(PEOPLE).where(PEOPLE.c.id == person_id)
        with self._database.writing() as connection:
            connection.execute(row.values(signed_in_at=at))

    def invite(self, project_id: str, person_id: str, until: datetime) -> Invitation:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.writing() as connection:
            found(connection, project_id, person_id)
            connection.execute(_link(person_id))
            values = {"person_id": person_id, "token_hash": hashed(token), "expires_at": until}
            connection.execute(sa.insert(INVITATIONS).values(values))
            return Invitation(found(connection, project_id, person_id), until, token)

    def invited(self, token: str, now: datetime) -> Person | None:
        with self._database.reading() as connection:
            row = connection.execute(_invited_by(token, now)).one_or_none()
        return None if row is None else person_of(row)

    def accept(self, token: str, now: datetime) -> Person | None:
        with self._database.writing() as connection:
            row = connection.execute(_invited_by(token, now)).one_or_none()
            if row is None or connection.execute(_link(row.id)).rowcount != 1:
                return None
            return replace(person_of(row), invited_until=None)

    def withdraw(self, project_id: str, person_id: str) -> None:
        with self._database.writing() as connection:
            found(connection, project_id, person_id)
            connection.execute(_link(person_id))

    def settings(self, person_id: str) -> Mapping[str, Value]:
        query = sa.select(PEOPLE.c.settings).where(PEOPLE.c.id == person_id)
        with self._database.reading() as connection:
            kept = connection.execute(query).scalar_one_or_none() or {}
        return {name: value for name, value in kept.items() if name in BUILT_IN}

    def set_settings(self, person_id: str, settings: Mapping[str, Value]) -> None:
        row = sa.update(PEOPLE).where(PEOPLE.c.id == person_id)
        with self._database.writing() as connection:
            connection.execute(row.values(settings=dict(settings)))

    def defaults(self, project_id: str) -> Mapping[str, Default]:
        query = sa.select(CONSOLE_DEFAULTS.c.value).where(
            CONSOLE_DEFAULTS.c.project_id == project_id
        )
        with self._database.reading() as connection:
            kept = connection.execute(query).scalar_one_or_none() or {}
        return {name: Default(*value) for name, value in kept.items() if name in BUILT_IN}

    def set_defaults(self, project_id: str, defaults: Mapping[str, Default]) -> None:
        value = {name: [one.value, one.enforced] for name, one in defaults.items()}
        with self._database.writing() as connection:
            _need_project(connection, project_id)
            own = CONSOLE_DEFAULTS.c.project_id == project_id
            connection.execute(sa.delete(CONSOLE_DEFAULTS).where(own))
            row = sa.insert(CONSOLE_DEFAULTS)
            connection.execute(row.values(project_id=project_id, value=value))

    def _set(self, project_id: str, person_id: str, **values: Any) -> Person:
        own = sa.and_(PEOPLE.c.project_id == project_id, PEOPLE.c.id == person_id)
        with self._database.writing() as connection:
            connection.execute(sa.update(PEOPLE).where(own).values(**values))
            return found(connection, project_id, person_id)


_PASSKEYS = (
    sa.select(sa.func.count())
    .select_from(PASSKEYS)
    .where(PASSKEYS.c.person_id == PEOPLE.c.id)
    .scalar_subquery()
)
PERSON = sa.select(
    PEOPLE.c.id,
    PEOPLE.c.project_id,
    PEOPLE.c.name,
    PEOPLE.c.role,
    PEOPLE.c.created_at,
    PEOPLE.c.disabled_at,
    PEOPLE.c.password.is_not(None).label("has_password"),
    _PASSKEYS.label("passkeys"),
    PEOPLE.c.subject,
    INVITATIONS.c.expires_at.label("invited_until"),
    PEOPLE.c.signed_in_at,
).select_from(PEOPLE.outerjoin(INVITATIONS))


def person_of(row: Sequence[Any]) -> Person:
    """From a row that begins with the columns of ``PERSON``."""
    fields = dict(zip(PERSON.selected_columns.keys(), row, strict=False))
    fields |= {"role": Role(fields["role"]), "has_password": bool(fields["has_password"])}
    return Person(**fields)


def found(connection: sa.Connection, project_id: str, person_id: str) -> Person:
    """Raises ``NotFound``."""
    own = sa.and_(PEOPLE.c.project_id == project_id, PEOPLE.c.id == person_id)
    row = connection.execute(PERSON.where(own)).one_or_none() if person_id.isascii() else None
    if row is None:
        raise NotFound(f"There is no person {person_id[:80]!r}; list people to see them.")
    return person_of(row)


def hashed(secret: str) -> str:
    """What is kept of a secret with 192 random bits: see ``keys``."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _invited_by(token: str, now: datetime) -> sa.Select[Any]:
    return PERSON.where(INVITATIONS.c.token_hash == hashed(token), INVITATIONS.c.expires_at > now)


def _link(person_id: str) -> sa.Delete:
    return sa.delete(INVITATIONS).where(INVITATIONS.c.person_id == person_id)


def _need_project(connection: sa.Connection, project_id: str) -> None:
    """Also locks the project's row where the database locks rows: of two with one name, one."""
    query = sa.select(PROJECTS.c.id).where(PROJECTS.c.id == project_id).with_for_update()
    if connection.execute(query).one_or_none() is None:
        raise NotFound(f"There is no project {project_id[:80]!r}.")
