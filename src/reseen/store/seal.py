"""Secrets in the database, sealed: who reads the database alone reads none of them.

AES-256-GCM under a key of the project's, which follows (HKDF-SHA256) from the master key that kept
media have, too, and that lies elsewhere. Each is bound to what it is the secret of, so that it
cannot be exchanged for another.
"""

import base64
import binascii
import os
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reseen.domain.errors import BlobMissing

FORM = "s1."
"""Before what is sealed in this way."""
KEY_BYTES, NONCE_BYTES = 32, 12


class Seal:
    """Safe to share between threads. ``master`` is asked when something is first sealed or opened,
    and may raise ``NotReady``.
    """

    def __init__(self, master: Callable[[], bytes]) -> None:
        self._of_project = lru_cache(1000)(lambda project_id: _derived(master(), project_id))

    def close(self, project_id: str, secret: bytes, of: str) -> str:
        """As text; ``of`` is what it is the secret of."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._of_project(project_id)).encrypt(nonce, secret, of.encode())
        return FORM + base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, project_id: str, text: str, of: str) -> bytes:
        """Raises ``BlobMissing`` where it is damaged, or was sealed with another key."""
        try:
            raw = base64.urlsafe_b64decode(text.removeprefix(FORM) + "==")
            key = self._of_project(project_id)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], of.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise BlobMissing(f"The secret of {of} cannot be read with this key.") from None


def _derived(master: bytes, project_id: str) -> bytes:
    about = b"reseen secrets of " + project_id.encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=about).derive(master)
