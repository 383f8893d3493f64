"""``/v1/holds``: what must be kept, whatever is over."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception, one_of
from reseen.web.schemas.holds import HoldList, HoldRequest, HoldSchema
from reseen.web.schemas.model import said
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

SHAPE = Shape((HoldRequest,))

HoldId = Annotated[str, Path(description="Its id.")]


def hold_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/holds", tags=["Legal holds"])
    desk, holder = reception.services.desk, reception.caller(Right.HOLD)

    @router.post(
        "",
        status_code=201,
        summary="Place a legal hold",
        description="Until it is released, neither media nor uploads of the subject are deleted, "
        "whatever their retention.",
        operation_id="place_hold",
        response_model=HoldSchema,
        response_description="the hold",
        responses=_problems(*BODY, "not_found", *ONCE),
        openapi_extra=request_body(SHAPE),
    )
    def place(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.HOLD, SHAPE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, HoldSchema]:
            sent = received.body.read(HoldRequest)
            one_of(subject=sent.subject, account_id=sent.account_id)
            project_id, actor = received.project_id, actor_of(request, received.key)
            if sent.account_id is not None:
                held = desk.holding.hold_account(project_id, actor, sent.account_id, sent.reason)
            else:
                held = desk.holding.hold(project_id, actor, sent.subject or "", sent.reason)
            return 201, HoldSchema.of(held)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.get(
        "",
        summary="List legal holds",
        description="Newest first, with those that were released.",
        operation_id="list_holds",
        response_model=HoldList,
        response_description="some holds",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(holder)], chosen: Annotated[Paging, Query()]
    ) -> JSONResponse:
        page = desk.holds.list(who.project_id, chosen.cursor, chosen.limit)
        data = [HoldSchema.of(one) for one in page.items]
        return JSONResponse(said(HoldList(data=data, next_cursor=page.next)))

    @router.post(
        "/{hold_id}/release",
        summary="Release a legal hold",
        description="What no other hold keeps is deleted when its retention is over.",
        operation_id="release_hold",
        response_model=HoldSchema,
        response_description="the hold, released",
        responses=_problems("not_found", *ONCE),
    )
    def release(
        hold_id: HoldId,
        request: Request,
        who: Annotated[Caller, Depends(holder)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, HoldSchema]:
            released = desk.holding.release(who.project_id, actor_of(request, who), hold_id)
            return 200, HoldSchema.of(released)

        return once.answer(request, who.project_id, key, None, work)

    return router


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", *codes, path="/v1/holds")
