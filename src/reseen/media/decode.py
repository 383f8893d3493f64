"""The parent's side of isolated decoding: one helper process, one confined child a file.

The helper (``reseen.media.worker``) is started with a bare environment and forks children that can
do nothing but read the one file and write to one pipe. A child that hangs, dies or talks nonsense
costs its file one ``MediaUnreadable``; a helper that dies is started again for the next file.
Waiting is counted, not elapsed time: a slow consumer never makes a file fail.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from reseen.domain.errors import MediaUnreadable
from reseen.domain.media import Frame, Sound
from reseen.media.sandbox import MEMORY
from reseen.media.worker.messages import STATUS, Reader, Task
from reseen.ports import Decoded, Footer, Limits, Sampling

PATIENCE = 60.0
"""Seconds that one file may keep us waiting; timed media get a second more for each second that was
decoded. What is slower than real time on one core is not something that a server can serve."""

_PIPE_BYTES = 1 << 20
_SECOND_CHANCES = 2
"""Hand-overs tried: a helper found dead is replaced once."""

FRAMES_LIMITS = Limits(duration=4 * 3600.0)


class IsolatedDecoder:
    """``ports.Decoder`` for untrusted files. Safe for many threads; ``close`` when done."""

    def __init__(self, *, patience: float = PATIENCE, memory: int = MEMORY) -> None:
        self._patience = patience
        self._memory = memory
        self._lock = threading.Lock()
        self._closed = False
        self._helper: _Helper | None = _Helper()

    def decode(self, path: Path, sampling: Sampling, limits: Limits) -> Iterator[Decoded]:
        """As the port says. The work begins with the first event asked for."""
        with self._child(path, Task(sampling, limits, self._memory)) as events:
            for event in events:
                yield event
                if isinstance(event, Footer):
                    return

    def frames_at(self, path: Path, times: Sequence[float], max_side: int) -> list[Frame]:
        """As the port says. A still is shown at every time; sound has no frames."""
        sampling = Sampling(frames_per_s=max(1, len(times)), max_side=max_side, audio=False)
        task = Task(sampling, FRAMES_LIMITS, self._memory, tuple(times))
        with self._child(path, task) as events:
            return [event for event in _until_footer(events) if isinstance(event, Frame)]

    def close(self) -> None:
        """End the helper and every child. Files being decoded end with ``MediaUnreadable``."""
        with self._lock:
            self._closed = True
            if self._helper is not None:
                self._helper.end()
                self._helper = None

    def helper_pid(self) -> int:
        """The helper's process id, for looking after it; starts one when none runs."""
        with self._lock:
            return self._running_helper().pid

    @contextmanager
    def _child(self, path: Path, task: Task) -> Iterator[Iterator[Decoded]]:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise MediaUnreadable(f"The file cannot be opened: {error.strerror}.") from error
        out, inlet = os.pipe()
        leash, collar = socket.socketpair()
        with closing(leash):
            try:
                _widen(inlet)
                self._hand_over((file, inlet, collar.fileno()))
            finally:
                os.close(file)
                os.close(inlet)
                collar.close()
            try:
                leash.sendall(json.dumps(task.to_json()).encode() + b"\n")
                yield _events(out, leash, task, self._patience)
            except BrokenPipeError:
                raise _died(None) from None
            finally:
                os.close(out)

    def _hand_over(self, fds: tuple[int, ...]) -> None:
        for _attempt in range(_SECOND_CHANCES):
            with self._lock:
                helper = self._running_helper()
                with suppress(OSError):
                    socket.send_fds(helper.control, [b"f"], fds)
                    return
                helper.end()
                self._helper = None
        raise MediaUnreadable("The decoding process could not be started.")

    def _running_helper(self) -> "_Helper":
        """The helper, started again when it died. Call it with the lock held."""
        if self._closed:
            raise MediaUnreadable("The decoder was closed.")
        if self._helper is not None and not self._helper.is_alive():
            self._helper.end()
            self._helper = None
        self._helper = self._helper or _Helper()
        return self._helper


class _Helper:
    """The running helper process and our end of its control socket."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        with closing(theirs):
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside input
                [sys.executable, "-P", "-m", "reseen.media.worker", str(theirs.fileno())],
                env=_bare_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,  # Ctrl-C is for the parent, whose session (and share) it stays in
                cwd="/",
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Closing the control socket makes it kill its children and leave."""
        self.control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _bare_environment() -> dict[str, str]:
    """No secrets, one thread, and our own import path."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _widen(pipe: int) -> None:
    """A megabyte in flight instead of 64 kB halves the switches between the processes (Linux)."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _until_footer(events: Iterator[Decoded]) -> Iterator[Decoded]:
    for event in events:
        yield event
        if isinstance(event, Footer):
            return


def _events(out: int, leash: socket.socket, task: Task, patience: float) -> Iterator[Decoded]:
    """What the child says, for as long as we are willing to wait for it."""
    budget = _Budget(patience)

    def fill(view: memoryview) -> None:
        while view:
            budget.wait_for(out)
            count = os.readv(out, [view])
            if count == 0:
                raise _died(_status(leash))
            view = view[count:]

    reader = Reader(fill, task.sampling, task.limits)
    earned = 0.0
    while True:
        event = reader.read()
        reached = min(_reached(event), task.limits.duration)
        budget.left += max(0.0, reached - earned)
        earned = max(earned, reached)
        yield event


def _reached(event: Decoded) -> float:
    """Seconds of the medium up to the end of an event."""
    match event:
        case Frame(time=float(time)):
            return time
        case Sound():
            return event.start + len(event.samples) / event.rate
        case _:
            return 0.0


class _Budget:
    """Seconds left to wait in."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def wait_for(self, fd: int) -> None:
        """Raises ``MediaUnreadable`` when nothing can be read before the time is used up."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if poll.poll(0):
            return
        began = time.monotonic()
        ready = poll.poll(max(0.0, self.left) * 1000)
        self.left -= time.monotonic() - began
        if not ready:
            raise MediaUnreadable("Decoding the file took longer than it may, and was stopped.")


def _status(leash: socket.socket) -> int | None:
    """How the child ended: the helper tells, unless it is gone too."""
    leash.settimeout(5)
    with suppress(OSError):
        data = leash.recv(STATUS.size)
        if len(data) == STATUS.size:
            return int(STATUS.unpack(data)[0])
    return None


def _died(status: int | None) -> MediaUnreadable:
    if status is None:
        return MediaUnreadable("The decoding process ended before the file was decoded.")
    if status == -signal.SIGXCPU:
        return MediaUnreadable("Decoding the file took more CPU time than it may.")
    if status < 0:
        name = signal.Signals(-status).name
        return MediaUnreadable(f"The file made its decoder crash or was too much for it ({name}).")
    return MediaUnreadable("The decoder ended before the file did.")
