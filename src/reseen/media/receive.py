"""Files on local disk, measured and hashed: what a fetch and a path have in common.

Copies are private to this user (mode 0600) and live as long as their context. A path on local disk
is hashed where it lies. Hashing both sums runs at about 500 MB/s a core.
"""

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from reseen.domain.errors import ROOM_S, InvalidValue, NotFound, NotReady, PayloadTooLarge
from reseen.ports import Fetched

MAX_BYTES = 2_000_000_000
"""The contract's largest download: a video."""

CHUNK = 1 << 20


@contextlib.contextmanager
def spool(
    chunks: Iterable[bytes], *, max_bytes: int = MAX_BYTES, folder: Path | None = None
) -> Iterator[Fetched]:
    """Chunks as a private file, removed when the context ends, however it ends.

    ``folder`` is the system's temporary one by default. Raises ``PayloadTooLarge`` as soon as the
    limit is passed, ``NotReady`` when the disk is full, and whatever the chunks raise.
    """
    path = None
    try:
        with _disk_errors():
            handle, name = tempfile.mkstemp(prefix="reseen-", dir=folder)
        path = Path(name)
        with os.fdopen(handle, "wb") as file:
            size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise too_large(size, max_bytes)
                sha256.update(chunk)
                md5.update(chunk)
                with _disk_errors():
                    file.write(chunk)
            with _disk_errors():
                file.flush()
        yield Fetched(path, size, sha256.hexdigest(), md5.hexdigest())
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def local_file(path: Path, *, max_bytes: int = MAX_BYTES) -> Iterator[Fetched]:
    """A file where it lies: not copied, not removed.

    Raises ``NotFound``, ``InvalidValue`` for what is not a plain readable file (a folder, a pipe, a
    device), ``PayloadTooLarge``.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 a context below closes it; Path has no opener
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"There is no file {path}; check the path.") from error
    except (OSError, ValueError) as error:
        raise InvalidValue(f"{path} cannot be opened: {_reason(error)}.") from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise InvalidValue(f"{path} is not a plain file; give the path of a media file.")
        if status.st_size > max_bytes:
            raise too_large(status.st_size, max_bytes)
        size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        try:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise too_large(size, max_bytes)
                sha256.update(chunk)
                md5.update(chunk)
        except OSError as error:
            raise InvalidValue(f"{path} cannot be read: {_reason(error)}.") from error
    yield Fetched(path, size, sha256.hexdigest(), md5.hexdigest())


def _without_waiting(path: str, flags: int) -> int:
    """Open even a pipe at once: it would wait for its writer, and is refused anyway."""
    return os.open(path, flags | os.O_NONBLOCK)


def too_large(actual: int, limit: int) -> PayloadTooLarge:
    """``actual`` may be what was counted so far."""
    return PayloadTooLarge(
        f"The file is larger than {limit:,} bytes; send a smaller or shorter version.",
        limit=limit,
        actual=actual,
    )


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise no_room(error) from error


def no_room(error: OSError) -> NotReady:
    """What to say where an upload or a download cannot be written to the disk."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NotReady(
            "The disk for temporary files is full; make room on it, or set RESEEN_SCRATCH to a"
            " folder on another.",
            retry_after_s=ROOM_S,
        )
    return NotReady(
        f"Temporary files cannot be written ({error.strerror}); let this user write there, or set"
        " RESEEN_SCRATCH to another folder."
    )
