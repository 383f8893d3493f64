"""References between domain and rows.

Rows are read as the driver gives them (``PLAIN``), not through the types of their columns: a search
looks at hundreds of references, and most of them say nothing in most columns.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from reseen.domain.bank import HASH_BYTES, Content, Hash, Reference, ReferenceDraft
from reseen.domain.errors import InvalidValue
from reseen.domain.media import Medium
from reseen.store.banks import id_of as bank_id_of
from reseen.store.tables import REFERENCES, plain, time_of
from reseen.store.text import is_storable, json_object

PREFIX = "ref_"
SLICE = 500
"""Values in one IN: far below what either database takes, and enough to make a round trip cheap."""

LONGEST_NAME, LONGEST_LABEL, LONGEST_NOTE, MOST_LABELS = 4096, 200, 10_000, 100
LONGEST_PROVENANCE = 100_000

KINDS = ("sha256", "md5", "pdq")
"""An identity is kept as the place of its kind in here, one byte, and the bytes of the hash."""


_MEDIA: dict[str | None, Medium | None] = {None: None, **{one.value: one for one in Medium}}

PLAIN = tuple(map(plain, REFERENCES.c))


def reference_of(row: Sequence[Any]) -> Reference:
    """From a row with the columns ``PLAIN``."""
    (
        project_id,
        number,
        bank_number,
        identity,
        medium,
        duration,
        name,
        labels,
        note,
        provenance,
        disabled_until,
        expires_at,
        created_at,
        change,
    ) = row
    return Reference(
        id=id_of(number),
        number=number,
        project_id=project_id,
        bank_id=bank_id_of(bank_number),
        identity=identity_of(identity),
        medium=_MEDIA[medium],
        duration=duration,
        draft=ReferenceDraft(
            name=name,
            labels=() if labels == "[]" else tuple(_said(labels)),
            note=note,
            provenance={} if provenance == "{}" else _said(provenance),
            disabled_until=None if disabled_until is None else time_of(disabled_until),
            expires_at=None if expires_at is None else time_of(expires_at),
        ),
        created_at=time_of(created_at),
        change=change,
    )


def identity_code(identity: str) -> bytes:
    """The identity of a content as a row holds it; of what is none, what no row holds."""
    kind, _, digits = identity.partition(":")
    try:
        return bytes([KINDS.index(kind)]) + bytes.fromhex(digits)
    except ValueError:
        return b""


def identity_of(code: bytes) -> str:
    return f"{KINDS[code[0]]}:{code[1:].hex()}"


def id_of(number: int) -> str:
    return f"{PREFIX}{number:010x}"


def number_of(reference_id: str) -> int | None:
    """The number in an id; ``None`` for what is no id."""
    digits = reference_id.removeprefix(PREFIX)
    is_id = reference_id.startswith(PREFIX) and len(digits) == 10
    return int(digits, 16) if is_id and all(c in "0123456789abcdef" for c in digits) else None


def said(draft: ReferenceDraft) -> dict[str, Any]:
    """The columns of a draft. Raises ``InvalidValue``."""
    _check("name", draft.name, LONGEST_NAME)
    if draft.note:
        _check("note", draft.note, LONGEST_NOTE)
    if len(draft.labels) > MOST_LABELS:
        raise InvalidValue(
            f"A reference has at most {MOST_LABELS} labels.",
            field="labels",
            limit=MOST_LABELS,
            actual=len(draft.labels),
        )
    for label in draft.labels:
        if not label:
            raise InvalidValue("A label has at least one character.", field="labels")
        _check("labels", label, LONGEST_LABEL)
    return {
        "name": draft.name,
        "labels": list(dict.fromkeys(draft.labels)),
        "note": draft.note,
        "provenance": json_object(draft.provenance, "provenance", LONGEST_PROVENANCE),
        "disabled_until": draft.disabled_until,
        "expires_at": draft.expires_at,
    }


def hashes_in(content: Content) -> tuple[Hash, ...]:
    """The hashes that are stored of a content: those given, or those of the file."""
    if content.fingerprint is None:
        return content.hashes
    asset = content.fingerprint.asset
    return (Hash.parse("sha256", asset.sha256), Hash.parse("md5", asset.md5))


def hash_of(row: Row[Any, Any]) -> Hash:
    return Hash(HASH_BYTES[row.kind][0], bytes(row.code))


def sliced[T](values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), SLICE):
        yield values[start : start + SLICE]


def _said(value: Any) -> Any:
    """Plain JSON: text from SQLite, read already from PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else value


def _check(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidValue(
            f"{field} has at most {longest} characters.",
            field=field,
            limit=longest,
            actual=len(text),
        )
    if not is_storable(text):
        raise InvalidValue(f"{field} is text in UTF-8, without zero characters.", field=field)
