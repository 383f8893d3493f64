"""All routes that only the console asks for."""

from fastapi import APIRouter

from reseen.console.access import access_routes
from reseen.console.doors import Doors
from reseen.console.oidc import oidc_routes
from reseen.console.passkeys import passkey_routes
from reseen.console.people import people_routes
from reseen.web.reception import Reception


def console_api(reception: Reception) -> APIRouter:
    doors = Doors(reception)
    router = APIRouter()
    router.include_router(access_routes(doors))
    router.include_router(passkey_routes(doors))
    router.include_router(oidc_routes(doors))
    router.include_router(people_routes(doors))
    return router
