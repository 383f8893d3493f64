"""Connections that cannot be led astray: a name is resolved once, every answer is judged, and the
socket goes to an address that was judged. Nothing resolves the name a second time, so a name server
that changes its answer in between (DNS rebinding) changes nothing.

``PinnedBackend`` is what httpcore opens its connections with; TLS still verifies the name.
"""

import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore

from reseen.domain.errors import FetchFailed, FetchTimeout
from reseen.media.addresses import Address, FetchPolicy, literal

logger = logging.getLogger(__name__)

type Resolve = Callable[[str], Sequence[Address]]
"""All addresses of a host name, in the order to try them. Raises ``OSError`` for none."""

type _SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

MAX_LOOKUPS = 64
"""Name look-ups under way at once: a look-up cannot be cancelled, only abandoned."""

_lookups = threading.BoundedSemaphore(MAX_LOOKUPS)


def system_resolve(host: str) -> Sequence[Address]:
    """The system's answer: IPv4 and IPv6, in its order of preference."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a fetch must have ended, on the monotonic clock; ``total`` is what it was given."""

    at: float
    total: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds, seconds)

    def remaining(self, at_most: float | None = None) -> float:
        """Seconds left, never more than ``at_most``. Raises ``FetchTimeout`` when none is left."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left if at_most is None else min(left, at_most)

    def passed(self) -> FetchTimeout:
        spent = self.total + max(0.0, time.monotonic() - self.at)
        return FetchTimeout(
            f"The file had not arrived whole after {self.total:g} s; use a faster host,"
            " or send the file itself.",
            limit=self.total,
            actual=round(spent, 1),
        )


class PinnedBackend(httpcore.NetworkBackend):
    """Opens the connections of one fetch, within its deadline, to judged addresses only."""

    def __init__(
        self, policy: FetchPolicy, resolve: Resolve, deadline: Deadline, connect_s: float
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._deadline = deadline
        self._connect_s = connect_s
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 the deadline says how long
        local_address: str | None = None,  # noqa: ARG002 never asked for
        socket_options: Iterable[_SocketOption] | None = None,  # noqa: ARG002 never asked for
    ) -> httpcore.NetworkStream:
        """Raises ``UrlNotAllowed``, ``FetchFailed``, ``FetchTimeout``."""
        until = time.monotonic() + self._deadline.remaining(at_most=self._connect_s)
        addresses = self.addresses(host, port, until)
        reason = "no answer"
        for tried, address in enumerate(addresses):
            # Each address gets its share, so that one that swallows packets leaves time for others.
            share = (until - time.monotonic()) / (len(addresses) - tried)
            if share <= 0:
                break
            try:
                stream = self._sockets.connect_tcp(str(address), port, timeout=share)
            except httpcore.ConnectTimeout:
                continue
            except httpcore.ConnectError as error:
                reason = str(error)
                continue
            return _DeadlineStream(stream, self._deadline, secure_until=until)
        if time.monotonic() >= until:
            raise self.too_slow(host)
        raise FetchFailed(f"{host} could not be connected to ({reason}); check the address.")

    def too_slow(self, host: str) -> FetchTimeout:
        return FetchTimeout(
            f"{host} could not be looked up and connected to within {self._connect_s:g} s;"
            " try again, or send the file itself.",
            limit=self._connect_s,
        )

    def addresses(self, host: str, port: int, until: float) -> Sequence[Address]:
        """Those that a connection may go to, looked up before ``until`` on the monotonic clock.
        Raises as ``connect_tcp``.
        """
        self._policy.admit(host, port)
        if (address := literal(host)) is not None:
            return (address,)
        addresses = self._look_up(host, until)
        if not addresses:
            raise FetchFailed(f"{host} has no address; check the spelling of the host.")
        self._policy.admit_answers(host, addresses)
        return addresses

    def _look_up(self, host: str, until: float) -> Sequence[Address]:
        """Resolve in a thread of its own: the system's resolver knows no time limit."""
        answer: queue.SimpleQueue[Sequence[Address] | OSError] = queue.SimpleQueue()

        def work() -> None:
            try:
                answer.put(tuple(self._resolve(host)))
            except OSError as error:
                answer.put(error)
            except Exception as error:  # noqa: BLE001 a thread has nobody else to tell
                answer.put(OSError(f"{type(error).__name__}: {error}"))
            finally:
                _lookups.release()

        if not _lookups.acquire(timeout=max(0.0, until - time.monotonic())):
            raise self.too_slow(host)
        threading.Thread(target=work, name="reseen-resolve", daemon=True).start()
        try:
            found = answer.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise self.too_slow(host) from None
        if isinstance(found, OSError):
            raise FetchFailed(f"{host} was not found; check the spelling of the host.") from found
        return found


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the fetch's deadline, however little trickles in."""

    def __init__(
        self, stream: httpcore.NetworkStream, deadline: Deadline, secure_until: float
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._secure_until = secure_until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 connecting and securing share one limit
    ) -> httpcore.NetworkStream:
        wait = self._deadline.remaining(max(0.001, self._secure_until - time.monotonic()))
        secured = self._stream.start_tls(ssl_context, server_hostname, wait)
        return _DeadlineStream(secured, self._deadline, self._secure_until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
