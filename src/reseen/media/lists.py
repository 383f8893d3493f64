"""Lists of URLs or hashes as text: CSV, JSON lines, or one URL or hash a line.

The form is told from the first line that says something: ``{`` begins JSON lines; a line with names
of known columns is the head of CSV (comma, semicolon or tab); else each line is a URL or a hash,
written bare (MD5) or as ``pdq:HEX``. Empty lines and lines that begin with ``#`` say nothing.
UTF-8, or UTF-16 with its mark, as spreadsheets write. Memory does not grow with the list.
"""

import codecs
import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from reseen.domain.errors import InvalidValue, MediaEmpty, ReseenError, UnsupportedMedia
from reseen.media.sniff import sniff

LINE = 1 << 20
"""Characters of the longest line that is read."""

SPAN = 20
"""Lines that one row of CSV may span, with line breaks in quotes; a quote that is never closed
costs its own line and no other."""

HEAD = 1 << 16
"""Bytes that are looked at to tell text from what is none."""

COLUMNS = frozenset({"pdq", "md5", "sha256", "url", "name", "labels", "note", "provenance"})
"""What we have a place for; others go with the provenance."""

_TELLING = frozenset({"pdq", "md5", "sha256", "url"})
"""Columns that make a line the head of a table."""

_ALIASES = {"label": "labels", "tags": "labels", "sha-256": "sha256", "link": "url", "id": "name"}
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_PREFIXED = re.compile(r"(pdq|md5|sha256):\s*(\S+)", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, by its number from 1: what it says by column, or what is wrong."""

    line: int
    said: Mapping[str, Any] | ReseenError


type _Line = tuple[int, str | ReseenError]


def is_list(path: Path) -> bool:
    """Whether a file is text and no medium. Raises ``OSError``."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head:
            return False
        if head[:2] in _MARKS:
            return True
        try:
            sniff(file)
        except (UnsupportedMedia, MediaEmpty):
            pass
        else:
            return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _looks_like_a_list(head)
    return b"\0" not in head


def _looks_like_a_list(head: bytes) -> bool:
    """Text in another encoding: its first line says so, and each bad line is told of."""
    first = head.split(b"\n", 1)[0].strip()
    return b"\0" not in head and first.isascii() and bool(_form(first.decode("ascii")))


def entries(path: Path) -> Iterator[Entry]:
    """The lines of a list in order, read as they are asked for. Raises ``OSError``."""
    with path.open("rb") as raw:
        mark = raw.read(2)
        raw.seek(0)
        encoding = _MARKS.get(mark, "utf-8-sig")
        errors = "replace" if mark in _MARKS else "surrogateescape"
        with io.TextIOWrapper(raw, encoding, errors) as text:
            yield from _entries(_lines(text))


def _entries(lines: Iterator[_Line]) -> Iterator[Entry]:
    for number, line in lines:
        if isinstance(line, ReseenError):
            yield Entry(number, line)
            continue
        form = _form(line)
        if form is None:
            yield Entry(number, UnsupportedMedia(_NO_LIST))
            return
        yield from form(number, line, lines)


def _form(first: str) -> "Callable[[int, str, Iterator[_Line]], Iterator[Entry]] | None":
    """How a list is read that begins with this line; ``None`` for no list."""
    if first.lstrip().startswith("{"):
        return _json_lines
    if _head(first) is not None:
        return _table
    if _bare(first) is not None or re.fullmatch(r"[0-9a-fA-F]{64}", first.strip()):
        return _bare_lines
    return None


_NO_LIST = (
    "The file is no medium, and no list: its first line is no URL, no hash, no JSON object, and"
    f" names none of the columns {', '.join(sorted(_TELLING))}."
)


def _lines(text: TextIO) -> Iterator[_Line]:
    """Lines that say something, without their ends, with their numbers."""
    number = 0
    while line := text.readline(LINE):
        number += 1
        if len(line) == LINE and not line.endswith("\n"):
            while (rest := text.readline(LINE)) and not rest.endswith("\n"):
                pass
            yield number, InvalidValue(f"The line has more than {LINE:,} characters.")
            continue
        line = line.rstrip("\n")
        if not line.isascii() and any("\ud800" <= c <= "\udfff" for c in line):
            yield number, InvalidValue("The line is not UTF-8; save the list as UTF-8.")
        elif line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _json_lines(number: int, first: str, lines: Iterator[_Line]) -> Iterator[Entry]:
    yield Entry(number, _object(first))
    for number, line in lines:  # noqa: PLR1704 - the next ones
        yield Entry(number, line if isinstance(line, ReseenError) else _object(line))


def _object(line: str) -> Mapping[str, Any] | ReseenError:
    """``{"pdq": ...}`` or ``{"hashes": {"pdq": ...}}``, names in any case."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return InvalidValue("The line is no JSON.")
    if not isinstance(said, dict):
        return InvalidValue("The line is no JSON object.")
    hashes = said.pop("hashes", None)
    if isinstance(hashes, dict):
        said |= hashes
    return {_column(name): value for name, value in said.items()}


def _column(name: str) -> str:
    name = name.strip().lower()
    return _ALIASES.get(name, name)


def _head(line: str) -> tuple[list[str], str] | None:
    """Columns and delimiter, where the line names any that tell."""
    for delimiter in ",;\t":
        try:
            row = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        columns = [_column(cell) for cell in row]
        if _TELLING & set(columns):
            return columns, delimiter
    return None


def _table(_number: int, first: str, lines: Iterator[_Line]) -> Iterator[Entry]:
    found = _head(first)
    assert found is not None  # noqa: S101 - asked before
    columns, delimiter = found
    coming: deque[_Line] = deque()

    def ahead(count: int) -> bool:
        """Whether so many lines are at hand."""
        while len(coming) < count:
            line = next(lines, None)
            if line is None:
                return False
            coming.append(line)
        return True

    while ahead(1):
        number = coming[0][0]
        row, used = _row(coming, ahead, delimiter)
        for _ in range(used):
            coming.popleft()
        yield Entry(number, row if isinstance(row, ReseenError) else _named(columns, row))


def _row(
    coming: deque[_Line], ahead: Callable[[int], bool], delimiter: str
) -> tuple[Sequence[str] | ReseenError, int]:
    """The next row, and how many lines it spans."""
    first = coming[0][1]
    if isinstance(first, ReseenError):
        return first, 1
    parts = [first]
    while True:
        try:
            return next(csv.reader(["\n".join(parts)], delimiter=delimiter, strict=True)), len(
                parts
            )
        except csv.Error as error:
            span = len(parts)
            if "end of data" not in str(error) or span == SPAN or not ahead(span + 1):
                return InvalidValue(f"The line is no CSV: {error}."), 1
        line = coming[span][1]
        if isinstance(line, ReseenError):
            return InvalidValue("The line is no CSV: a quote is not closed."), 1
        parts.append(line)


def _named(columns: list[str], row: Sequence[str]) -> Mapping[str, Any] | ReseenError:
    if len(row) > len(columns):
        return InvalidValue(f"The line has {len(row)} cells, its head {len(columns)}.")
    return {name: cell for name, cell in zip(columns, row, strict=False) if name and cell}


def _bare_lines(number: int, first: str, lines: Iterator[_Line]) -> Iterator[Entry]:
    yield Entry(number, _bare_or_error(first))
    for number, line in lines:  # noqa: PLR1704 - the next ones
        yield Entry(number, line if isinstance(line, ReseenError) else _bare_or_error(line))


def _bare_or_error(line: str) -> Mapping[str, Any] | ReseenError:
    said = _bare(line)
    if said is not None:
        return said
    if len(line.strip()) == 64 and _HEX.fullmatch(line.strip()):
        return InvalidValue(
            "64 digits may be PDQ or SHA-256: write pdq: or sha256: before them, or name the"
            " column in the first line."
        )
    return InvalidValue(f"{line.strip()[:80]!r} is no URL and no hash.")


def _bare(line: str) -> dict[str, Any] | None:
    line = line.strip()
    if line.lower().startswith(("http://", "https://")):
        return {"url": line}
    if found := _PREFIXED.fullmatch(line):
        return {found[1].lower(): found[2]}
    if len(line) == 32 and _HEX.fullmatch(line):
        return {"md5": line}
    return None
