"""``/v1/cases``: the queue, and what is decided of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.review import CaseState
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception
from reseen.web.references import bank_of
from reseen.web.schemas.model import said
from reseen.web.schemas.review import (
    CaseList,
    CaseSchema,
    DecisionRequest,
    DecisionSchema,
    NextCase,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

DECIDE = Shape((DecisionRequest,))

CaseId = Annotated[str, Path(description="Its id.")]


class Queue(Paging):
    """Which cases to list."""

    state: Annotated[CaseState | None, Field(description="Only those in this state.")] = None


def case_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/cases", tags=["Cases"])
    _reads(router, reception)
    _leases(router, reception, once)
    _decides(router, reception, once)
    return router


def _reads(router: APIRouter, reception: Reception) -> None:
    cases, reviewer = reception.services.desk.cases, reception.caller(Right.REVIEW)

    @router.get(
        "",
        summary="List cases",
        description="The most urgent first.",
        operation_id="list_cases",
        response_model=CaseList,
        response_description="some cases",
        responses=_problems("forbidden"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reviewer)], chosen: Annotated[Queue, Query()]
    ) -> JSONResponse:
        page = cases.list(
            who.project_id, state=chosen.state, cursor=chosen.cursor, limit=chosen.limit
        )
        data = [CaseSchema.of(one) for one in page.items]
        return JSONResponse(said(CaseList(data=data, next_cursor=page.next)))

    @router.get(
        "/{case_id}",
        summary="Read a case",
        description="With its version, which a decision names.",
        operation_id="read_case",
        response_model=CaseSchema,
        response_description="the case",
        responses=_problems("forbidden", "not_found"),
    )
    def read(case_id: CaseId, who: Annotated[Caller, Depends(reviewer)]) -> JSONResponse:
        return JSONResponse(said(CaseSchema.of(cases.get(who.project_id, case_id))))


def _leases(router: APIRouter, reception: Reception, once: Once) -> None:
    desk, reviewer = reception.services.desk, reception.caller(Right.REVIEW)

    @router.post(
        "/next",
        summary="Take the next case",
        description="The most urgent that nobody works on, or the one that you have already. For a "
        "quarter of an hour nobody else is given it; taking it again holds it anew.",
        operation_id="take_next_case",
        response_model=NextCase,
        response_description="the case, or none",
        responses=_problems("forbidden", *ONCE),
    )
    def take_next(
        request: Request, who: Annotated[Caller, Depends(reviewer)], key: IdempotencyKey = None
    ) -> Response:
        def work() -> tuple[int, NextCase]:
            case = desk.reviewing.claim(who.project_id, actor_of(request, who))
            return 200, NextCase(case=None if case is None else CaseSchema.of(case))

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{case_id}/take",
        summary="Take a case",
        description="This one, unless somebody else works on it.",
        operation_id="take_case",
        response_model=CaseSchema,
        response_description="the case",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def take(
        case_id: CaseId,
        request: Request,
        who: Annotated[Caller, Depends(reviewer)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, CaseSchema]:
            actor = actor_of(request, who)
            desk.reviewing.claim(who.project_id, actor, case_id)
            return 200, CaseSchema.of(desk.cases.get(who.project_id, case_id))

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{case_id}/release",
        summary="Give a case back",
        description="Somebody else may take it at once.",
        operation_id="release_case",
        response_model=CaseSchema,
        response_description="the case",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def release(
        case_id: CaseId,
        request: Request,
        who: Annotated[Caller, Depends(reviewer)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, CaseSchema]:
            actor = actor_of(request, who)
            return 200, CaseSchema.of(desk.reviewing.release(who.project_id, actor, case_id))

        return once.answer(request, who.project_id, key, None, work)


def _decides(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services

    @router.post(
        "/{case_id}/decisions",
        status_code=201,
        summary="Decide a case",
        description="It covers what is in the cluster now and what joins it later; what is harmful "
        "or allowed enters a bank, so that the next copy is known. Where the bank asks for two "
        "people it is a proposal until another one approves.",
        operation_id="decide_case",
        response_model=DecisionSchema,
        response_description="the decision, and what followed",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(DECIDE),
    )
    def decide(
        case_id: CaseId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, DECIDE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, DecisionSchema]:
            project_id = received.project_id
            sent = received.body.read(DecisionRequest)
            bank = None if sent.bank is None else bank_of(services, project_id, sent.bank).id
            decision = services.desk.reviewing.decide(
                project_id, actor_of(request, received.key), case_id, sent.version, sent.draft(bank)
            )
            became = services.desk.decisions.consequences(decision.id)
            return 201, DecisionSchema.of(decision, became)

        return once.answer(request, received.project_id, key, received.body, work)


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/cases")
