"""An error as it is kept, and back."""

from collections.abc import Mapping
from typing import Any

from reseen.domain import errors
from reseen.domain.errors import ReseenError

_BY_CODE = {
    one.code: one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, ReseenError) and one is not errors.InvalidValue
}


def said_of_error(error: ReseenError) -> dict[str, Any]:
    return {
        "code": error.code,
        "detail": error.detail,
        "field": error.field,
        "limit": error.limit,
        "actual": error.actual,
    }


def error_of(said: Mapping[str, Any]) -> ReseenError:
    made = _BY_CODE.get(said["code"], ReseenError)
    return made(said["detail"], field=said["field"], limit=said["limit"], actual=said["actual"])
