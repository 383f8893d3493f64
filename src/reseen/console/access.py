"""``/console/api``: who is let in, how, and who is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from reseen.console.doors import Doors, Visit
from reseen.console.schemas import (
    DefaultsRequest,
    InvitedRequest,
    PasswordRequest,
    Provided,
    Settings,
    SettingsRequest,
    SetUpRequest,
    SignInRequest,
    Ways,
    defaults_said,
)
from reseen.web.auth import Right
from reseen.web.schemas.model import said
from reseen.web.sessions import drop_cookie


def access_routes(doors: Doors) -> APIRouter:
    router = APIRouter(prefix="/console/api", include_in_schema=False)
    _ways_in(router, doors)
    _signed_in(router, doors)
    _preferences(router, doors)
    return router


def _ways_in(router: APIRouter, doors: Doors) -> None:
    access, admitting = doors.access, doors.access.admitting

    @router.get("/ways")
    def ways(request: Request) -> JSONResponse:
        vouching = access.vouching
        answer = Ways(
            setup=not access.people.any_exists(),
            password=True,
            passkeys=doors.takes_passkeys(request),
            oidc=None if vouching is None else Provided(label=vouching.provider.label),
            signed_in=doors.is_signed_in(request),
        )
        return JSONResponse(said(answer))

    @router.post("/setup")
    def set_up(
        request: Request, sent: Annotated[SetUpRequest, Depends(doors.letter(SetUpRequest))]
    ) -> JSONResponse:
        with doors.trying(request):
            request_id = request.state.request_id
            opened = admitting.set_up(sent.key, sent.name, sent.password, request_id)
        return doors.let_in(request, opened)

    @router.post("/sign-in")
    def sign_in(
        request: Request, sent: Annotated[SignInRequest, Depends(doors.letter(SignInRequest))]
    ) -> JSONResponse:
        with doors.trying(request, sent.name):
            opened = admitting.sign_in(sent.name, sent.password, request.state.request_id)
        return doors.let_in(request, opened)

    @router.post("/invited")
    def invited(
        request: Request, sent: Annotated[InvitedRequest, Depends(doors.letter(InvitedRequest))]
    ) -> JSONResponse:
        with doors.trying(request):
            opened = admitting.accept(sent.token, sent.password, request.state.request_id)
        return doors.let_in(request, opened)


def _signed_in(router: APIRouter, doors: Doors) -> None:
    admitting = doors.access.admitting

    @router.get("/me")
    def me(visit: Annotated[Visit, Depends(doors.visit())]) -> JSONResponse:
        return JSONResponse(said(doors.me(visit.session, visit.secret)))

    @router.post("/sign-out")
    def sign_out(request: Request, visit: Annotated[Visit, Depends(doors.visit())]) -> Response:
        admitting.sign_out(visit.session, visit.request_id)
        response = Response(status_code=204)
        drop_cookie(response, request)
        return response

    @router.post("/password")
    def password(
        request: Request,
        visit: Annotated[Visit, Depends(doors.visit())],
        sent: Annotated[PasswordRequest, Depends(doors.letter(PasswordRequest))],
    ) -> JSONResponse:
        with doors.trying(request, visit.session.person.name):
            admitting.change_password(visit.session, sent.current, sent.new, visit.request_id)
        session = admitting.session(visit.secret)
        return JSONResponse(said(doors.me(session, visit.secret)))


def _preferences(router: APIRouter, doors: Doors) -> None:
    preferring = doors.access.preferring

    @router.put("/settings")
    def settings(
        visit: Annotated[Visit, Depends(doors.visit())],
        sent: Annotated[SettingsRequest, Depends(doors.letter(SettingsRequest))],
    ) -> JSONResponse:
        person = visit.session.person
        preferring.change(person, sent.change())
        return JSONResponse(said(Settings.model_validate(preferring.settings(person))))

    @router.put("/defaults")
    def defaults(
        visit: Annotated[Visit, Depends(doors.visit(Right.PEOPLE))],
        sent: Annotated[DefaultsRequest, Depends(doors.letter(DefaultsRequest))],
    ) -> JSONResponse:
        project_id = visit.session.person.project_id
        preferring.set_defaults(project_id, visit.actor, sent.change())
        return JSONResponse(said(defaults_said(preferring.defaults(project_id))))
