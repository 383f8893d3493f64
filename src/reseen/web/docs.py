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
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reseen.web.errors import PROBLEMS

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
ASSETS = {"style.css": "text/css", "try.js": "text/javascript"}


def docs_routes(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def start() -> RedirectResponse:
        return RedirectResponse("/docs")

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
        f'<li><a href="#{operation["operationId"]}"><code>{escape(path)}</code></a></li>'
        for path, _, operation in routes
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
<nav><ul>{contents}<li><a href="#schemas">Fields</a></li>
<li><a href="#errors">Errors</a></li></ul></nav>
</header>
<main>
{"".join(_route(path, method, operation, address) for path, method, operation in routes)}
<section id="schemas"><h2>Fields</h2>{_schemas(document)}</section>
<section id="errors"><h2>Errors</h2>{_problems()}</section>
</main>
</body>
</html>
"""


def _route(path: str, method: str, operation: dict[str, Any], address: str) -> str:
    name = operation["operationId"]
    tries = _form(path) if "requestBody" in operation else _button(path)
    answers = "".join(
        f"<li><b>{status}</b> {_inline(answer['description'])}</li>"
        for status, answer in sorted(operation["responses"].items())
    )
    return f"""<section id="{name}" class="route">
<h2><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>
<p><b>{escape(operation["summary"])}.</b> {_inline(operation.get("description", ""))}</p>
<pre>{escape(_curl(path, method, address, with_body="requestBody" in operation))}</pre>
{tries}
<details><summary>What it can answer</summary><ul>{answers}</ul></details>
</section>
"""


def _curl(path: str, method: str, address: str, *, with_body: bool) -> str:
    if not with_body:
        return f"curl {address}{path}" if method == "get" else f"curl -X {method} {address}{path}"
    return (
        f'curl {address}{path} -H "Authorization: Bearer $KEY" \\\n'
        "     -F source=@upload -F target=@original\n\n"
        f'curl {address}{path} -H "Authorization: Bearer $KEY" \\\n'
        "     -H 'Content-Type: application/json' \\\n"
        '     -d \'{"source_url": "https://...", "target_url": "https://..."}\''
    )


def _form(path: str) -> str:
    sides = "".join(
        f'<fieldset><legend>{side}</legend><input type="file" name="{side}">'
        f' or <input type="url" name="{side}_url" placeholder="https://..." size="36"></fieldset>'
        for side in ("source", "target")
    )
    return f"""<form data-path="{escape(path)}">{sides}
<label><input type="checkbox" name="explain"> explain</label>
<button>Try it</button><output></output></form>"""


def _button(path: str) -> str:
    return f"""<form data-path="{escape(path)}" data-method="GET">
<button>Try it</button><output></output></form>"""


def _schemas(document: dict[str, Any]) -> str:
    """A table of fields for each schema that a reader meets, the envelope with its example."""
    parts = []
    for name, schema in document["components"]["schemas"].items():
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code></td><td>{escape(kind(about))}</td>"
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


def kind(about: dict[str, Any]) -> str:
    """A field's type in words: ``number``, ``list of Segment``, ``high, medium, low or none``."""
    if "$ref" in about:
        return str(about["$ref"]).rsplit("/", 1)[-1].removesuffix("Schema")
    if "anyOf" in about:
        return ", ".join(kind(one) for one in about["anyOf"] if one.get("type") != "null")
    if "enum" in about:
        return " | ".join(map(str, about["enum"]))
    if "const" in about:
        return str(about["const"])
    if about.get("type") == "array":
        inner = [*about.get("prefixItems", []), about.get("items", {})]
        many = about.get("maxItems") or ""
        return f"list of {many} {kind(inner[0])}".replace("  ", " ")
    return str(about.get("type", ""))


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
