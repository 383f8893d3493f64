"""Legal holds, as they are asked for and told."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from reseen.domain.review import ACCOUNT
from reseen.ports import LegalHold
from reseen.web.schemas.model import LONGEST_NOTE, Answer, Moment, Request
from reseen.web.schemas.uploads import ClientId


class HoldRequest(Request):
    """What is to be kept: `subject` or `account_id`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"account_id": "user-17", "reason": "Court order 12 AR 7/26"}]
        }
    )

    subject: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    """The id of an upload, a cluster, or a case, which is held as its cluster."""

    account_id: ClientId | None = None
    """Your name for an account: all that it uploaded and uploads."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]


class HoldSchema(Answer):
    """What is kept. A hold follows a cluster into the one that it becomes part of; of each part
    that is split off a cluster there is a hold of its own.
    """

    id: str
    subject: str | None
    """An upload or a cluster; null for an account."""

    account_id: str | None
    reason: str
    by: str
    at: Moment
    released_by: str | None
    released_at: Moment | None

    @classmethod
    def of(cls, hold: LegalHold) -> Self:
        is_account = hold.subject.startswith(ACCOUNT)
        return cls(
            id=hold.id,
            subject=None if is_account else hold.subject,
            account_id=hold.subject.removeprefix(ACCOUNT) if is_account else None,
            reason=hold.reason,
            by=hold.by,
            at=hold.at,
            released_by=hold.released_by,
            released_at=hold.released_at,
        )


class HoldList(Answer):
    """Some holds."""

    data: list[HoldSchema]
    next_cursor: str | None
