"""References: what a client adds to a bank and says of it, and what it is told."""

from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from reseen.domain.bank import HASH_BYTES, Bank, Hash, Reference, ReferenceDraft
from reseen.domain.media import Medium
from reseen.flows.items import OURS
from reseen.web.schemas.jobs import JobSchema
from reseen.web.schemas.model import (
    ITEMS,
    LONGEST_NAME,
    LONGEST_NOTE,
    UNCHANGED,
    Answer,
    ErrorSchema,
    Labels,
    Moment,
    Request,
    Url,
)

MOST_ITEMS = 1000

Hex64 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$")]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Note = Annotated[str, Field(max_length=LONGEST_NOTE)]
BankKey = Annotated[str, Field(min_length=1, max_length=200)]

HASH_EXAMPLE: Any = {"md5": "9e107d9d372bb6826bd81d3542a419d6"}


class HashesSchema(Request):
    """Hashes in hexadecimal, all of one medium."""

    pdq: Hex64 | None = None
    md5: Hex32 | None = None
    sha256: Hex64 | None = None

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not self.hashes():
            raise ValueError("give pdq, md5 or sha256")
        return self

    def hashes(self) -> tuple[Hash, ...]:
        given = ((kind, getattr(self, kind)) for kind in HASH_BYTES)
        return tuple(Hash.parse(kind, digits) for kind, digits in given if digits)

    @classmethod
    def of(cls, hashes: tuple[Hash, ...]) -> Self | None:
        codes = {one.signal.name: one.code.hex() for one in hashes if one.signal.name in HASH_BYTES}
        return cls(**codes) if codes else None


def _not_ours(provenance: dict[str, Any]) -> dict[str, Any]:
    """Files that were opened here are told by ingest alone: they are opened again later."""
    if named := sorted(provenance.keys() & OURS):
        raise ValueError(f"provenance may not hold {named[0]!r}, which reseen writes itself")
    return provenance


Provenance = Annotated[dict[str, Any], AfterValidator(_not_ours)]


class Described(Request):
    """What may be said of a new reference."""

    name: Name | None = None
    """What it was ingested by, told with each match: a path, a URL, an id of yours. Without it the
    URL, the file's name or the hash."""

    labels: Labels = Field(default_factory=list)
    """Words to filter by."""

    note: Note = ""
    """For people."""

    provenance: Provenance = Field(default_factory=dict)
    """Where it comes from, handed on with each match: any JSON object."""

    disabled_until: Moment | None = None
    """It matches nothing before."""

    expires_at: Moment | None = None
    """It matches nothing from then on, and is removed. Without it, the bank's retention decides."""

    def draft(self, name: str) -> ReferenceDraft:
        """``name`` stands in where none was sent."""
        return ReferenceDraft(
            name=self.name or name,
            labels=tuple(dict.fromkeys(self.labels)),
            note=self.note,
            provenance=self.provenance,
            disabled_until=self.disabled_until,
            expires_at=self.expires_at,
        )


class ReferenceItem(Described):
    """A new reference: a medium by its address, or hashes alone."""

    url: Url | None = None
    """Where the medium is; it is fetched once and not kept."""

    hashes: HashesSchema | None = None
    """What is known of a medium that is not at hand."""


class ReferenceForm(Described):
    """The texts of a form with a file, or with its address."""

    bank: BankKey
    """Name or id."""

    url: Url | None = None


class ReferenceRequest(ReferenceItem):
    """A new reference of a bank: `url`, `hashes`, or the file of a form; one of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"bank": "terror", "url": "https://example.com/a.jpg", "labels": ["logo"]},
                {"bank": "terror", "hashes": HASH_EXAMPLE, "note": "from the shared list"},
            ]
        }
    )

    bank: BankKey
    """Name or id."""


class ReferenceBatch(Request):
    """Up to 1000 new references of a bank."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "bank": "terror",
                    "items": [{"hashes": HASH_EXAMPLE}, {"url": "https://example.com/a.jpg"}],
                }
            ]
        }
    )

    bank: BankKey
    """Name or id."""

    items: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, max_length=MOST_ITEMS, json_schema_extra={ITEMS: "ReferenceItem"}),
    ]
    """Hashes are added at once, addresses by a job. A wrong item does not keep out the others."""


class ReferenceChange(Request):
    """What changes; the rest stays. Holds from the next search on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"disabled_until": "2026-06-01T00:00:00Z"}]}
    )

    bank: BankKey = UNCHANGED
    """Name or id of the bank that it moves into."""

    labels: Labels = UNCHANGED
    note: Note = UNCHANGED
    provenance: Provenance = UNCHANGED
    """In place of what was said before; what reseen wrote of the file stays."""

    disabled_until: Moment | None = UNCHANGED
    expires_at: Moment | None = UNCHANGED

    def applied(self, draft: ReferenceDraft) -> ReferenceDraft:
        """The draft with what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"bank"}}
        if "labels" in sent:
            sent["labels"] = tuple(dict.fromkeys(self.labels))
        if "provenance" in sent:
            ours = {name: draft.provenance[name] for name in OURS & draft.provenance.keys()}
            sent["provenance"] = {**self.provenance, **ours}
        return replace(draft, **sent)


class ReferenceSchema(Answer):
    """A medium, or hashes alone, that uploads are held against."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ref_8c1f2ab94e07",
                    "bank": "terror",
                    "bank_id": "bank_4fd1c2a09b7e",
                    "name": "https://example.com/a.jpg",
                    "media_type": "image",
                    "duration": None,
                    "labels": ["logo"],
                    "note": "",
                    "provenance": {"list": "shared"},
                    "disabled_until": None,
                    "expires_at": None,
                    "created_at": "2026-05-04T03:02:01.000Z",
                    "hashes": HASH_EXAMPLE,
                    "searchable": True,
                }
            ]
        }
    )

    id: str
    bank: str
    """The bank's name."""

    bank_id: str
    name: str
    """What it was ingested by."""

    media_type: Medium | None
    """Null where only hashes are known."""

    duration: float | None
    """Seconds; null for pictures and hashes."""

    labels: list[str]
    note: str
    provenance: dict[str, Any]
    disabled_until: Moment | None
    expires_at: Moment | None
    created_at: Moment
    hashes: HashesSchema | None = None
    """Of the file, or those that it was added by. Not in lists."""

    searchable: bool | None = None
    """Whether a search finds what was last changed: the index has reached it."""

    @classmethod
    def of(
        cls,
        reference: Reference,
        bank: Bank,
        *,
        hashes: tuple[Hash, ...] = (),
        searchable: bool | None = None,
    ) -> Self:
        draft = reference.draft
        return cls(
            id=reference.id,
            bank=bank.name,
            bank_id=bank.id,
            name=draft.name,
            media_type=reference.medium,
            duration=None if reference.duration is None else round(reference.duration, 3),
            labels=list(draft.labels),
            note=draft.note,
            provenance=dict(draft.provenance),
            disabled_until=draft.disabled_until,
            expires_at=draft.expires_at,
            created_at=reference.created_at,
            hashes=HashesSchema.of(hashes),
            searchable=searchable,
        )


class ReferenceList(Answer):
    """A stretch of the references, newest first."""

    data: list[ReferenceSchema]
    next_cursor: str | None
    """Send it as `cursor` for the following ones; null at the end."""


class Outcome(Answer):
    """What became of one item."""

    index: int
    """Its place in the request, from 0."""

    status: int
    """As if it had been sent alone: 201 added, 200 held already, 202 left to the job, or that of
    its error."""

    reference: ReferenceSchema | None = None
    error: ErrorSchema | None = None


class BatchAnswer(Answer):
    """What became of each item, in the order of the request."""

    results: list[Outcome]
    job: JobSchema | None
    """The job that fetches the addresses; null when there were none."""
