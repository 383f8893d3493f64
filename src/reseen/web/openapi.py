"""The parts of the OpenAPI document that the framework cannot infer: bodies that are streamed, and
problems with an example each.
"""

from typing import Any

from fastapi import FastAPI

from reseen.domain.errors import InvalidValue, ReseenError
from reseen.web.errors import MEDIA_TYPE, PROBLEMS, problem_of
from reseen.web.schemas import MatchRequest

REQUEST_ID = "0d3c2f8e5b6f4a3e9a51b6f1b0a3a2c4"

INTRODUCTION = """
reseen recognises media which has been seen before, however it was disguised. Send two media, the
upload in question as `source` and the original as `target`; the answer says whether one is a copy
of the other, how sure that is, and which seconds of the one lie where in the other.

**Keys.** Every match needs a key: `Authorization: Bearer KEY` or `x-rapidapi-key: KEY`.
`reseen keys create` makes one on the machine that runs the server.

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


def match_request_body() -> dict[str, Any]:
    """JSON with two URLs, or a form with two files; a form may name a URL for either side."""
    file = {"type": "string", "format": "binary"}
    url = {"type": "string", "format": "uri"}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/MatchRequest"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "description": "The files; `source_url` or `target_url` may stand for one.",
                        "properties": {
                            "source": file,
                            "target": file,
                            "source_url": url,
                            "target_url": url,
                        },
                        "additionalProperties": False,
                    }
                },
            },
        }
    }


def complete(app: FastAPI) -> None:
    """Add the schemas that only the parts above refer to."""
    infer = app.openapi

    def openapi() -> dict[str, Any]:
        document = infer()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = PROBLEM_SCHEMA
        schemas["MatchRequest"] = MatchRequest.model_json_schema()
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's documented way
