"""``/v1/decisions`` and ``/v1/appeals``: what was decided, taken back, and asked to be looked at
again.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.review import AppealState, DecisionState
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import said
from reseen.web.schemas.review import (
    AppealAnswer,
    AppealList,
    AppealRequest,
    AppealSchema,
    DecisionList,
    DecisionSchema,
    ReasonRequest,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

WHY = Shape((ReasonRequest,))
APPEAL = Shape((AppealRequest,))
ANSWER = Shape((AppealAnswer,))

DecisionId = Annotated[str, Path(description="Its id.")]
AppealId = Annotated[str, Path(description="Its id.")]


class Decided(Paging):
    """Which decisions to list."""

    cluster: Annotated[
        str | None, Field(max_length=64, description="Only those of this cluster.")
    ] = None
    state: Annotated[DecisionState | None, Field(description="Only those in this state.")] = None


class Appealed(Paging):
    """Which appeals to list."""

    case: Annotated[str | None, Field(max_length=64, description="Only those of this case.")] = None
    state: Annotated[AppealState | None, Field(description="Only those in this state.")] = None


def decision_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/decisions", tags=["Decisions"])
    _reads(router, reception)
    _ends(router, reception, once)
    return router


def appeal_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/appeals", tags=["Appeals"])
    _appeals(router, reception, once)
    _lists(router, reception)
    return router


def _reads(router: APIRouter, reception: Reception) -> None:
    desk, reader = reception.services.desk, reception.caller(Right.READ)
    decisions = desk.decisions

    @router.get(
        "",
        summary="List decisions",
        description="Newest first.",
        operation_id="list_decisions",
        response_model=DecisionList,
        response_description="some decisions",
        responses=_of_decisions("not_found"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Decided, Query()]
    ) -> JSONResponse:
        cluster_id = chosen.cluster
        if cluster_id is not None:
            cluster_id = desk.clusters.get(who.project_id, cluster_id).id
        page = decisions.list(
            who.project_id,
            cluster_id=cluster_id,
            state=chosen.state,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [DecisionSchema.of(one) for one in page.items]
        return JSONResponse(said(DecisionList(data=data, next_cursor=page.next)))

    @router.get(
        "/{decision_id}",
        summary="Read a decision",
        description="With all that followed from it.",
        operation_id="read_decision",
        response_model=DecisionSchema,
        response_description="the decision",
        responses=_of_decisions("not_found"),
    )
    def read(decision_id: DecisionId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        decision = decisions.get(who.project_id, decision_id)
        became = decisions.consequences(decision_id)
        return JSONResponse(said(DecisionSchema.of(decision, became)))


def _ends(router: APIRouter, reception: Reception, once: Once) -> None:
    desk, reviewer = reception.services.desk, reception.caller(Right.REVIEW)

    @router.post(
        "/{decision_id}/approve",
        summary="Agree to a decision",
        description="By another person than the one who proposed it.",
        operation_id="approve_decision",
        response_model=DecisionSchema,
        response_description="the decision, in force",
        responses=_of_decisions("forbidden", "not_found", *ONCE),
    )
    def approve(
        decision_id: DecisionId,
        request: Request,
        who: Annotated[Caller, Depends(reviewer)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, DecisionSchema]:
            actor = actor_of(request, who)
            decision = desk.reviewing.approve(who.project_id, actor, decision_id)
            return 200, DecisionSchema.of(decision, desk.decisions.consequences(decision_id))

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{decision_id}/decline",
        summary="Disagree with a decision",
        description="By another person than the one who proposed it; the case waits again.",
        operation_id="decline_decision",
        response_model=DecisionSchema,
        response_description="the decision, declined",
        responses=_of_decisions(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(WHY),
    )
    def decline(
        decision_id: DecisionId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, WHY))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, DecisionSchema]:
            actor = actor_of(request, received.key)
            reason = received.body.read(ReasonRequest).reason
            declined = desk.reviewing.decline(received.project_id, actor, decision_id, reason)
            return 200, DecisionSchema.of(declined)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{decision_id}/undo",
        summary="Take a decision back",
        description="Each consequence is reversed, or it is said why it cannot be. The case waits "
        "again.",
        operation_id="undo_decision",
        response_model=DecisionSchema,
        response_description="the decision, undone, and what became of its consequences",
        responses=_of_decisions(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(WHY),
    )
    def undo(
        decision_id: DecisionId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, WHY))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, DecisionSchema]:
            actor = actor_of(request, received.key)
            reason = received.body.read(ReasonRequest).reason
            undone, became = desk.reviewing.undo(received.project_id, actor, decision_id, reason)
            return 200, DecisionSchema.of(undone, became)

        return once.answer(request, received.project_id, key, received.body, work)


def _appeals(router: APIRouter, reception: Reception, once: Once) -> None:
    desk = reception.services.desk

    @router.post(
        "",
        status_code=201,
        summary="Appeal",
        description="Another look at an upload that a decision covers.",
        operation_id="appeal",
        response_model=AppealSchema,
        response_description="the appeal, open",
        responses=_of_appeals(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(APPEAL),
    )
    def appeal(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.UPLOAD, APPEAL))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, AppealSchema]:
            sent = received.body.read(AppealRequest)
            actor = actor_of(request, received.key)
            made = desk.reviewing.appeal(received.project_id, actor, sent.upload_id, sent.reason)
            return 201, AppealSchema.of(made)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{appeal_id}/answer",
        summary="Answer an appeal",
        description="By another person than the one who decided. To overturn a decision undoes it.",
        operation_id="answer_appeal",
        response_model=AppealSchema,
        response_description="the appeal, answered",
        responses=_of_appeals(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(ANSWER),
    )
    def answer(
        appeal_id: AppealId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, ANSWER))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, AppealSchema]:
            sent = received.body.read(AppealAnswer)
            actor = actor_of(request, received.key)
            answered = desk.reviewing.answer(
                received.project_id, actor, appeal_id, sent.appeal_state(), sent.answer
            )
            return 200, AppealSchema.of(answered)

        return once.answer(request, received.project_id, key, received.body, work)


def _lists(router: APIRouter, reception: Reception) -> None:
    decisions, reader = reception.services.desk.decisions, reception.caller(Right.READ)

    @router.get(
        "",
        summary="List appeals",
        description="Newest first.",
        operation_id="list_appeals",
        response_model=AppealList,
        response_description="some appeals",
        responses=_of_appeals(),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Appealed, Query()]
    ) -> JSONResponse:
        page = decisions.appeals(
            who.project_id,
            case_id=chosen.case,
            state=chosen.state,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [AppealSchema.of(one) for one in page.items]
        return JSONResponse(said(AppealList(data=data, next_cursor=page.next)))

    @router.get(
        "/{appeal_id}",
        summary="Read an appeal",
        description="With its answer, once there is one.",
        operation_id="read_appeal",
        response_model=AppealSchema,
        response_description="the appeal",
        responses=_of_appeals("not_found"),
    )
    def read(appeal_id: AppealId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(AppealSchema.of(decisions.appeal(who.project_id, appeal_id))))


def _of_decisions(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/decisions")


def _of_appeals(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/appeals")
