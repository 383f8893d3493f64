"""Around every request: its id, one line in the access log, safe headers, no leaked traceback.

The log never holds a query string, a body or a header: addresses in them may carry secrets.
"""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar, TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reseen.domain.errors import ReseenError
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
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception:
            logging.getLogger("reseen.web").exception("request %s failed", request_id)
            if status == 0:
                fault = ReseenError(
                    "reseen failed; its log tells more under this request_id.",
                )
                await answer(Request(scope), fault)(scope, receive, tell)
        finally:
            log.info(
                "%s %s",
                scope["method"],
                scope["path"],
                extra={
                    "fields": {
                        "method": scope["method"],
                        "path": scope["path"],
                        "status": status,
                        "ms": round(1000 * (time.perf_counter() - begun)),
                        "request_id": request_id,
                        "key": state.get("key_id"),
                        "code": state.get("error_code"),
                    }
                },
            )


def _request_id(given: str | None) -> str:
    """The client's own when it is well-formed, so that its log and ours can be joined."""
    return given if given and _CLIENT_ID.fullmatch(given) else uuid.uuid4().hex


class _Lines(logging.Formatter):
    """Text for a terminal, one JSON object a line for machines."""

    TIME: ClassVar[str] = "%Y-%m-%dT%H:%M:%S"

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
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def configure_logging(style: str, stream: TextIO = sys.stderr) -> None:
    """Called once, by a program that serves; never by a library. ``style``: auto, text, json."""
    as_json = style == "json" or (style == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
