"""Searches: one query, or many, against the banks of a project."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from reseen.domain.choices import Action, BankRole, Regime
from reseen.web.schemas.match import Essential, SkippedSchema
from reseen.web.schemas.model import ITEMS, Answer, ErrorSchema, Labels, Request, Url
from reseen.web.schemas.references import HASH_EXAMPLE, BankKey, HashesSchema

MOST_QUERIES = 100
MOST_MATCHES = 100
FARTHEST = 10_000


class Scoped(Request):
    """Where to search, and how much to tell."""

    banks: Annotated[list[BankKey], Field(max_length=100)] = Field(default_factory=list)
    """Names or ids; none: all."""

    labels: Labels = Field(default_factory=list)
    """Only references with one of these."""

    limit: Annotated[int, Field(ge=1, le=MOST_MATCHES)] = 20
    """At most so many matches."""

    offset: Annotated[int, Field(ge=0, le=FARTHEST)] = 0
    """Leave out so many of the best, to page on."""

    min_score: Annotated[float, Field(ge=0, le=1)] | None = None
    """Tell matches from this score up; 0 tells every candidate that was verified. Without it, all
    whose confidence is above none."""


class SearchRequest(Scoped):
    """One query: `url`, `hashes`, or the file of a form; one of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": "https://example.com/upload.mp4", "banks": ["terror"], "limit": 5},
                {"hashes": HASH_EXAMPLE},
            ]
        }
    )

    url: Url | None = None
    """Where the medium is."""

    hashes: HashesSchema | None = None
    """What is known of a medium that is not at hand. PDQ is also found near, the others equal."""


class SearchForm(Scoped):
    """The texts of a form with a file, or with its address."""

    url: Url | None = None


class SearchBatch(Request):
    """Up to 100 queries, each answered as if it had been sent alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"queries": [{"url": "https://example.com/upload.mp4"}, {"hashes": HASH_EXAMPLE}]}
            ]
        }
    )

    queries: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, max_length=MOST_QUERIES, json_schema_extra={ITEMS: "SearchRequest"}),
    ]
    """A wrong one does not keep out the others."""


class FoundSchema(Essential):
    """A reference that the query repeats: the envelope of a match, and which reference it is. The
    source is the query, the target the reference.
    """

    media_type: Literal["image", "video", "audio"] | None  # type: ignore[assignment]
    """What the query is; null for hashes."""

    bank: str
    """The bank's name."""

    bank_id: str
    role: BankRole
    """What the match means."""

    action: Action
    """What the bank's policy asks for at this confidence."""

    trust: float
    """How far the bank's source is trusted, 0 to 1."""

    reference_id: str
    reference: str
    """What it was ingested by: a path, a URL, an id of the client's."""

    labels: list[str]
    provenance: dict[str, Any]
    regime: Regime
    """What was compared: which of the bank's thresholds hold."""


class AnswerSchema(Answer):
    """What was found for one query."""

    matches: list[FoundSchema]
    """Ranked, surest first."""

    cleared: bool
    """Whether a reference of an `allowed` bank matches."""

    cleared_by: list[FoundSchema]
    """Those references."""

    media_type: Literal["image", "video", "audio"] | None
    """What the query is, told from its bytes; null for hashes."""

    total: int
    """How many matches there are; `limit` and `offset` choose among them."""

    skipped: list[SkippedSchema] | None = None
    """Signals that could not be used, and why; absent when all were."""

    remarks: list[str] | None = None
    """What a damaged file did not give; absent when it was whole."""


class SearchAnswer(AnswerSchema):
    """The answer of a search."""

    request_id: str
    """The same as in the `X-Request-Id` header and in the log."""

    processing_time_ms: int
    """From the last byte of the request to the answer, fetching included."""


class QueryOutcome(Answer):
    """What came of one query: `answer`, or `error`."""

    index: int
    """Its place in the request, from 0."""

    answer: AnswerSchema | None = None
    error: ErrorSchema | None = None


class SearchBatchAnswer(Answer):
    """The answers, in the order of the queries."""

    results: list[QueryOutcome]
    request_id: str
    processing_time_ms: int
