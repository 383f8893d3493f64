"""Banks and what they hold: references, the changes to them, and long work on them.

Times are aware and in UTC. Identifiers are text made by the store: ``bank_...``, ``ref_...``,
``job_...``.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reseen.domain.choices import Action, BankRole, ItemState, JobKind, JobState, Regime
from reseen.domain.errors import InvalidValue
from reseen.domain.fingerprint import MD5, PDQ, SHA256, Fingerprint, Signal
from reseen.domain.match import Cuts
from reseen.domain.media import Medium


@dataclass(frozen=True, slots=True)
class ActionPolicy:
    """What to do at each confidence; an allowed bank always lets pass."""

    high: Action = Action.REVIEW
    medium: Action = Action.REVIEW
    low: Action = Action.PASS


@dataclass(frozen=True, slots=True)
class BankDraft:
    """What a client says of a bank. ``cuts`` holds the regimes whose cuts differ from the usual.

    ``trust`` of the source, 0..1, is handed on with each match. ``retention_s``: seconds after
    which a new reference expires, ``None``: never. A bank that is not ``enabled`` matches nothing.
    """

    name: str
    role: BankRole = BankRole.KNOWN
    cuts: Mapping[Regime, Cuts] = field(default_factory=dict)
    policy: ActionPolicy = ActionPolicy()
    trust: float = 1.0
    retention_s: float | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Bank:
    """A named set of references of one project. ``number`` is its name in the index."""

    id: str
    number: int
    project_id: str
    draft: BankDraft
    created_at: datetime

    @property
    def name(self) -> str:
        return self.draft.name

    @property
    def role(self) -> BankRole:
        return self.draft.role


HASH_BYTES = {"pdq": (PDQ, 32), "md5": (MD5, 16), "sha256": (SHA256, 32)}
"""The kinds of hashes that stand by themselves, and how many bytes each has."""


@dataclass(frozen=True, slots=True)
class Hash:
    """A hash by itself, as lists hold it: SHA-256, MD5 or PDQ, as bytes."""

    signal: Signal
    code: bytes

    @classmethod
    def parse(cls, kind: str, digits: str) -> "Hash":
        """From hexadecimal digits. Raises ``InvalidValue``."""
        if kind not in HASH_BYTES:
            raise InvalidValue(f"{kind!r} is no kind of hash; write pdq, md5 or sha256.")
        signal, length = HASH_BYTES[kind]
        digits = digits.strip()
        if len(digits) != 2 * length or not set(digits) <= set(string.hexdigits):
            raise InvalidValue(
                f"{digits[:80]!r} is no {kind}: it has {2 * length} hexadecimal digits.",
                field=kind,
            )
        return cls(signal, bytes.fromhex(digits))


@dataclass(frozen=True, slots=True)
class ReferenceDraft:
    """What is said of a new reference, besides what it holds. ``name``: the path, URL or id that it
    was ingested by.
    """

    name: str
    labels: tuple[str, ...] = ()
    note: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    disabled_until: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a reference holds: the fingerprint of a medium, or hashes and no medium."""

    fingerprint: Fingerprint | None = None
    hashes: tuple[Hash, ...] = ()

    @property
    def identity(self) -> str:
        """One text for equal content: a bank holds it once. Lower-case, as ``sha256:<hex>``."""
        if self.fingerprint is not None:
            return f"sha256:{self.fingerprint.asset.sha256}"
        for name in ("sha256", "md5", "pdq"):
            for one in self.hashes:
                if one.signal.name == name:
                    return f"{name}:{one.code.hex()}"
        raise ValueError("a reference holds a fingerprint or a hash")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as the truth holds it. ``number`` is its name in the index, never used again.

    ``medium`` is ``None`` for hashes without media. ``change`` is the position of the last change
    to it in the log of its project: it is searchable once an index has reached it.
    """

    id: str
    number: int
    project_id: str
    bank_id: str
    identity: str
    medium: Medium | None
    duration: float | None
    draft: ReferenceDraft
    created_at: datetime
    change: int

    def is_live(self, now: datetime) -> bool:
        """Whether it may match: neither disabled nor expired."""
        disabled, expires = self.draft.disabled_until, self.draft.expires_at
        return (disabled is None or disabled <= now) and (expires is None or now < expires)


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome of adding a reference: ``is_new`` is false where the bank held it already."""

    reference: Reference
    is_new: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a project's append-only change log; positions ascend and have no holes that are
    filled later. ``bank_number`` ``None``: the reference is gone.
    """

    position: int
    project_id: str
    reference_number: int
    bank_number: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """Long work that survives a restart. ``request`` and ``result`` are JSON objects whose shape
    the kind decides; counts are of its items.
    """

    id: str
    project_id: str
    kind: JobKind
    state: JobState
    request: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    total: int = 0
    done: int = 0
    known: int = 0
    failed: int = 0
    result: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.CANCELLED, JobState.FAILED}


@dataclass(frozen=True, slots=True)
class JobItem:
    """One thing that a job works on. ``given`` is a JSON object; ``error_code`` and
    ``error_detail`` are those of a ``ReseenError``.
    """

    job_id: str
    number: int
    given: Mapping[str, Any]
    state: ItemState = ItemState.WAITING
    reference_id: str | None = None
    error_code: str | None = None
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class StoredScore:
    """What one search verified: kept so that a threshold can be tried on last month."""

    at: datetime
    project_id: str
    query_sha256: str
    reference_id: str
    bank_id: str
    regime: Regime
    score: float
