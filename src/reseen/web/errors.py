"""The one place where an error becomes an HTTP answer: ``application/problem+json`` (RFC 9457).

``PROBLEMS`` is the table of the documentation, of the OpenAPI document and of the tests.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from reseen.domain import errors
from reseen.domain.errors import ReseenError
from reseen.web.schemas.model import ErrorSchema

log = logging.getLogger("reseen.web")

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of the table: what a client can do about it is in ``advice``."""

    code: str
    status: int
    title: str
    advice: str


def _problem(error: type[ReseenError], status: int, advice: str) -> Problem:
    return Problem(error.code, status, error.title, advice)


PROBLEMS: tuple[Problem, ...] = (
    _problem(
        errors.InvalidRequest,
        400,
        "The JSON or the form is malformed, or has a field that the route does not know. `field` "
        "names it.",
    ),
    _problem(
        errors.InvalidValue,
        422,
        "The request is well-formed and a value in it cannot be, or a needed one is missing. "
        "`field` names it.",
    ),
    _problem(
        errors.Unauthenticated,
        401,
        "Send a key as `Authorization: Bearer KEY` or `x-rapidapi-key: KEY`. `reseen keys create` "
        "makes one. In the console: sign in.",
    ),
    _problem(
        errors.Forbidden, 403, "Use a key whose role may do this, or ask an owner for another role."
    ),
    _problem(
        errors.CsrfFailed,
        403,
        "A session changes something only from the console's own pages: send the token that "
        "`/console/api/me` tells as `x-csrf-token`, from the server's own address. Programs use a "
        "key.",
    ),
    _problem(
        errors.NotFound,
        404,
        "Check the path and the ids; `/docs` lists every route. What belongs to another project is "
        "not there for yours.",
    ),
    Problem(
        "method_not_allowed",
        405,
        "The route does not take this method",
        "Use a method that the `Allow` header names.",
    ),
    _problem(
        errors.Conflict,
        409,
        "Read the present state, then decide again. With `retry_after_s`, a request with the same "
        "`Idempotency-Key` is still worked on: send it again then.",
    ),
    _problem(
        errors.IdempotencyMismatch,
        409,
        "Send a new `Idempotency-Key` with a new request; to repeat one, send the same bytes.",
    ),
    _problem(
        errors.PayloadTooLarge,
        413,
        "Send a smaller file. `limit` and `actual` are bytes; `actual` is what was read when "
        "reading stopped.",
    ),
    _problem(
        errors.UnsupportedMedia,
        415,
        "Send a medium that the route takes, told from its bytes; `/match` takes every medium. A "
        "body is `application/json` or `multipart/form-data`.",
    ),
    _problem(
        errors.UrlNotAllowed,
        422,
        "Use an http or https address of the public internet, without credentials, on an allowed "
        "port. An operator can allow private hosts and networks.",
    ),
    _problem(
        errors.MediaUnreadable,
        422,
        "The file is damaged or is not what it seems to be; send it again or convert it.",
    ),
    _problem(
        errors.MediaEmpty, 422, "The file has no picture and no sound; check how it was made."
    ),
    _problem(
        errors.MediaTooLong, 422, "Send an excerpt. `limit` and `actual` are seconds of media."
    ),
    _problem(errors.MediaTooLarge, 422, "Send a smaller picture. `limit` and `actual` are pixels."),
    _problem(
        errors.FetchFailed,
        424,
        "The other server refused, vanished or answered with an error; check that the address "
        "opens without a login.",
    ),
    _problem(
        errors.FetchTimeout, 424, "The other server was too slow; try again or send the file."
    ),
    _problem(errors.RateLimited, 429, "Wait for `retry_after_s` seconds, then send it again."),
    _problem(
        errors.QuotaExceeded, 429, "Remove what is not needed any more. `limit` is the quota."
    ),
    Problem(
        "internal",
        500,
        ReseenError.title,
        "This is a fault of reseen. The log has it under the `request_id`: please report it.",
    ),
    _problem(
        errors.NotReady,
        503,
        "The server is starting, stopping or has too much to do, or a disk is full: `detail` tells "
        "which. Wait for `retry_after_s` seconds. Nothing of what was refused was written.",
    ),
)

_BY_CLASS: Mapping[type[ReseenError], int] = {
    errors.InvalidRequest: 400,
    errors.InvalidValue: 422,
}
_BY_CODE: Mapping[str, Problem] = {p.code: p for p in PROBLEMS}


def status_of(error: ReseenError) -> int:
    status = _BY_CLASS.get(type(error))
    return status if status is not None else _BY_CODE.get(error.code, _BY_CODE["internal"]).status


def problem_of(error: ReseenError, *, path: str, request_id: str) -> dict[str, object]:
    """The members of the problem, in the contract's order; absent ones are left out."""
    body: dict[str, object | None] = {
        "type": f"/docs#{error.code}",
        "title": error.title,
        "status": status_of(error),
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "field": error.field,
        "limit": _tidy(error.limit),
        "actual": _tidy(error.actual),
        "retry_after_s": _tidy(error.retry_after_s),
        "request_id": request_id,
    }
    return {name: value for name, value in body.items() if value is not None}


def error_of(error: ReseenError) -> ErrorSchema:
    """What is said of one item of many."""
    return ErrorSchema(
        code=error.code,
        title=error.title,
        status=status_of(error),
        detail=error.detail,
        field=error.field,
    )


def answer(request: Request, error: ReseenError) -> JSONResponse:
    """The HTTP answer that says ``error``."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="reseen"'
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    request.state.error_code = error.code
    body = problem_of(error, path=quote(request.url.path), request_id=request.state.request_id)
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""

    def known(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ReseenError)  # noqa: S101 - registered for this class below
        return answer(request, error)

    def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        if first["type"] == "extra_forbidden":
            unknown = f"There is no parameter {field!r} here; /docs lists what the route takes."
            return answer(request, errors.InvalidRequest(unknown, field=field))
        detail = f"{field or 'the request'}: {first['msg']}"
        return answer(request, errors.InvalidValue(detail, field=field or None))

    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return _refusal(request, error)

    app.add_exception_handler(ReseenError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)


class _MethodNotAllowed(ReseenError):
    code = "method_not_allowed"
    title = _BY_CODE["method_not_allowed"].title


def _refusal(request: Request, error: HTTPException) -> JSONResponse:
    """What the framework itself refuses: a path, a method, a body that ended early."""
    path = request.url.path
    if error.status_code == 404:
        return answer(
            request, errors.NotFound(f"There is no {path} here; /docs lists every route.")
        )
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        response = answer(
            request, _MethodNotAllowed(f"{path} takes {allowed}, not {request.method}.")
        )
        response.headers["Allow"] = allowed
        return response
    return answer(request, errors.InvalidRequest(str(error.detail)))


def _tidy(number: float | None) -> float | int | None:
    if number is None or not math.isfinite(number):
        return None
    return int(number) if number == int(number) else round(number, 3)
