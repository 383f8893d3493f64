"""The parts of the OpenAPI document that the framework cannot infer: bodies that are streamed, and
problems with an example each.
"""

from functools import cache
from typing import Any

from fastapi import FastAPI

from reseen.domain.errors import InvalidValue, ReseenError
from reseen.web.errors import MEDIA_TYPE, PROBLEMS, problem_of
from reseen.web.schemas import REQUESTS
from reseen.web.schemas.model import ITEMS
from reseen.web.spool import Shape

_REF = "#/components/schemas/{model}"
REQUEST_ID = "0d3c2f8e5b6f4a3e9a51b6f1b0a3a2c4"

INTRODUCTION = """
reseen recognises media which has been seen before, however it was disguised. Send two media, the
upload in question as `source` and the original as `target`; the answer says whether one is a copy
of the other, how sure that is, and which seconds of the one lie where in the other. Or keep
references in **banks** and search them all with one upload, under `/v1`.

**Keys.** Every request needs a key: `Authorization: Bearer KEY` or `x-rapidapi-key: KEY`.
`reseen keys create` makes one on the machine that runs the server. A key belongs to a project, and
sees nothing of another; its role says what it may do. People who are signed in to the console send
the cookie of their session instead and, with what changes something, its token as `x-csrf-token`.

**Under /v1** times are RFC 3339 in UTC, durations seconds. Lists have `data` and `next_cursor`, to
be sent as `cursor`. Writes take an `Idempotency-Key`: sent again within 24 hours, a write that
succeeded is not done twice, and its first answer comes again. Every request counts towards the rate
of its key, one of many queries as many.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`. Every answer carries
`X-Request-Id`; a well-formed one that you send is kept.
"""

_EXAMPLES: dict[str, dict[str, Any]] = {
    "invalid_value": {
        "detail": "source_url: Input should be a valid string.",
        "field": "source_url",
    },
    "invalid_request": {
        "detail": "There is no field 'sourceurl'; the fields are source_url and target_url.",
        "field": "sourceurl",
    },
    "unauthenticated": {
        "detail": "Send a key as 'Authorization: Bearer KEY' or 'x-rapidapi-key: KEY'."
    },
    "payload_too_large": {
        "detail": "The file source is larger than 2000000000 bytes.",
        "field": "source",
        "limit": 2_000_000_000,
        "actual": 2_000_060_416,
    },
    "unsupported_media": {
        "detail": "This is a video, and only pictures are compared here; /match takes every "
        "medium.",
        "field": "target",
    },
    "url_not_allowed": {
        "detail": "10.0.0.7 leads to an address that is not public (private); use a public "
        "address, or ask the operator to allow the host or network.",
        "field": "source_url",
    },
    "media_unreadable": {
        "detail": "The jpeg file ends before its first pixels.",
        "field": "source",
    },
    "media_empty": {"detail": "The file has no bytes.", "field": "source"},
    "media_too_long": {
        "detail": "The media last 5400 s; at most 600 s are taken.",
        "field": "target",
        "limit": 600,
        "actual": 5400,
    },
    "media_too_large": {
        "detail": "The picture has 12000 x 12000 pixels; at most 100000000 are taken.",
        "field": "source",
        "limit": 100_000_000,
        "actual": 144_000_000,
    },
    "fetch_failed": {
        "detail": "a.example answered 404 Not Found; check the address.",
        "field": "target_url",
    },
    "fetch_timeout": {
        "detail": "The file had not arrived whole after 60 s; use a faster host, or send "
        "the file itself.",
        "field": "source_url",
        "limit": 60,
    },
    "rate_limited": {
        "detail": "This key may send 600 requests a minute.",
        "limit": 600,
        "retry_after_s": 1,
    },
    "forbidden": {
        "detail": "The role reviewer may not add references; one of owner, admin, service may."
    },
    "csrf_failed": {"detail": "The header x-csrf-token is not that of your session; load anew."},
    "not_found": {"detail": "There is no bank 'terror'.", "field": "bank"},
    "conflict": {"detail": "There is a bank 'terror' already.", "field": "name"},
    "idempotency_mismatch": {
        "detail": "This Idempotency-Key came with another request in the last 24 hours; send a new "
        "key with a new request, and the same bytes with the same key."
    },
    "quota_exceeded": {
        "detail": "A project has at most 1000 banks.",
        "limit": 1000,
        "actual": 1000,
    },
    "internal": {"detail": "reseen failed; its log tells more under this request_id."},
    "not_ready": {
        "detail": "34 requests are running or waiting, and no more may wait.",
        "limit": 34,
        "actual": 34,
        "retry_after_s": 12,
    },
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "An error, as RFC 9457 has it, with a stable `code`.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Where this kind of error is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do next."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "code": {"type": "string", "enum": list(dict.fromkeys(p.code for p in PROBLEMS))},
        "field": {"type": "string", "description": "The part of the request that is meant."},
        "limit": {"type": "number", "description": "The limit that was passed."},
        "actual": {"type": "number", "description": "The value that passed it."},
        "retry_after_s": {"type": "number", "description": "Seconds after which to try again."},
        "request_id": {"type": "string"},
    },
}


def problem_example(code: str, status: int, title: str, path: str) -> dict[str, object]:
    """A problem as the server would send it."""
    wrong_value = status == 422 and code == "invalid_request"
    error = InvalidValue if wrong_value else ReseenError
    made = error(**_EXAMPLES["invalid_value" if wrong_value else code])
    example = problem_of(made, path=path, request_id=REQUEST_ID)
    return {**example, "type": f"/docs#{code}", "title": title, "status": status, "code": code}


EVERYWHERE = ("invalid_request", "unauthenticated", "rate_limited", "internal", "not_ready")
"""What any route with a key may answer."""

MEDIA = (
    "url_not_allowed",
    "media_unreadable",
    "media_empty",
    "media_too_long",
    "media_too_large",
    "fetch_failed",
    "fetch_timeout",
)
BODY = ("payload_too_large", "unsupported_media")
ONCE = ("conflict", "idempotency_mismatch")
"""What a write with an ``Idempotency-Key`` may answer."""


def problem_responses(*codes: str, path: str = "/match") -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that can give these codes, an example of each."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for problem in PROBLEMS:
        if problem.code not in codes:
            continue
        response = by_status.setdefault(
            problem.status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        known = response["description"]
        response["description"] = f"{known}, `{problem.code}`" if known else f"`{problem.code}`"
        response["content"][MEDIA_TYPE]["examples"][problem.code] = {
            "summary": problem.title,
            "value": problem_example(problem.code, problem.status, problem.title, path),
        }
    return by_status


def request_body(shape: Shape, about: str = "") -> dict[str, Any]:
    """JSON, or a form with files; ``about`` tells of the form."""
    models = [{"$ref": _REF.format(model=model.__name__)} for model in shape.models]
    content = {"application/json": {"schema": models[0] if len(models) == 1 else {"oneOf": models}}}
    if shape.form is not None:
        form = shape.form.model_json_schema(ref_template=_REF)
        form.pop("$defs", None)
        file = {"type": "string", "format": "binary"}
        form["properties"] = {**dict.fromkeys(shape.files, file), **form["properties"]}
        form["description"] = about
        content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}


def complete(app: FastAPI) -> None:
    """Add the schemas that only the parts above refer to."""
    infer = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = infer()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = PROBLEM_SCHEMA
        for model in REQUESTS:
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            for about in schema["properties"].values():
                if ITEMS in about:
                    about["items"] = {"$ref": _REF.format(model=about.pop(ITEMS))}
            schemas[model.__name__] = schema
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _leave_out_theirs(operation["responses"])
                if method != "get" and operation.get("security"):
                    _add_csrf(operation["responses"], path)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's documented way


def _add_csrf(responses: dict[str, Any], path: str) -> None:
    """What a session may be answered that changes something."""
    ours = problem_responses("csrf_failed", path=path)[403]
    known = responses.setdefault("403", ours)
    if known is not ours:
        known["description"] = f"{known['description']}, {ours['description']}"
        examples = known["content"][MEDIA_TYPE]["examples"]
        examples |= ours["content"][MEDIA_TYPE]["examples"]


def _leave_out_theirs(responses: dict[str, Any]) -> None:
    """What the framework would answer: a problem is answered instead."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
