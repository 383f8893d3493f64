"""``/v1/references``: what the banks hold, added one by one, changed and deleted.

Many at once are in ``batch``.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.bank import Added, Bank, Reference
from reseen.domain.choices import ReferenceKind, ReferenceState
from reseen.domain.errors import NotFound, NotReady, ReseenError
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, MEDIA, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception, one_of, opened
from reseen.web.schemas.model import Deleted, said
from reseen.web.schemas.references import (
    ReferenceChange,
    ReferenceForm,
    ReferenceList,
    ReferenceRequest,
    ReferenceSchema,
)
from reseen.web.services import Services
from reseen.web.spool import Body, Shape

__all__ = ["ReferenceSchema", "reference_routes"]

CREATE = Shape((ReferenceRequest,), files=("file",), form=ReferenceForm)
CHANGE = Shape((ReferenceChange,))

ReferenceId = Annotated[str, Path(description="Its id.")]


class Selection(Paging):
    """Which references to list."""

    bank: Annotated[
        str | None, Field(max_length=200, description="Only those of this bank, by id or name.")
    ] = None
    label: Annotated[
        str | None, Field(max_length=100, description="Only those with this label.")
    ] = None
    name: Annotated[
        str | None,
        Field(max_length=200, description="Only those with this in their name, in any case."),
    ] = None
    kind: Annotated[
        ReferenceKind | None, Field(description="Only those of this medium, or of hashes alone.")
    ] = None
    state: Annotated[
        ReferenceState | None, Field(description="Only those that may match, or may not, and why.")
    ] = None


def reference_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/references", tags=["References"])
    _adds(router, reception, once)
    _reads(router, reception)
    _writes(router, reception, once)
    return router


def _adds(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services

    @router.post(
        "",
        status_code=201,
        summary="Add a reference",
        description="By address, as a file, or as hashes alone. 201 when it is new, 200 when the "
        "bank holds the same content already. Once answered it is kept; a search finds it within a "
        "second (`searchable`).",
        operation_id="add_reference",
        response_model=ReferenceSchema,
        response_description="the new reference",
        responses={
            200: {"description": "the bank held it already", "model": ReferenceSchema},
            **_problems(*BODY, *MEDIA, "forbidden", "not_found", *ONCE),
        },
        openapi_extra=request_body(CREATE, "The medium, and what is said of it."),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.parcel(Right.ADD, CREATE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ReferenceSchema]:
            sent = _sent(received.body)
            bank = bank_of(services, received.project_id, sent.bank)
            reached = position(services, received.project_id)
            added = _add(reception, request, bank, sent, received.body)
            return 201 if added.is_new else 200, told(services, added.reference, bank, reached)

        return once.answer(request, received.project_id, key, received.body, work)


def _reads(router: APIRouter, reception: Reception) -> None:
    services = reception.services
    references, reader = services.references, reception.caller(Right.READ)

    @router.get(
        "",
        summary="List references",
        description="Newest first, those that may not match now included.",
        operation_id="list_references",
        response_model=ReferenceList,
        response_description="some references",
        responses=_problems("not_found"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Selection, Query()]
    ) -> JSONResponse:
        project_id = who.project_id
        banks = {bank.id: bank for bank in services.banks.of_project(project_id)}
        page = references.list(
            project_id,
            bank_id=bank_of(services, project_id, chosen.bank).id if chosen.bank else None,
            label=chosen.label,
            name=chosen.name,
            kind=chosen.kind,
            state=chosen.state,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        reached = position(services, project_id)
        data = [
            ReferenceSchema.of(one, banks[one.bank_id], searchable=reached >= one.change)
            for one in page.items
            if one.bank_id in banks  # else its bank is being deleted
        ]
        return JSONResponse(said(ReferenceList(data=data, next_cursor=page.next)))

    @router.get(
        "/{reference_id}",
        summary="Read a reference",
        description="With its exact hashes, or those that it was added by.",
        operation_id="read_reference",
        response_model=ReferenceSchema,
        response_description="the reference",
        responses=_problems("not_found"),
    )
    def read(reference_id: ReferenceId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        found = references.get(who.project_id, reference_id)
        return JSONResponse(said(told(services, found)))


def _writes(router: APIRouter, reception: Reception, once: Once) -> None:
    services = reception.services
    references, manager = services.references, reception.caller(Right.MANAGE)

    @router.patch(
        "/{reference_id}",
        summary="Change a reference",
        description="What is not sent stays; `bank` moves it. Every search that begins after the "
        "answer heeds it.",
        operation_id="change_reference",
        response_model=ReferenceSchema,
        response_description="the reference as it is now",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(CHANGE),
    )
    def change(
        reference_id: ReferenceId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CHANGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ReferenceSchema]:
            project_id = received.project_id
            sent = received.body.read(ReferenceChange)
            reached = position(services, project_id)
            present = references.get(project_id, reference_id)
            if "bank" in sent.model_fields_set:
                bank = bank_of(services, project_id, sent.bank)
                if bank.id != present.bank_id:
                    present = references.move(project_id, reference_id, bank)
            draft = sent.applied(present.draft)
            if draft != present.draft:
                present = references.update(project_id, reference_id, draft)
            services.ingesting.nudge(project_id, present.change)
            return 200, told(services, present, reached=reached)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.delete(
        "/{reference_id}",
        summary="Delete a reference",
        description="No search that begins after the answer finds it.",
        operation_id="delete_reference",
        response_model=Deleted,
        response_description="what was deleted",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def delete(
        reference_id: ReferenceId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Deleted]:
            gone = references.delete(who.project_id, reference_id)
            services.ingesting.nudge(who.project_id, gone.change)
            return 200, Deleted(id=gone.id)

        return once.answer(request, who.project_id, key, None, work)


def told(
    services: Services, reference: Reference, bank: Bank | None = None, reached: int | None = None
) -> ReferenceSchema:
    """All of a reference. ``reached``: the change that the index has come to, where it was asked
    before.
    """
    project_id = reference.project_id
    if reached is None:
        reached = position(services, project_id)
    return ReferenceSchema.of(
        reference,
        bank or services.banks.get(project_id, reference.bank_id),
        hashes=services.references.hashes_of(reference),
        searchable=reached >= reference.change,
    )


def bank_of(services: Services, project_id: str, id_or_name: str) -> Bank:
    """The bank that a request names. Raises ``NotFound``."""
    try:
        return services.banks.get(project_id, id_or_name)
    except NotFound as error:
        raise error.at("bank") from None


def position(services: Services, project_id: str) -> int:
    """What the index has reached; an index that cannot be asked has reached nothing."""
    try:
        return services.index.position(project_id)
    except NotReady:
        return -1


def _sent(body: Body) -> ReferenceRequest:
    """From JSON, or from a form, whose texts are fewer."""
    if body.json is not None:
        return body.read(ReferenceRequest)
    return ReferenceRequest.model_construct(**dict(body.read(ReferenceForm)), hashes=None)


def _add(
    reception: Reception, request: Request, bank: Bank, sent: ReferenceRequest, body: Body
) -> Added:
    """Raises the media errors with ``field``, and what the stores raise."""
    services = reception.services
    file = body.files.get("file")
    what = one_of(url=sent.url, hashes=sent.hashes, file=file)
    if sent.hashes is not None:
        hashes = sent.hashes.hashes()
        first = f"{hashes[0].signal.name}:{hashes[0].code.hex()}"
        return services.ingesting.add_hashes(bank, hashes, sent.draft(first))
    try:
        with opened(services, sent.url, file) as fetched, reception.turn(request):
            name = sent.url or body.names.get("file") or f"sha256:{fetched.sha256}"
            return services.ingesting.add_file(bank, fetched, sent.draft(name))
    except ReseenError as error:
        raise error.at(what) from None


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/references")
