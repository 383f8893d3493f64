"""Messages between the index process and its clients, over a Unix socket.

A message is the lengths of its two parts, a head in msgpack, and the bytes of the arrays that the
head lists. Nothing in it is code.
"""

import math
import socket
import struct
from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Metric, Signal
from reseen.domain.media import Channel

PROTOCOL = 2
CANNOT = "The index cannot be used ({}): make room on its disk, or let this user write its folder."
LOCK, ADDRESS, LOG = "lock", "address", "process.log"
"""Files in the index folder: who holds it, where that process listens, and what it says."""
_LENGTHS = struct.Struct(">II")
_LONGEST = 1 << 30
_KINDS = frozenset("iuf")

type Message = dict[str, Any]
type Arrays = Mapping[str, npt.NDArray[Any]]


class Broken(ConnectionError):
    """The other side left, or sent what is no message."""


def send(connection: socket.socket, message: Message, arrays: Arrays | None = None) -> None:
    """Raises ``OSError``."""
    listed = {n: (a.dtype.str, a.shape) for n, a in (arrays or {}).items()}
    head = msgpack.packb({**message, "arrays": listed})
    body = b"".join(np.ascontiguousarray(a).tobytes() for a in (arrays or {}).values())
    connection.sendall(_LENGTHS.pack(len(head), len(body)) + head + body)


def receive(connection: socket.socket) -> tuple[Message, dict[str, npt.NDArray[Any]]]:
    """Raises ``Broken``, ``OSError``."""
    head_bytes, body_bytes = _LENGTHS.unpack(_exactly(connection, _LENGTHS.size))
    if max(head_bytes, body_bytes) > _LONGEST:
        raise Broken("a message is too long")
    head, body = _exactly(connection, head_bytes), _exactly(connection, body_bytes)
    try:
        message = msgpack.unpackb(head)
        arrays: dict[str, npt.NDArray[Any]] = {}
        at = 0
        for name, (dtype, shape) in message.pop("arrays").items():
            kind = np.dtype(dtype)
            if kind.kind not in _KINDS:
                raise Broken(f"arrays of {dtype} are not sent")
            size = math.prod(shape) * kind.itemsize
            arrays[name] = np.frombuffer(body[at : at + size], kind).reshape(shape)
            at += size
    except (ValueError, TypeError, KeyError, AttributeError, msgpack.UnpackException) as e:
        raise Broken("what was received is no message") from e
    return message, arrays


def signal_to_wire(signal: Signal) -> list[Any]:
    return [
        *(signal.name, signal.version, signal.channel.value, signal.metric.value),
        signal.radius,
    ]


def signal_from_wire(fields: list[Any]) -> Signal:
    name, version, channel, metric, radius = fields
    return Signal(name, version, Channel(channel), Metric(metric), radius)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts: list[bytes] = []
    left = count
    while left:
        part = connection.recv(min(left, 1 << 20))
        if not part:
            raise Broken("the other side left")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
