"""Who calls: a key in ``Authorization: Bearer`` or in ``x-rapidapi-key``.

``x-rapidapi-host`` is accepted and ignored, so that a client of the RapidAPI listing changes only
its host.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from reseen.domain.access import Key, Role
from reseen.domain.errors import Forbidden, Unauthenticated

LONGEST_KEY = 512


class Right(StrEnum):
    """What a route lets its caller do."""

    MATCH = "match"
    SEARCH = "search"
    READ = "read banks, references, policies and jobs"
    ADD = "add references"
    MANAGE = "change banks, references, policies and jobs"
    UPLOAD = "submit uploads and appeals"
    REVIEW = "review cases"
    AUDIT = "read the audit"
    HOLD = "place and release legal holds"


RIGHTS: Mapping[Right, frozenset[Role]] = {
    Right.MATCH: frozenset(Role),
    Right.SEARCH: frozenset(Role),
    Right.READ: frozenset(Role),
    Right.ADD: frozenset({Role.OWNER, Role.ADMIN, Role.SERVICE}),
    Right.MANAGE: frozenset({Role.OWNER, Role.ADMIN}),
    Right.UPLOAD: frozenset({Role.OWNER, Role.ADMIN, Role.SERVICE}),
    Right.REVIEW: frozenset({Role.OWNER, Role.ADMIN, Role.REVIEWER}),
    Right.AUDIT: frozenset({Role.OWNER, Role.ADMIN}),
    Right.HOLD: frozenset({Role.OWNER, Role.ADMIN}),
}
"""The one table of who may do what; the documentation shows it."""


def demand(key: Key, right: Right) -> None:
    """Raises ``Forbidden``."""
    if key.role not in RIGHTS[right]:
        able = ", ".join(role for role in Role if role in RIGHTS[right])
        raise Forbidden(f"A key of the role {key.role} may not {right}; use one of {able}.")


BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="Your reseen key.")
RAPIDAPI = APIKeyHeader(
    name="x-rapidapi-key",
    auto_error=False,
    scheme_name="rapidapi",
    description="The same key, for clients written for RapidAPI.",
)


def authenticated(authenticate: Callable[[str], Key], right: Right) -> Callable[..., Key]:
    """A dependency that gives the caller, or raises ``Unauthenticated`` or ``Forbidden``."""

    def caller(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
        rapidapi: Annotated[str | None, Security(RAPIDAPI)],
    ) -> Key:
        given = {key for key in (bearer and bearer.credentials, rapidapi) if key}
        if not given:
            raise Unauthenticated(
                "Send a key as 'Authorization: Bearer KEY' or 'x-rapidapi-key: KEY'."
            )
        if len(given) > 1:
            raise Unauthenticated("Two different keys were sent; send one.")
        secret = given.pop()
        if len(secret) > LONGEST_KEY:
            raise Unauthenticated("No key is that long; 'reseen keys create' makes one.")
        found = authenticate(secret)
        request.state.key_id = found.id
        demand(found, right)
        return found

    return caller
