"""``/v1/jobs``: long work that survives a restart. Who waits for one asks for it again."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.bank import Job
from reseen.domain.choices import JobKind, JobState
from reseen.domain.errors import InvalidValue, NotFound, UnsupportedMedia
from reseen.domain.moment import rfc3339
from reseen.flows import reingest
from reseen.media.listings import listed
from reseen.media.lists import is_list
from reseen.web.auth import Right, demand
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception, one_of
from reseen.web.references import bank_of
from reseen.web.schemas.jobs import (
    KINDS,
    BacktestRequest,
    IngestForm,
    IngestRequest,
    JobItemList,
    JobItemSchema,
    JobList,
    JobRequest,
    JobSchema,
    ReingestRequest,
    RetroactiveRequest,
)
from reseen.web.schemas.model import said
from reseen.web.services import Services
from reseen.web.spool import LARGE_JSON, Body, Shape
from reseen.web.strict import from_json, loaded

SHAPE = Shape(tuple(KINDS.values()), files=("file",), form=IngestForm, json_bytes=LARGE_JSON)

JobId = Annotated[str, Path(description="Its id.")]


class Jobs(Paging):
    """Which jobs to list."""

    state: Annotated[JobState | None, Field(description="Only those in this state.")] = None


class Items(Paging):
    """Which items of a job to list."""

    state: Annotated[
        Literal["failed"] | None, Field(description="`failed`: only those that failed, and why.")
    ] = None


def job_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/jobs", tags=["Jobs"])
    _writes(router, reception, once)
    _reads(router, reception)
    return router


def _writes(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services
    manager = reception.caller(Right.MANAGE)

    @router.post(
        "",
        status_code=202,
        summary="Start a job",
        description="`ingest` adds what lies at addresses, or what the file of a form lists: "
        "addresses a line, or hashes as CSV or JSON lines. `reingest` makes fingerprints of older "
        "versions anew. `retroactive_match` holds kept uploads against a reference. `backtest` "
        "tries thresholds on the scores of past searches; the three need a key that may change "
        "banks.",
        operation_id="start_job",
        response_model=JobSchema,
        response_description="the job, queued",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(SHAPE, "A list to ingest."),
    )
    def start(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.ADD, SHAPE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, JobSchema]:
            return 202, JobSchema.of(_start(services, received))

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{job_id}/cancel",
        summary="Cancel a job",
        description="What it did stays done; what waits is left.",
        operation_id="cancel_job",
        response_model=JobSchema,
        response_description="the job, cancelled",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def cancel(
        job_id: JobId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, JobSchema]:
            return 200, JobSchema.of(services.jobs.cancel(who.project_id, job_id))

        return once.answer(request, who.project_id, key, None, work)


def _reads(router: APIRouter, reception: Reception) -> None:
    jobs, reader = reception.services.jobs, reception.caller(Right.READ)

    @router.get(
        "",
        summary="List jobs",
        description="Newest first; `state` tells those that are in it.",
        operation_id="list_jobs",
        response_model=JobList,
        response_description="some jobs",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Jobs, Query()]
    ) -> JSONResponse:
        page = jobs.list(who.project_id, chosen.cursor, chosen.limit, state=chosen.state)
        data = [JobSchema.of(job) for job in page.items]
        return JSONResponse(said(JobList(data=data, next_cursor=page.next)))

    @router.get(
        "/{job_id}",
        summary="Read a job",
        description="How far it is, and its result once it is over.",
        operation_id="read_job",
        response_model=JobSchema,
        response_description="the job",
        responses=_problems("not_found"),
    )
    def read(job_id: JobId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(JobSchema.of(jobs.get(who.project_id, job_id))))

    @router.get(
        "/{job_id}/items",
        summary="List a job's items",
        description="In the order of what was given, with what became of each.",
        operation_id="list_job_items",
        response_model=JobItemList,
        response_description="some items",
        responses=_problems("not_found"),
    )
    def items(
        job_id: JobId, who: Annotated[Caller, Depends(reader)], chosen: Annotated[Items, Query()]
    ) -> JSONResponse:
        page = jobs.items(
            who.project_id,
            job_id,
            failed_only=chosen.state == "failed",
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [JobItemSchema.of(item) for item in page.items]
        return JSONResponse(said(JobItemList(data=data, next_cursor=page.next)))


def _start(services: Services, received: Received) -> Job:
    """Raises ``Forbidden``, ``NotFound`` for what the request names, ``InvalidValue``."""
    project_id, create = received.project_id, services.jobs.create
    match _requested(received.body):
        case IngestForm() as form:
            bank = bank_of(services, project_id, form.bank)
            items = _items(received.body)
            return create(project_id, JobKind.INGEST, {"bank": bank.id}, items)
        case IngestRequest() as sent:
            bank = bank_of(services, project_id, sent.bank)
            items = ({"url": url} for url in sent.urls)
            return create(project_id, JobKind.INGEST, {"bank": bank.id}, items)
        case ReingestRequest() as sent:
            demand(received.key, Right.MANAGE)
            chosen = sent.bank and bank_of(services, project_id, sent.bank).id
            return reingest.begin(services.references, services.jobs, project_id, chosen)
        case RetroactiveRequest() as sent:
            demand(received.key, Right.MANAGE)
            asked = _against(services, project_id, sent)
            return create(project_id, JobKind.RETROACTIVE, {**asked, "window_s": sent.window_s})
        case BacktestRequest() as sent:
            demand(received.key, Right.MANAGE)
            bank = bank_of(services, project_id, sent.bank)
            asked = {
                "bank": bank.id,
                "thresholds": said(sent.thresholds),
                "since": rfc3339(sent.since),
            }
            return create(project_id, JobKind.BACKTEST, asked)


def _against(services: Services, project_id: str, sent: RetroactiveRequest) -> Mapping[str, Any]:
    """The reference, or the ingest job whose references are meant. Raises ``NotFound``."""
    what = one_of(reference_id=sent.reference_id, ingest_job_id=sent.ingest_job_id)
    try:
        if sent.reference_id is not None:
            services.references.get(project_id, sent.reference_id)
        else:
            services.jobs.get(project_id, sent.ingest_job_id or "")
    except NotFound as error:
        raise error.at(what) from None
    return {what: getattr(sent, what)}


def _requested(body: Body) -> IngestForm | JobRequest:
    """By its kind. Raises ``InvalidRequest``, ``InvalidValue``."""
    if body.json is None:
        return body.read(IngestForm)
    value = loaded(body.json)
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidValue(f"kind is one of {', '.join(KINDS)}.", field="kind")
    return from_json(KINDS[kind], body.json)


def _items(body: Body) -> Iterable[Mapping[str, Any]]:
    """What the file of a form lists, called as the client calls the file. Raises ``InvalidValue``,
    ``UnsupportedMedia``.
    """
    file, called = body.files.get("file"), body.names.get("file") or "list"
    if file is None:
        raise InvalidValue("Send the list as file.", field="file")
    if not is_list(file):
        raise UnsupportedMedia(
            "This is no list; send addresses a line, or hashes as CSV or JSON lines.", field="file"
        )
    return (_called(item, str(file), called) for item in listed((str(file),)))


def _called(item: Mapping[str, Any], path: str, called: str) -> Mapping[str, Any]:
    """Lines without a name are named by their list, which lies elsewhere here."""
    name = str(item.get("name", ""))
    return {**item, "name": name.replace(path, called)} if name else item


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/jobs")
