"""References in quarantine."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from reseen.ports import Quarantine
from reseen.web.schemas.model import LONGEST_NOTE, Answer, Moment, Request


class QuarantineRequest(Request):
    """A reference matches far too much."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reference_id": "ref_000000002a",
                    "until": "2026-12-01T12:00:00Z",
                    "why": "A title card that every news programme shows.",
                }
            ]
        }
    )

    reference_id: Annotated[str, Field(min_length=1, max_length=64)]
    until: Moment
    """When it ends by itself."""

    why: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]


class QuarantineSchema(Answer):
    """A reference that removes nothing by itself for a while."""

    reference_id: str
    since: Moment
    until: Moment
    why: str

    @classmethod
    def of(cls, held: Quarantine) -> Self:
        return cls(reference_id=held.reference_id, since=held.since, until=held.until, why=held.why)


class QuarantineList(Answer):
    """Some quarantines."""

    data: list[QuarantineSchema]
    next_cursor: str | None
