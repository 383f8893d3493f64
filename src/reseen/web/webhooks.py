"""``/v1/webhooks`` and ``/v1/events``: who is told of what happens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.errors import UrlNotAllowed
from reseen.domain.record import EventType
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import Deleted, said
from reseen.web.schemas.webhooks import (
    DeliveryList,
    DeliverySchema,
    EventList,
    EventSchema,
    Replayed,
    ReplayRequest,
    WebhookChange,
    WebhookList,
    WebhookRequest,
    WebhookSchema,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

ADD, CHANGE, REPLAY = Shape((WebhookRequest,)), Shape((WebhookChange,)), Shape((ReplayRequest,))

WebhookId = Annotated[str, Path(description="Its id.")]
EventId = Annotated[str, Path(description="Its id.")]


class Selection(Paging):
    """Which events to list."""

    type: Annotated[EventType | None, Field(description="Only those of this type.")] = None


class DeliverySelection(Paging):
    """Which deliveries to list."""

    dead: Annotated[
        bool | None, Field(description="Only those that were given up, or all others.")
    ] = None


def webhook_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/webhooks", tags=["Webhooks"])
    _reads(router, reception)
    _writes(router, reception, once)
    _tries(router, reception, once)
    return router


def event_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["Webhooks"])
    desk, manager = reception.services.desk, reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List events",
        description="What happened, newest first, whether or not anybody was told.",
        operation_id="list_events",
        response_model=EventList,
        response_description="some events",
        responses=_problems("forbidden"),
    )
    def list_some(
        who: Annotated[Caller, Depends(manager)], chosen: Annotated[Selection, Query()]
    ) -> JSONResponse:
        page = desk.outbox.events(
            who.project_id, type=chosen.type, cursor=chosen.cursor, limit=chosen.limit
        )
        data = [EventSchema.of(one) for one in page.items]
        return JSONResponse(said(EventList(data=data, next_cursor=page.next)))

    @router.post(
        "/{event_id}/replay",
        summary="Replay an event",
        description="It is sent once more, under the same id.",
        operation_id="replay_event",
        response_model=Replayed,
        response_description="how many endpoints get it",
        responses=_problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(REPLAY),
    )
    def replay(
        event_id: EventId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, REPLAY))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Replayed]:
            sent, actor = received.body.read(ReplayRequest), actor_of(request, received.key)
            count = desk.hooking.replay(received.project_id, actor, event_id, sent.webhook_id)
            return 200, Replayed(deliveries=count)

        return once.answer(request, received.project_id, key, received.body, work)

    return router


def _reads(router: APIRouter, reception: Reception) -> None:
    desk, manager = reception.services.desk, reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List webhooks",
        description="By id; without their secrets.",
        operation_id="list_webhooks",
        response_model=WebhookList,
        response_description="some webhooks",
        responses=_problems("forbidden"),
    )
    def list_some(
        who: Annotated[Caller, Depends(manager)], paging: Annotated[Paging, Query()]
    ) -> JSONResponse:
        every = sorted(desk.endpoints.of_project(who.project_id), key=lambda one: one.id)
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
        responses=_problems("forbidden", "not_found"),
    )
    def read(webhook_id: WebhookId, who: Annotated[Caller, Depends(manager)]) -> JSONResponse:
        held = desk.endpoints.get(who.project_id, webhook_id)
        return JSONResponse(said(WebhookSchema.of(held)))

    @router.get(
        "/{webhook_id}/deliveries",
        summary="List deliveries",
        description="What was sent to it, or is to be, newest first.",
        operation_id="list_deliveries",
        response_model=DeliveryList,
        response_description="some deliveries",
        responses=_problems("forbidden", "not_found"),
    )
    def deliveries(
        webhook_id: WebhookId,
        who: Annotated[Caller, Depends(manager)],
        chosen: Annotated[DeliverySelection, Query()],
    ) -> JSONResponse:
        desk.endpoints.get(who.project_id, webhook_id)
        page = desk.outbox.deliveries(
            who.project_id,
            endpoint_id=webhook_id,
            dead=chosen.dead,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [DeliverySchema.of(one) for one in page.items]
        return JSONResponse(said(DeliveryList(data=data, next_cursor=page.next)))


def _writes(router: APIRouter, reception: Reception, once: Once) -> None:
    hooking, manager = reception.services.desk.hooking, reception.caller(Right.MANAGE)

    @router.post(
        "",
        status_code=201,
        summary="Make a webhook",
        description="Events are posted to it from now on, signed with a secret that is shown this "
        "once. Addresses that are not public are refused, unless the operator allows them.",
        operation_id="create_webhook",
        response_model=WebhookSchema,
        response_description="the webhook, with its secret",
        responses=_problems(*BODY, "forbidden", "url_not_allowed", "quota_exceeded", *ONCE),
        openapi_extra=request_body(ADD),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, ADD))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, WebhookSchema]:
            sent, actor = received.body.read(WebhookRequest), actor_of(request, received.key)
            try:
                made = hooking.add(received.project_id, actor, sent.draft())
            except UrlNotAllowed as error:
                raise error.at("url") from None
            return 201, WebhookSchema.of(made)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.patch(
        "/{webhook_id}",
        summary="Change a webhook",
        description="What waits for one that is off is sent once it is on again.",
        operation_id="change_webhook",
        response_model=WebhookSchema,
        response_description="the webhook",
        responses=_problems(*BODY, "forbidden", "not_found", "url_not_allowed", *ONCE),
        openapi_extra=request_body(CHANGE),
    )
    def change(
        webhook_id: WebhookId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, CHANGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, WebhookSchema]:
            sent, actor = received.body.read(WebhookChange), actor_of(request, received.key)
            try:
                changed = hooking.change(
                    received.project_id, actor, webhook_id, sent.url, sent.types, sent.enabled
                )
            except UrlNotAllowed as error:
                raise error.at("url") from None
            return 200, WebhookSchema.of(changed)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.delete(
        "/{webhook_id}",
        summary="Remove a webhook",
        description="What waits for it is given up.",
        operation_id="remove_webhook",
        response_model=Deleted,
        response_description="what was removed",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def remove(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Deleted]:
            hooking.remove(who.project_id, actor_of(request, who), webhook_id)
            return 200, Deleted(id=webhook_id)

        return once.answer(request, who.project_id, key, None, work)


def _tries(router: APIRouter, reception: Reception, once: Once) -> None:
    hooking, manager = reception.services.desk.hooking, reception.caller(Right.MANAGE)

    @router.post(
        "/{webhook_id}/rotate",
        summary="Change a secret",
        description="The new one is shown this once, and signs from now on.",
        operation_id="rotate_webhook_secret",
        response_model=WebhookSchema,
        response_description="the webhook, with its secret",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def rotate(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, WebhookSchema]:
            changed = hooking.rotate(who.project_id, actor_of(request, who), webhook_id)
            return 200, WebhookSchema.of(changed)

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{webhook_id}/test",
        status_code=201,
        summary="Try a webhook",
        description="A `webhook.test` is sent to it, whatever types it wants.",
        operation_id="test_webhook",
        response_model=EventSchema,
        response_description="the event",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def test(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, EventSchema]:
            event = hooking.test(who.project_id, actor_of(request, who), webhook_id)
            return 201, EventSchema.of(event)

        return once.answer(request, who.project_id, key, None, work)

    @router.post(
        "/{webhook_id}/replay",
        summary="Replay what was given up",
        description="All dead deliveries are due again at once, under the ids of their events.",
        operation_id="replay_webhook",
        response_model=Replayed,
        response_description="how many",
        responses=_problems("forbidden", "not_found", *ONCE),
    )
    def revive(
        webhook_id: WebhookId,
        request: Request,
        who: Annotated[Caller, Depends(manager)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Replayed]:
            count = hooking.revive(who.project_id, actor_of(request, who), webhook_id)
            return 200, Replayed(deliveries=count)

        return once.answer(request, who.project_id, key, None, work)


def _problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/webhooks")
