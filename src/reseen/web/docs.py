"""``/docs``: the OpenAPI document as a page that works offline, with forms to try the routes.

Rendered here, from the same document that ``/openapi.json`` serves, so that it reads without
JavaScript; the forms need one small script. No foreign asset, so a strict policy holds.
"""

import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from reseen.domain.access import Role
from reseen.web.auth import RIGHTS
from reseen.web.errors import PROBLEMS
from reseen.web.tries import curl, form

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
ASSETS = {"style.css": "text/css", "try.js": "text/javascript"}


def docs_routes(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        body = page(app.openapi(), str(request.base_url).rstrip("/"))
        return HTMLResponse(body, headers={"Content-Security-Policy": POLICY})

    def asset(name: str, media_type: str) -> None:
        async def send() -> Response:
            return Response(_asset(name), media_type=media_type)

        router.add_api_route(f"/docs/{name}", send, methods=["GET"])

    for name, media_type in ASSETS.items():
        asset(name, media_type)
    return router


@cache
def _asset(name: str) -> bytes:
    return (files("reseen.web") / "static" / name).read_bytes()


def page(document: dict[str, Any], address: str) -> str:
    """The whole page. ``address`` is how the reader reached the server; it fills the examples."""
    routes = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    contents = "".join(
        f'<li><a href="#{operation["operationId"]}"><code>{_verb(method)}{escape(path)}</code></a>'
        "</li>"
        for path, method, operation in routes
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>reseen {escape(document["info"]["version"])}: the interface</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/style.css">
<script src="/docs/try.js" defer></script>
</head>
<body>
<header>
<h1>reseen <small>{escape(document["info"]["version"])}</small></h1>
{_prose(document["info"]["description"])}
<p>For programs: <a href="/openapi.json">openapi.json</a>.</p>
<label class="key">Your key <input id="key" type="password" autocomplete="off" size="48"
placeholder="paste it here to try the routes below"></label>
<p class="small">The key stays in this page and is sent with your tries only.</p>
<nav><ul>{contents}<li><a href="#roles">Roles</a></li>
<li><a href="#schemas">Fields</a></li>
<li><a href="#errors">Errors</a></li></ul></nav>
</header>
<main>
{"".join(_route(document, *route, address) for route in routes)}
<section id="roles"><h2>Roles</h2>{_roles()}</section>
<section id="schemas"><h2>Fields</h2>{_schemas(document)}</section>
<section id="errors"><h2>Errors</h2>{_problems()}</section>
</main>
</body>
</html>
"""


def _route(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], address: str
) -> str:
    name = operation["operationId"]
    answers = "".join(
        f"<li><b>{status}</b> {_inline(answer['description'])}</li>"
        for status, answer in sorted(operation["responses"].items())
    )
    return f"""<section id="{name}" class="route">
<h2><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>
<p><b>{escape(operation["summary"])}.</b> {_inline(operation.get("description", ""))}</p>
<pre>{escape(curl(document, path, method, operation, address))}</pre>
{form(document, path, method, operation)}
<details><summary>What it can answer</summary><ul>{answers}</ul></details>
</section>
"""


def _verb(method: str) -> str:
    return "" if method == "post" else f"{method.upper()} "


def _schemas(document: dict[str, Any]) -> str:
    """A table of fields for each schema that a reader meets, with its examples."""
    parts = []
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if "properties" not in schema:
            continue  # a name for a few words, told where it is used
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code></td><td>{escape(kind(about, schemas))}</td>"
            f"<td>{_inline(about.get('description', ''))}</td></tr>"
            for field, about in schema.get("properties", {}).items()
        )
        examples = "".join(
            f"<pre>{escape(json.dumps(example, indent=2))}</pre>"
            for example in schema.get("examples", [])
        )
        parts.append(
            f'<h3 id="schema-{name}">{escape(name.removesuffix("Schema"))}</h3>'
            f"<p>{_inline(schema.get('description', ''))}</p><table>{rows}</table>{examples}"
        )
    return "".join(parts)


def kind(about: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A field's type in words: ``number``, ``list of Segment``, ``high | medium | low``."""
    if "$ref" in about:
        name = str(about["$ref"]).rsplit("/", 1)[-1]
        named = schemas.get(name, {})
        return name.removesuffix("Schema") if "properties" in named else kind(named, schemas)
    if "anyOf" in about:
        return ", ".join(kind(one, schemas) for one in about["anyOf"] if one.get("type") != "null")
    if "enum" in about:
        return " | ".join(map(str, about["enum"]))
    if "const" in about:
        return str(about["const"])
    if about.get("format") == "date-time":
        return "time"
    if about.get("type") == "object" and isinstance(about.get("additionalProperties"), dict):
        return f"object of {kind(about['additionalProperties'], schemas)}"
    if about.get("type") == "array":
        inner = [*about.get("prefixItems", []), about.get("items", {})]
        many = about.get("maxItems") if about.get("minItems") == about.get("maxItems") else None
        return f"list of {many or ''} {kind(inner[0], schemas)}".replace("  ", " ")
    return str(about.get("type", ""))


def _roles() -> str:
    """Who may do what."""
    head = "".join(f"<td><b>{role}</b></td>" for role in Role)
    rows = "".join(
        f"<tr><td>{escape(right)}</td>"
        + "".join(f"<td>{'yes' if role in able else 'no'}</td>" for role in Role)
        + "</tr>"
        for right, able in RIGHTS.items()
    )
    return f"<table><tr><td>a key may</td>{head}</tr>{rows}</table>"


def _problems() -> str:
    rows = "".join(
        f"<tr{_first_anchor(i)}><td>{p.status}</td><td><code>{p.code}</code></td>"
        f"<td><b>{escape(p.title)}.</b> {_inline(p.advice)}</td></tr>"
        for i, p in enumerate(PROBLEMS)
    )
    return f"<table>{rows}</table>"


def _first_anchor(i: int) -> str:
    """The anchor that a problem's ``type`` points to, once a code."""
    code = PROBLEMS[i].code
    return f' id="{code}"' if all(p.code != code for p in PROBLEMS[:i]) else ""


def _inline(text: str) -> str:
    """Backquotes and double asterisks of our own prose; everything else is escaped."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", marked)


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n"))
