"""A platform's end of a webhook: an HTTP server on the loopback that keeps what is posted to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """``answers``: statuses of the next answers by path; then 200. A path in ``hanging`` answers
    once it is let go.
    """

    address: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    hanging: frozenset[str] = frozenset()
    let_go: threading.Event = field(default_factory=threading.Event)
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, path: str | None = None, seconds: float = 30.0) -> list[Posted]:
        """What was posted, once there is so much of it."""

        def some() -> list[Posted]:
            return [one for one in self.posted if path is None or one.path == path]

        with self.came:
            assert self.came.wait_for(lambda: len(some()) >= count, seconds), self.posted
            return some()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.came:
                receiver.posted.append(Posted(self.path, dict(self.headers), body))
                receiver.came.notify_all()
                waiting = receiver.answers.get(self.path)
                status = waiting.pop(0) if waiting else 200
            if self.path in receiver.hanging:
                receiver.let_go.wait(30)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
