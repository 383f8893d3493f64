"""People: who they are, how they are let in, and for how long.

A person belongs to one project in one role. Names are unique in a database, whatever their case,
because whoever signs in says no project. Secrets of people are shown once and kept hashed.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reseen.domain.access import Caller, Role
from reseen.domain.errors import InvalidValue

LONGEST_NAME = 80
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256

ROLES = (Role.OWNER, Role.ADMIN, Role.REVIEWER)
"""Of people, the most powerful first."""


class Way(StrEnum):
    """How somebody got in."""

    PASSWORD = "password"  # noqa: S105 - the name of a way
    PASSKEY = "passkey"
    OIDC = "oidc"
    SETUP = "setup"
    INVITATION = "invitation"


class State(StrEnum):
    """What keeps somebody out, if anything; ``LOCKED_OUT``: they need a link."""

    ACTIVE = "active"
    INVITED = "invited"
    LOCKED_OUT = "locked_out"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Person:
    """``per_...``. ``subject`` is who they are to an OpenID provider. ``invited_until``: a link is
    out. Who has no password, no passkey and no subject cannot sign in yet.
    """

    id: str
    project_id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    has_password: bool = False
    passkeys: int = 0
    subject: str | None = None
    invited_until: datetime | None = None
    signed_in_at: datetime | None = None

    @property
    def can_sign_in(self) -> bool:
        ways = self.has_password or self.passkeys or self.subject
        return self.disabled_at is None and bool(ways)

    @property
    def state(self) -> State:
        if self.disabled_at is not None:
            return State.DISABLED
        if self.can_sign_in:
            return State.ACTIVE
        return State.LOCKED_OUT if self.invited_until is None else State.INVITED

    @property
    def caller(self) -> Caller:
        return Caller(self.id, self.project_id, self.role, self.name)


@dataclass(frozen=True, slots=True)
class Session:
    """``ses_...``. It ends at ``ends_at``, and when nothing came for a while after ``seen_at``."""

    id: str
    person: Person
    way: Way
    began_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session and its secret, which is in a cookie and nowhere else."""

    session: Session
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link for one person, which works once; ``token`` is shown once."""

    person: Person
    expires_at: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkey:
    """``pky_...``: what a person's device signs with. ``count`` is how often it says it did."""

    id: str
    person_id: str
    label: str
    credential: bytes
    public_key: bytes = field(repr=False)
    count: int
    created_at: datetime
    last_used_at: datetime | None = None


def name_of(text: str) -> str:
    """A name as it is kept. Raises ``InvalidValue``."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValue(
            f"A name is one line of 1 to {LONGEST_NAME} printable characters.",
            field="name",
            limit=LONGEST_NAME,
            actual=len(name),
        )
    return name


def folded(name: str) -> str:
    """The same for names that people take for one."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def checked_password(password: str, name: str, at: str = "password") -> str:
    """A password that somebody chose. Length is all that is asked for, as NIST SP 800-63B has it.
    Raises ``InvalidValue``.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidValue(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; a few words"
            " that do not belong together are a good one.",
            field=at,
            limit=SHORTEST_PASSWORD,
            actual=len(password),
        )
    if folded(password) == folded(name) or len(set(password)) < 4:
        raise InvalidValue("This password is too easy to guess; choose another.", field=at)
    return password
