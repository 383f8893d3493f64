"""``/console/api``: passkeys, in the JSON that browsers make and read
(``PublicKeyCredential.parseCreationOptionsFromJSON`` and its kin).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from reseen.console.doors import Doors, Visit
from reseen.console.schemas import PasskeyAnswer, PasskeyRequest, PasskeySchema
from reseen.web.schemas.model import said


def passkey_routes(doors: Doors) -> APIRouter:
    router = APIRouter(prefix="/console/api", include_in_schema=False)
    unlocking = doors.access.unlocking

    @router.post("/passkeys/begin")
    def begin_passkey(
        request: Request, visit: Annotated[Visit, Depends(doors.visit())]
    ) -> JSONResponse:
        origin = doors.passkey_origin(request)
        return JSONResponse(unlocking.begin_passkey(visit.session, origin))

    @router.post("/passkeys")
    def add(
        request: Request,
        visit: Annotated[Visit, Depends(doors.visit())],
        sent: Annotated[PasskeyRequest, Depends(doors.letter(PasskeyRequest))],
    ) -> JSONResponse:
        origin = doors.passkey_origin(request)
        made = unlocking.add_passkey(
            visit.session, origin, sent.credential, sent.label, visit.request_id
        )
        return JSONResponse(said(PasskeySchema.of(made)), 201)

    @router.delete("/passkeys/{passkey_id}")
    def remove(passkey_id: str, visit: Annotated[Visit, Depends(doors.visit())]) -> Response:
        unlocking.remove_passkey(visit.session, passkey_id, visit.request_id)
        return Response(status_code=204)

    @router.post("/sign-in/passkey/begin")
    def begin(request: Request) -> JSONResponse:
        doors.guard.check_origin(request)
        doors.asking(request)
        return JSONResponse(unlocking.begin(doors.passkey_origin(request)))

    @router.post("/sign-in/passkey")
    def sign_in(
        request: Request, sent: Annotated[PasskeyAnswer, Depends(doors.letter(PasskeyAnswer))]
    ) -> JSONResponse:
        with doors.trying(request):
            origin = doors.passkey_origin(request)
            opened = unlocking.sign_in(origin, sent.credential, request.state.request_id)
        return doors.let_in(request, opened)

    return router
