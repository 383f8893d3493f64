"""Every call is counted for the key or the person that it came from, before it is answered.

A handler says with ``looked`` what it looked at. Calls that came without a caller are nobody's.
"""

from collections.abc import Callable

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reseen.domain.access import Caller
from reseen.domain.usage import Tally, Use
from reseen.flows.metering import Meter

type Classify = Callable[[str, str], Use]

MATCHES = frozenset({"/match", "/image/match", "/video/match", "/audio/match"})


def looked(request: Request, *, matched: bool, seconds: float) -> None:
    """One pair or query was looked at: media of so many seconds. Safe for threads."""
    seen = Tally(looked=1, matched=int(matched), media_ms=round(1000 * seconds))
    request.scope["state"].setdefault("looks", []).append(seen)


def use_of(method: str, path: str) -> Use:
    """What a call is for."""
    if method == "POST":
        if path in MATCHES:
            return Use.MATCH
        if path.startswith("/v1/search"):
            return Use.SEARCH
        if path == "/v1/uploads":
            return Use.UPLOAD
    return Use.OTHER


class Counted:
    """ASGI middleware, within ``observe.Observed``."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_counted = False

        def count(*, failed: bool) -> None:
            nonlocal is_counted
            caller: Caller | None = scope["state"].get("caller")
            if is_counted or caller is None:
                return
            is_counted = True
            looks: list[Tally] = scope["state"].get("looks", [])
            tally = sum(looks, Tally(calls=1, failed=int(failed)))
            use = use_of(scope["method"], scope["path"])
            self._meter(caller.project_id, caller.id, use, tally)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(failed=message["status"] >= 400)
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            count(failed=True)  # it broke off before there was an answer
