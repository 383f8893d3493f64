"""``POST /v1/references/batch``: hashes are added at once, addresses by a job."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from reseen.domain.bank import Added, Bank, Content, ReferenceDraft
from reseen.domain.choices import JobKind
from reseen.domain.errors import InvalidValue, ReseenError
from reseen.flows.ingest import kept_until
from reseen.web.auth import Right
from reseen.web.errors import error_of, status_of
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.reception import Received, Reception, one_of
from reseen.web.references import bank_of, position
from reseen.web.schemas.jobs import JobSchema
from reseen.web.schemas.references import (
    BatchAnswer,
    Outcome,
    ReferenceBatch,
    ReferenceItem,
    ReferenceSchema,
)
from reseen.web.services import Services
from reseen.web.spool import LARGE_JSON, Shape
from reseen.web.strict import from_value

SHAPE = Shape((ReferenceBatch,), json_bytes=LARGE_JSON)
PATH = "/v1/references/batch"


def batch_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(tags=["References"])
    services = reception.services

    @router.post(
        PATH,
        summary="Add many references",
        description="Up to 1000, each with an outcome of its own. Hashes are added before the "
        "answer; addresses are fetched by the `job` that the answer names.",
        operation_id="add_references",
        response_model=BatchAnswer,
        response_description="what became of each",
        responses=problem_responses(*EVERYWHERE, *BODY, "forbidden", "not_found", *ONCE, path=PATH),
        openapi_extra=request_body(SHAPE),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.ADD, SHAPE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, BatchAnswer]:
            sent = received.body.read(ReferenceBatch)
            bank = bank_of(services, received.project_id, sent.bank)
            return 200, _add_all(services, bank, sent.items)

        return once.answer(request, received.project_id, key, received.body, work)

    return router


def _add_all(services: Services, bank: Bank, items: Sequence[Mapping[str, Any]]) -> BatchAnswer:
    results: dict[int, Outcome] = {}
    drafts: dict[int, tuple[ReferenceDraft, Content]] = {}
    givens: dict[int, Mapping[str, Any]] = {}
    for index, value in enumerate(items):
        try:
            item = from_value(ReferenceItem, value)
            one_of(url=item.url, hashes=item.hashes)
            if item.hashes is None:
                givens[index] = _given(item)
            else:
                content = Content(hashes=item.hashes.hashes())
                drafts[index] = kept_until(bank, item.draft(content.identity)), content
        except ReseenError as error:
            results[index] = _failed(index, error)
    reached = position(services, bank.project_id)
    added = _add_many(services, bank, drafts)
    for index, one in added.items():
        results[index] = one if isinstance(one, Outcome) else _told(bank, index, one, reached)
    job = None
    if givens:
        job = services.jobs.create(
            bank.project_id, JobKind.INGEST, {"bank": bank.id}, givens.values()
        )
        results |= {index: Outcome(index=index, status=202) for index in givens}
    return BatchAnswer(
        results=[results[index] for index in sorted(results)],
        job=None if job is None else JobSchema.of(job),
    )


def _add_many(
    services: Services, bank: Bank, drafts: Mapping[int, tuple[ReferenceDraft, Content]]
) -> Mapping[int, Added | Outcome]:
    """All in one transaction; one by one where one of them cannot be kept."""
    try:
        added = services.references.add_many(bank, list(drafts.values()))
    except InvalidValue as error:
        if len(drafts) == 1:
            return {index: _failed(index, error) for index in drafts}
        return {
            index: outcome
            for one in drafts.items()
            for index, outcome in _add_many(services, bank, dict([one])).items()
        }
    if added:
        last = max(one.reference.change for one in added)
        services.ingesting.nudge(bank.project_id, last)
        if new := [one.reference.id for one in added if one.is_new]:
            services.ingesting.arrived(bank, {"reference_ids": new})
    return dict(zip(drafts, added, strict=True))


def _given(item: ReferenceItem) -> Mapping[str, Any]:
    """An address as the item of a job."""
    said = {"url", "name", "labels", "note", "provenance", "disabled_until", "expires_at"}
    return item.model_dump(mode="json", include=said, exclude_defaults=True)


def _told(bank: Bank, index: int, added: Added, reached: int) -> Outcome:
    """``reached``: the change that the index has come to."""
    return Outcome(
        index=index,
        status=201 if added.is_new else 200,
        reference=ReferenceSchema.of(
            added.reference, bank, searchable=reached >= added.reference.change
        ),
    )


def _failed(index: int, error: ReseenError) -> Outcome:
    return Outcome(index=index, status=status_of(error), error=error_of(error))
