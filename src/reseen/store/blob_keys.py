"""What every store of blobs asks of a key, says of a blob that is gone, and does to try itself."""

import contextlib
import os
import re

from reseen.domain.errors import BlobMissing, InvalidValue, NotReady
from reseen.ports import Blobs

TEMPORARY = ".part-"
"""How a file begins that is no blob yet; no key's name does."""

_LONGEST_KEY = 200
_IS_KEY = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII).fullmatch


def is_key(key: str) -> bool:
    """Whether it is written as one, or as the folders of one."""
    return _IS_KEY(key) is not None


def checked(key: str) -> str:
    """The key. Raises ``InvalidValue`` for what is none."""
    names = key.split("/") if len(key) <= _LONGEST_KEY and is_key(key) else [".."]
    if any(name in {".", ".."} or name.startswith(TEMPORARY) for name in names):
        raise InvalidValue(f"{key[:80]!r} is no key of a blob.")
    return key


def missing(key: str) -> BlobMissing:
    return BlobMissing(f"The stored fingerprint {key} is gone; ingest its file again.")


def probe(blobs: Blobs) -> None:
    """Write, read and delete a small blob. Raises ``NotReady``, and leaves the blob only where it
    cannot be deleted either.
    """
    key, data = f".check/{os.urandom(6).hex()}", os.urandom(16)
    blobs.put(key, data)
    try:
        found = blobs.get(key)
    except BlobMissing:
        found = b""
    except NotReady:
        with contextlib.suppress(NotReady):
            blobs.delete([key])
        raise
    blobs.delete([key])
    if found != data:
        raise NotReady("The blob store gave back other bytes than it was given; check its disk.")
