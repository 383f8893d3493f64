"""``/v1/statements``: statements of reasons for what was removed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from reseen.domain.access import Caller
from reseen.domain.choices import ExportFormat
from reseen.domain.statement import COLUMNS, told
from reseen.web.auth import Right
from reseen.web.exports import export_response, streamed
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.reception import Reception
from reseen.web.schemas.model import Moment


class Asked(BaseModel):
    """Which statements are meant, and how they are written."""

    model_config = ConfigDict(extra="forbid")

    format: Annotated[ExportFormat, Field(description="How it is written.")] = ExportFormat.JSONL
    since: Annotated[
        Moment | None, Field(description="Only what was removed, or shown again, from then on.")
    ] = None
    until: Annotated[
        Moment | None, Field(description="Only what was removed, or shown again, before then.")
    ] = None


def statement_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/statements", tags=["Audit"])
    stating, reader = reception.services.desk.stating, reception.caller(Right.AUDIT)

    @router.get(
        "",
        summary="Export statements of reasons",
        description="One for each removal of each upload, as Article 17 of the Digital Services "
        "Act asks for, in the words of the Transparency Database. One whose ground fell away, as "
        "its decision was undone, says when and why it was withdrawn.",
        operation_id="export_statements",
        response_class=StreamingResponse,
        responses={
            **problem_responses(*EVERYWHERE, "forbidden", path="/v1/statements"),
            **export_response("a statement a line"),
        },
    )
    def export(
        who: Annotated[Caller, Depends(reader)], asked: Annotated[Asked, Query()]
    ) -> StreamingResponse:
        found = stating.walk(who.project_id, asked.since, asked.until)
        return streamed(map(told, found), COLUMNS, asked.format, f"statements-{who.project_id}")

    return router
