"""The body of a match request, streamed to disk: JSON with two URLs, or a form with files.

Nothing of a file is held in memory, and reading stops at the limit. What the files are is told
later, where untrusted bytes are opened. Runs on the event loop: each step is a chunk of at most
64 kB.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from reseen.domain.errors import (
    InvalidRequest,
    InvalidValue,
    NotReady,
    PayloadTooLarge,
    ReseenError,
    UnsupportedMedia,
)
from reseen.web.schemas import LONGEST_URL, MatchRequest

LARGEST_JSON = 65_536
FORM_BYTES = 65_536
"""Room in a form beside its two files."""
SLOWEST = 20_000
"""Bytes a second that a body must bring on average once the first pause was used up: nobody holds a
place in the queue by sending a byte now and then. Two gigabytes may take a day at this rate."""
SIDES = ("source", "target")

type Given = str | Path
"""A URL, or the file that was spooled for it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What was sent for each side."""

    source: Given
    target: Given


async def read_pair(request: Request, folder: Path, max_bytes: int, stall_s: float) -> Pair:
    """Read the whole body. Files go to ``folder``, which the caller removes. ``stall_s`` is how far
    the body may fall behind ``SLOWEST``.

    Raises ``InvalidRequest``, ``InvalidValue``, ``PayloadTooLarge``, ``UnsupportedMedia``.
    """
    limit = 2 * max_bytes + FORM_BYTES
    declared = request.headers.get("content-length", "")
    if declared.isdecimal():  # such a body need not be waited for
        _refuse_beyond(int(declared), limit)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    chunks = _chunks(request, stall_s, limit)
    if kind == b"multipart/form-data":
        if not options.get(b"boundary"):
            raise InvalidRequest("The Content-Type of the form names no boundary.")
        return await _read_form(chunks, options[b"boundary"], folder, max_bytes)
    if kind in {b"application/json", b""}:
        return await _read_json(chunks)
    raise UnsupportedMedia(
        f"The body is {kind.decode('latin-1')!r}; send application/json with source_url and "
        "target_url, or multipart/form-data with the files source and target."
    )


def _refuse_beyond(size: int, limit: int) -> None:
    """A body may be as large as two of the largest files."""
    if size > limit:
        raise PayloadTooLarge(
            f"The body has {size:,} bytes; two files of the largest size have {limit:,}.",
            limit=limit,
            actual=size,
        )


async def _chunks(request: Request, stall_s: float, limit: int) -> AsyncIterator[bytes]:
    """The body, as long as it comes fast enough and says no more than it may."""
    stream, clock, size = request.stream(), asyncio.get_running_loop().time, 0
    begun = clock()
    while True:
        try:
            async with asyncio.timeout_at(begun + stall_s + size / SLOWEST):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InvalidRequest(
                f"The body came too slowly: {size:,} bytes in {clock() - begun:.0f} seconds."
            ) from None
        except ClientDisconnect:
            raise InvalidRequest("The connection closed before the body ended.") from None
        size += len(chunk)
        _refuse_beyond(size, limit)
        yield chunk


async def _read_json(chunks: AsyncIterator[bytes]) -> Pair:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_JSON:
            raise PayloadTooLarge(
                f"A JSON body has at most {LARGEST_JSON} bytes.",
                limit=LARGEST_JSON,
                actual=len(body),
            )
    try:
        value = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON: {error}") from None
    try:
        urls = MatchRequest.model_validate(value)
    except ValidationError as error:
        raise _refusal(error) from None
    return Pair(urls.source_url, urls.target_url)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A name given twice would be compared as one thing here and read as another elsewhere."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The field {twice!r} was sent twice.", field=twice)
    return dict(pairs)


def _refusal(error: ValidationError) -> ReseenError:
    """Unknown fields first: they are why the needed ones are missing when a name is misspelt."""
    found = error.errors(include_url=False, include_input=False)
    unknown = [e for e in found if e["type"] == "extra_forbidden"]
    if unknown:
        field = str(unknown[0]["loc"][0])
        return InvalidRequest(
            f"There is no field {field!r}; the fields are source_url and target_url.", field=field
        )
    first = found[0]
    if not first["loc"]:
        return InvalidValue("The body must be a JSON object with source_url and target_url.")
    field = str(first["loc"][0])
    return InvalidValue(f"{field}: {first['msg']}.", field=field)


async def _read_form(
    chunks: AsyncIterator[bytes], boundary: bytes, folder: Path, max_bytes: int
) -> Pair:
    form = _Form(folder, max_bytes)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin,
                "on_header_field": form.header_name,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_headers_finished": form.headers_finished,
                "on_part_data": form.data,
                "on_part_end": form.end,
                "on_end": form.finish,
            },
        )
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise InvalidRequest(f"The form is malformed: {error}") from None
    finally:
        form.close()
    if not form.complete:
        raise InvalidRequest("The form ends before its closing boundary.")
    return Pair(form.side("source"), form.side("target"))


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotReady(f"The upload could not be kept: {error.strerror}.") from error


class _Form:
    """Follows the parser's events; one part at a time is open."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._given: dict[str, Given] = {}
        self._name = b""
        self._value = b""
        self._disposition = b""
        self._side = ""
        self._file: BinaryIO | None = None
        self._url = bytearray()
        self._size = 0
        self.complete = False

    def begin(self) -> None:
        self._name = self._value = self._disposition = b""

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def headers_finished(self) -> None:
        """A part named ``source`` or ``source_url``, and so on. A file under a URL's name, or text
        under a file's, is what it is by its name.
        """
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._side = name.removesuffix("_url")
        if self._side not in SIDES:
            raise InvalidRequest(
                f"There is no field {name!r}; the fields are the files source and target, or "
                "source_url and target_url.",
                field=name,
            )
        if self._side in self._given:
            raise InvalidRequest(f"{self._side} was sent twice.", field=self._side)
        self._url.clear()
        self._size = 0
        if name == self._side:
            path = self._folder / name
            with _disk_errors():
                self._file = path.open("xb")
            self._given[name] = path

    def data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._file is None:
            self._url += data[start:end]
            if self._size > LONGEST_URL:
                raise InvalidValue(
                    f"{self._side}_url is longer than {LONGEST_URL} characters.",
                    field=f"{self._side}_url",
                )
            return
        if self._size > self._max_bytes:
            raise PayloadTooLarge(
                f"The file {self._side} is larger than {self._max_bytes} bytes.",
                field=self._side,
                limit=self._max_bytes,
                actual=self._size,
            )
        with _disk_errors():
            self._file.write(memoryview(data)[start:end])

    def end(self) -> None:
        if self._file is not None:
            with _disk_errors():
                self._file.flush()
            self.close()
            return
        try:
            url = self._url.decode("utf-8").strip()
        except UnicodeDecodeError:
            url = ""
        if not url:
            raise InvalidValue(f"{self._side}_url is not an address.", field=f"{self._side}_url")
        self._given[self._side] = url

    def finish(self) -> None:
        self.complete = True

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what was not flushed before is not wanted any more
                self._file.close()
            self._file = None

    def side(self, side: str) -> Given:
        given = self._given.get(side)
        if given is None:
            raise InvalidValue(f"Send the file {side}, or {side}_url.", field=side)
        return given
