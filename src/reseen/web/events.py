"""``/v1/events`` and ``/v1/deliveries``: what was told, to whom, and how that went."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Key
from reseen.domain.record import EventType
from reseen.web.auth import Right
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, EVERYWHERE, ONCE, problem_responses, request_body
from reseen.web.paging import Paging
from reseen.web.reception import Received, Reception
from reseen.web.schemas.model import said
from reseen.web.schemas.webhooks import (
    DeliveryList,
    DeliverySchema,
    EventList,
    EventSchema,
    Replayed,
    ReplayRequest,
)
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

REPLAY = Shape((ReplayRequest,))

EventId = Annotated[str, Path(description="Its id.")]


class Told(Paging):
    """Which events to list."""

    type: Annotated[EventType | None, Field(description="Only those of this type.")] = None


class Sent(Paging):
    """Which deliveries to list."""

    webhook: Annotated[
        str | None, Field(max_length=64, description="Only those to this webhook.")
    ] = None
    dead: Annotated[
        bool | None,
        Field(description="`true`: only those that were given up; `false`: only others."),
    ] = None


def event_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["Webhooks"])
    desk, manager = reception.services.desk, reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List events",
        description="Newest first, as long as they are kept, whether or not a webhook wanted them.",
        operation_id="list_events",
        response_model=EventList,
        response_description="some events",
        responses=_problems("/v1/events"),
    )
    def list_some(
        who: Annotated[Key, Depends(manager)], chosen: Annotated[Told, Query()]
    ) -> JSONResponse:
        page = desk.outbox.events(
            who.project_id, type=chosen.type, cursor=chosen.cursor, limit=chosen.limit
        )
        data = [EventSchema.of(one) for one in page.items]
        return JSONResponse(said(EventList(data=data, next_cursor=page.next)))

    @router.get(
        "/{event_id}",
        summary="Read an event",
        description="As it is sent.",
        operation_id="read_event",
        response_model=EventSchema,
        response_description="the event",
        responses=_problems("/v1/events", "not_found"),
    )
    def read(event_id: EventId, who: Annotated[Key, Depends(manager)]) -> JSONResponse:
        return JSONResponse(said(EventSchema.of(desk.outbox.event(who.project_id, event_id))))

    @router.post(
        "/{event_id}/replay",
        status_code=202,
        summary="Replay an event",
        description="It is sent again under the same id, at once and for another day: to one "
        "webhook, or to all that are enabled and want it or were sent it before.",
        operation_id="replay_event",
        response_model=Replayed,
        response_description="to how many webhooks it is on its way",
        responses=_problems("/v1/events", *BODY, "not_found", *ONCE),
        openapi_extra=request_body(REPLAY),
    )
    def replay(
        event_id: EventId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.MANAGE, REPLAY))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Replayed]:
            sent = received.body.read(ReplayRequest)
            actor = actor_of(request, received.key)
            count = desk.hooks.replay(received.project_id, actor, event_id, sent.webhook_id)
            return 202, Replayed(deliveries=count)

        return once.answer(request, received.project_id, key, received.body, work)

    return router


def delivery_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/deliveries", tags=["Webhooks"])
    outbox, manager = reception.services.desk.outbox, reception.caller(Right.MANAGE)

    @router.get(
        "",
        summary="List deliveries",
        description="Newest first: each event at each webhook, and how its last attempt went.",
        operation_id="list_deliveries",
        response_model=DeliveryList,
        response_description="some deliveries",
        responses=_problems("/v1/deliveries"),
    )
    def list_some(
        who: Annotated[Key, Depends(manager)], chosen: Annotated[Sent, Query()]
    ) -> JSONResponse:
        page = outbox.deliveries(
            who.project_id,
            endpoint_id=chosen.webhook,
            dead=chosen.dead,
            cursor=chosen.cursor,
            limit=chosen.limit,
        )
        data = [DeliverySchema.of(one) for one in page.items]
        return JSONResponse(said(DeliveryList(data=data, next_cursor=page.next)))

    return router


def _problems(path: str, *codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", *codes, path=path)
