"""The index as the server and commands see it: a process that is there when it is asked.

Any call starts the process where none runs, and asks once more when it died while it was asked: all
calls may be repeated. Safe for threads, and in a child that was forked.
"""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import Signal
from reseen.index.wire import ADDRESS, LOG, PROTOCOL, Arrays, Message, receive, send, signal_to_wire
from reseen.ports import Hits

_PATIENCE = 60.0
"""Seconds for an answer."""
_STARTING = 30.0
"""Seconds for a process to start: 0.5 when its folder is small."""
_NUDGED = 2.0
"""Seconds that a nudge, which is only advice, may take."""
_POOLED = 8
_AGAIN = 5.0
"""Seconds after a process could not serve before another is tried: each costs a second of a core.
"""
_LOG_BYTES = 1 << 20
"""Bytes from which the log of the process begins anew."""


@dataclass(frozen=True, slots=True)
class Start:
    """How to start the index process of a folder; the command returns at once."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class IndexClient:
    """``ports.IndexService``. ``close`` it: the process leaves some time after its last client."""

    def __init__(self, folder: Path, start: Start) -> None:
        self._folder = folder
        self._start = start
        self._idle: list[socket.socket] = []
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._owner = os.getpid()
        self._refused: tuple[float, str] | None = None

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        message = {
            "project": project_id,
            "signal": signal_to_wire(signal),
            "count": count,
            "banks": None if bank_numbers is None else list(bank_numbers),
        }
        _, found = self._ask("nearest", message, {"codes": codes})
        return Hits(signal=signal, **found)

    def held(self, project_id: str) -> Mapping[str, int]:
        answer, _ = self._ask("held", {"project": project_id})
        found: Mapping[str, int] = answer["held"]
        return found

    def position(self, project_id: str) -> int:
        answer, _ = self._ask("position", {"project": project_id})
        return int(answer["position"])

    def nudge(self, project_id: str, position: int) -> None:
        """As the port says, to a process that runs: one that starts follows the log anyway."""
        connection = self._taken() or self._knock()
        if connection is None:
            return
        message = {"project": project_id, "position": position}
        try:
            connection.settimeout(_NUDGED)
            send(connection, {**message, "call": "nudge", "protocol": PROTOCOL})
            receive(connection)
        except OSError:
            connection.close()
        else:
            self._give_back(connection)

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        message = {"project": project_id, "position": position, "timeout": timeout_s}
        answer, _ = self._ask("wait_for", message, patience=_PATIENCE + timeout_s)
        return bool(answer["reached"])

    def check(self) -> Mapping[str, Any]:
        answer, _ = self._ask("check", {})
        found: Mapping[str, Any] = answer["check"]
        return found

    @contextmanager
    def rebuild(self, project_id: str | None = None) -> Iterator[Iterator[float]]:
        connection = self._connected()
        try:
            connection.settimeout(None)
            yield self._progress(connection, project_id)
        finally:
            connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _progress(self, connection: socket.socket, project_id: str | None) -> Iterator[float]:
        message = {"call": "rebuild", "protocol": PROTOCOL, "project": project_id}
        try:
            send(connection, message)
            while True:
                answer, _ = receive(connection)
                if "error" in answer:
                    raise NotReady(answer["error"])
                if "done" in answer:
                    return
                yield float(answer["progress"])
        except OSError as e:
            raise NotReady(
                "The index process ended while it rebuilt the index; the old one serves. "
                f"Start the rebuild again; {self._folder / LOG} may say why it ended."
            ) from e

    def _ask(
        self,
        call: str,
        message: Message,
        arrays: Arrays | None = None,
        patience: float = _PATIENCE,
    ) -> tuple[Message, dict[str, npt.NDArray[Any]]]:
        whole = {**message, "call": call, "protocol": PROTOCOL}
        for is_last in (False, False, True):
            connection = self._taken() or self._connected()
            try:
                connection.settimeout(patience)
                send(connection, whole, arrays)
                answer, found = receive(connection)
            except TimeoutError as e:
                connection.close()
                raise NotReady(
                    f"The index process did not answer within {patience:.0f} s: the machine may be "
                    f"overloaded. See {self._folder / LOG}."
                ) from e
            except OSError as e:
                connection.close()
                self.close()
                if is_last:
                    raise NotReady(
                        f"The index process ended while it was asked: see {self._folder / LOG}."
                    ) from e
                continue
            self._give_back(connection)
            if "error" in answer:
                raise NotReady(answer["error"])
            return answer, found
        raise AssertionError

    def _taken(self) -> socket.socket | None:
        with self._lock:
            if self._owner != os.getpid():
                # After a fork these are the parent's conversations.
                self._idle, self._owner = [], os.getpid()
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: socket.socket) -> None:
        with self._lock:
            if len(self._idle) < _POOLED:
                self._idle.append(connection)
                return
        connection.close()

    def _connected(self) -> socket.socket:
        """A new conversation, with a process that is started when needed. Raises ``NotReady``."""
        found = self._knock()
        if found is not None:
            return found
        with self._starting:
            end = time.monotonic() + _STARTING
            again = 0.0
            while time.monotonic() < end:
                found = self._knock()
                if found is not None:
                    return found
                if time.monotonic() > again:
                    self._launch()
                    again = time.monotonic() + 3.0
                time.sleep(0.02)
        raise NotReady(
            f"The index process did not start within {_STARTING:.0f} s: see {self._folder / LOG}, "
            "or run `reseen doctor`."
        )

    def _knock(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(5.0)
            connection.connect((self._folder / ADDRESS).read_bytes())
        except (OSError, ValueError):
            connection.close()
            return None
        return connection

    def _launch(self) -> None:
        """Start a process, which listens then; when another one holds the folder, this one ends at
        once. Raises ``NotReady`` with what the process says, and for some seconds without asking
        it.
        """
        if self._refused is not None and time.monotonic() < self._refused[0]:
            raise NotReady(self._refused[1], retry_after_s=_AGAIN)
        self._refused = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._folder / LOG).open("ab") as log:
                if log.tell() > _LOG_BYTES:
                    log.truncate(0)
                done = subprocess.run(  # noqa: S603 our own program
                    self._start.command,
                    env={**os.environ, **self._start.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    check=False,
                    timeout=_STARTING,
                )
        except (OSError, subprocess.TimeoutExpired) as e:
            raise NotReady(
                f"The index process of {self._folder} could not be started: {e}. "
                "The folder must be writable, and the disk not full."
            ) from e
        if done.stdout:
            why = done.stdout.decode(errors="replace")
            self._refused = time.monotonic() + _AGAIN, why
            raise NotReady(why, retry_after_s=_AGAIN)


@contextmanager
def open_index(folder: Path, start: Start) -> Iterator[IndexClient]:
    """A client of the folder's index process, closed at the end."""
    client = IndexClient(folder, start)
    try:
        yield client
    finally:
        with suppress(OSError):
            client.close()
