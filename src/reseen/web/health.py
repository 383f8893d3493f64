"""For load balancers: is the process alive, and can it take a match now? No key is needed."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from reseen.domain.errors import NotReady
from reseen.web.openapi import problem_responses
from reseen.web.services import Services


class Status(BaseModel):
    """The answer of the health routes."""

    status: str


def health_routes(services: Services, stopping: Callable[[], bool]) -> APIRouter:
    router = APIRouter(tags=["Health"])

    @router.get("/healthz", summary="The process answers", operation_id="healthz")
    async def healthz() -> Status:
        return Status(status="ok")

    @router.get(
        "/readyz",
        summary="A match can be taken now",
        operation_id="readyz",
        responses=problem_responses("not_ready", path="/readyz"),
    )
    def readyz() -> Status:
        if stopping():
            raise NotReady("The server is stopping.", retry_after_s=5)
        services.check_ready()
        return Status(status="ready")

    return router
