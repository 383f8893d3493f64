"""``/v1/briefs``: cases at a glance, in one call each; and covers and counterparts of uploads."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.briefing import Brief
from reseen.domain.media import Medium
from reseen.domain.review import CaseState
from reseen.web.auth import Right
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.paging import Paging
from reseen.web.reception import Reception
from reseen.web.schemas import Envelope, envelope
from reseen.web.schemas.briefs import BriefList, BriefSchema, CounterpartList, CounterpartSchema
from reseen.web.schemas.model import said
from reseen.web.uploads import UploadId, told

PNG = "image/png"
DRAWN = False
"""Evidence would show what is compared."""

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
    services, reviewer = reception.services, reception.caller(Right.REVIEW)
    desk = services.desk
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

    @router.get(
        "/{upload_id}/comparison",
        summary="Compare two uploads",
        description="The envelope of `POST /match` for two uploads whose media are kept: where "
        "they lie on each other, and how the picture was changed. Nobody sees anything of them.",
        operation_id="compare_uploads",
        response_model=Envelope,
        response_description="the envelope; the source is the upload of the path",
        responses=problem_responses(*EVERYWHERE, "forbidden", "not_found", path="/v1/uploads"),
    )
    def comparison(
        upload_id: UploadId,
        request: Request,
        who: Annotated[Caller, Depends(onlooker)],
        other: Annotated[str, Query(max_length=64, description="The other upload, by its id.")],
    ) -> JSONResponse:
        began = time.perf_counter()
        with (
            reception.gate.admit(who.id),
            desk.covering.kept(who.project_id, upload_id) as source,
            desk.covering.kept(who.project_id, other) as target,
            services.open_file(source) as one,
            services.open_file(target) as two,
            reception.turn(request),
        ):
            verdict = services.compare(one, two, frozenset(Medium), DRAWN)
        elapsed = round(1000 * (time.perf_counter() - began))
        found = envelope(verdict, elapsed_ms=elapsed, request_id=request.state.request_id)
        return JSONResponse(said(found))

    return router


def _brief(brief: Brief) -> BriefSchema:
    return BriefSchema.of(brief, None if brief.face is None else told(brief.face.upload))


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/briefs")
