"""A way to a server on loopback that can be barred as a network or a server of S3 can fail."""

import contextlib
import socket
import threading
from enum import StrEnum


class Way(StrEnum):
    """What becomes of a connection."""

    OPEN = "open"
    REFUSED = "refused"
    """Nobody listens."""
    SILENT = "silent"
    """It is accepted and never answered."""
    SLOW_DOWN = "slow down"
    """503, as S3 answers who asks too much."""
    BROKEN = "broken"
    """500, as S3 answers when it fails."""
    CUT = "cut"
    """Ended in the middle of what comes back."""


_SAID = {
    Way.SLOW_DOWN: ("503 Slow Down", "SlowDown"),
    Way.BROKEN: ("500 Internal Server Error", "InternalError"),
}


class Between:
    """Listens on ``port``. ``bytes`` came back through it, in as many ``connections``."""

    def __init__(self, port: int, *, cut_after: int = 600) -> None:
        self.bytes = 0
        self.connections = 0
        self._far = port
        self._cut_after = cut_after
        self._way = Way.OPEN
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._listen()

    def bar(self, way: Way) -> None:
        """From now on it is so, for connections that stand, too."""
        was, self._way = self._way, way
        if way is Way.REFUSED and was is not Way.REFUSED:
            self._stop_listening()
        with self._lock:
            standing, self._open = self._open, set()
        for one in standing:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        if was is Way.REFUSED and way is not Way.REFUSED:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self._listen()

    def close(self) -> None:
        self.bar(Way.REFUSED)

    def _listen(self) -> None:
        listening = self._listening
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listening.accept()
                self.connections += 1
                with self._lock:
                    self._open.add(near)
                threading.Thread(target=self._meet, args=(near, self._way), daemon=True).start()

    def _meet(self, near: socket.socket, way: Way) -> None:
        with contextlib.suppress(OSError), near:
            if way is Way.SILENT:
                while near.recv(1 << 16):
                    pass
            elif way in _SAID:
                _refuse(near, *_SAID[way])
            else:
                with socket.create_connection(("127.0.0.1", self._far)) as far:
                    asks = threading.Thread(target=_carry, args=(near, far), daemon=True)
                    asks.start()
                    self._bring(far, near, way)

    def _bring(self, far: socket.socket, near: socket.socket, way: Way) -> None:
        came = 0
        while data := far.recv(1 << 14):
            if way is Way.CUT and came + len(data) > self._cut_after:
                near.sendall(data[: self._cut_after - came])
                near.shutdown(socket.SHUT_RDWR)
                return
            came += len(data)
            self.bytes += len(data)
            near.sendall(data)
        near.shutdown(socket.SHUT_WR)


def _carry(near: socket.socket, far: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := near.recv(1 << 16):
            far.sendall(data)
        far.shutdown(socket.SHUT_WR)


def _refuse(near: socket.socket, status: str, code: str) -> None:
    """Take in one request and say no."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        data = near.recv(1 << 16)
        if not data:
            return
        asked += data
    head, _, body = asked.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    left = sum(lengths) - len(body)
    while left > 0 and (data := near.recv(1 << 16)):
        left -= len(data)
    said = f"<Error><Code>{code}</Code><Message>Please wait.</Message></Error>"
    near.sendall(
        f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(said)}\r\n"
        f"Connection: close\r\n\r\n{said}".encode()
    )
