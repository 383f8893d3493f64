"""What a request to the console's own routes must bring: JSON from our own page, and a session
where somebody must be signed in.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from reseen.console.attempts import Attempts
from reseen.console.schemas import Me, PasskeySchema
from reseen.domain.errors import Conflict, Unauthenticated
from reseen.domain.people import Opened, Session, folded
from reseen.domain.record import Actor
from reseen.flows.admitting import SIGNED_OUT, actor
from reseen.web.auth import Right, demand
from reseen.web.reception import Reception
from reseen.web.schemas.model import said
from reseen.web.sessions import COOKIE, Guard, set_cookie
from reseen.web.spool import Shape, read_body


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is signed in, and their request."""

    session: Session
    secret: str
    request_id: str

    @property
    def actor(self) -> Actor:
        return actor(self.session.person, self.request_id)


def site_of(origin: str) -> str | None:
    """The name that passkeys are made for; ``None`` where browsers make none."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if not host or (parts.scheme != "https" and not is_local):
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return None


class Doors:
    """Dependencies of the console's routes."""

    def __init__(self, reception: Reception) -> None:
        self.access = reception.services.access
        self.guard = Guard(reception.settings.console_origin)
        self._gate = reception.gate
        self._settings = reception.settings
        self._attempts = Attempts()

    def visit(self, right: Right | None = None) -> Callable[..., Visit]:
        """Somebody is signed in, and may do this. Raises ``Unauthenticated``, ``CsrfFailed``,
        ``Forbidden``, ``RateLimited``.
        """

        def visit(request: Request) -> Visit:
            secret = request.cookies.get(COOKIE, "")
            if not secret:
                raise Unauthenticated(SIGNED_OUT)
            session = self.access.admitting.session(secret)
            request.state.key_id = session.person.id
            self.guard.check(request, secret)
            if right is not None:
                demand(session.person.caller, right)
            self._gate.spend(session.person.id)
            return Visit(session, secret, request.state.request_id)

        return visit

    def is_signed_in(self, request: Request) -> bool:
        """Whether the request brings a session that lives."""
        try:
            self.access.admitting.session(request.cookies.get(COOKIE, ""))
        except Unauthenticated:
            return False
        return True

    def letter[M: BaseModel](self, model: type[M]) -> Callable[..., Awaitable[M]]:
        """JSON of one of our own pages. Raises ``CsrfFailed``, and as ``read_body``."""
        shape, stall_s = Shape((model,)), self._settings.upload_stall_seconds

        async def letter(request: Request) -> M:
            self.guard.check_origin(request)
            return (await read_body(request, shape, Path(), 0, stall_s)).read(model)

        return letter

    def trying(self, request: Request, name: str | None = None) -> AbstractContextManager[None]:
        """As ``Attempts.trying``, from where the request came."""
        address = request.client.host if request.client else ""
        return self._attempts.trying(address, None if name is None else folded(name))

    def asking(self, request: Request) -> None:
        """Raises ``RateLimited`` for an address that asks for much and never comes in."""
        self._attempts.asking(request.client.host if request.client else "")

    def let_in(self, request: Request, opened: Opened) -> JSONResponse:
        """Who is in from now on, and the cookie that says so."""
        response = JSONResponse(said(self.me(opened.session, opened.secret)))
        self.give_cookie(request, response, opened)
        return response

    def give_cookie(self, request: Request, response: Response, opened: Opened) -> None:
        """A session that the browser had before ends."""
        had = request.cookies.get(COOKIE)
        if had:
            self.access.admitting.forget(had)
        set_cookie(response, request, opened.secret, self._settings.session_seconds)

    def passkey_origin(self, request: Request) -> str:
        """Raises ``Conflict`` where browsers make no passkeys."""
        if not self.takes_passkeys(request):
            raise Conflict("Passkeys need a name with https, or localhost: open the console there.")
        return self.guard.origin_of(request)

    def takes_passkeys(self, request: Request) -> bool:
        """Browsers make passkeys for names, not for addresses, and only where nobody listens."""
        return site_of(self.guard.origin_of(request)) is not None

    def me(self, session: Session, secret: str) -> Me:
        """Who is signed in."""
        preferring, person = self.access.preferring, session.person
        return Me.of(
            session,
            secret,
            preferring.settings(person),
            preferring.defaults(person.project_id),
            [PasskeySchema.of(one) for one in self.access.passkeys.of_person(person.id)],
        )
