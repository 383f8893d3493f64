"""The index process: one for each data folder, asked by the server and by commands at once.

It holds a lock on the folder for as long as it lives, listens on a Unix socket whose path the file
``address`` tells, and leaves when it had no client for a while, when it is told to by SIGTERM, or
when its folder is gone. It may be killed at any moment: see ``project``.
"""

import fcntl
import logging
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import cv2
import numpy as np

from reseen.domain.errors import NotReady, ReseenError
from reseen.index.host import IndexHost
from reseen.index.maintenance import said_of
from reseen.index.wire import (
    ADDRESS,
    CANNOT,
    LOCK,
    PROTOCOL,
    Arrays,
    Message,
    receive,
    send,
    signal_from_wire,
)
from reseen.ports import ReferenceStore

_log = logging.getLogger(__name__)

IDLE = 60.0
"""Seconds without a client after which the process leaves."""
_LOOK = 0.5
_TURN = 1e-4
"""Seconds for which one thread may hold the interpreter while another waits. A search gives it away
in every step of a scan, some hundred times: at the usual 5 ms, what follows the log held up each.
"""
_LONGEST_PATH = 100
"""Bytes of a socket's path: 104 on macOS, 108 on Linux, with a zero at the end."""


def serve(
    folder: Path,
    truth: ReferenceStore,
    *,
    idle_s: float = IDLE,
    ready: Callable[[], object] = lambda: None,
) -> bool:
    """Until it is time to leave; whether it served: false when another process holds the folder.
    ``ready`` is called when clients may knock.

    Runs in the main thread, and takes over its signals. Raises ``OSError`` where the folder cannot
    be used.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock(folder) as is_ours:
        if not is_ours:
            return False
        _open_many_files()
        sys.setswitchinterval(_TURN)
        cv2.setNumThreads(1)  # one search, one core: the others are for other searches
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with _listening(folder) as listener:
            ready()
            host = IndexHost(folder, truth)
            try:
                _Door(host, listener, folder, idle_s, stop).stand()
            finally:
                host.close()
    return True


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        with suppress(OSError):  # in place, so that a full disk takes it where one ever ran
            os.pwrite(handle, f"{os.getpid():<20}".encode(), 0)
        yield True
    finally:
        os.close(handle)


@contextmanager
def _listening(folder: Path) -> Iterator[socket.socket]:
    """A socket in the folder, or, where that path would be too long, in a private one."""
    path, private = folder / "socket", ""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        private = tempfile.mkdtemp(prefix="reseen-")
        path = Path(private) / "socket"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(128)
        _tell(folder, os.fsencode(path))
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)
            if private:
                shutil.rmtree(private, ignore_errors=True)


def _tell(folder: Path, address: bytes) -> None:
    """Where clients knock. What is told already is not written: the disk may be full."""
    with suppress(OSError):
        if (folder / ADDRESS).read_bytes() == address:
            return
    part = folder / f"{ADDRESS}.part"
    part.write_bytes(address)
    part.replace(folder / ADDRESS)


class _Door:
    """Takes clients in, a thread each, and knows when nobody is there."""

    def __init__(
        self, host: IndexHost, listener: socket.socket, folder: Path, idle_s: float, stop: Event
    ) -> None:
        self._host = host
        self._listener = listener
        self._lock_file = folder / LOCK
        self._idle_s = idle_s
        self._stop = stop
        self._lock = Lock()
        self._clients = 0
        self._left = time.monotonic()
        self._calls: dict[str, Callable[[Message, Arrays], tuple[Message, Arrays]]] = {
            "nearest": self._nearest,
            "position": lambda m, _: ({"position": host.position(m["project"])}, {}),
            "held": lambda m, _: ({"held": dict(host.held(m["project"]))}, {}),
            "nudge": self._nudge,
            "wait_for": self._wait_for,
            "check": lambda _, __: ({"check": {**host.check(), "pid": os.getpid()}}, {}),
        }

    def stand(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._stop.is_set() and self._is_wanted():
                if selector.select(_LOOK):
                    connection, _ = self._listener.accept()
                    with self._lock:
                        self._clients += 1
                    Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _is_wanted(self) -> bool:
        if not self._lock_file.exists():
            return False
        with self._lock:
            return self._clients > 0 or time.monotonic() - self._left < self._idle_s

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                while not self._stop.is_set():
                    message, arrays = receive(connection)
                    if message.get("call") == "rebuild":
                        self._rebuild(connection, message)
                    else:
                        send(connection, *self._answer(message, arrays))
        except OSError:
            pass  # the client left, or was killed
        finally:
            with self._lock:
                self._clients -= 1
                self._left = time.monotonic()

    def _answer(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        try:
            _check_protocol(message)
            call = self._calls.get(str(message.get("call")))
            if call is None:
                return {"error": "The index process knows no such call."}, {}
            return call(message, arrays)
        except ReseenError as e:
            return {"error": e.detail}, {}
        except OSError as e:
            _log.error("the index cannot be used: %s", e)
            return {"error": CANNOT.format(said_of(e))}, {}
        except Exception as e:  # noqa: BLE001 one call fails, not the process
            _log.exception("a client's call failed")
            return {"error": f"The index process failed: {type(e).__name__}: {e}"}, {}

    def _nearest(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        hits = self._host.nearest(
            message["project"],
            signal_from_wire(message["signal"]),
            np.asarray(arrays["codes"]),
            message["count"],
            message["banks"],
        )
        return {}, {
            "references": hits.references,
            "query_rows": hits.query_rows,
            "reference_rows": hits.reference_rows,
            "nearness": hits.nearness,
        }

    def _nudge(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        self._host.nudge(message["project"], message["position"])
        return {}, {}

    def _wait_for(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        arguments = message["project"], message["position"], message["timeout"]
        return {"reached": self._host.wait_for(*arguments)}, {}

    def _rebuild(self, connection: socket.socket, message: Message) -> None:
        """Say how far it is; a client that leaves ends it."""
        try:
            _check_protocol(message)
            with self._host.rebuild(message["project"]) as steps:
                for share in steps:
                    send(connection, {"progress": share})
            send(connection, {"done": True})
        except ReseenError as e:
            send(connection, {"error": e.detail})


def _check_protocol(message: dict[str, Any]) -> None:
    if message.get("protocol") != PROTOCOL:
        raise NotReady(
            f"The index process {os.getpid()} is of another version of reseen than what asks it: "
            "stop whatever uses this data folder in the other version, and try again."
        )


def _open_many_files() -> None:
    """Each large segment holds one open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def quiet() -> None:
    """What a process that nobody looks at should not do: hold a terminal or a working folder."""
    with suppress(OSError):
        os.setsid()
    os.chdir("/")
