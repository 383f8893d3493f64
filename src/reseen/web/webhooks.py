"""``/v1/webhooks``: where a project is told of what happens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Key
from reseen.domain.errors import UrlNotAllowed
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import Deleted, said
from reseen.web.schemas.webhooks import (
    EventSchema,
    NewWebhookSchema,
    Replayed,
    WebhookChange,
    WebhookList,
    WebhookRequest,
    WebhookSchema,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

NEW = Shape((WebhookRequest,))
CHANGE = Shape((WebhookChange,))

WebhookId = Annotated[str, Path(description="Its id.")]


def webhook_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/webhooks", tags=["Webhooks"])
    _reads(router, reception)
    _writes(router, reception, once)
    _ends(router, reception, once)
    _sends(router, reception, once)
    return router


def _reads(router: APIRouter, reception: Reception) -> None:
    endpoints, manager = reception.services.desk.endpoints, reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List webhooks",
        description="By id, without their secrets.",
        operation_id="list_webhooks",
        response_model=WebhookList,
        response_description="some webhooks",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Key, Depends(manager)], paging: Annotated[Paging, Query()]
    ) -> JSONResponse:
        every = sorted(endpoints.of_project(who.project_id), key=lambda one: one.id)
        page = page_by(every, lambda one: one.id, paging)
        data = [WebhookSchema.of(one) for one in page.items]
        return JSONResponse(said(WebhookList(data=data, next_cursor=page.next)))

    @router.get(
        "/{webhook_id}",
        summary="Read a webhook",
        description="Without its secret.",
        operation_id="read_webhook",
        response_model=WebhookSchema,
        response_description="the webhook",
        responses=_problems("not_found"),
    )
    def read(webhook_id: WebhookId, who: Annotated[Key, Depends(manager)]) -> JSONResponse:
        return JSONResponse(said(WebhookSchema.of(endpoints.get(who.project_id, webhook_id))))


def _writes(router: APIRouter, reception: Reception, once: Once) -> None:
    hooks = reception.services.desk.hooks

    @router.post(
        "",
        status_code=201,
        summary="Create a webhook",
        description="Events that happen from now on are sent there, signed with its secret, which "
        "is shown this once. An address is refused that is not public, unless the operator allows "
        "it.",
        operation_id="create_webhook",
        response_model=NewWebhookSchema,
        response_description="the webhook with its secret",
        responses=_problems(*BODY, "url_not_allowed", "quota_exceeded", *ONCE),
        openapi_extra=request_body(NEW),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, NEW))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, NewWebhookSchema]:
            sent = received.body.read(WebhookRequest)
            actor = actor_of(request, received.key)
            try:
                made = hooks.add(received.project_id, actor, sent.draft())
            except UrlNotAllowed as error:
                raise error.at("url") from None
            return 201, NewWebhookSchema.of(made)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.patch(
        "/{webhook_id}",
        summary="Change a webhook",
        description="What is not sent stays. What is under way goes where it went before.",
        operation_id="change_webhook",
        response_model=WebhookSchema,
        response_description="the webhook as it is now",
        responses=_problems(*BODY, "url_not_allowed", "not_found", *ONCE),
        openapi_extra=request_body(CHANGE),
    )
    def change(
        webhook_id: WebhookId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CHANGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, WebhookSchema]:
            sent = received.body.read(WebhookChange)
            actor = actor_of(request, received.key)
            try:
                changed = hooks.change(received.project_id, actor, webhook_id, sent.applied)
            except UrlNotAllowed as error:
                raise error.at("url") from None
            return 200, WebhookSchema.of(changed)

        return once.answer(request, received.project_id, key, received.body, work)


def _ends(router: APIRouter, reception: Reception, once: Once) -> None:
    hooks, manager = reception.services.desk.hooks, reception.caller(Right.MANAGE)

    @router.post(
        "/{webhook_id}/rotate",
        summary="Rotate the secret of a webhook",
        description="Whatever is sent from now on is signed with the new one. What is refused "
        "until its receiver knows it is sent again.",
        operation_id="rotate_webhook_secret",
        response_model=NewWebhookSchema,
        response_description="the webhook with its new secret",
        responses=_problems("not_found", *ONCE),
    )
    def rotate(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Key, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, NewWebhookSchema]:
            rotated = hooks.rotate(who.project_id, actor_of(request, who), webhook_id)
            return 200, NewWebhookSchema.of(rotated)

        return once.answer(request, who.project_id, key, None, work)

    @router.delete(
        "/{webhook_id}",
        summary="Delete a webhook",
        description="What waits to be sent there is given up.",
        operation_id="delete_webhook",
        response_model=Deleted,
        response_description="what was deleted",
        responses=_problems("not_found", *ONCE),
    )
    def delete(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Key, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Deleted]:
            hooks.remove(who.project_id, actor_of(request, who), webhook_id)
            return 200, Deleted(id=webhook_id)

        return once.answer(request, who.project_id, key, None, work)


def _sends(router: APIRouter, reception: Reception, once: Once) -> None:
    hooks, manager = reception.services.desk.hooks, reception.caller(Right.MANAGE)

    @router.post(
        "/{webhook_id}/test",
        status_code=202,
        summary="Send a test event",
        description="An event `webhook.test`, to this webhook alone, whichever types it wants. How "
        "it went is among the deliveries.",
        operation_id="test_webhook",
        response_model=EventSchema,
        response_description="the event, which is on its way",
        responses=_problems("not_found", *ONCE),
    )
    def test(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Key, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, EventSchema]:
            event = hooks.test(who.project_id, actor_of(request, who), webhook_id)
            return 202, EventSchema.of(event)

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{webhook_id}/replay",
        status_code=202,
        summary="Replay what was given up",
        description="All that is dead at this webhook is sent again, at once and for another day, "
        "each event under its own id.",
        operation_id="replay_webhook",
        response_model=Replayed,
        response_description="how many are on their way",
        responses=_problems("not_found", *ONCE),
    )
    def replay(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Key, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Replayed]:
            count = hooks.replay_dead(who.project_id, actor_of(request, who), webhook_id)
            return 202, Replayed(deliveries=count)

        return once.answer(request, who.project_id, key, None, work)


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", *codes, path="/v1/webhooks")
