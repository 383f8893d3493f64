"""A server on loopback that says exactly what it is told, byte by byte, right or wrong.

Real sockets and no HTTP library: what a hostile or broken server sends is the point.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Self

type Part = bytes | float
"""Bytes to send, or seconds to pause. ``RESET`` ends the connection the rude way."""

type Script = Callable[[str, "Loopback"], Iterable[Part]]
"""The path that is asked for, and the server, to what is sent."""

RESET = -1.0


def answer(body: bytes, *headers: str, status: str = "200 OK") -> list[Part]:
    """A well-formed response that states its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return ["\r\n".join(lines).encode(), body]


def trickle(*messages: bytes, pause_s: float = 0.05) -> Iterator[Part]:
    """One byte at a time."""
    for byte in b"".join(messages):
        yield bytes([byte])
        yield pause_s


class Loopback:
    """Serves a script on a free port of 127.0.0.1; ``asked`` collects the request heads."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.port: int = self._listener.getsockname()[1]
        self.asked: list[str] = []

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in tuple(self._threads):
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError), connection:
            if self._tls is None:
                self._speak(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as secured:
                    self._speak(secured)

    def _speak(self, connection: socket.socket) -> None:
        head = b"".join(_until_blank_line(connection)).decode("latin-1")
        self.asked.append(head)
        for part in self._script(head.split(" ")[1], self):
            if isinstance(part, bytes):
                connection.sendall(part)
            elif part == RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            elif self._stop.wait(part):
                return


def _until_blank_line(connection: socket.socket) -> Iterator[bytes]:
    seen = b""
    while b"\r\n\r\n" not in seen:
        chunk = connection.recv(4096)
        if not chunk:
            raise ConnectionAbortedError
        seen = seen[-3:] + chunk
        yield chunk
