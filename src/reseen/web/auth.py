"""Who calls: a key in ``Authorization: Bearer`` or in ``x-rapidapi-key``, or a person who is signed
in to the console (see ``sessions``).

``x-rapidapi-host`` is accepted and ignored, so that a client of the RapidAPI listing changes only
its host.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from reseen.domain.access import Caller, Key, Role
from reseen.domain.errors import Forbidden, Unauthenticated
from reseen.domain.people import Session
from reseen.web.sessions import COOKIE, Guard

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
    PEOPLE = "invite, change and disable people"
    KEYS = "create, rotate and revoke keys"


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
    Right.PEOPLE: frozenset({Role.OWNER, Role.ADMIN}),
    Right.KEYS: frozenset({Role.OWNER}),
}
"""The one table of who may do what; the documentation shows it."""


def demand(caller: Caller, right: Right) -> None:
    """Raises ``Forbidden``."""
    if caller.role not in RIGHTS[right]:
        able = ", ".join(role for role in Role if role in RIGHTS[right])
        raise Forbidden(f"The role {caller.role} may not {right}; one of {able} may.")


def rights_of(role: Role) -> list[str]:
    """The names of what a role may do."""
    return [right.name.lower() for right in Right if role in RIGHTS[right]]


BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="Your reseen key.")
RAPIDAPI = APIKeyHeader(
    name="x-rapidapi-key",
    auto_error=False,
    scheme_name="rapidapi",
    description="The same key, for clients written for RapidAPI.",
)

SESSION = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="Of a person who is signed in to the console. What changes something needs the "
    "header `x-csrf-token`, too.",
)


def authenticated(
    authenticate: Callable[[str], Key],
    session: Callable[[str], Session],
    guard: Guard,
    right: Right,
) -> Callable[..., Caller]:
    """A dependency that gives the caller, or raises ``Unauthenticated`` or ``Forbidden``. A key
    counts where a browser sends a session besides.
    """

    def caller(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
        rapidapi: Annotated[str | None, Security(RAPIDAPI)],
        cookie: Annotated[str | None, Security(SESSION)],
    ) -> Caller:
        given = {key for key in (bearer and bearer.credentials, rapidapi) if key}
        if not given and cookie:
            person = session(cookie).person
            request.state.key_id = person.id
            guard.check(request, cookie)
            demand(person.caller, right)
            return person.caller
        if not given:
            raise Unauthenticated(
                "Send a key as 'Authorization: Bearer KEY' or 'x-rapidapi-key: KEY'."
            )
        if len(given) > 1:
            raise Unauthenticated("Two different keys were sent; send one.")
        secret = given.pop()
        if len(secret) > LONGEST_KEY:
            raise Unauthenticated("No key is that long; 'reseen keys create' makes one.")
        found = authenticate(secret).caller
        request.state.key_id = found.id
        demand(found, right)
        return found

    return caller
