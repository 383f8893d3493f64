"""What keeps people, and what proves who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reseen.domain.access import Role
from reseen.domain.people import Invitation, Opened, Passkey, Person, Session, Way
from reseen.domain.preferences import Default, Value


class PeopleStore(Protocol):
    """Every call may raise ``NotReady``. Where a person is named by id, ``NotFound`` is raised for
    one of another project.
    """

    def add(self, project_id: str, name: str, role: Role, subject: str | None = None) -> Person:
        """Somebody who cannot sign in yet. Raises ``Conflict`` for a name that is taken, in any
        project and whatever its case, ``InvalidValue`` for one that is none.
        """
        ...

    def get(self, project_id: str, person_id: str) -> Person: ...

    def of_project(self, project_id: str) -> Sequence[Person]:
        """All, by name."""
        ...

    def any_exists(self) -> bool:
        """Whether any project has a person."""
        ...

    def named(self, name: str) -> tuple[Person, str | None] | None:
        """Somebody and the hash of their password."""
        ...

    def of_subject(self, subject: str) -> Person | None: ...

    def set_role(self, project_id: str, person_id: str, role: Role) -> Person: ...

    def set_disabled(self, project_id: str, person_id: str, at: datetime | None) -> Person: ...

    def set_password(self, project_id: str, person_id: str, hashed: str | None) -> Person: ...

    def note_sign_in(self, person_id: str, at: datetime) -> None: ...

    def invite(self, project_id: str, person_id: str, until: datetime) -> Invitation:
        """A new link; the one before stops working."""
        ...

    def accept(self, token: str, now: datetime) -> Person | None:
        """Whom the link invites, once: the link stops working. ``None`` for one that is over."""
        ...

    def invited(self, token: str, now: datetime) -> Person | None:
        """Whom the link invites, as ``accept``; it works on."""
        ...

    def withdraw(self, project_id: str, person_id: str) -> None:
        """A link that is out stops working."""
        ...

    def settings(self, person_id: str) -> Mapping[str, Value]: ...

    def set_settings(self, person_id: str, settings: Mapping[str, Value]) -> None: ...

    def defaults(self, project_id: str) -> Mapping[str, Default]: ...

    def set_defaults(self, project_id: str, defaults: Mapping[str, Default]) -> None: ...


class SessionStore(Protocol):
    """Keeps sessions, their secrets as hashes. Every call may raise ``NotReady``."""

    def open(self, person: Person, way: Way, now: datetime, ends_at: datetime) -> Opened: ...

    def find(self, secret: str) -> Session | None:
        """Whatever its time and its person's state."""
        ...

    def see(self, session_id: str, now: datetime) -> None:
        """Somebody used it."""
        ...

    def end(self, session_id: str) -> bool:
        """Whether there was one."""
        ...

    def end_all(self, person_id: str, but: str | None = None) -> int:
        """How many ended."""
        ...

    def sweep(self, now: datetime, seen_before: datetime) -> int:
        """Forget what is over; how many."""
        ...


class PasskeyStore(Protocol):
    """Every call may raise ``NotReady``."""

    def add(
        self,
        person_id: str,
        label: str,
        credential: bytes,
        public_key: bytes,
        count: int,
        now: datetime,
    ) -> Passkey:
        """Raises ``Conflict`` for a credential that is known, ``QuotaExceeded``."""
        ...

    def of_person(self, person_id: str) -> Sequence[Passkey]:
        """Oldest first."""
        ...

    def find(self, credential: bytes) -> tuple[Passkey, Person] | None: ...

    def used(self, passkey_id: str, count: int, now: datetime) -> None: ...

    def remove(self, person_id: str, passkey_id: str) -> None:
        """Raises ``NotFound``."""
        ...

    def remove_all(self, person_id: str) -> int: ...


class ChallengeStore(Protocol):
    """What was asked, and may be answered once. Every call may raise ``NotReady``."""

    def ask(
        self, token: bytes, kind: str, data: Mapping[str, Any], now: datetime, until: datetime
    ) -> None:
        """Also forgets what was asked too long ago."""
        ...

    def take(self, token: bytes, kind: str, now: datetime) -> Mapping[str, Any] | None:
        """What was noted; from now on nothing. ``None`` for what was never asked, or too long ago,
        or answered.
        """
        ...


class Passwords(Protocol):
    """Slow hashes."""

    def hash(self, password: str) -> str: ...

    def verify(self, hashed: str | None, password: str) -> bool:
        """Takes as long without a hash."""
        ...

    def is_old(self, hashed: str) -> bool:
        """Whether it is to be made again, with the parameters of now."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """What a passkey's signature proved: the challenge is fresh and the origin ours."""

    credential: bytes
    public_key: bytes
    count: int


class PasskeyCeremony(Protocol):
    """WebAuthn for one site. ``origin`` is where the browser is. ``credential`` is the JSON of the
    browser. Raises ``InvalidValue`` for what is no proof.
    """

    def creation(
        self, origin: str, person: Person, known: Sequence[Passkey], challenge: bytes
    ) -> Mapping[str, Any]:
        """What a browser is asked, to make a passkey."""
        ...

    def created(self, origin: str, credential: Mapping[str, Any], challenge: bytes) -> Proof: ...

    def request(self, origin: str, challenge: bytes) -> Mapping[str, Any]:
        """What a browser is asked, to sign somebody in."""
        ...

    def answered(self, credential: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """The credential's id and the challenge that it says it answers; nothing is proved yet."""
        ...

    def proved(
        self, origin: str, credential: Mapping[str, Any], challenge: bytes, passkey: Passkey
    ) -> Proof: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an OpenID provider vouches for."""

    subject: str
    name: str
    role: Role


class Provider(Protocol):
    """An OpenID provider. May raise ``FetchFailed``, ``FetchTimeout``, ``UrlNotAllowed``."""

    @property
    def label(self) -> str: ...

    @property
    def project_id(self) -> str: ...

    def start(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent."""
        ...

    def finish(
        self, redirect: str, code: str, nonce: str, verifier: str, now: datetime
    ) -> Identity:
        """Raises ``Unauthenticated`` for what does not prove who it is, ``Forbidden`` for somebody
        who is nobody here.
        """
        ...
