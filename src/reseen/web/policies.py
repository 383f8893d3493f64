"""``/v1/policies``: what is done about a match, as data, in versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception
from reseen.web.references import bank_of
from reseen.web.schemas.jobs import JobSchema
from reseen.web.schemas.model import said
from reseen.web.schemas.policies import (
    ExplainRequest,
    Explanation,
    LiveAnswer,
    LiveRequest,
    PolicyBacktestRequest,
    PolicyList,
    PolicyRequest,
    PolicyVersion,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

DRAFT = Shape((PolicyRequest,))
LIVE = Shape((LiveRequest,))
BACKTEST = Shape((PolicyBacktestRequest,))
EXPLAIN = Shape((ExplainRequest,))

PolicyId = Annotated[str, Path(description="Its id.")]


class Chosen(Paging):
    """Which versions to list."""

    bank: Annotated[
        str | None, Field(max_length=200, description="Only those of this bank: name or id.")
    ] = None


def policy_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/policies", tags=["Policies"])
    _reads(router, reception)
    _drafts(router, reception, once)
    _tries(router, reception, once)
    _enacts(router, reception, once)
    return router


def _reads(router: APIRouter, reception: Reception) -> None:
    services, reader = reception.services, reception.caller(Right.READ)
    policies = services.desk.policies

    @router.get(
        "",
        summary="List policies",
        description="Every version, the newest first.",
        operation_id="list_policies",
        response_model=PolicyList,
        response_description="some versions",
        responses=_problems("not_found"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Chosen, Query()]
    ) -> JSONResponse:
        bank = chosen.bank and bank_of(services, who.project_id, chosen.bank).id
        page = policies.list(
            who.project_id, bank_id=bank or None, cursor=chosen.cursor, limit=chosen.limit
        )
        data = [PolicyVersion.of(one) for one in page.items]
        return JSONResponse(said(PolicyList(data=data, next_cursor=page.next)))

    @router.get(
        "/{policy_id}",
        summary="Read a policy",
        description="One version.",
        operation_id="read_policy",
        response_model=PolicyVersion,
        response_description="the version",
        responses=_problems("not_found"),
    )
    def read(policy_id: PolicyId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(PolicyVersion.of(policies.get(who.project_id, policy_id))))


def _drafts(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services

    @router.post(
        "",
        status_code=201,
        summary="Write a policy",
        description="A new version of the policy of a bank, or of the project. It is a draft and "
        "does nothing until it goes live.",
        operation_id="create_policy",
        response_model=PolicyVersion,
        response_description="the version, a draft",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(DRAFT),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, DRAFT))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, PolicyVersion]:
            project_id = received.project_id
            sent = received.body.read(PolicyRequest)
            bank = None if sent.bank is None else bank_of(services, project_id, sent.bank).id
            who = actor_of(request, received.key)
            made = services.desk.enacting.draft(project_id, who, sent.draft(bank))
            return 201, PolicyVersion.of(made)

        return once.answer(request, received.project_id, key, received.body, work)


def _tries(router: APIRouter, reception: Reception, once: Once) -> None:
    enacting = reception.services.desk.enacting

    @router.post(
        "/{policy_id}/backtest",
        status_code=202,
        summary="Backtest a policy",
        description="A job that rules again on the uploads that are kept, as if this version were "
        "live: held against what they were answered, what they would be answered now, and what "
        "people decided, with examples of each change. Of past searches the scores are tried. A "
        "version that runs dry is tried as if it acted.",
        operation_id="backtest_policy",
        response_model=JobSchema,
        response_description="the job, queued",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(BACKTEST),
    )
    def backtest(
        policy_id: PolicyId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, BACKTEST))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, JobSchema]:
            days = received.body.read(PolicyBacktestRequest).since_days
            return 202, JobSchema.of(enacting.backtest(received.project_id, policy_id, days))

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{policy_id}/explain",
        summary="Explain a policy",
        description="What this version would say of an upload, rule by rule, as if it were live. "
        "Nothing is done.",
        operation_id="explain_policy",
        response_model=Explanation,
        response_description="what it would say",
        responses=_problems(*BODY, "not_found", "conflict"),
        openapi_extra=request_body(EXPLAIN),
    )
    def explain(
        policy_id: PolicyId,
        received: Annotated[Received, Depends(reception.letter(Right.READ, EXPLAIN))],
    ) -> JSONResponse:
        upload_id = received.body.read(ExplainRequest).upload_id
        explained = enacting.explain(received.project_id, policy_id, upload_id)
        return JSONResponse(said(Explanation.of(policy_id, upload_id, explained)))


def _enacts(router: APIRouter, reception: Reception, once: Once) -> None:
    enacting = reception.services.desk.enacting

    @router.post(
        "/{policy_id}/live",
        summary="Bring a policy into force",
        description="It holds from the next upload on, and the version before it retires. It must "
        "have been backtested, unless `force` is sent with a reason. A version that was live "
        "before may come back as it is: that is how to roll back.",
        operation_id="enact_policy",
        response_model=LiveAnswer,
        response_description="the version, live",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(LIVE),
    )
    def enact(
        policy_id: PolicyId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, LIVE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, LiveAnswer]:
            sent = received.body.read(LiveRequest)
            who = actor_of(request, received.key)
            enacted = enacting.go_live(
                received.project_id, who, policy_id, force=sent.force, reason=sent.reason
            )
            return 200, LiveAnswer.of(enacted)

        return once.answer(request, received.project_id, key, received.body, work)


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/policies")
