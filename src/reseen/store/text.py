"""What both databases can keep: text that is UTF-8 without zero characters, and JSON."""

import json
from collections.abc import Mapping
from typing import Any

from reseen.domain.errors import InvalidValue

dump = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
"""Compact JSON, in ASCII. Raises ``ValueError``, ``TypeError``, ``RecursionError``."""


plainest = json.JSONEncoder(separators=(",", ":"), allow_nan=False, sort_keys=True).encode
"""As ``dump``, the same for equal objects."""


def is_storable(text: str) -> bool:
    """Whether a column of text can hold it."""
    return "\0" not in text and (text.isascii() or _is_utf8(text))


def cleaned(text: str | None) -> str | None:
    """The text with what no column can hold replaced: names of files may be any bytes."""
    if text is None or is_storable(text):
        return text
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def json_object(value: Mapping[str, Any], field: str, longest: int | None = None) -> dict[str, Any]:
    """As a plain object. Raises ``InvalidValue`` for what JSON cannot say, and for more than
    ``longest`` characters.
    """
    plain = dict(value)
    if not plain:
        return plain
    try:
        said = dump(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue(f"{field} is no JSON object ({error}).", field=field) from error
    if longest is not None and len(said) > longest:
        raise InvalidValue(
            f"{field} has at most {longest} characters as JSON.",
            field=field,
            limit=longest,
            actual=len(said),
        )
    return plain


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
