"""Keys in the database: made, checked, rotated, revoked.

A secret is ``rs_<project>_<48 hexadecimal digits>``: 192 random bits, kept as their SHA-256 only.
Passwords need slow hashes because people choose guessable ones; nobody can try out 2**192 secrets
however fast the hash is, and every request pays for it. The look-up is by that hash through an
index: how long it takes depends on the hash, which an attacker cannot steer towards a stored one,
so it tells nothing of the secret.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT, IssuedKey, Key, Role
from reseen.domain.errors import Conflict, InvalidValue, NotFound, NotReady, Unauthenticated
from reseen.store.database import Database, utc_now
from reseen.store.tables import KEYS, PROJECTS

logger = logging.getLogger(__name__)

RANDOM_BYTES = 24
LONGEST_SECRET = 200
LONGEST_LABEL = 200

USE_STEP = timedelta(hours=1)
"""``last_used_at`` is written once an hour a key, so that checking a key stays a read."""

FIRST_LABEL = "first key"

_COLUMNS = tuple(column for column in KEYS.c if column.name != "secret_hash")


class SqlKeyStore:
    """Implements ``ports.KeyStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def create(self, role: Role, label: str = "", project_id: str = DEFAULT_PROJECT) -> IssuedKey:
        if len(label) > LONGEST_LABEL:
            raise InvalidValue(
                f"A label has at most {LONGEST_LABEL} characters.",
                field="label",
                limit=LONGEST_LABEL,
                actual=len(label),
            )
        if not label.isprintable():
            raise InvalidValue("A label is one line of printable characters.", field="label")
        with self._database.writing() as connection:
            _need_project(connection, project_id)
            return self._issue(connection, role, label, project_id)

    def create_first(self) -> IssuedKey | None:
        with self._database.writing() as connection:
            _need_project(connection, DEFAULT_PROJECT)
            if _any_exists(connection):
                return None
            return self._issue(connection, Role.OWNER, FIRST_LABEL, DEFAULT_PROJECT)

    def authenticate(self, secret: str) -> Key:
        if not secret.startswith("rs_") or len(secret) > LONGEST_SECRET:
            raise Unauthenticated("This is not a key of reseen; keys begin with rs_.")
        query = sa.select(*_COLUMNS).where(KEYS.c.secret_hash == _hashed(secret))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise Unauthenticated("No such key exists; check for missing characters.")
        key, now = _key(row), self._clock()
        if key.revoked(now):
            raise Unauthenticated("This key was revoked; ask for a new one.")
        self._note_use(key, now)
        return key

    def of_project(self, project_id: str = DEFAULT_PROJECT) -> tuple[Key, ...]:
        query = sa.select(*_COLUMNS).where(KEYS.c.project_id == project_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(KEYS.c.created_at, KEYS.c.id))
            return tuple(_key(row) for row in rows)

    def revoke(self, key_id: str, project_id: str = DEFAULT_PROJECT) -> Key:
        with self._database.writing() as connection:
            key = _find(connection, key_id, project_id)
            return self._revoke(connection, key, self._clock())

    def rotate(
        self,
        key_id: str,
        project_id: str = DEFAULT_PROJECT,
        *,
        linger: timedelta = timedelta(0),
    ) -> IssuedKey:
        now = self._clock()
        with self._database.writing() as connection:
            old = _find(connection, key_id, project_id)
            if old.revoked(now):
                raise Conflict("The key is revoked already; create a new one instead.")
            self._revoke(connection, old, now + linger)
            return self._issue(connection, old.role, old.label, project_id)

    def any_exists(self) -> bool:
        with self._database.reading() as connection:
            return _any_exists(connection)

    def _issue(
        self, connection: sa.Connection, role: Role, label: str, project_id: str
    ) -> IssuedKey:
        secret = f"rs_{project_id}_{secrets.token_hex(RANDOM_BYTES)}"
        key = Key(
            id=f"key_{secrets.token_hex(8)}",
            project_id=project_id,
            role=role,
            label=label,
            hint=secret[: len(project_id) + 8],
            created_at=self._clock(),
        )
        connection.execute(
            sa.insert(KEYS).values(
                id=key.id,
                project_id=key.project_id,
                role=key.role.value,
                label=key.label,
                hint=key.hint,
                secret_hash=_hashed(secret),
                created_at=key.created_at,
            )
        )
        return IssuedKey(key, secret)

    def _revoke(self, connection: sa.Connection, key: Key, at: datetime) -> Key:
        """Never later than it was to be revoked anyway."""
        if key.revoked_at is None or key.revoked_at > at:
            change = sa.update(KEYS).where(KEYS.c.id == key.id).values(revoked_at=at)
            connection.execute(change)
        return _find(connection, key.id, key.project_id)

    def _note_use(self, key: Key, now: datetime) -> None:
        """Remember coarsely that a key is in use. A database that cannot be written now does not
        keep anyone out; the next try is an hour later.
        """
        last = max(filter(None, (key.last_used_at, self._noted.get(key.id))), default=None)
        if last is not None and now - last < USE_STEP:
            return
        self._noted[key.id] = now
        try:
            with self._database.writing() as connection:
                connection.execute(
                    sa.update(KEYS).where(KEYS.c.id == key.id).values(last_used_at=now)
                )
        except NotReady as error:
            logger.warning("The use of key %s was not noted: %s", key.id, error.detail)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    fields = row._asdict()
    return Key(**{**fields, "role": Role(fields["role"])})


def _find(connection: sa.Connection, key_id: str, project_id: str) -> Key:
    query = sa.select(*_COLUMNS).where(KEYS.c.id == key_id, KEYS.c.project_id == project_id)
    row = connection.execute(query).one_or_none() if key_id.isascii() else None
    if row is None:
        raise NotFound(f"The project {project_id} has no key {key_id}; list its keys to see them.")
    return _key(row)


def _need_project(connection: sa.Connection, project_id: str) -> None:
    """Also locks the project's row where the database locks rows: one first key, not two."""
    query = sa.select(PROJECTS.c.id).where(PROJECTS.c.id == project_id).with_for_update()
    if not project_id.isascii() or connection.execute(query).one_or_none() is None:
        raise NotFound(f"There is no project {project_id}.")


def _any_exists(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(KEYS.c.id).limit(1)).first() is not None
