"""Keys, and their secrets once."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from reseen.domain.access import IssuedKey, Key, Role
from reseen.web.schemas.model import Answer, Moment, Request

YEAR_S = 366 * 86_400


class KeyRequest(Request):
    """A key that is to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "upload pipeline", "role": "service"}]}
    )

    label: Annotated[str, Field(max_length=200)] = ""
    """What it is for."""

    role: Role = Role.SERVICE
    """What it may do."""


class RotateRequest(Request):
    """A key is to be replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"linger_s": 3600}]})

    linger_s: Annotated[float, Field(ge=0, le=YEAR_S)] = 0
    """How long the old one works on."""


class KeySchema(Answer):
    """A key."""

    id: str
    label: str
    role: Role
    hint: str
    """How its secret begins."""

    created_at: Moment
    last_used_at: Moment | None
    """May be an hour behind."""

    revoked_at: Moment | None
    """Since when it is refused; or from when on, while one that was replaced works on."""

    secret: str | None = None
    """Shown once: when it is made, and of the new one when one is replaced."""

    @classmethod
    def of(cls, key: Key, secret: str | None = None) -> Self:
        return cls(
            id=key.id,
            label=key.label,
            role=key.role,
            hint=key.hint,
            created_at=key.created_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
            secret=secret,
        )

    @classmethod
    def issued(cls, made: IssuedKey) -> Self:
        return cls.of(made.key, made.secret)


class KeyList(Answer):
    """Some keys."""

    data: list[KeySchema]
    next_cursor: str | None
