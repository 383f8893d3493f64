"""References between domain and rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from reseen.domain.bank import HASH_BYTES, Content, Hash, Reference, ReferenceDraft
from reseen.domain.errors import InvalidValue
from reseen.domain.media import Medium
from reseen.store.banks import PREFIX as BANK_PREFIX
from reseen.store.text import is_storable, json_object

PREFIX = "ref_"
SLICE = 500
"""Values in one IN: far below what either database takes, and enough to make a round trip cheap."""

LONGEST_NAME, LONGEST_LABEL, LONGEST_NOTE, MOST_LABELS = 4096, 200, 10_000, 100
LONGEST_PROVENANCE = 100_000


def reference_of(row: Row[Any]) -> Reference:
    """From a row with the columns of ``REFERENCES``."""
    return Reference(
        id=id_of(row.number),
        number=row.number,
        project_id=row.project_id,
        bank_id=f"{BANK_PREFIX}{row.bank_number:06x}",
        identity=row.identity,
        medium=None if row.medium is None else Medium(row.medium),
        duration=row.duration,
        draft=ReferenceDraft(
            name=row.name,
            labels=tuple(row.labels),
            note=row.note,
            provenance=row.provenance,
            disabled_until=row.disabled_until,
            expires_at=row.expires_at,
        ),
        created_at=row.created_at,
        change=row.change,
    )


def id_of(number: int) -> str:
    return f"{PREFIX}{number:010x}"


def number_of(reference_id: str) -> int | None:
    """The number in an id; ``None`` for what is no id."""
    digits = reference_id.removeprefix(PREFIX)
    is_id = reference_id.startswith(PREFIX) and len(digits) == 10
    return int(digits, 16) if is_id and all(c in "0123456789abcdef" for c in digits) else None


def said(draft: ReferenceDraft) -> dict[str, Any]:
    """The columns of a draft. Raises ``InvalidValue``."""
    for field, text, longest in (
        ("name", draft.name, LONGEST_NAME),
        ("note", draft.note, LONGEST_NOTE),
        *(("labels", label, LONGEST_LABEL) for label in draft.labels),
    ):
        if len(text) > longest:
            raise InvalidValue(
                f"{field} has at most {longest} characters.",
                field=field,
                limit=longest,
                actual=len(text),
            )
        if not is_storable(text):
            raise InvalidValue(f"{field} is text in UTF-8, without zero characters.", field=field)
    if len(draft.labels) > MOST_LABELS:
        raise InvalidValue(
            f"A reference has at most {MOST_LABELS} labels.",
            field="labels",
            limit=MOST_LABELS,
            actual=len(draft.labels),
        )
    if not all(draft.labels):
        raise InvalidValue("A label has at least one character.", field="labels")
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
