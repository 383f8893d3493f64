"""``POST /v1/search``: which references a medium, or a hash, repeats; and a hundred at once."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Annotated, Any

from anyio import from_thread
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from reseen.domain.bank import Bank
from reseen.domain.choices import Action, BankRole
from reseen.domain.errors import InvalidRequest, NotFound, ReseenError
from reseen.domain.match import Confidence
from reseen.domain.media import Medium
from reseen.flows.search import Answer, Found, Scope
from reseen.web.auth import Right
from reseen.web.counting import looked
from reseen.web.errors import error_of
from reseen.web.openapi import BODY, EVERYWHERE, MEDIA, problem_responses, request_body
from reseen.web.reception import Received, Reception, one_of, opened
from reseen.web.schemas.match import essentials, skipped_of
from reseen.web.schemas.model import said
from reseen.web.schemas.search import (
    AnswerSchema,
    FoundSchema,
    QueryOutcome,
    Scoped,
    SearchAnswer,
    SearchBatch,
    SearchBatchAnswer,
    SearchForm,
    SearchRequest,
)
from reseen.web.spool import LARGE_JSON, Body, Shape
from reseen.web.strict import from_value

ONE = Shape((SearchRequest,), files=("file",), form=SearchForm)
MANY = Shape((SearchBatch,), json_bytes=LARGE_JSON)

WATCHED_S = 0.5
"""How often it is looked whether the client of a batch is still there."""


def search_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/search", tags=["Search"])

    @router.post(
        "",
        summary="Search the banks",
        description="Any medium against any: a still finds the film it was cut from and when, a "
        "sound track the clips that carry it, a film several references. What an `allowed` bank "
        "holds clears the query.",
        operation_id="search",
        response_model=SearchAnswer,
        response_description="what was found, surest first",
        responses=_problems(*BODY, *MEDIA, "not_found"),
        openapi_extra=request_body(ONE, "The medium, and where to search."),
    )
    def search(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.SEARCH, ONE))],
    ) -> JSONResponse:
        begun = time.perf_counter()
        sent = _sent(received.body)
        found = _found(reception, received, sent, request=request)
        looked(request, matched=found.is_match, seconds=found.duration)
        request_id, elapsed_ms = request.state.request_id, _since(begun)
        return JSONResponse(
            said(
                SearchAnswer(
                    **fields_of(found, elapsed_ms, request_id),
                    request_id=request_id,
                    processing_time_ms=elapsed_ms,
                )
            )
        )

    @router.post(
        "/batch",
        summary="Search many times",
        description="Up to 100 queries, each with an answer or an error of its own, at the price "
        "of as many requests.",
        operation_id="search_many",
        response_model=SearchBatchAnswer,
        response_description="the answers, in the order of the queries",
        responses=_problems(*BODY),
        openapi_extra=request_body(MANY),
    )
    def search_many(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.SEARCH, MANY))],
    ) -> JSONResponse:
        begun = time.perf_counter()
        queries = received.body.read(SearchBatch).queries
        reception.gate.spend(received.key.id, len(queries) - 1)
        results = _all(reception, request, received, queries)
        return JSONResponse(
            said(
                SearchBatchAnswer(
                    results=results,
                    request_id=request.state.request_id,
                    processing_time_ms=_since(begun),
                )
            )
        )

    return router


def _all(
    reception: Reception, request: Request, received: Received, queries: list[dict[str, Any]]
) -> list[QueryOutcome]:
    """Side by side: some fetch while others have their turn."""
    request_id = request.state.request_id

    def one(index: int, query: Mapping[str, Any]) -> QueryOutcome:
        begun = time.perf_counter()
        try:
            sent = from_value(SearchRequest, query)
            found = _found(reception, received, sent)
            looked(request, matched=found.is_match, seconds=found.duration)
        except ReseenError as error:
            return QueryOutcome(index=index, error=error_of(error))
        answer = AnswerSchema(**fields_of(found, _since(begun), request_id))
        return QueryOutcome(index=index, answer=answer)

    at_once = min(len(queries), 2 * reception.settings.concurrency)
    with ThreadPoolExecutor(at_once) as threads:
        asked = [threads.submit(one, *query) for query in enumerate(queries)]
        try:
            return [_awaited(request, future) for future in asked]
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _awaited(request: Request, future: Future[QueryOutcome]) -> QueryOutcome:
    while True:
        try:
            return future.result(WATCHED_S)
        except TimeoutError:
            if from_thread.run(request.is_disconnected):
                raise InvalidRequest("The client left before its answer.") from None


def _sent(body: Body) -> SearchRequest:
    """From JSON, or from a form, whose texts are fewer."""
    if body.json is not None:
        return body.read(SearchRequest)
    return SearchRequest.model_construct(**dict(body.read(SearchForm)), hashes=None)


def _found(
    reception: Reception,
    received: Received,
    sent: SearchRequest,
    request: Request | None = None,
) -> Answer:
    """Raises the media errors with ``field``, ``NotFound`` for a bank, ``NotReady``."""
    services, scope = reception.services, _scope(sent)
    file = received.body.files.get("file")
    what = one_of(url=sent.url, hashes=sent.hashes, file=file)
    try:
        if sent.hashes is not None:
            return services.searching.by_hashes(received.project_id, sent.hashes.hashes(), scope)
        turn = reception.gate.turn_of_batch() if request is None else reception.turn(request)
        with opened(services, sent.url, file) as fetched, turn:
            return services.searching.by_file(received.project_id, fetched, scope)
    except NotFound as error:
        raise error.at("banks") from None
    except ReseenError as error:
        raise error.at(what) from None


def _scope(sent: Scoped) -> Scope:
    return Scope(
        banks=tuple(sent.banks),
        labels=tuple(sent.labels),
        limit=sent.limit,
        offset=sent.offset,
        min_score=sent.min_score,
    )


def said_of_answer(answer: Answer) -> dict[str, Any]:
    """An answer as plain JSON values where there was no request to number and to time."""
    body: dict[str, Any] = said(AnswerSchema(**fields_of(answer, 0, "")))
    for found in (*body["matches"], *body["cleared_by"]):
        del found["processing_time_ms"], found["request_id"]
    return body


def fields_of(answer: Answer, elapsed_ms: int, request_id: str) -> dict[str, Any]:
    """Those of ``AnswerSchema``."""

    def told(found: Found) -> FoundSchema:
        return _told(found, answer.medium, elapsed_ms, request_id)

    media = {answer.medium} if answer.medium else set()
    return {
        "matches": [told(found) for found in answer.matches],
        "cleared": answer.cleared,
        "cleared_by": [told(found) for found in answer.cleared_by],
        "media_type": answer.medium and answer.medium.value,
        "total": answer.total,
        "skipped": skipped_of(tuple(answer.skipped), media),
        "remarks": list(answer.remarks) or None,
    }


def _told(found: Found, medium: Medium | None, elapsed_ms: int, request_id: str) -> FoundSchema:
    reference, bank = found.reference, found.bank
    return FoundSchema(
        **essentials(found.match, found.confidence, medium, reference.medium, low=0.0),
        processing_time_ms=elapsed_ms,
        request_id=request_id,
        bank=bank.name,
        bank_id=bank.id,
        role=bank.role,
        action=action_of(bank, found.confidence),
        trust=bank.draft.trust,
        reference_id=reference.id,
        reference=reference.draft.name,
        labels=list(reference.draft.labels),
        provenance=dict(reference.draft.provenance),
        regime=found.regime,
    )


def action_of(bank: Bank, confidence: Confidence) -> Action:
    """What the bank asks for."""
    policy = bank.draft.policy
    if bank.role is BankRole.ALLOWED or confidence is Confidence.NONE:
        return Action.PASS
    return {
        Confidence.HIGH: policy.high,
        Confidence.MEDIUM: policy.medium,
        Confidence.LOW: policy.low,
    }[confidence]


def _since(begun: float) -> int:
    return round(1000 * (time.perf_counter() - begun))


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/search")
