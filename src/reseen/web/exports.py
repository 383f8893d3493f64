"""Exports: many records as JSON lines or CSV, written as they are read, however many there are.

JSON lines are exact. In a table, which people open in a spreadsheet, a text that one would take for
a formula gets an apostrophe before it, and what is no text or number is written as JSON.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import chain
from typing import Any

from starlette.responses import StreamingResponse

from reseen.domain.choices import ExportFormat

CHUNK = 1 << 16
"""Characters that are sent together."""

MEDIA_TYPES = {ExportFormat.JSONL: "application/x-ndjson", ExportFormat.CSV: "text/csv"}

type Rows = Iterable[Mapping[str, Any]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(rows: Rows, columns: Sequence[str], form: ExportFormat) -> Iterator[str]:
    """The lines of an export, each with its end. A row may lack some of these columns."""
    if form is ExportFormat.JSONL:
        for row in rows:
            yield json.dumps(row, ensure_ascii=False) + "\n"
        return
    line = StringIO()
    table = csv.writer(line)
    for cells in chain([columns], ([_cell(row.get(name, "")) for name in columns] for row in rows)):
        table.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def streamed(
    rows: Rows, columns: Sequence[str], form: ExportFormat, name: str
) -> StreamingResponse:
    """What is read first is read before the answer begins, so that an error is answered as one."""
    parts = _gathered(written(rows, columns, form))
    begun = chain([next(parts, b"")], parts)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(begun, headers=headers, media_type=MEDIA_TYPES[form])


def export_response(about: str) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that exports."""
    kinds = {kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()}
    return {200: {"description": about, "content": kinds}}


def _gathered(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= CHUNK:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(_FORMULA) else value
        case int() | float():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
