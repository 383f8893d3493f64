"""How a reader of ``/docs`` tries a route: a form in the page, and a command to paste."""

import json
from html import escape
from typing import Any

PAIR = ("source", "target")


def form(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    """What the route takes, as a form that ``try.js`` sends."""
    parts = "".join(_input(one) for one in operation.get("parameters", ()))
    content = operation.get("requestBody", {}).get("content", {})
    sides = "".join(_side(name) for name in PAIR if name in _files(content))
    if sides:
        explain = '<label><input type="checkbox" name="explain"> explain</label>'
        return _form(f'data-path="{escape(path)}"', sides + explain)
    if content:
        example = json.dumps(_example(document, content), indent=2)
        rows = min(12, example.count("\n") + 1)
        parts += f'<textarea name="json" rows="{rows}" spellcheck="false">{escape(example)}'
        parts += "</textarea>"
    for name in _files(content):
        parts += f'<fieldset><legend>{name}</legend><input type="file" name="{name}">'
        parts += " in place of the address or the hashes</fieldset>"
    return _form(f'data-path="{escape(path)}" data-method="{method.upper()}"', parts)


def curl(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], address: str
) -> str:
    """A command, or two where a form is taken as well."""
    content = operation.get("requestBody", {}).get("content", {})
    is_plain = method == "get" or (method == "post" and content)
    start = "curl " if is_plain else f"curl -X {method.upper()} "
    start += address + path
    if not operation.get("security"):
        return start
    start += ' -H "Authorization: Bearer $KEY"'
    if not content:
        return start
    example = json.dumps(_example(document, content))
    commands = [f"{start} \\\n     -H 'Content-Type: application/json' \\\n     -d '{example}'"]
    files = _files(content)
    if files:
        required = content["multipart/form-data"]["schema"].get("required", ())
        said = [f"-F {name}=..." for name in required] + [f"-F {name}=@{name}" for name in files]
        commands.insert(0, f"{start} \\\n     {' '.join(said)}")
    return "\n\n".join(commands)


def _form(attributes: str, parts: str) -> str:
    return f"<form {attributes}>{parts}\n<button>Try it</button><output></output></form>"


def _input(parameter: dict[str, Any]) -> str:
    name, where = escape(parameter["name"]), parameter["in"]
    if where == "header":
        return ""
    needed = " required" if parameter.get("required") else ""
    return f'<label>{name} <input name="{name}" data-in="{where}"{needed}></label> '


def _side(side: str) -> str:
    return (
        f'<fieldset><legend>{side}</legend><input type="file" name="{side}">'
        f' or <input type="url" name="{side}_url" placeholder="https://..." size="36"></fieldset>'
    )


def _files(content: dict[str, Any]) -> list[str]:
    fields = content.get("multipart/form-data", {}).get("schema", {}).get("properties", {})
    return [name for name, about in fields.items() if about.get("format") == "binary"]


def _example(document: dict[str, Any], content: dict[str, Any]) -> Any:
    schema = content["application/json"]["schema"]
    first = schema.get("oneOf", [schema])[0]
    found = document["components"]["schemas"][first["$ref"].rsplit("/", 1)[-1]]
    return found["examples"][0]
