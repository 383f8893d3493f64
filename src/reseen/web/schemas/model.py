"""What requests and answers have in common: strictness, and how absence is said.

A request takes no field that it does not know and no number for a text. In an answer, a field that
is promised is always there, ``null`` where there is nothing to say; one that is additive is left
out instead.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from reseen.domain.moment import rfc3339

LONGEST_URL = 8192
LONGEST_NAME = 2000
LONGEST_NOTE = 10_000
MOST_LABELS = 50
LONGEST_LABEL = 100


class Request(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(
        extra="forbid", strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Answer(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it lies outside of the years 1 to 9999") from None


Moment = Annotated[
    AwareDatetime,
    AfterValidator(in_utc),
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL, pattern=r"\S")]
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
Labels = Annotated[list[Label], Field(max_length=MOST_LABELS)]

ITEMS = "x-items"
"""In the schema of a list whose items are read one by one: the model that reads them."""

UNCHANGED: Any = Field(default_factory=lambda: None)
"""The default of a field of a change: what is not sent stays, which ``model_fields_set`` tells."""


class Deleted(Answer):
    """What was deleted."""

    id: str
    deleted: bool = True


class ErrorSchema(Answer):
    """Why one item of many failed."""

    code: str
    title: str
    status: int
    detail: str
    field: str | None = None


def said(value: object) -> Any:
    """An answer as plain JSON values."""
    match value:
        case BaseModel():
            fields = type(value).model_fields
            return {
                name: said(getattr(value, name))
                for name, field in fields.items()
                if field.is_required() or getattr(value, name) is not None
            }
        case datetime():
            return rfc3339(value)
        case str():
            return str(value)
        case Mapping():
            return {str(name): said(one) for name, one in value.items()}
        case Sequence():
            return [said(one) for one in value]
        case _:
            return value
