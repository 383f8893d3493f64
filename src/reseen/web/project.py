"""``/v1/project``: the tenant that a key, or a person, belongs to."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import said
from reseen.web.schemas.project import ProjectChange, ProjectSchema
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

CHANGE = Shape((ProjectChange,))


def project_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/project", tags=["Project"])
    keeping, reader = reception.services.desk.keeping, reception.caller(Right.READ)

    @router.get(
        "",
        summary="Read the project",
        description="The one that the caller belongs to.",
        operation_id="read_project",
        response_model=ProjectSchema,
        response_description="the project",
        responses=_problems(),
    )
    def read(who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(ProjectSchema.of(keeping.project(who.project_id))))

    @router.patch(
        "",
        summary="Change the project",
        description="Whether uploads that wait for review are kept, encrypted, until their case "
        "closes. What is kept already stays until then.",
        operation_id="change_project",
        response_model=ProjectSchema,
        response_description="the project",
        responses=_problems(*BODY, "forbidden", *ONCE),
        openapi_extra=request_body(CHANGE),
    )
    def change(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CHANGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ProjectSchema]:
            sent, who = received.body.read(ProjectChange), actor_of(request, received.key)
            changed = keeping.change(received.project_id, who, keep_media=sent.keep_media)
            return 200, ProjectSchema.of(changed)

        return once.answer(request, received.project_id, key, received.body, work)

    return router


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/project")
