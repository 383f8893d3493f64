"""The body of a request, streamed to disk: JSON, or a form with files.

Nothing of a file is held in memory, and reading stops at the limit. What the files are is told
later, where untrusted bytes are opened. Runs on the event loop: each step is a chunk of at most
64 kB.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from reseen.domain.errors import InvalidRequest, PayloadTooLarge, UnsupportedMedia
from reseen.web.form import read_form
from reseen.web.strict import from_json, from_texts, listed

SMALL_JSON = 65_536
LARGE_JSON = 4_000_000
"""Room for a thousand references with labels and provenance."""
FORM_BYTES = 65_536
"""Room in a form beside its files."""
SLOWEST = 20_000
"""Bytes a second that a body must bring on average once the first pause was used up: nobody holds a
place in the queue by sending a byte now and then. Two gigabytes may take a day at this rate."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a route takes: JSON of at most ``json_bytes``, or a form with these files and texts."""

    models: tuple[type[BaseModel], ...]
    """What the JSON may be."""

    files: tuple[str, ...] = ()
    form: type[BaseModel] | None = None
    json_bytes: int = SMALL_JSON


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent: ``json`` as it came, or the parts of a form."""

    json: bytes | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """What the client calls its files."""

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read[M: BaseModel](self, model: type[M]) -> M:
        """As a request. Raises ``InvalidRequest``, ``InvalidValue``."""
        if self.json is not None:
            return from_json(model, self.json)
        return from_texts(model, self.texts)

    def digest(self, *more: str) -> str:
        """Tells this body, and ``more``, from any other; the boundary of a form does not count.
        Reads the files.
        """
        parts = [*more, "" if self.json is None else hashlib.sha256(self.json).hexdigest()]
        parts += [repr(text) for text in sorted(self.texts.items())]
        for name, path in sorted(self.files.items()):
            with path.open("rb") as file:
                parts += [name, hashlib.file_digest(file, "sha256").hexdigest()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def read_body(
    request: Request, shape: Shape, folder: Path, max_bytes: int, stall_s: float
) -> Body:
    """Read the whole body. Files go to ``folder``, which the caller removes. ``stall_s`` is how far
    the body may fall behind ``SLOWEST``.

    Raises ``InvalidRequest``, ``InvalidValue``, ``PayloadTooLarge``, ``UnsupportedMedia``.
    """
    count = len(shape.files)
    limit = max(count * max_bytes + FORM_BYTES if count else 0, shape.json_bytes)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal():  # such a body need not be waited for
        _refuse_beyond(int(declared), limit)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    chunks = _chunks(request, stall_s, limit)
    if kind == b"multipart/form-data" and shape.form is not None:
        if not options.get(b"boundary"):
            raise InvalidRequest("The Content-Type of the form names no boundary.")
        texts = tuple(shape.form.model_fields)
        parts = await read_form(
            chunks, options[b"boundary"], folder, shape.files, texts, max_bytes, FORM_BYTES
        )
        return Body(files=parts.files, names=parts.names, texts=parts.texts)
    if kind in {b"application/json", b""}:
        return Body(json=await _read_json(chunks, shape.json_bytes))
    fields = dict.fromkeys(name for model in shape.models for name in model.model_fields)
    taken = f"application/json with {listed(fields)}"
    if shape.files:
        taken += f", or multipart/form-data with the file {listed(shape.files)}"
    raise UnsupportedMedia(f"The body is {kind.decode('latin-1')!r}; send {taken}.")


def _refuse_beyond(size: int, limit: int) -> None:
    if size > limit:
        raise PayloadTooLarge(
            f"The body has {size:,} bytes; the largest that this route takes has {limit:,}.",
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


async def _read_json(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise PayloadTooLarge(
                f"A JSON body has at most {limit} bytes here.", limit=limit, actual=len(body)
            )
    return bytes(body)
