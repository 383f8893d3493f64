"""Lists, a stretch at a time: ``limit`` and ``cursor``, the latter opaque to clients."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reseen.domain.errors import InvalidValue
from reseen.ports import Page

LARGEST_PAGE = 1000


class Paging(BaseModel):
    """The query parameters of a list; a misspelt one is refused, not left out."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[
        int, Field(ge=1, le=LARGEST_PAGE, description="At most so many, 100 unless said.")
    ] = 100
    cursor: Annotated[
        str | None,
        Field(max_length=1000, description="The `next_cursor` of the stretch before."),
    ] = None


def page_by[T](items: Sequence[T], key: Callable[[T], str], paging: Paging) -> Page[T]:
    """A stretch of a list that is at hand, sorted by a key that no two share. Raises
    ``InvalidValue`` for a cursor that is none.
    """
    after = None if paging.cursor is None else _decoded(paging.cursor)
    left = [item for item in items if after is None or key(item) > after]
    chosen = tuple(left[: paging.limit])
    more = len(left) > len(chosen)
    return Page(chosen, _encoded(key(chosen[-1])) if more else None)


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidValue(
            "This is no cursor of this list; send the next_cursor of the stretch before.",
            field="cursor",
        ) from None
