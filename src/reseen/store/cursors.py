"""Where a list goes on: the place of the last row itself, not the row, which may move or go."""

import math
from datetime import UTC, datetime, timedelta

from reseen.domain.errors import InvalidValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 100
LARGEST_PLACE = (1 << 63) - 1


def after_moment(at: datetime, own: str) -> str:
    """Of a list by time, to the microsecond, and id."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}.{own}"


def moment_in(cursor: str) -> tuple[datetime, str]:
    """Raises ``InvalidValue``."""
    first, own = _parts(cursor)
    try:
        return _EPOCH + timedelta(microseconds=int(first)), own
    except (ValueError, OverflowError):
        raise no_cursor() from None


def after_number(number: float, own: str) -> str:
    """Of a list by a number and id."""
    return f"{number.hex().replace('.', '_')}.{own}"


def number_in(cursor: str) -> tuple[float, str]:
    """Raises ``InvalidValue``."""
    first, own = _parts(cursor)
    try:
        number = float.fromhex(first.replace("_", "."))
    except (ValueError, OverflowError):
        raise no_cursor() from None
    if not math.isfinite(number):
        raise no_cursor()
    return number, own


def place_in(cursor: str) -> int:
    """Of a list by a number that the database gave. Raises ``InvalidValue``."""
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(str(LARGEST_PLACE))):
        raise no_cursor()
    place = int(cursor)
    if place > LARGEST_PLACE:
        raise no_cursor()
    return place


def no_cursor() -> InvalidValue:
    return InvalidValue("This is no cursor that a list gave.", field="cursor")


def _parts(cursor: str) -> tuple[str, str]:
    first, dot, own = cursor.partition(".")
    if not dot or len(cursor) > _LONGEST or not cursor.isascii() or "\0" in cursor:
        raise no_cursor()
    return first, own
