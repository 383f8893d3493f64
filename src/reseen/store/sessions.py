"""Sessions, passkeys, and what is asked of browsers, in the database."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import Conflict, NotFound, QuotaExceeded
from reseen.domain.people import Opened, Passkey, Person, Session, Way
from reseen.store.access_tables import CHALLENGES, PASSKEYS, PEOPLE, SESSIONS
from reseen.store.database import Database
from reseen.store.people import PERSON, hashed, person_of

SECRET_BYTES = 32
MOST_PASSKEYS = 20


class SqlSessions:
    """Implements ``ports.SessionStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, person: Person, way: Way, now: datetime, ends_at: datetime) -> Opened:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        session = Session(f"ses_{secrets.token_hex(8)}", person, way, now, now, ends_at)
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(SESSIONS).values(
                    id=session.id,
                    person_id=person.id,
                    secret_hash=hashed(secret),
                    way=way.value,
                    began_at=now,
                    seen_at=now,
                    ends_at=ends_at,
                )
            )
        return Opened(session, secret)

    def find(self, secret: str) -> Session | None:
        query = _SESSION.where(SESSIONS.c.secret_hash == hashed(secret))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        *person, session_id, way, began_at, seen_at, ends_at = row
        return Session(session_id, person_of(person), Way(way), began_at, seen_at, ends_at)

    def see(self, session_id: str, now: datetime) -> None:
        later = sa.and_(SESSIONS.c.id == session_id, SESSIONS.c.seen_at < now)
        with self._database.writing() as connection:
            connection.execute(sa.update(SESSIONS).where(later).values(seen_at=now))

    def end(self, session_id: str) -> bool:
        with self._database.writing() as connection:
            gone = connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.id == session_id))
            return bool(gone.rowcount)

    def end_all(self, person_id: str, but: str | None = None) -> int:
        gone = sa.delete(SESSIONS).where(SESSIONS.c.person_id == person_id)
        if but is not None:
            gone = gone.where(SESSIONS.c.id != but)
        with self._database.writing() as connection:
            return connection.execute(gone).rowcount

    def sweep(self, now: datetime, seen_before: datetime) -> int:
        over = sa.or_(SESSIONS.c.ends_at <= now, SESSIONS.c.seen_at <= seen_before)
        with self._database.writing() as connection:
            return connection.execute(sa.delete(SESSIONS).where(over)).rowcount


_SESSION = (
    PERSON.with_only_columns(
        *PERSON.selected_columns,
        SESSIONS.c.id.label("session_id"),
        SESSIONS.c.way,
        SESSIONS.c.began_at,
        SESSIONS.c.seen_at,
        SESSIONS.c.ends_at,
        maintain_column_froms=True,
    )
    .select_from(SESSIONS)
    .where(SESSIONS.c.person_id == PEOPLE.c.id)
)


class SqlPasskeys:
    """Implements ``ports.PasskeyStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        person_id: str,
        label: str,
        credential: bytes,
        public_key: bytes,
        count: int,
        now: datetime,
    ) -> Passkey:
        digest = hashlib.sha256(credential).hexdigest()
        made = Passkey(
            f"pky_{secrets.token_hex(8)}", person_id, label, credential, public_key, count, now
        )
        with self._database.writing() as connection:
            person = sa.select(PEOPLE.c.id).where(PEOPLE.c.id == person_id).with_for_update()
            connection.execute(person)
            known = sa.select(PASSKEYS.c.id).where(PASSKEYS.c.credential_hash == digest)
            if connection.execute(known).first() is not None:
                raise Conflict("This passkey is known already.", field="credential")
            own = connection.execute(_of(person_id)).all()
            if len(own) >= MOST_PASSKEYS:
                raise QuotaExceeded(
                    f"A person has at most {MOST_PASSKEYS} passkeys; remove one.",
                    limit=MOST_PASSKEYS,
                    actual=len(own),
                )
            connection.execute(
                sa.insert(PASSKEYS).values(
                    id=made.id,
                    person_id=person_id,
                    label=label,
                    credential_hash=digest,
                    credential=credential,
                    public_key=public_key,
                    count=count,
                    created_at=now,
                )
            )
        return made

    def of_person(self, person_id: str) -> Sequence[Passkey]:
        with self._database.reading() as connection:
            return [Passkey(*row) for row in connection.execute(_of(person_id))]

    def find(self, credential: bytes) -> tuple[Passkey, Person] | None:
        digest = hashlib.sha256(credential).hexdigest()
        with self._database.reading() as connection:
            row = connection.execute(
                _PASSKEY.where(PASSKEYS.c.credential_hash == digest)
            ).one_or_none()
            if row is None:
                return None
            passkey = Passkey(*row)
            whose = PERSON.where(PEOPLE.c.id == passkey.person_id)
            return passkey, person_of(connection.execute(whose).one())

    def used(self, passkey_id: str, count: int, now: datetime) -> None:
        row = sa.update(PASSKEYS).where(PASSKEYS.c.id == passkey_id)
        with self._database.writing() as connection:
            connection.execute(row.values(count=count, last_used_at=now))

    def remove(self, person_id: str, passkey_id: str) -> None:
        own = sa.and_(PASSKEYS.c.person_id == person_id, PASSKEYS.c.id == passkey_id)
        with self._database.writing() as connection:
            if connection.execute(sa.delete(PASSKEYS).where(own)).rowcount != 1:
                raise NotFound(f"You have no passkey {passkey_id[:80]!r}.")

    def remove_all(self, person_id: str) -> int:
        own = sa.delete(PASSKEYS).where(PASSKEYS.c.person_id == person_id)
        with self._database.writing() as connection:
            return connection.execute(own).rowcount


_PASSKEY = sa.select(
    PASSKEYS.c.id,
    PASSKEYS.c.person_id,
    PASSKEYS.c.label,
    PASSKEYS.c.credential,
    PASSKEYS.c.public_key,
    PASSKEYS.c.count,
    PASSKEYS.c.created_at,
    PASSKEYS.c.last_used_at,
)


def _of(person_id: str) -> sa.Select[Any]:
    own = _PASSKEY.where(PASSKEYS.c.person_id == person_id)
    return own.order_by(PASSKEYS.c.created_at, PASSKEYS.c.id)


class SqlChallenges:
    """Implements ``ports.ChallengeStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(
        self, token: bytes, kind: str, data: Mapping[str, Any], now: datetime, until: datetime
    ) -> None:
        digest = hashlib.sha256(token).hexdigest()
        values = {"token_hash": digest, "kind": kind, "data": dict(data), "expires_at": until}
        with self._database.writing() as connection:
            connection.execute(sa.delete(CHALLENGES).where(CHALLENGES.c.expires_at <= now))
            connection.execute(sa.insert(CHALLENGES).values(values))

    def take(self, token: bytes, kind: str, now: datetime) -> Mapping[str, Any] | None:
        digest = hashlib.sha256(token).hexdigest()
        is_it = sa.and_(
            CHALLENGES.c.token_hash == digest,
            CHALLENGES.c.kind == kind,
            CHALLENGES.c.expires_at > now,
        )
        with self._database.writing() as connection:
            data = connection.execute(
                sa.select(CHALLENGES.c.data).where(is_it)
            ).scalar_one_or_none()
            gone = sa.delete(CHALLENGES).where(CHALLENGES.c.token_hash == digest)
            return data if connection.execute(gone).rowcount == 1 else None
