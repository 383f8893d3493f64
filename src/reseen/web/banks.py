"""``/v1/banks``: named sets of references, and what a match with them means."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.bank import Bank
from reseen.domain.errors import Conflict, QuotaExceeded
from reseen.flows.past_scores import spread
from reseen.flows.search import now
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.banks import (
    LONGEST_LOOK_BACK_DAYS,
    BankChange,
    BankList,
    BankRequest,
    BankSchema,
    BankScores,
)
from reseen.web.schemas.model import Deleted, said
from reseen.web.services import Services
from reseen.web.spool import Shape

__all__ = ["MOST_BANKS", "BankSchema", "bank_routes"]

MOST_BANKS = 1000
"""Of a project. Every search reads them all."""

BankId = Annotated[str, Path(description="Its id, or its name.")]
Days = Annotated[int, Query(ge=1, le=LONGEST_LOOK_BACK_DAYS, description="How far back.")]

CREATE = Shape((BankRequest,))
CHANGE = Shape((BankChange,))


def bank_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/banks", tags=["Banks"])
    _reads(router, reception)
    _writes(router, reception, once)
    return router


def told(services: Services, bank: Bank) -> BankSchema:
    return BankSchema.of(bank, services.banks.counts(bank.project_id).get(bank.id, 0))


def _reads(router: APIRouter, reception: Reception) -> None:
    services = reception.services
    banks, reader = services.banks, reception.caller(Right.READ)

    @router.get(
        "",
        summary="List the banks",
        description="By name.",
        operation_id="list_banks",
        response_model=BankList,
        response_description="some banks",
        responses=_problems(),
    )
    def list_all(
        who: Annotated[Caller, Depends(reader)], paging: Annotated[Paging, Query()]
    ) -> JSONResponse:
        present = sorted(banks.of_project(who.project_id), key=lambda bank: bank.name)
        page = page_by(present, lambda bank: bank.name, paging)
        counts = banks.counts(who.project_id)
        data = [BankSchema.of(bank, counts.get(bank.id, 0)) for bank in page.items]
        return JSONResponse(said(BankList(data=data, next_cursor=page.next)))

    @router.get(
        "/{bank_id}",
        summary="Read a bank",
        description="By its id or its name.",
        operation_id="read_bank",
        response_model=BankSchema,
        response_description="the bank",
        responses=_problems("not_found"),
    )
    def read(bank_id: BankId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(told(services, banks.get(who.project_id, bank_id))))

    @router.get(
        "/{bank_id}/scores",
        summary="Read a bank's past scores",
        description="How past searches scored, by what is compared: what any threshold would have "
        "matched, told without a job. A `backtest` job tells of one set of thresholds by day, with "
        "examples.",
        operation_id="read_bank_scores",
        response_model=BankScores,
        response_description="the scores, counted",
        responses=_problems("not_found"),
    )
    def scores(
        bank_id: BankId, who: Annotated[Caller, Depends(reader)], days: Days = 30
    ) -> JSONResponse:
        bank, searching = banks.get(who.project_id, bank_id), services.searching
        since = now() - timedelta(days=days)
        kept = (
            ()
            if searching.scores is None
            else searching.scores.since(who.project_id, bank.id, since)
        )
        told = BankScores.of(bank, searching.cuts, since, spread(kept))
        return JSONResponse(said(told))


def _writes(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services
    banks, manager = services.banks, reception.caller(Right.MANAGE)

    @router.post(
        "",
        status_code=201,
        summary="Make a bank",
        description="Names are given once in a project.",
        operation_id="create_bank",
        response_model=BankSchema,
        response_description="the bank",
        responses=_problems(*BODY, "forbidden", *ONCE, "quota_exceeded"),
        openapi_extra=request_body(CREATE),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CREATE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, BankSchema]:
            draft = received.body.read(BankRequest).draft()
            present = banks.of_project(received.project_id)
            if any(bank.name == draft.name for bank in present):
                raise Conflict(f"There is a bank {draft.name!r} already.", field="name")
            if len(present) >= MOST_BANKS:
                raise QuotaExceeded(
                    f"A project has at most {MOST_BANKS} banks.",
                    limit=MOST_BANKS,
                    actual=len(present),
                )
            return 201, BankSchema.of(banks.create(received.project_id, draft), 0)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.patch(
        "/{bank_id}",
        summary="Change a bank",
        description="What is not sent stays. Thresholds and policy change regime by regime and "
        "confidence by confidence. Every search that begins after the answer heeds it.",
        operation_id="change_bank",
        response_model=BankSchema,
        response_description="the bank as it is now",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(CHANGE),
    )
    def change(
        bank_id: BankId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CHANGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, BankSchema]:
            sent = received.body.read(BankChange)
            present = banks.get(received.project_id, bank_id)
            draft = sent.applied(present.draft)
            return 200, told(services, banks.update(received.project_id, present.id, draft))

        return once.answer(request, received.project_id, key, received.body, work)

    @router.delete(
        "/{bank_id}",
        summary="Delete a bank",
        description="With all its references, at once and for good.",
        operation_id="delete_bank",
        response_model=Deleted,
        response_description="what was deleted",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def delete(
        bank_id: BankId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Deleted]:
            present = banks.get(who.project_id, bank_id)
            banks.delete(who.project_id, present.id)
            return 200, Deleted(id=present.id)

        return once.answer(request, who.project_id, key, None, work)


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/banks")
