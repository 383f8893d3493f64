"""Endpoints, events, and the way of the ones to the others."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from reseen.domain.record import Delivery, Endpoint, EndpointDraft, Event, EventType
from reseen.web.schemas.model import Answer, Moment, Request, Url

Types = Annotated[list[EventType], Field(max_length=len(EventType))]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class WebhookRequest(Request):
    """An endpoint that wants events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://platform.example/hooks/reseen",
                    "types": ["upload.answered", "upload.action_changed"],
                }
            ]
        }
    )

    url: Url
    """Where events are posted to."""

    types: Types = Field(default_factory=list)
    """Which it wants; none: all."""

    enabled: bool = True

    def draft(self) -> EndpointDraft:
        return EndpointDraft(self.url, tuple(dict.fromkeys(map(str, self.types))), self.enabled)


class WebhookChange(Request):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    url: Url | None = None
    types: Types | None = None
    enabled: bool | None = None


class ReplayRequest(Request):
    """An event is to be sent once more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"webhook_id": "whk_0c7d41a2b9e3f865"}]}
    )

    webhook_id: Id | None = None
    """To this endpoint; without it to all that are on."""


class WebhookSchema(Answer):
    """An endpoint."""

    id: str
    url: str
    types: list[str]
    enabled: bool
    created_at: Moment
    secret: str | None = None
    """What signs events, shown once: when it is made, and when it is changed."""

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        return cls(
            id=endpoint.id,
            url=endpoint.draft.url,
            types=list(endpoint.draft.types),
            enabled=endpoint.draft.enabled,
            created_at=endpoint.created_at,
            secret=endpoint.secret or None,
        )


class WebhookList(Answer):
    """Some endpoints."""

    data: list[WebhookSchema]
    next_cursor: str | None


class EventSchema(Answer):
    """Something that happened, as it is posted."""

    id: str
    type: str
    created_at: Moment
    compensates: str | None
    """The event that it takes back."""

    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(
            id=event.id,
            type=event.type,
            created_at=event.at,
            compensates=event.compensates,
            data=dict(event.data),
        )


class EventList(Answer):
    """Some events."""

    data: list[EventSchema]
    next_cursor: str | None


class DeliverySchema(Answer):
    """An event on its way to an endpoint."""

    id: str
    webhook_id: str
    event: EventSchema
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    due_at: Moment | None
    """When it is tried next."""

    delivered_at: Moment | None
    status: int | None
    """The status of the last answer."""

    error: str
    """What was wrong with the last attempt."""

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        state: Literal["waiting", "delivered", "dead"] = "waiting"
        if delivery.delivered_at is not None:
            state = "delivered"
        elif delivery.dead_at is not None:
            state = "dead"
        return cls(
            id=delivery.id,
            webhook_id=delivery.endpoint_id,
            event=EventSchema.of(delivery.event),
            state=state,
            attempts=delivery.attempts,
            due_at=delivery.due_at,
            delivered_at=delivery.delivered_at,
            status=delivery.status,
            error=delivery.error,
        )


class DeliveryList(Answer):
    """Some deliveries."""

    data: list[DeliverySchema]
    next_cursor: str | None


class Replayed(Answer):
    """How many deliveries are due again."""

    deliveries: int
