"""Who is let in, and for how long: the first owner, passwords, invitations, sessions."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from reseen.domain.access import Key, Role
from reseen.domain.errors import Conflict, Forbidden, NotReady, Unauthenticated
from reseen.domain.people import (
    LONGEST_PASSWORD,
    Opened,
    Person,
    Session,
    Way,
    checked_password,
    name_of,
)
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog
from reseen.ports.people import Passwords, PeopleStore, SessionStore

logger = logging.getLogger(__name__)

REFUSED = "The name or the password is wrong, or this person may not sign in."
SIGNED_OUT = "You are signed out; sign in again."
SEEN_STEP = 20
"""When somebody came last is written so many times within the time that a session may idle."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long a session lasts without a request, and at most."""

    idle: timedelta = timedelta(hours=8)
    most: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Admitting:
    """All that it depends on. Whatever changes something is one transaction with its audit entry;
    any call may raise ``NotReady``.
    """

    people: PeopleStore
    sessions: SessionStore
    passwords: Passwords
    authenticate: Callable[[str], Key]
    audit: AuditLog
    alone: Alone
    clock: Callable[[], datetime]
    times: Times = Times()

    def set_up(self, key: str, name: str, password: str, request_id: str) -> Opened:
        """The first owner of the key's project. Raises ``Unauthenticated``, ``Forbidden`` for a key
        that is no owner's, ``Conflict`` once there are people, ``InvalidValue``.
        """
        owner = self.authenticate(key)
        if owner.role is not Role.OWNER:
            raise Forbidden("Only the key of an owner sets people up.", field="key")
        name = name_of(name)
        hashed = self.passwords.hash(checked_password(password, name))
        with self.alone(owner.project_id):
            if self.people.of_project(owner.project_id):
                raise Conflict("There are people already; let one of them invite you.")
            made = self.people.add(owner.project_id, name, Role.OWNER)
            person = self.people.set_password(made.project_id, made.id, hashed)
            by = Actor(owner.id, owner.role.value, request_id, owner.label)
            detail = {"name": person.name, "role": person.role.value}
            self.note(by, "person.added", person, detail)
            return self.begin(person, Way.SETUP, request_id)

    def sign_in(self, name: str, password: str, request_id: str) -> Opened:
        """Raises ``Unauthenticated``: the same, after the same time, whatever is wrong."""
        found = self.people.named(name) if len(password) <= LONGEST_PASSWORD else None
        person, hashed = found or (None, None)
        is_right = self.passwords.verify(hashed, password)
        if person is None or hashed is None or not is_right or person.disabled_at is not None:
            self._refuse(person, Way.PASSWORD, request_id)
        anew = self.passwords.hash(password) if self.passwords.is_old(hashed) else None
        with self.alone(person.project_id):
            now = self.people.named(name)
            if now is None or now[1] != hashed or now[0].disabled_at is not None:
                raise Unauthenticated(REFUSED)  # it changed while we looked
            if anew is not None:
                self.people.set_password(person.project_id, person.id, anew)
            return self.begin(now[0], Way.PASSWORD, request_id)

    def accept(self, token: str, password: str, request_id: str) -> Opened:
        """Somebody follows their link and chooses a password. Raises ``Unauthenticated`` for a link
        that is over, ``InvalidValue``, ``Conflict`` when they are disabled.
        """
        over = Unauthenticated("This link is over or was used; ask for a new one.")
        now = self.clock()
        person = self.people.invited(token, now)
        if person is None:
            raise over
        hashed = self.passwords.hash(checked_password(password, person.name))
        with self.alone(person.project_id):
            invited = self.people.accept(token, now)
            if invited is None or invited.disabled_at is not None:
                raise over
            person = self.people.set_password(invited.project_id, invited.id, hashed)
            return self.begin(person, Way.INVITATION, request_id)

    def begin(self, person: Person, way: Way, request_id: str) -> Opened:
        """A new session; within the transaction of whoever let them in."""
        now = self.clock()
        self.sessions.sweep(now, now - self.times.idle)
        opened = self.sessions.open(person, way, now, now + self.times.most)
        self.people.note_sign_in(person.id, now)
        by = actor(person, request_id)
        self.note(by, "person.signed_in", person, {"session": opened.session.id, "way": str(way)})
        return opened

    def session(self, secret: str) -> Session:
        """Whose session it is. Raises ``Unauthenticated`` when it is over."""
        found = self.sessions.find(secret) if len(secret) <= LONGEST_PASSWORD else None
        now = self.clock()
        if found is None or found.person.disabled_at is not None:
            raise Unauthenticated(SIGNED_OUT)
        if found.ends_at <= now or found.seen_at + self.times.idle <= now:
            raise Unauthenticated("Your session is over; sign in again.")
        if now - found.seen_at >= self.times.idle / SEEN_STEP:
            try:
                self.sessions.see(found.id, now)
            except NotReady as error:
                logger.warning("The use of session %s was not noted: %s", found.id, error.detail)
        return found

    def sign_out(self, session: Session, request_id: str) -> None:
        with self.alone(session.person.project_id):
            if self.sessions.end(session.id):
                by, detail = actor(session.person, request_id), {"session": session.id}
                self.note(by, "person.signed_out", session.person, detail)

    def forget(self, secret: str) -> None:
        """End a session that another one takes the place of."""
        found = self.sessions.find(secret) if len(secret) <= LONGEST_PASSWORD else None
        if found is not None:
            self.sessions.end(found.id)

    def change_password(
        self, session: Session, current: str | None, password: str, request_id: str
    ) -> None:
        """Other sessions end. Who has none yet needs no ``current``. Raises ``Forbidden`` when
        ``current`` is wrong, ``InvalidValue``.
        """
        person = session.person
        checked_password(password, person.name, "new")
        found = self.people.named(person.name)
        hashed = found[1] if found else None
        if hashed is not None and not self.passwords.verify(hashed, current or ""):
            raise Forbidden("The current password is wrong.", field="current")
        anew = self.passwords.hash(password)
        with self.alone(person.project_id):
            now = self.people.named(person.name)
            if now is None or now[1] != hashed:
                raise Conflict("The password was changed meanwhile; sign in again.")
            self.people.set_password(person.project_id, person.id, anew)
            ended = self.sessions.end_all(person.id, but=session.id)
            by = actor(person, request_id)
            self.note(by, "person.password_changed", person, {"sessions_ended": ended})

    def _refuse(self, person: Person | None, way: Way, request_id: str) -> NoReturn:
        """Raises ``Unauthenticated``."""
        if person is not None:
            self.refused(person, way, request_id)
        raise Unauthenticated(REFUSED)

    def refused(self, person: Person, way: Way, request_id: str) -> None:
        """Note that somebody tried to be this person."""
        by = Actor("nobody", "stranger", request_id)
        self.note(by, "person.sign_in_failed", person, {"way": str(way)})

    def note(
        self, by: Actor, what: str, person: Person, detail: Mapping[str, object] | None = None
    ) -> None:
        said = {"name": person.name, **(detail or {})}
        self.audit.append(person.project_id, AuditDraft(by, what, person.id, detail=said))


def actor(person: Person, request_id: str) -> Actor:
    """A person, as the audit names them."""
    return Actor(person.id, person.role.value, request_id, person.name)
