"""Write ``docs/reference`` from the code: routes, fields, errors, settings, signals, commands.

    python scripts/make_reference.py

``tests/test_docs.py`` fails when the pages and the code have parted.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from reseen.cli import app as program
from reseen.domain import fingerprint
from reseen.domain.access import Key, Role
from reseen.flows.answer import Verdict
from reseen.settings import Settings
from reseen.web.auth import RIGHTS
from reseen.web.docs import kind
from reseen.web.errors import PROBLEMS
from reseen.web.server import application
from reseen.web.services import Services

OUT = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- made by scripts/make_reference.py -->\n\n"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (OUT / name).write_text(text, encoding="utf-8")
        print(OUT / name)


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {
        "http.md": MADE + http(openapi()),
        "errors.md": MADE + errors(),
        "settings.md": MADE + settings(),
        "signals.md": MADE + signals(),
        "command-line.md": MADE + command_line(),
    }


def openapi() -> dict[str, Any]:
    """The document that a server would serve; nothing is called in making it."""

    def unused(*_: object) -> Any:
        raise NotImplementedError

    def compare(*_: object) -> Verdict:
        raise NotImplementedError

    def authenticate(_: str) -> Key:
        raise NotImplementedError

    class Nothing:
        """What routes hold on to while they are made."""

        def __getattr__(self, name: str) -> "Nothing":
            return self

    nothing: Any = Nothing()
    services = Services(
        scratch=unused,
        fetcher=nothing,
        open_file=unused,
        compare=compare,
        authenticate=authenticate,
        check_ready=unused,
        banks=nothing,
        references=nothing,
        jobs=nothing,
        idempotency=nothing,
        index=nothing,
        searching=nothing,
        ingesting=nothing,
        desk=nothing,
        access=nothing,
    )
    return application(services, Settings()).openapi()


def http(document: dict[str, Any]) -> str:
    said = f"# HTTP\n\n{document['info']['description'].strip()}\n\n"
    said += "A running server shows the same at `/docs`, with forms to try each route.\n\n"
    said += roles()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            said += f"## {method.upper()} {path}\n\n**{operation['summary']}.** "
            said = f"{said}{operation.get('description', '')}".rstrip() + "\n\n"
            body = operation.get("requestBody", {}).get("content", {})
            if body:
                said += f"Takes {' or '.join(map(taken, body.items()))}.\n\n"
            for parameter in operation.get("parameters", ()):
                said += f"- `{parameter['name']}` ({parameter['in']}): "
                said += f"{parameter.get('description', '')}\n"
            said += "\n| status | answer |\n|---|---|\n"
            for status, answer in sorted(operation["responses"].items()):
                content = answer.get("content", {}).get("application/json")
                named = f": {link(content['schema'])}" if content else ""
                said += f"| {status} | {answer['description']}{named} |\n"
            said += "\n"
    said += "## Fields\n\n"
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if "properties" not in schema:
            continue  # a name for a few words, told where it is used
        said += f"### {name.removesuffix('Schema')}\n\n{schema.get('description', '')}\n\n"
        said += "| field | type | meaning |\n|---|---|---|\n"
        for field, about in schema.get("properties", {}).items():
            cell = kind(about, schemas).replace("|", "\\|")
            said += f"| `{field}` | {cell} | {_line(about.get('description', ''))} |\n"
        said += "\n"
        for example in schema.get("examples", ()):
            said += f"```json\n{json.dumps(example, indent=2)}\n```\n\n"
    return said


def taken(body: tuple[str, dict[str, Any]]) -> str:
    """A content type, and the schemas of its JSON."""
    content_type, content = body
    schema = content["schema"]
    named = [link(one) for one in schema.get("oneOf", [schema]) if "$ref" in one]
    return f"`{content_type}` ({', '.join(named)})" if named else f"`{content_type}`"


def link(schema: dict[str, Any]) -> str:
    """To the fields of a schema."""
    name = schema["$ref"].rsplit("/", 1)[-1].removesuffix("Schema")
    return f"[{name}](#{name.lower()})"


def roles() -> str:
    said = "## Roles\n\nA key or a person may do what the role may, in their project; all else is "
    said += "`forbidden`.\n\n| may | " + " | ".join(Role) + " |\n|---|"
    said += "---|" * len(Role) + "\n"
    for right, able in RIGHTS.items():
        cells = ("yes" if role in able else "no" for role in Role)
        said += f"| {right} | {' | '.join(cells)} |\n"
    return said + "\n"


def errors() -> str:
    said = (
        "# Errors\n\nEvery error is `application/problem+json` (RFC 9457) with a stable `code`.\n"
    )
    said += "`reseen --json` prints the same `code`, `title` and `detail` under `error`.\n\n"
    for code in dict.fromkeys(problem.code for problem in PROBLEMS):
        said += f"## {code}\n\n"
        for problem in PROBLEMS:
            if problem.code == code:
                said += f"**{problem.status}** {problem.title}. {problem.advice}\n\n"
    return said


def settings() -> str:
    said = (
        "# Settings\n\nEach is an environment variable. Sizes are bytes, durations seconds; a list "
    )
    said += "is written with commas.\n\n"
    computed = {"home": "the user's data folder", "concurrency": "the number of processor cores"}
    for name, field in Settings.model_fields.items():
        default = computed.get(name)
        if default is None:
            value = field.default
            if isinstance(value, tuple):
                value = ",".join(map(str, value))
            default = f"`{value}`" if value not in {"", ()} else "empty"
        said += f"## RESEEN_{name.upper()}\n\n{_line(field.description or '')}\n\n"
        said += f"Default: {default}.\n\n"
    return said


def signals() -> str:
    said = (
        "# Signals\n\nA signal is a way to describe media. Its version is part of its name: output "
    )
    said += "that changes gets a new one.\n\n"
    for name, signal, about in described_signals():
        said += f"## {signal.id}\n\n"
        said += f"Channel {signal.channel.value}, compared by {signal.metric.value}"
        said += f", radius {signal.radius:g}.\n\n" if signal.radius is not None else ".\n\n"
        said += f"{_line(about)}\n\n" if about else ""
        said += f"In code: `reseen.domain.fingerprint.{name}`.\n\n"
    return said


def described_signals() -> Iterator[tuple[str, fingerprint.Signal, str]]:
    """Every signal constant with the string that follows it in the source."""
    body = ast.parse(Path(fingerprint.__file__).read_text(encoding="utf-8")).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name = statement.targets[0].id
        signal = getattr(fingerprint, name)
        if isinstance(signal, fingerprint.Signal):
            match following:
                case ast.Expr(value=ast.Constant(value=str(about))):
                    yield name, signal, about
                case _:
                    yield name, signal, ""


def command_line() -> str:
    said = (
        "# Command line\n\nWith `--json`, standard output holds one JSON object a line and nothing "
    )
    said += "else. Exit status: 0 answered, matched or not; 1 any error; 2 wrong use.\n\n"
    group: Any = typer.main.get_command(program)
    for path, command in commands(group, "reseen"):
        if hasattr(command, "commands"):
            continue
        said += f"## {path}\n\n{_line(command.help or '')}\n\n"
        for one in command.params:
            if one.param_type_name == "argument":
                said += f"- `{one.metavar or one.name.upper()}`: {one.help or ''}\n"
            elif one.name != "help":
                said += f"- `{', '.join(one.opts)}`: {one.help or ''}\n"
        said += "\n"
    return said


def commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    main()
