"""``/v1/quarantines``: references that match far too much, and remove nothing for a while."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import Deleted, said
from reseen.web.schemas.quarantines import QuarantineList, QuarantineRequest, QuarantineSchema
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

PUT = Shape((QuarantineRequest,))

ReferenceId = Annotated[str, Path(description="The id of the reference.")]


def quarantine_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/quarantines", tags=["Quarantines"])
    quarantining = reception.services.desk.quarantining
    reader, manager = reception.caller(Right.READ), reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List quarantines",
        description="Those that have not ended, by reference. What matches one of them is reviewed "
        "at most.",
        operation_id="list_quarantines",
        response_model=QuarantineList,
        response_description="some quarantines",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], paging: Annotated[Paging, Query()]
    ) -> JSONResponse:
        every = quarantining.quarantines.list(who.project_id, quarantining.clock())
        page = page_by(every, lambda held: held.reference_id, paging)
        data = [QuarantineSchema.of(one) for one in page.items]
        return JSONResponse(said(QuarantineList(data=data, next_cursor=page.next)))

    @router.post(
        "",
        status_code=201,
        summary="Put into quarantine",
        description="A reference, until a moment at most 90 days from now; anew where it is in "
        "quarantine already. Floods of matches are put into quarantine without being asked.",
        operation_id="put_into_quarantine",
        response_model=QuarantineSchema,
        response_description="the quarantine",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(PUT),
    )
    def put(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, PUT))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, QuarantineSchema]:
            sent = received.body.read(QuarantineRequest)
            actor = actor_of(request, received.key)
            held = quarantining.put(
                received.project_id, actor, sent.reference_id, sent.until, sent.why
            )
            return 201, QuarantineSchema.of(held)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.delete(
        "/{reference_id}",
        summary="Lift a quarantine",
        description="The reference acts again from the next upload on.",
        operation_id="lift_quarantine",
        response_model=Deleted,
        response_description="what was lifted",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def lift(
        reference_id: ReferenceId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Deleted]:
            quarantining.lift(who.project_id, actor_of(request, who), reference_id)
            return 200, Deleted(id=reference_id)

        return once.answer(request, who.project_id, key, None, work)

    return router


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/quarantines")
