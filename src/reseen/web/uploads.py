"""``/v1/uploads``: what is uploaded to a platform, and what is done with it."""

from contextlib import ExitStack
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.choices import Action
from reseen.domain.errors import ReseenError
from reseen.domain.record import Actor
from reseen.domain.review import Upload, UploadState
from reseen.web.auth import Right
from reseen.web.errors import error_of
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, MEDIA, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception, one_of, opened
from reseen.web.schemas.model import said
from reseen.web.schemas.uploads import (
    ReportForm,
    ReportRequest,
    UploadForm,
    UploadList,
    UploadRequest,
    UploadSchema,
    upload_fields,
)
from reseen.web.spool import Body, Shape

SHAPE = Shape((UploadRequest,), files=("file",), form=UploadForm)
REPORT = Shape((ReportRequest,), files=("file",), form=ReportForm)

UploadId = Annotated[str, Path(description="Its id.")]


class Selection(Paging):
    """Which uploads to list."""

    cluster: Annotated[
        str | None, Field(max_length=64, description="Only those of this cluster.")
    ] = None
    account: Annotated[
        str | None, Field(max_length=200, description="Only those of this account.")
    ] = None
    action: Annotated[Action | None, Field(description="Only those of which this holds now.")] = (
        None
    )


def actor_of(request: Request, caller: Caller) -> Actor:
    """Who does what a request asks for."""
    return Actor(caller.id, caller.role.value, request.state.request_id, caller.name)


def upload_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/uploads", tags=["Uploads"])
    _submits(router, reception, once)
    _reports(router, reception, once)
    _reads(router, reception)
    return router


def _submits(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services

    @router.post(
        "",
        status_code=201,
        summary="Submit an upload",
        description="It is searched for in all banks, the policies rule on what means harm, and "
        "it joins the cluster of its near-copies, whose decision covers it. `action` says what to "
        "do: `remove`, `review` or `pass`. Sent again with the same file, the answer is the same. "
        "With `wait` false it is `pending` (202), and a job answers it.",
        operation_id="submit_upload",
        response_model=UploadSchema,
        response_description="what to do, and why",
        responses=_problems(*BODY, *MEDIA, "forbidden", *ONCE),
        openapi_extra=request_body(SHAPE, "The medium, and what is said of it."),
    )
    def submit(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.UPLOAD, SHAPE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, UploadSchema]:
            sent = _sent(received.body)
            file = received.body.files.get("file")
            what = one_of(url=sent.url, file=file)
            who = actor_of(request, received.key)
            try:
                upload = submitted(request, received.project_id, who, sent, file)
            except ReseenError as error:
                raise error.at(what) from None
            return 202 if upload.state is UploadState.PENDING else 201, told(upload)

        return once.answer(request, received.project_id, key, received.body, work)

    def submitted(
        request: Request, project_id: str, who: Actor, sent: UploadRequest, file: File | None
    ) -> Upload:
        desk = services.desk
        if sent.wait:
            with opened(services, sent.url, file) as fetched, reception.turn(request):
                return desk.moderating.submit(project_id, who, sent.draft(), fetched)
        if file is None:
            return desk.later.accept(project_id, who, sent.draft(), sent.url or "")
        with services.open_file(file) as fetched:
            return desk.later.accept(project_id, who, sent.draft(), fetched)


def _reports(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services

    @router.post(
        "/{upload_id}/reports",
        status_code=201,
        summary="Report an upload",
        description="Somebody says that it is harmful: its cluster gets a case, unless a decision "
        "covers it. Send the file along where reviewers are to see it and none is kept.",
        operation_id="report_upload",
        response_model=UploadSchema,
        response_description="the upload",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(REPORT),
    )
    def report(
        upload_id: UploadId,
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.UPLOAD, REPORT))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, UploadSchema]:
            body, who = received.body, actor_of(request, received.key)
            sent = body.read(ReportRequest if body.json is not None else ReportForm)
            path = body.files.get("file")
            with ExitStack() as stack:
                file = None if path is None else stack.enter_context(services.open_file(path))
                upload = services.desk.reporting.report(
                    received.project_id, who, upload_id, sent.reason, sent.severity, file
                )
            return 201, told(upload)

        return once.answer(request, received.project_id, key, received.body, work)


def _reads(router: APIRouter, reception: Reception) -> None:
    desk, reader = reception.services.desk, reception.caller(Right.READ)
    uploads = desk.uploads

    @router.get(
        "",
        summary="List uploads",
        description="Newest first.",
        operation_id="list_uploads",
        response_model=UploadList,
        response_description="some uploads",
        responses=_problems("not_found"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Selection, Query()]
    ) -> JSONResponse:
        cluster_id = chosen.cluster
        if cluster_id is not None:
            cluster_id = desk.clusters.get(who.project_id, cluster_id).id
        page = uploads.list(
            who.project_id,
            cluster_id=cluster_id,
            account_id=chosen.account,
            action=chosen.action,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [told(one) for one in page.items]
        return JSONResponse(said(UploadList(data=data, next_cursor=page.next)))

    @router.get(
        "/{upload_id}",
        summary="Read an upload",
        description="As it is now: a decision may have covered it since.",
        operation_id="read_upload",
        response_model=UploadSchema,
        response_description="the upload",
        responses=_problems("not_found"),
    )
    def read(upload_id: UploadId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(told(uploads.get(who.project_id, upload_id))))


def told(upload: Upload) -> UploadSchema:
    """All of an upload."""
    error = None if upload.error is None else error_of(upload.error)
    return UploadSchema(**upload_fields(upload), error=error)


def _sent(body: Body) -> UploadRequest:
    """From JSON, or from a form."""
    if body.json is not None:
        return body.read(UploadRequest)
    return UploadRequest.model_construct(**dict(body.read(UploadForm)))


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/uploads")
