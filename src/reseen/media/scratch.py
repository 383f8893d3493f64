"""Where uploads and downloads lie while they are compared, and nowhere longer.

What people send must not stay behind, whatever happens. A context removes it when it ends; what a
killed process left is removed by the next one that opens the same place. A lock that the kernel
drops with its process (``flock``) tells a living owner's folder from a dead one's; a process number
could have been given anew. The lock needs a local disk.
"""

import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reseen.domain.errors import ROOM_S, NotReady

_LOCK = ".lock"


class Scratch:
    """One process's folder under ``root``, made on first use, private to this user (mode 0700).

    Safe for many threads and for many processes with one root. ``close`` removes the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._held: tuple[Path, int] | None = None

    def folder(self) -> Path:
        """Raises ``NotReady`` where no file can be written."""
        with self._lock:
            if self._held is None:
                try:
                    self._held = self._claim()
                except OSError as error:
                    raise NotReady(
                        f"Temporary files cannot be written to {self._root}: {error.strerror}. "
                        "Make room there, or set RESEEN_SCRATCH to a folder that can be written.",
                        retry_after_s=ROOM_S,
                    ) from error
            return self._held[0]

    def close(self) -> None:
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            _remove(held[0])
            os.close(held[1])

    def _claim(self) -> tuple[Path, int]:
        """A folder of our own, and the open file that says that we live."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(self._root):
            for lock in self._root.glob(f"*{_LOCK}"):
                _sweep(lock)
            folder = self._root / secrets.token_hex(8)
            alive = os.open(folder.with_suffix(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(alive, fcntl.LOCK_EX)
            folder.mkdir(mode=0o700)
        return folder, alive


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One process at a time: nobody sweeps a folder whose owner has yet to lock it."""
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _sweep(lock: Path) -> None:
    """Remove the folder of a process that is no more; leave a living one's."""
    with suppress(FileNotFoundError):
        fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            _remove(lock.with_suffix(""))
        finally:
            os.close(fd)


def _remove(folder: Path) -> None:
    """The folder first: a lock without one is swept, a folder without one would stay."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(_LOCK).unlink(missing_ok=True)
