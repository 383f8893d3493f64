"""Who calls: a key in ``Authorization: Bearer`` or in ``x-rapidapi-key``.

``x-rapidapi-host`` is accepted and ignored, so that a client of the RapidAPI listing changes only
its host.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from reseen.domain.access import Key
from reseen.domain.errors import Unauthenticated

LONGEST_KEY = 512

BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="Your reseen key.")
RAPIDAPI = APIKeyHeader(
    name="x-rapidapi-key",
    auto_error=False,
    scheme_name="rapidapi",
    description="The same key, for clients written for RapidAPI.",
)


def authenticated(authenticate: Callable[[str], Key]) -> Callable[..., Key]:
    """A dependency that gives the caller or raises ``Unauthenticated``."""

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
        return found

    return caller
