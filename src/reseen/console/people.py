"""``/console/api/people``: who works here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from reseen.console.doors import Doors, Visit
from reseen.console.schemas import Invited, People, PersonChange, PersonRequest, PersonSchema
from reseen.domain.access import Role
from reseen.web.auth import Right
from reseen.web.schemas.model import said


def people_routes(doors: Doors) -> APIRouter:
    router = APIRouter(prefix="/console/api/people", include_in_schema=False)
    people, staffing = doors.access.people, doors.access.staffing
    ruler = doors.visit(Right.PEOPLE)

    @router.get("")
    def list_all(visit: Annotated[Visit, Depends(ruler)]) -> JSONResponse:
        every = people.of_project(visit.session.person.project_id)
        return JSONResponse(said(People(data=[PersonSchema.of(one) for one in every])))

    @router.post("")
    def invite(
        request: Request,
        visit: Annotated[Visit, Depends(ruler)],
        sent: Annotated[PersonRequest, Depends(doors.letter(PersonRequest))],
    ) -> JSONResponse:
        caller = visit.session.person.caller
        made = staffing.invite(caller, visit.actor, sent.name, Role(sent.role))
        return JSONResponse(said(Invited.of(made, doors.guard.origin_of(request))), 201)

    @router.patch("/{person_id}")
    def change(
        person_id: str,
        visit: Annotated[Visit, Depends(ruler)],
        sent: Annotated[PersonChange, Depends(doors.letter(PersonChange))],
    ) -> JSONResponse:
        changed = staffing.change(
            visit.session.person.caller,
            visit.actor,
            person_id,
            role=None if sent.role is None else Role(sent.role),
            disabled=sent.disabled,
        )
        return JSONResponse(said(PersonSchema.of(changed)))

    @router.post("/{person_id}/invitation")
    def reset(
        person_id: str, request: Request, visit: Annotated[Visit, Depends(ruler)]
    ) -> JSONResponse:
        made = staffing.reset(visit.session.person.caller, visit.actor, person_id)
        return JSONResponse(said(Invited.of(made, doors.guard.origin_of(request))), 201)

    return router
