"""Uploaded media, encrypted, until they are deleted.

Each upload has a key of its own, drawn by chance; the media are encrypted with it in pieces
(AES-256-GCM), each bound to its place and to whether it is the last, so that none can be changed,
left out or exchanged unseen. The key is kept beside them, itself encrypted with the key of the
project, which follows from a master key that lies elsewhere (HKDF-SHA256). To delete, the wrapped
key goes first: what is left of the media is noise.
"""

import contextlib
import os
import secrets
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reseen.domain.errors import BlobMissing, NotReady
from reseen.ports import Blobs

PIECE = 8 << 20
"""Bytes of a piece, which are in memory at once."""
KEY_BYTES, NONCE_BYTES = 32, 12
PREFIX = "media"

_PLACE = struct.Struct(">Q?")
"""What a piece is bound to: its number, and whether it is the last."""


def master_key(path: Path) -> bytes:
    """The key in this file, which is made at first: 32 bytes, readable by its owner. Raises
    ``NotReady``.
    """
    try:
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        found = path.read_bytes()
    except OSError as error:
        raise NotReady(
            f"The key of kept media {path} cannot be read or made: {error.strerror}."
        ) from error
    if len(found) != KEY_BYTES:
        raise NotReady(f"The key of kept media {path} is damaged; restore it from a backup.")
    return found


class BlobVault:
    """Implements ``ports.MediaVault`` over blobs. Safe to share between threads. ``scratch`` is
    where files lie in the clear while they are looked at; ``piece`` is
    bytes of a piece that is written.
    """

    def __init__(
        self, blobs: Blobs, master: bytes, scratch: Callable[[], Path], piece: int = PIECE
    ) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._piece_bytes = piece
        self._of_project = lru_cache(1000)(lambda project_id: _derived(master, project_id))

    def put(self, project_id: str, upload_id: str, path: Path) -> str:
        key = f"{PREFIX}/{project_id}/{upload_id}-{secrets.token_hex(6)}"
        own = AESGCM.generate_key(8 * KEY_BYTES)
        pieces = 0
        try:
            with path.open("rb") as file:
                data = file.read(self._piece_bytes)
                while True:
                    following = file.read(self._piece_bytes)
                    sealed = _sealed(own, data, _PLACE.pack(pieces, not following))
                    self._blobs.put(_piece(key, pieces), sealed)
                    pieces += 1
                    if not following:
                        break
                    data = following
            wrapped = _sealed(self._of_project(project_id), own, key.encode())
            self._blobs.put(_wrapped(key), wrapped)  # last: without it nothing is there
        except BaseException:
            with contextlib.suppress(NotReady):
                self._blobs.delete(_piece(key, number) for number in range(pieces + 1))
            raise
        return key

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[Path]:
        own = self._unwrapped(key)
        with tempfile.NamedTemporaryFile(dir=self._scratch(), prefix="kept-") as file:
            number, is_last = 0, False
            while not is_last:
                data, is_last = self._opened(own, key, number)
                file.write(data)
                number += 1
            file.flush()
            yield Path(file.name)

    def delete(self, keys: Sequence[str]) -> None:
        self._blobs.delete(_wrapped(key) for key in keys)
        for key in keys:
            self._blobs.delete(list(self._blobs.keys(f"{key}.")))

    def keys(self, project_id: str) -> Iterator[str]:
        last = ""
        for blob in self._blobs.keys(f"{PREFIX}/{project_id}/"):
            key = blob.rpartition(".")[0]
            if key != last:
                yield key
            last = key

    def _unwrapped(self, key: str) -> bytes:
        project_id = key.split("/")[1]
        try:
            wrapped = self._blobs.get(_wrapped(key))
            return _unsealed(self._of_project(project_id), wrapped, key.encode())
        except BlobMissing:
            raise BlobMissing("The media are not kept any more.") from None
        except InvalidTag:
            raise _damaged() from None

    def _opened(self, own: bytes, key: str, number: int) -> tuple[bytes, bool]:
        """A piece in the clear, and whether it is the last."""
        try:
            sealed = self._blobs.get(_piece(key, number))
        except BlobMissing:
            raise _damaged() from None
        for is_last in (False, True):
            try:
                return _unsealed(own, sealed, _PLACE.pack(number, is_last)), is_last
            except InvalidTag:
                continue
        raise _damaged()


def _derived(master: bytes, project_id: str) -> bytes:
    about = b"reseen media of " + project_id.encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=about).derive(master)


def _sealed(key: bytes, data: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def _unsealed(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises ``InvalidTag``."""
    if len(sealed) < NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)


def _piece(key: str, number: int) -> str:
    return f"{key}.{number:06d}"


def _wrapped(key: str) -> str:
    return f"{key}.key"


def _damaged() -> BlobMissing:
    return BlobMissing("The kept media are damaged, or the key is another; they cannot be shown.")
