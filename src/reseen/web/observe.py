"""Around every request: its id, one line in the access log, safe headers, no leaked traceback.

The log never holds a query string, a body or a header: addresses in them may carry secrets.
"""

import asyncio
import json
import logging
import re
import sys
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reseen.domain.errors import NotReady, ReseenError
from reseen.domain.moment import rfc3339
from reseen.web.errors import answer

log = logging.getLogger("reseen.access")

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Set where a response does not set its own."""


DRAINED_BYTES = 64_000_000
DRAINED_SECONDS = 5.0
"""An error may be said before the body was read. Closing then resets the connection, and a client
that sends first and reads later never sees the answer; so we read on, up to these limits."""


class Observed:
    """ASGI middleware. ``scope["state"]`` gets ``request_id``; handlers may add ``key_id`` and
    ``error_code`` for the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        exchange = _Exchange(request_id, receive, send)
        try:
            await self._app(scope, exchange.hear, exchange.tell)
        except asyncio.CancelledError:  # the server stops, and waited as long as it may
            if exchange.status:
                raise
            late = NotReady("The server stopped before the answer was made.", retry_after_s=5)
            await answer(Request(scope), late)(scope, exchange.hear, exchange.tell)
        except Exception:
            logging.getLogger("reseen.web").exception("request %s failed", request_id)
            if exchange.status == 0:
                fault = ReseenError("reseen failed; its log tells more under this request_id.")
                await answer(Request(scope), fault)(scope, exchange.hear, exchange.tell)
        finally:
            path = quote(scope["path"])  # no line break, no escape sequence
            fields = {
                "method": scope["method"],
                "path": path,
                "status": exchange.status,
                "ms": round(1000 * (time.perf_counter() - begun)),
                "request_id": request_id,
                "key": scope["state"].get("key_id"),
                "code": scope["state"].get("error_code"),
            }
            log.info("%s %s", scope["method"], path, extra={"fields": fields})


class _Exchange:
    """What is heard and told in one request."""

    def __init__(self, request_id: str, receive: Receive, send: Send) -> None:
        self._request_id = request_id
        self._receive = receive
        self._send = send
        self._unread = True
        self.status = 0

    async def hear(self) -> Message:
        message = await self._receive()
        self._unread = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def tell(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
        elif self.status >= 400 and self._unread:
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _drain(self) -> None:
        count = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAINED_SECONDS):
                while self._unread and count < DRAINED_BYTES:
                    count += len((await self.hear()).get("body", b""))


def _request_id(given: str | None) -> str:
    """The client's own when it is well-formed, so that its log and ours can be joined."""
    return given if given and _CLIENT_ID.fullmatch(given) else uuid.uuid4().hex


class _Lines(logging.Formatter):
    """Text for a terminal, one JSON object a line for machines."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields = {k: v for k, v in getattr(record, "fields", {}).items() if v is not None}
        if not self._as_json:
            line = super().format(record)
            if "status" not in fields:
                return line
            more = f" {fields['code']}" if "code" in fields else ""
            return f"{line} {fields['status']}{more} {fields['ms']} ms {fields['request_id']}"
        when = datetime.fromtimestamp(record.created, UTC)
        said: dict[str, Any] = {
            "time": rfc3339(when),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def configure_logging(style: str) -> None:
    """Called once, by a program that serves; never by a library. ``style``: auto, text, json."""
    stream = sys.stderr
    as_json = style == "json" or (style == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a log on a full disk is not told of in that log
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
