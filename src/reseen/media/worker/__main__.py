"""The process that children are forked from, one for each file.

It loads every library once (100 ms), stays single-threaded, opens no file after that, and never
touches a byte of media itself: forking costs a child 1-2 ms instead of an interpreter start.

The parent sends one byte a file on the control socket with three descriptors: the file, a pipe for
the messages, and a leash. The leash carries the task (JSON) to the child and ``exit status`` back;
when the parent closes its end, the child is killed. When the control socket closes, because the
parent closed it or died in whatever way, all children are killed and this process ends.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress

from reseen.domain.errors import MediaUnreadable, ReseenError
from reseen.media import sandbox
from reseen.media.worker import messages, tasks

_PR_SET_PDEATHSIG = 1
_MAX_TASK = 1 << 20


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    tasks.warm_up()
    gc.collect()
    gc.freeze()  # children share these pages as long as the collector leaves them alone
    wake, waker = socket.socketpair()
    for end in (wake, waker):
        end.settimeout(0)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    Zygote(control, wake).serve()


class Zygote:
    """Forks, watches and reaps the children."""

    def __init__(self, control: socket.socket, wake: socket.socket) -> None:
        self._control = control
        self._wake = wake
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        self._leashes: dict[int, socket.socket] = {}
        self._pids: dict[int, int] = {}

    def serve(self) -> None:
        while True:
            for fd, _events in self._poll.poll():
                if fd == self._wake.fileno():
                    self._wake.recv(4096)
                elif fd == self._control.fileno():
                    if not self._accept():
                        self._kill_all()
                        return
                elif fd in self._pids:
                    os.kill(self._pids[fd], signal.SIGKILL)
                    self._poll.unregister(fd)
            self._reap()

    def _accept(self) -> bool:
        data, fds, _flags, _address = socket.recv_fds(self._control, 1, 3)
        if not data or len(fds) != 3:
            return False
        file, out, leash = fds
        pid = os.fork()
        if pid == 0:
            self._become_child(file, out, leash)
        os.close(file)
        os.close(out)
        self._leashes[pid] = socket.socket(fileno=leash)
        self._pids[leash] = pid
        self._poll.register(leash, 0)  # hang-up is always reported
        return True

    def _become_child(self, file: int, out: int, leash: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _die_with(os.getppid())
            run_child(file, out, leash)
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while self._leashes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            leash = self._leashes.pop(pid, None)
            if leash is None:
                continue
            self._pids.pop(leash.fileno())
            with suppress(KeyError):
                self._poll.unregister(leash)
            with suppress(OSError):
                leash.send(messages.STATUS.pack(os.waitstatus_to_exitcode(status)))
            leash.close()

    def _kill_all(self) -> None:
        for pid in self._leashes:
            os.kill(pid, signal.SIGKILL)
        for pid in self._leashes:
            os.waitpid(pid, 0)


def _die_with(parent: int) -> None:
    """Ask the kernel (Linux) to end this process with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def run_child(file: int, out: int, leash: int) -> None:
    """Decode one file: descriptors to keep are moved to 0 and 1, all others closed."""
    task = _read_task(leash)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(file, 0)
    os.dup2(out, 1)
    os.dup2(silence, 2)
    os.closerange(3, max(file, out, leash, silence, 1024) + 1)

    def write_whole(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]

    with open(0, "rb", buffering=0, closefd=False) as medium:
        sandbox.confine(task.cpu_seconds, task.memory)
        try:
            for event in tasks.run(task, medium):
                messages.write(event, write_whole)
        except ReseenError as error:
            messages.write(error, write_whole)
        except MemoryError:
            detail = "Decoding the file needs more memory than is allowed."
            messages.write(MediaUnreadable(detail), write_whole)
        except BrokenPipeError:
            return
        except Exception:  # noqa: BLE001 - the worker's loop: the libraries raise anything
            detail = "The file is damaged, or made in a way that is not supported; convert it."
            messages.write(MediaUnreadable(detail), write_whole)


def _read_task(leash: int) -> messages.Task:
    with socket.socket(fileno=os.dup(leash)) as channel:
        data = b""
        while not data.endswith(b"\n"):
            part = channel.recv(65536)
            if not part or len(data) > _MAX_TASK:
                os._exit(1)
            data += part
    return messages.Task.from_json(json.loads(data))


if __name__ == "__main__":
    main()
