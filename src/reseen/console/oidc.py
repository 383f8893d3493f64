"""``/console/api/oidc``: to an OpenID provider and back. Browsers come here by themselves, so what
goes wrong is told to the sign-in page: ``/console/sign-in#problem=CODE``.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from reseen.console.doors import Doors
from reseen.domain.errors import NotFound, ReseenError, Unauthenticated
from reseen.flows.unlocking import LASTS
from reseen.flows.vouching import Vouching

STATE_COOKIE = "reseen_oidc"
PREFIX = "/console/api/oidc"
SEE_OTHER = 303


def oidc_routes(doors: Doors) -> APIRouter:
    router = APIRouter(prefix=PREFIX, include_in_schema=False)

    def redirect_of(request: Request) -> str:
        return f"{doors.guard.origin_of(request)}{PREFIX}/callback"

    @router.get("/start")
    def start(request: Request) -> Response:
        doors.asking(request)
        try:
            where, state = _provided(doors).start(redirect_of(request))
        except ReseenError as error:
            return _told(request, error)
        response = RedirectResponse(where, SEE_OTHER)
        response.set_cookie(
            STATE_COOKIE,
            state,
            max_age=round(LASTS.total_seconds()),
            path=PREFIX,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",  # the way back begins at the provider
        )
        return response

    @router.get("/callback")
    def callback(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        try:
            with doors.trying(request):
                if error or not code:
                    raise Unauthenticated("The provider did not sign you in.")
                kept = request.cookies.get(STATE_COOKIE, "")
                opened = _provided(doors).finish(
                    redirect_of(request), kept, state, code, request.state.request_id
                )
        except ReseenError as problem:
            response = _told(request, problem)
        else:
            response = RedirectResponse("/console/", SEE_OTHER)
            doors.give_cookie(request, response, opened)
        response.delete_cookie(STATE_COOKIE, path=PREFIX)
        return response

    return router


def _provided(doors: Doors) -> Vouching:
    if doors.access.vouching is None:
        raise NotFound("No OpenID provider is set up here.")
    return doors.access.vouching


def _told(request: Request, error: ReseenError) -> Response:
    request.state.error_code = error.code
    return RedirectResponse(f"/console/sign-in#problem={error.code}", SEE_OTHER)
