"""``/v1/briefs``: cases at a glance, in one call each; and covers and counterparts of uploads."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.briefing import Brief
from reseen.domain.review import CaseState
from reseen.web.auth import Right
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.paging import Paging
from reseen.web.reception import Reception
from reseen.web.schemas.briefs import BriefList, BriefSchema, CounterpartList, CounterpartSchema
from reseen.web.schemas.model import said
from reseen.web.uploads import UploadId, told

PNG = "image/png"

CaseId = Annotated[str, Path(description="The id of its case.")]


class Glanced(Paging):
    """Which cases to list."""

    state: Annotated[CaseState | None, Field(description="Only those in this state.")] = None


def brief_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/briefs", tags=["Cases"])
    briefing, reviewer = reception.services.desk.briefing, reception.caller(Right.REVIEW)

    @router.get(
        "",
        summary="List cases at a glance",
        description="As `GET /v1/cases`, each with its cluster, its representative, why that is "
        "here, when the uploads came and who works on it.",
        operation_id="list_briefs",
        response_model=BriefList,
        response_description="some cases",
        responses=_problems("forbidden"),
    )
    def list_some(
        who: Annotated[Caller, Depends(reviewer)], chosen: Annotated[Glanced, Query()]
    ) -> JSONResponse:
        page = briefing.list(who.project_id, chosen.state, chosen.cursor, chosen.limit)
        data = [_brief(one) for one in page.items]
        return JSONResponse(said(BriefList(data=data, next_cursor=page.next)))

    @router.get(
        "/{case_id}",
        summary="Read a case at a glance",
        description="As it is now.",
        operation_id="read_brief",
        response_model=BriefSchema,
        response_description="the case",
        responses=_problems("forbidden", "not_found"),
    )
    def read(case_id: CaseId, who: Annotated[Caller, Depends(reviewer)]) -> JSONResponse:
        return JSONResponse(said(_brief(briefing.of_case(who.project_id, case_id))))

    return router


def glance_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/uploads", tags=["Uploads"])
    desk, reviewer = reception.services.desk, reception.caller(Right.REVIEW)
    onlooker = reception.known(Right.REVIEW)  # a page of covers is one look, not a hundred calls

    @router.get(
        "/{upload_id}/cover",
        summary="Read a cover",
        description="So little of the picture that nobody sees what it shows: 16 fields along its "
        "longer side. It is drawn when it is asked for and kept nowhere. Whoever wants to see more "
        "reads the media, which the audit tells of.",
        operation_id="read_cover",
        response_class=Response,
        responses={
            **problem_responses(*EVERYWHERE, "forbidden", "not_found", path="/v1/uploads"),
            200: {
                "description": "a PNG",
                "content": {PNG: {"schema": {"type": "string", "format": "binary"}}},
            },
        },
    )
    def cover(
        upload_id: UploadId,
        who: Annotated[Caller, Depends(onlooker)],
        colour: Annotated[bool, Query(description="With its colours, not grey.")] = False,
    ) -> Response:
        drawn = desk.covering.of(who.project_id, upload_id, in_colour=colour)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(drawn, media_type=PNG, headers=headers)

    @router.get(
        "/{upload_id}/counterparts",
        summary="List what it matched",
        description="For each reference that its reasons name, an upload that shows it, so that "
        "the two can be held side by side where the media of both are kept.",
        operation_id="list_counterparts",
        response_model=CounterpartList,
        response_description="what it matched",
        responses=problem_responses(*EVERYWHERE, "forbidden", "not_found", path="/v1/uploads"),
    )
    def counterparts(
        upload_id: UploadId, who: Annotated[Caller, Depends(reviewer)]
    ) -> JSONResponse:
        found = desk.briefing.counterparts(who.project_id, upload_id)
        return JSONResponse(said(CounterpartList(data=[CounterpartSchema.of(o) for o in found])))

    return router


def _brief(brief: Brief) -> BriefSchema:
    return BriefSchema.of(brief, None if brief.face is None else told(brief.face.upload))


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/briefs")
