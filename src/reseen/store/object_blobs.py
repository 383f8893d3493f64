"""Blobs in an object store: S3 and what speaks like it, Google's and Azure's.

Credentials come from the environment, as with any other tool of the store (``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, a role of the machine).
"""

import contextlib
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from itertools import batched
from typing import Any, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store, from_url

from reseen.domain.errors import BlobMissing, InvalidValue, NotReady
from reseen.ports import ReadRange
from reseen.store.blob_keys import checked, missing, probe
from reseen.store.ranges import HEAD, Far, Near

CLIENT: Any = {"connect_timeout": timedelta(seconds=4), "timeout": timedelta(seconds=8)}
"""Of one request, its answer included. It moves ``_PIECE`` or ``_PART`` at most, for which 6 Mbit/s
are enough; of a store that says nothing is told before whoever searches has given up.
"""

RETRIES: Any = {"max_retries": 10, "retry_timeout": timedelta(seconds=4)}
"""A store that hiccups is asked again for so long; whoever waits learns of one that is away."""

RETRY_AFTER = 5.0

_PIECE = 4 << 20
"""Bytes that are read by one request."""

_PART = 5 << 20
"""Bytes that are written by one request: the fewest that S3 takes as a part of an upload. Parts go
one after the other, so that they do not take each other's time."""

_AT_ONCE = 1000
"""Keys that S3 deletes in one request."""


_IS_OUTSIDE = re.compile(
    r"status code: 416|but object was only|non-partial response", re.IGNORECASE
).search
"""How the object store library tells a range that an object does not have: the answer of S3, Google
and Azure, its own check of what came, and a server that answers all of an empty object."""


_LED_TO_IT = re.compile(r"^Generic \w+ error: |Error performing (?!.*Error performing).* - ").sub


class _OutsideIt(NotReady):
    """A range was asked for that the object may not have."""


def open_object_blobs(url: urllib.parse.SplitResult) -> "ObjectBlobs":
    """Raises ``InvalidValue``."""
    options: dict[str, Any] = dict(urllib.parse.parse_qsl(url.query))
    bare = urllib.parse.urlunsplit(url._replace(query="", fragment=""))
    client = {**CLIENT, "allow_http": options.get("endpoint", "").startswith("http://")}
    try:
        store = from_url(
            bare,
            config=cast("Any", options),
            client_options=cast("Any", client),
            retry_config=RETRIES,
        )
    except (BaseError, ValueError) as error:
        raise InvalidValue(
            f"The blob URL cannot be used ({_first_line(error)}); write file:///path or"
            " s3://bucket/prefix?endpoint=https://host."
        ) from error
    return ObjectBlobs(store, bare)


class ObjectBlobs:
    """Implements ``ports.Blobs`` over an object store. Safe for threads, not across a fork."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
        self._name = name

    def put(self, key: str, data: bytes) -> None:
        with self._store_errors():
            obstore.put(self._store, checked(key), data, chunk_size=_PART, max_concurrency=1)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        checked(key)
        if start == 0 and length is None:
            with self._store_errors(key):
                return bytes(obstore.get(self._store, key).bytes())
        if length is None:
            return self._part(key, start, {"offset": start})
        if length == 0:
            self._size(key)
            return b""
        stop, parts = start + length, []
        for begin in range(start, stop, _PIECE):
            end = min(begin + _PIECE, stop)
            parts.append(self._part(key, begin, (begin, end)))
            if len(parts[-1]) < end - begin:
                break
        return b"".join(parts)

    def reader(self, key: str) -> ReadRange:
        checked(key)
        beginning: Any = {"range": (0, HEAD)}
        try:
            with self._store_errors(key):
                found = obstore.get(self._store, key, options=beginning)
                return Far(bytes(found.bytes()), found.meta["size"], partial(self.get, key))
        except _OutsideIt:  # of an empty one
            if self._size(key):
                raise
            return Near(memoryview(b""))

    def delete(self, keys: Iterable[str]) -> None:
        for some in batched(map(checked, keys), _AT_ONCE):
            if isinstance(self._store, S3Store):
                with self._store_errors():
                    obstore.delete(self._store, list(some))
                continue
            for key in some:
                with contextlib.suppress(BlobMissing), self._store_errors(key):
                    obstore.delete(self._store, key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """A prefix that ends within a name is looked for in its folder."""
        folder = prefix.rpartition("/")[0]
        with self._store_errors():
            for page in obstore.list(self._store, prefix=folder or None):
                yield from (one["path"] for one in page if one["path"].startswith(prefix))

    def check(self) -> None:
        probe(self)

    def _part(self, key: str, start: int, wanted: Any) -> bytes:
        """A range of an object, nothing where it begins behind the end."""
        try:
            with self._store_errors(key):
                return bytes(obstore.get(self._store, key, options={"range": wanted}).bytes())
        except _OutsideIt:
            if start < self._size(key):
                raise
            return b""

    def _size(self, key: str) -> int:
        with self._store_errors(key):
            return obstore.head(self._store, key)["size"]

    @contextlib.contextmanager
    def _store_errors(self, key: str | None = None) -> Iterator[None]:
        """With a key, an object that is not there is a blob that is missing."""
        try:
            yield
        except (BaseError, OSError) as error:
            if "NoSuchBucket" in str(error):
                raise NotReady(
                    f"The object store has no such bucket: {self._name}; make it, or set"
                    " RESEEN_BLOBS_URL.",
                    retry_after_s=RETRY_AFTER,
                ) from error
            if isinstance(error, FileNotFoundError) and key is not None:
                raise missing(key) from None
            said = _first_line(error)
            kind = _OutsideIt if _IS_OUTSIDE(said) else NotReady
            raise kind(
                f"The object store {self._name} cannot be used ({said}); check that it runs, its"
                " URL and the credentials.",
                retry_after_s=RETRY_AFTER,
            ) from error


def _first_line(error: Exception) -> str:
    """What happened, without the requests and the addresses that led to it."""
    said = next(iter(str(error).splitlines()), "")
    return _LED_TO_IT("", said).partition("<")[0].rstrip(": ")[:300]
