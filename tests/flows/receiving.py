"""A receiver of webhooks on loopback, as somebody would write one who read the documentation."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class Receiver:
    """``answer`` says with which status what came is answered; it may take its time."""

    answer: Callable[[Got], int] = lambda _: 200
    got: list[Got] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self) -> list[str]:
        return [one.said["id"] for one in self.got]

    def wait(self, count: int, seconds: float = 20.0) -> list[Got]:
        """What came, once it is so much."""
        return until(lambda: self.got if len(self.got) >= count else None, seconds)


def until[T](look: Callable[[], T | None], seconds: float = 20.0) -> T:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


@contextmanager
def receiving(answer: Callable[[Got], int] = lambda _: 200) -> Iterator[Receiver]:
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            receiver.got.append(got)
            self.send_response(receiver.answer(got))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def is_signed(got: Got, secret: str, within_s: float = 300.0) -> bool:
    """Nothing of ours is used: only what the documentation says."""
    parts = dict(part.split("=", 1) for part in got.headers["reseen-signature"].split(","))
    signed = parts["t"].encode() + b"." + got.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    is_recent = abs(time.time() - int(parts["t"])) <= within_s
    return is_recent and hmac.compare_digest(expected, parts["v1"])
