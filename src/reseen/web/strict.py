"""From JSON or the texts of a form to a request, or to one error that names the field.

JSON is taken at its word: no name twice (two programs would read two things), no number for a text,
no field that is not known. The texts of a form have no types, so there a field's type decides how
its text is read; a list is a field sent several times, an object is JSON.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from reseen.domain.errors import InvalidRequest, InvalidValue, ReseenError

DEEPEST = 50
"""Levels of JSON."""


def from_json[M: BaseModel](model: type[M], body: bytes) -> M:
    """Raises ``InvalidRequest`` for what is malformed or unknown, ``InvalidValue``."""
    loaded(body)
    return _validated(model, body)


def from_value[M: BaseModel](model: type[M], value: object) -> M:
    """A part of JSON that was read already, as ``from_json``."""
    return _validated(model, json.dumps(value).encode())


def loaded(body: bytes) -> Any:
    """JSON as plain values. Raises ``InvalidRequest``, ``InvalidValue``."""
    try:
        value = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON: {error}") from None
    _refuse_unkeepable(value)
    return value


def from_texts[M: BaseModel](model: type[M], texts: Mapping[str, Sequence[str]]) -> M:
    """The texts of a form, by field. Raises as ``from_json``."""
    plain: dict[str, Any] = {}
    kinds = _kinds(model)
    for name, sent in texts.items():
        kind = kinds.get(name)
        if kind == "array":
            plain[name] = list(sent)
            continue
        if len(sent) > 1:
            raise InvalidRequest(f"{name} was sent twice.", field=name)
        text = sent[0].strip()
        if kind == "object":
            try:
                plain[name] = json.loads(text, object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                raise InvalidValue(f"{name} is not JSON: {error}.", field=name) from None
        else:
            plain[name] = text
    _refuse_unkeepable(plain)
    try:
        return model.model_validate(plain, strict=False)
    except ValidationError as error:
        raise refusal(model, error) from None


def refusal(model: type[BaseModel], error: ValidationError) -> ReseenError:
    """Unknown fields first: they are why the needed ones are missing when a name is misspelt."""
    found = error.errors(include_url=False, include_input=False)
    unknown = next((e for e in found if e["type"] == "extra_forbidden"), None)
    if unknown is not None:
        field = _path(unknown["loc"])
        known = f"the fields are {listed(model.model_fields)}"
        where = known if len(unknown["loc"]) == 1 else "/docs lists what the route takes"
        return InvalidRequest(f"There is no field {field!r}; {where}.", field=field)
    first = found[0]
    if first["type"] == "json_invalid":
        return InvalidRequest(f"The body is not JSON: {first['msg']}.")
    if not first["loc"]:
        return InvalidValue(f"The body must be a JSON object with {listed(model.model_fields)}.")
    field = _path(first["loc"])
    return InvalidValue(f"{field}: {first['msg'].removeprefix('Value error, ')}.", field=field)


def listed(names: Sequence[str] | Mapping[str, object]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last


def _validated[M: BaseModel](model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refusal(model, error) from None


def _path(loc: tuple[int | str, ...]) -> str:
    """``items.3.hashes.pdq``; a key that failed is marked by the validator with ``[key]``."""
    return ".".join(str(part) for part in loc if part != "[key]")


@cache
def _kinds(model: type[BaseModel]) -> Mapping[str, str]:
    """The JSON type of each field, where it is one."""
    schema = model.model_json_schema()
    properties = schema.get("properties", {})
    return {name: _kind(about, schema.get("$defs", {})) for name, about in properties.items()}


def _kind(about: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in about:
        return _kind(definitions[about["$ref"].rsplit("/", 1)[-1]], definitions)
    for one in about.get("anyOf", ()):
        if one.get("type") != "null":
            return _kind(one, definitions)
    return str(about.get("type", ""))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A name given twice would be compared as one thing here and read as another elsewhere."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The field {twice!r} was sent twice.", field=twice)
    return dict(pairs)


def _refuse_unkeepable(value: object, path: tuple[str, ...] = ()) -> None:
    """What a database, or a program that reads the answer, could not take."""
    field = ".".join(path) or None
    if len(path) > DEEPEST:
        raise InvalidValue(f"The JSON is nested more than {DEEPEST} deep.", field=path[0])
    match value:
        case str() if not _is_text(value):
            raise InvalidValue(
                "A text holds NUL or a lone surrogate; send it without.", field=field
            )
        case float() if not math.isfinite(value):
            raise InvalidValue("A number is not finite.", field=field)
        case dict():
            for name, one in value.items():
                _refuse_unkeepable(name, path)
                _refuse_unkeepable(one, (*path, name))
        case list():
            for index, one in enumerate(value):
                _refuse_unkeepable(one, (*path, str(index)))
        case _:
            pass


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in value
