"""What an argument of an ingest holds: a file, a folder, a URL, a list of URLs, a list of hashes.

Each comes out as the items of a job, JSON objects of one of these shapes, in an order that is the
same each time:

- ``{"path": absolute, "name": as given}``; with ``path_bytes`` (base64) where the name is no text;
- ``{"url": ...}``; from a list also ``name``, ``labels``, ``note``, ``provenance``;
- ``{"name": ..., "hashes": {"pdq": hex, "md5": hex, "sha256": hex}, "labels": ..., ...}``;
- ``{"name": ..., "error": {"code": ..., "detail": ...}}`` for a line that cannot be read.

Folders are walked in full, in the order of their names, leaving out what is hidden and what is
neither file nor folder; links are not followed, so nothing outside is reached and nothing comes
twice. A list is told from its bytes: text that is no medium. Lists are read a line at a time and
may have millions; a bad line costs itself. A list never names local paths: its author may be a
stranger.
"""

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reseen.domain.bank import HASH_BYTES, Hash
from reseen.domain.errors import InvalidValue, ReseenError
from reseen.media.lists import COLUMNS, entries, is_list

type Given = Mapping[str, Any]


def listed(arguments: tuple[str, ...]) -> Iterator[Given]:
    """The items of every argument, one after another. What cannot be read is an item, too."""
    for argument in arguments:
        if is_url(argument):
            yield {"url": argument}
        else:
            yield from _at(Path(argument))


def is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _at(path: Path) -> Iterator[Given]:
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.is_file() and is_list(path):
            yield from _in_list(path)
        else:
            yield _file(path)
    except OSError as error:
        yield _unreadable(path, error)


def _in_folder(folder: Path) -> Iterator[Given]:
    """Depth first, a folder's entries by name: one folder's names are held at a time."""
    try:
        with os.scandir(folder) as entries_:
            found = sorted(entries_, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield _unreadable(folder, error)
        return
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _in_folder(folder / entry.name)
        elif entry.is_file(follow_symlinks=False):
            yield _file(folder / entry.name)


def _file(path: Path) -> Given:
    given: dict[str, Any] = {"path": _text(path.absolute()), "name": _text(path)}
    if given["path"] != str(path.absolute()):
        given["path_bytes"] = base64.b64encode(os.fsencode(path.absolute())).decode("ascii")
    return given


def _in_list(path: Path) -> Iterator[Given]:
    """Each line as an item; a line of a list is named by the list's name and its number."""
    for entry in entries(path):
        where = f"{_text(path)}, line {entry.line}"
        if isinstance(entry.said, ReseenError):
            yield _error(where, entry.said)
            continue
        try:
            yield _item(where, entry.said)
        except InvalidValue as error:
            yield _error(where, error)


def _item(where: str, said: Mapping[str, Any]) -> Given:
    """One line of a list. Raises ``InvalidValue``."""
    hashes = {
        kind: Hash.parse(kind, str(said[kind])).code.hex() for kind in HASH_BYTES if said.get(kind)
    }
    about: dict[str, Any] = {}
    if labels := _labels(said.get("labels")):
        about["labels"] = labels
    if note := _plain("note", said.get("note")):
        about["note"] = note
    provenance = _provenance(said)
    url = _plain("url", said.get("url")).strip()
    name = _plain("name", said.get("name")).strip()
    if hashes:
        provenance = {**provenance, "url": url} if url else provenance
        about |= {"name": name or url or where, "hashes": hashes}
    elif is_url(url):
        about |= {"url": url, "name": name} if name else {"url": url}
    else:
        raise InvalidValue(
            f"{url[:80]!r} is no URL; write http:// or https://." if url else "No hash and no URL."
        )
    return {**about, "provenance": provenance} if provenance else about


def _labels(value: object) -> list[str]:
    """``["a", "b"]``, or as one text ``a;b``."""
    if isinstance(value, str):
        value = re.split(r"[;|,]", value)
    if not isinstance(value, list | tuple | type(None)):
        raise InvalidValue("labels are not a list of texts.", field="labels")
    return [one for part in value or () if (one := _plain("labels", part).strip())]


def _plain(field: str, value: object) -> str:
    """Text that every database can keep. Raises ``InvalidValue``."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise InvalidValue(f"{field} is not text.", field=field)
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidValue(f"{field} holds characters that are no text.", field=field)
    return text


def _provenance(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was given as such, and every column that we have no other place for."""
    given = said.get("provenance") or {}
    if not isinstance(given, Mapping):
        raise InvalidValue("provenance is not an object.", field="provenance")
    both = {**given, **{name: said[name] for name in said.keys() - COLUMNS if said[name]}}
    _plain("provenance", json.dumps(both, ensure_ascii=False).replace("\\u0000", "\0"))
    return both


def _text(name: Path | str) -> str:
    r"""As text that can be printed and kept: bytes that are none are written ``\xff``."""
    return os.fsencode(str(name)).decode("utf-8", "backslashreplace")


def _unreadable(path: Path, error: OSError) -> Given:
    return _error(_text(path), InvalidValue(f"{_text(path)} cannot be read: {error.strerror}."))


def _error(where: str, error: ReseenError) -> Given:
    return {"name": where, "error": {"code": error.code, "detail": error.detail}}
