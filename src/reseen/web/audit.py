"""``/v1/audit``: what was done and what was looked at, by whom, and the proof that it is so."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, StreamingResponse

from reseen.domain.access import Caller
from reseen.domain.choices import ExportFormat
from reseen.domain.record import COLUMNS, told
from reseen.web.auth import Right
from reseen.web.exports import export_response, streamed
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.paging import Paging
from reseen.web.reception import Reception
from reseen.web.schemas.model import Moment, said
from reseen.web.schemas.record import AuditEntrySchema, AuditList, VerifiedSchema


class Chosen(BaseModel):
    """Which entries are meant."""

    model_config = ConfigDict(extra="forbid")

    who: Annotated[
        str | None, Field(max_length=64, description="Only what this key did; `reseen`: none did.")
    ] = None
    what: Annotated[
        str | None, Field(max_length=64, description="Only such, as `case.decided`.")
    ] = None
    subject: Annotated[
        str | None, Field(max_length=64, description="Only what was done to this id.")
    ] = None
    since: Annotated[Moment | None, Field(description="Only from then on.")] = None
    until: Annotated[Moment | None, Field(description="Only before then.")] = None


class Listed(Chosen, Paging):
    """Which entries to list."""


class Exported(Chosen):
    """Which entries to export, and how."""

    format: Annotated[ExportFormat, Field(description="How it is written.")] = ExportFormat.JSONL


class Checked(BaseModel):
    """What to hold the audit against."""

    model_config = ConfigDict(extra="forbid")

    head: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-f]{64}$",
            description="A digest that was noted before, to be found in the audit again.",
        ),
    ] = None


def audit_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/audit", tags=["Audit"])
    _lists(router, reception)
    _proves(router, reception)
    return router


def _lists(router: APIRouter, reception: Reception) -> None:
    audit, reader = reception.services.desk.audit, reception.caller(Right.AUDIT)

    @router.get(
        "",
        summary="List the audit",
        description="Newest first.",
        operation_id="list_audit",
        response_model=AuditList,
        response_description="some entries",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Listed, Query()]
    ) -> JSONResponse:
        page = audit.entries(who.project_id, **chosen.model_dump())
        data = [AuditEntrySchema.of(one) for one in page.items]
        return JSONResponse(said(AuditList(data=data, next_cursor=page.next)))

    @router.get(
        "/export",
        summary="Export the audit",
        description="Oldest first, as it is read, however long it is. The digests are in it: "
        "exported whole, the chain can be checked by whoever has it, without reseen.",
        operation_id="export_audit",
        response_class=StreamingResponse,
        responses={**_problems(), **export_response("an entry a line")},
    )
    def export(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Exported, Query()]
    ) -> StreamingResponse:
        walked = audit.walk(who.project_id, **chosen.model_dump(exclude={"format"}))
        return streamed(map(told, walked), COLUMNS, chosen.format, f"audit-{who.project_id}")


def _proves(router: APIRouter, reception: Reception) -> None:
    audit, reader = reception.services.desk.audit, reception.caller(Right.AUDIT)

    @router.get(
        "/verify",
        summary="Verify the audit",
        description="Reads all of it, and says whether any entry was changed, exchanged or taken "
        "out since it was written.",
        operation_id="verify_audit",
        response_model=VerifiedSchema,
        response_description="what holds",
        responses=_problems(),
    )
    def verify(
        who: Annotated[Caller, Depends(reader)], asked: Annotated[Checked, Query()]
    ) -> JSONResponse:
        found = audit.verify(who.project_id, asked.head)
        return JSONResponse(said(VerifiedSchema.of(found, asked.head)))


def _problems() -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", path="/v1/audit")
