"""Bytes by key: in a folder, or in an object store by URL.

The folder is ours and not the object store library's, which does not ask the disk to keep what it
wrote: here a blob is whole and on the disk when ``put`` returns (temporary file, fsync, rename,
fsync of the folder).
"""

import contextlib
import errno
import os
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from reseen.domain.errors import BlobMissing, InvalidValue, NotReady
from reseen.ports import Blobs

_TEMPORARY = ".part-"
_PROBE = b"reseen"


def open_blobs(url: str) -> Blobs:
    """``file:///path``, or ``s3://bucket/prefix?endpoint=http://host:port`` and what else the
    object store library reads (``gs://``, ``az://``). Raises ``InvalidValue``, ``NotReady``.
    """
    parsed = urllib.parse.urlsplit(url)
    if parsed.scheme == "file":
        return FolderBlobs(Path(urllib.parse.unquote(parsed.path)))
    options: dict[str, Any] = dict(urllib.parse.parse_qsl(parsed.query))
    bare = urllib.parse.urlunsplit(parsed._replace(query="", fragment=""))
    client: Any = {"allow_http": options.get("endpoint", "").startswith("http://")}
    try:
        return ObjectBlobs(from_url(bare, config=cast("Any", options), client_options=client), bare)
    except (BaseError, ValueError) as error:
        raise InvalidValue(
            f"The blob URL cannot be used ({error}); write file:///path or s3://bucket/prefix."
        ) from error


class FolderBlobs:
    """Implements ``ports.Blobs`` in a folder. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        path = self._folder / key
        with self._disk_errors():
            made = [one for one in (path.parent, *path.parent.parents) if not one.exists()]
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
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
        try:
            with (self._folder / key).open("rb") as file:
                file.seek(start)
                return file.read() if length is None else file.read(length)
        except FileNotFoundError:
            raise _missing(key) from None
        except OSError as error:
            raise self._refusal(error) from error

    def delete(self, keys: Iterable[str]) -> None:
        with self._disk_errors():
            for key in keys:
                (self._folder / key).unlink(missing_ok=True)

    def keys(self, prefix: str = "") -> Iterator[str]:
        for path in sorted(self._folder.rglob("*")):
            key = path.relative_to(self._folder).as_posix()
            if key.startswith(prefix) and not path.name.startswith(_TEMPORARY) and path.is_file():
                yield key

    def check(self) -> None:
        _check(self)

    @contextlib.contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> NotReady:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return NotReady(f"The disk of {self._folder} is full; make room on it.")
        return NotReady(
            f"Fingerprints cannot be kept in {self._folder}: {error.strerror}. Let this user read"
            " and write there, or set RESEEN_BLOBS_URL."
        )


class ObjectBlobs:
    """Implements ``ports.Blobs`` over an object store. Safe for threads."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
        self._name = name

    def put(self, key: str, data: bytes) -> None:
        with self._store_errors(key):
            obstore.put(self._store, key, data)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        if length == 0:
            return b""
        with self._store_errors(key):
            if start == 0 and length is None:
                return bytes(obstore.get(self._store, key).bytes())
            size = obstore.head(self._store, key)["size"]
            stop = size if length is None else min(size, start + length)
            if start >= stop:
                return b""
            return bytes(obstore.get_range(self._store, key, start=start, end=stop))

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            with contextlib.suppress(BlobMissing), self._store_errors(key):
                obstore.delete(self._store, key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """A prefix that ends within a name is looked for in its folder."""
        folder = prefix.rpartition("/")[0]
        with self._store_errors(prefix):
            for page in obstore.list(self._store, prefix=folder or None):
                yield from (one["path"] for one in page if one["path"].startswith(prefix))

    def check(self) -> None:
        _check(self)

    @contextlib.contextmanager
    def _store_errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise _missing(key) from None
        except (BaseError, OSError) as error:
            first = str(error).splitlines()[0][:300]
            raise NotReady(
                f"The object store {self._name} cannot be used ({first}); check that it runs, its"
                " URL and the credentials.",
                retry_after_s=5,
            ) from error


def _check(blobs: Blobs) -> None:
    key = f".check/{os.getpid()}"
    blobs.put(key, _PROBE)
    if blobs.get(key) != _PROBE:
        raise NotReady("The blob store gave back other bytes than it was given.")
    blobs.delete([key])


def _missing(key: str) -> BlobMissing:
    return BlobMissing(f"The stored fingerprint {key} is gone; ingest its file again.")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
