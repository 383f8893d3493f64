"""Jobs: long work, how far it is and what came of it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator

from reseen.domain.bank import Job, JobItem
from reseen.domain.choices import ItemState, JobKind, JobState, Regime
from reseen.web.schemas.banks import CutsSchema
from reseen.web.schemas.model import Answer, Moment, Request, Url

MOST_URLS = 10_000
LONGEST_WINDOW_S = 10 * 366 * 86_400.0

BankKey = Annotated[str, Field(min_length=1, max_length=200)]
Id = Annotated[str, Field(min_length=1, max_length=200)]


class IngestRequest(Request):
    """Add what lies at these addresses. A longer list, or one of hashes, goes as the file of a
    form.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "ingest", "bank": "terror", "urls": ["https://example.com/a.jpg"]}
            ]
        }
    )

    kind: Literal["ingest"]
    bank: BankKey
    """Name or id."""

    urls: Annotated[list[Url], Field(min_length=1, max_length=MOST_URLS)]
    """Each is fetched once and not kept."""


class IngestForm(Request):
    """The texts of a form whose file is the list."""

    kind: Literal["ingest"]
    bank: BankKey


class RetroactiveRequest(Request):
    """Hold what was uploaded lately, and is kept in `seen` banks, against one reference, or against
    all that an ingest job added.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "retroactive_match",
                    "reference_id": "ref_8c1f2ab94e07",
                    "window_s": 604_800,
                }
            ]
        }
    )

    kind: Literal["retroactive_match"]
    reference_id: Id | None = None
    ingest_job_id: Id | None = None
    """In place of `reference_id`."""

    window_s: Annotated[float, Field(gt=0, le=LONGEST_WINDOW_S)]
    """How far back, in seconds."""


class BacktestRequest(Request):
    """What these thresholds would have matched, told from the scores of past searches."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "backtest",
                    "bank": "terror",
                    "thresholds": {"still": {"low": 0.3, "medium": 0.8, "high": 0.95}},
                    "since": "2026-05-01T00:00:00Z",
                }
            ]
        }
    )

    kind: Literal["backtest"]
    bank: BankKey
    """Name or id."""

    thresholds: Annotated[dict[Regime, CutsSchema], Field(min_length=1)]
    """By what is compared."""

    since: Moment
    """The time of the first search that counts."""

    @field_validator("since")
    @classmethod
    def _past(cls, since: datetime) -> datetime:
        if since > datetime.now(UTC):
            raise ValueError("it lies ahead")
        return since


class ReingestRequest(Request):
    """Make fingerprints anew where this release, or its model, makes another version of a signal.
    References whose path or URL holds the same file no more keep what they have.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "reingest"}]})

    kind: Literal["reingest"]
    bank: BankKey | None = None
    """Name or id; all banks otherwise."""


type JobRequest = IngestRequest | ReingestRequest | RetroactiveRequest | BacktestRequest

KINDS: dict[str, type[JobRequest]] = {
    "ingest": IngestRequest,
    "reingest": ReingestRequest,
    "retroactive_match": RetroactiveRequest,
    "backtest": BacktestRequest,
}


class ProgressSchema(Answer):
    """How many items there are, and what became of them so far."""

    total: int
    done: int
    """Added, or otherwise done."""

    known: int
    """Done, and held before: nothing was added."""

    failed: int
    waiting: int


class JobSchema(Answer):
    """Long work that survives a restart."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "job_51ce0a7733d2",
                    "kind": "ingest",
                    "state": "running",
                    "request": {"bank": "bank_4fd1c2a09b7e"},
                    "progress": {
                        "total": 1000,
                        "done": 612,
                        "known": 40,
                        "failed": 3,
                        "waiting": 345,
                    },
                    "result": None,
                    "error": None,
                    "created_at": "2026-05-04T03:02:01.000Z",
                    "updated_at": "2026-05-04T03:05:44.120Z",
                }
            ]
        }
    )

    id: str
    kind: JobKind
    state: JobState
    """`queued`, `running`, then `done`, `cancelled` or `failed`. A job is `done` also when some of
    its items failed."""

    request: dict[str, Any]
    """What was asked for, without its items."""

    progress: ProgressSchema
    result: dict[str, Any] | None
    """What came of it, as the kind decides."""

    error: str | None
    """Why the job as a whole failed."""

    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, job: Job) -> Self:
        over = job.done + job.known + job.failed
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            request=dict(job.request),
            progress=ProgressSchema(
                total=job.total,
                done=job.done,
                known=job.known,
                failed=job.failed,
                waiting=max(0, job.total - over),
            ),
            result=None if job.result is None else dict(job.result),
            error=job.error,
            created_at=job.created_at,
            updated_at=job.updated_at,
        )


class JobList(Answer):
    """A stretch of the jobs, newest first."""

    data: list[JobSchema]
    next_cursor: str | None
    """Send it as `cursor` for the following ones; null at the end."""


class ItemErrorSchema(Answer):
    """Why an item failed."""

    code: str
    detail: str


class JobItemSchema(Answer):
    """One thing that a job works on."""

    number: int
    """Its place in what was asked for, from 0."""

    state: ItemState
    """`waiting`, `done`, `known` (held before) or `failed`."""

    given: dict[str, Any]
    """What was given: an address, or hashes."""

    reference_id: str | None
    error: ItemErrorSchema | None

    @classmethod
    def of(cls, item: JobItem) -> Self:
        return cls(
            number=item.number,
            state=item.state,
            given=dict(item.given),
            reference_id=item.reference_id,
            error=None
            if item.error_code is None
            else ItemErrorSchema(code=item.error_code, detail=item.error_detail or ""),
        )


class JobItemList(Answer):
    """A stretch of a job's items, in order."""

    data: list[JobItemSchema]
    next_cursor: str | None
    """Send it as `cursor` for the following ones; null at the end."""
