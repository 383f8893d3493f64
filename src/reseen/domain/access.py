"""Who may do what: a project is a tenant, a key speaks for it in a role.

Times are aware and in UTC. A key's secret exists in the clear once, in ``IssuedKey``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DEFAULT_PROJECT = "default"
"""The id of the project that every new database holds."""


class Role(StrEnum):
    """What a key may do: everything; everything but keys and projects; decide cases; call the
    match, search and upload routes.
    """

    OWNER = "owner"
    ADMIN = "admin"
    REVIEWER = "reviewer"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Project:
    """A tenant: its own banks, keys and quotas, never searched across. ``id`` is 1 to 16 lower-case
    letters and digits, as it is part of its keys. ``keep_media``: uploads that wait for review are
    kept, encrypted, until their case closes.
    """

    id: str
    name: str
    created_at: datetime
    keep_media: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key once its secret was shown. ``hint`` is the secret's beginning, enough
    to recognise it by. ``last_used_at`` may be an hour behind.
    """

    id: str
    project_id: str
    role: Role
    label: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def caller(self) -> "Caller":
        return Caller(self.id, self.project_id, self.role, self.label)

    def revoked(self, now: datetime) -> bool:
        """Whether it has stopped working; ``revoked_at`` lies ahead while a rotated key lingers."""
        return self.revoked_at is not None and self.revoked_at <= now


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its secret, to be shown once and kept nowhere."""

    key: Key
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for something: a key or a person, by id, and what people call them."""

    id: str
    project_id: str
    role: Role
    name: str = ""
