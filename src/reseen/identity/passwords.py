"""Passwords as Argon2id hashes, with the parameters of RFC 9106 for little memory (64 MiB).

So much is needed for each guess, also for ours: only a few are made at a time.
"""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 4


class Argon2Passwords:
    """Implements ``ports.people.Passwords``. Thread-safe. ``hasher`` is cheaper in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(_bytes(password))

    def verify(self, hashed: str | None, password: str) -> bool:
        with self._turns:
            try:
                self._hasher.verify(hashed or self._nobodys, _bytes(password))
            except (VerificationError, InvalidHashError):
                return False
        return hashed is not None

    def is_old(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)


def _bytes(password: str) -> bytes:
    """The same on keyboards that compose letters and on those that do not."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
