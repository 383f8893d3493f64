"""Bytes by key in a folder.

The folder is ours and not the object store library's, which does not ask the disk to keep what it
wrote: here a blob is whole and on the disk when ``put`` returns (temporary file, fsync, rename,
fsync of the folder).
"""

import contextlib
import errno
import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from reseen.domain.errors import ROOM_S, NotReady
from reseen.ports import ReadRange
from reseen.store.blob_keys import TEMPORARY, checked, is_key, missing, probe
from reseen.store.ranges import Near

_MAPPED = 1 << 20
"""Bytes from which a file is mapped and not read: hours of film are looked at here and there."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderBlobs:
    """Implements ``ports.Blobs`` in a folder. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        path = self._folder / checked(key)
        with self._disk_errors():
            made = [one for one in (path.parent, *path.parent.parents) if not one.exists()]
            for folder in reversed(made):
                folder.mkdir(mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{TEMPORARY}{path.name}.", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, path)  # noqa: PTH105 - name is text
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            for folder in {path.parent, *(one.parent for one in made)}:
                _sync(folder)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        path = self._folder / checked(key)
        with self._disk_errors(key), path.open("rb") as file:
            file.seek(start)
            return file.read() if length is None else file.read(length)

    def reader(self, key: str) -> ReadRange:
        path = self._folder / checked(key)
        with self._disk_errors(key), path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _MAPPED:
                view = memoryview(file.read())
            else:
                view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return Near(view)

    def delete(self, keys: Iterable[str]) -> None:
        """Of a blob that a killed process was still writing, what there is goes too."""
        for key in keys:
            path = self._folder / checked(key)
            with self._disk_errors():
                try:
                    path.unlink()
                except FileNotFoundError:
                    for part in path.parent.glob(f"{TEMPORARY}{path.name}.*"):
                        part.unlink(missing_ok=True)

    def keys(self, prefix: str = "") -> Iterator[str]:
        begin = prefix.rpartition("/")[0]
        if begin and not is_key(begin):
            return
        for folder, folders, files in os.walk(self._folder / begin, onerror=self._unless_missing):
            folders.sort()
            within = Path(folder).relative_to(self._folder).as_posix()
            for name in sorted(files):
                key = name if within == "." else f"{within}/{name}"
                if key.startswith(prefix) and not name.startswith(TEMPORARY):
                    yield key

    def check(self) -> None:
        probe(self)

    @contextlib.contextmanager
    def _disk_errors(self, key: str | None = None) -> Iterator[None]:
        """With a key, a file that is not there is a blob that is missing."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            if key is None:
                raise self._refusal(error) from error
            raise missing(key) from None
        except OSError as error:
            raise self._refusal(error) from error

    def _unless_missing(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> NotReady:
        if error.errno in _FULL:
            return NotReady(
                f"The disk of {self._folder} is full; make room on it.", retry_after_s=ROOM_S
            )
        if error.errno == errno.EIO:
            return NotReady(f"The disk of {self._folder} cannot be read or written; check it.")
        return NotReady(
            f"Fingerprints cannot be kept in {self._folder} ({error.strerror}). Let this user read"
            " and write there, or set RESEEN_BLOBS_URL."
        )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
