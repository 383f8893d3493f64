"""Webhooks: where events go, what they tell of, and how their way ended."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from reseen.domain.record import Delivery, Endpoint, EndpointDraft, Event, EventType
from reseen.web.schemas.model import LONGEST_URL, UNCHANGED, Answer, Moment, Request
from reseen.web.schemas.review import Id

HookUrl = Annotated[str, Field(min_length=1, max_length=LONGEST_URL, pattern=r"^\S+$")]
Types = Annotated[list[EventType], Field(max_length=len(EventType))]


class WebhookRequest(Request):
    """Where events are to be sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://example.com/reseen",
                    "types": ["upload.answered", "upload.action_changed"],
                }
            ]
        }
    )

    url: HookUrl
    """At a public address, unless the operator allows others."""

    types: Types = Field(default_factory=list)
    """Those that are wanted; none: all, those of later versions too."""

    enabled: bool = True

    def draft(self) -> EndpointDraft:
        return EndpointDraft(self.url, _once(self.types), self.enabled)


class WebhookChange(Request):
    """What changes; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    url: HookUrl = UNCHANGED
    types: Types = UNCHANGED
    """All that are wanted from now on; none: all."""

    enabled: bool = UNCHANGED
    """What happens while it is false is not sent; what waited before goes out when it is true."""

    def applied(self, draft: EndpointDraft) -> EndpointDraft:
        sent = self.model_fields_set
        return EndpointDraft(
            url=self.url if "url" in sent else draft.url,
            types=_once(self.types) if "types" in sent else draft.types,
            enabled=self.enabled if "enabled" in sent else draft.enabled,
        )


class ReplayRequest(Request):
    """To whom an event is sent again."""

    webhook_id: Id | None = None
    """This one alone, whichever types it wants; without it all that want it."""


class WebhookSchema(Answer):
    """Where events are sent."""

    id: str
    url: str
    types: list[str]
    """Those that are wanted; none: all."""

    enabled: bool
    created_at: Moment

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        return cls(**_fields(endpoint))


class NewWebhookSchema(Answer):
    """A webhook, and the secret that signs what is sent there."""

    id: str
    url: str
    types: list[str]
    enabled: bool
    created_at: Moment
    secret: str
    """Shown this once: keep it where events are received."""

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        return cls(**_fields(endpoint), secret=endpoint.secret)


class WebhookList(Answer):
    """Some webhooks."""

    data: list[WebhookSchema]
    next_cursor: str | None


class EventSchema(Answer):
    """Something that happened, as it is sent."""

    id: str
    """The same however often it is sent."""

    type: str
    created_at: Moment
    compensates: str | None
    """The event that this one takes back."""

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
    """One event on its way to one webhook."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    """Of the event."""

    created_at: Moment
    """When the event happened."""

    attempts: int
    due_at: Moment | None
    """When it is tried next; null: no more."""

    delivered_at: Moment | None
    dead_at: Moment | None
    """When it was given up, until it is replayed."""

    status: int | None
    """That the last attempt was answered with; null: with none."""

    error: str
    """Why the last attempt failed."""

    @classmethod
    def of(cls, one: Delivery) -> Self:
        return cls(
            id=one.id,
            webhook_id=one.endpoint_id,
            event_id=one.event.id,
            type=one.event.type,
            created_at=one.event.at,
            attempts=one.attempts,
            due_at=one.due_at,
            delivered_at=one.delivered_at,
            dead_at=one.dead_at,
            status=one.status,
            error=one.error,
        )


class DeliveryList(Answer):
    """Some deliveries."""

    data: list[DeliverySchema]
    next_cursor: str | None


class Replayed(Answer):
    """What is sent again."""

    deliveries: int
    """How many are on their way."""


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    draft = endpoint.draft
    return {
        "id": endpoint.id,
        "url": draft.url,
        "types": list(draft.types),
        "enabled": draft.enabled,
        "created_at": endpoint.created_at,
    }


def _once(types: list[EventType]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in types))
