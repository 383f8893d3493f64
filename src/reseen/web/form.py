"""A multipart form, part by part: files to disk, texts to memory."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from reseen.domain.errors import InvalidRequest, InvalidValue, PayloadTooLarge
from reseen.media.receive import no_room
from reseen.web.strict import listed

LONGEST_FILE_NAME = 500
MOST_TEXTS = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """What a form held, by field. ``names`` are what the client calls its files."""

    files: dict[str, Path] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)


async def read_form(
    chunks: AsyncIterator[bytes],
    boundary: bytes,
    folder: Path,
    files: tuple[str, ...],
    texts: tuple[str, ...],
    max_bytes: int,
    text_bytes: int,
) -> Parts:
    """Read a form of these fields. ``max_bytes`` bounds each file, ``text_bytes`` all texts.

    Raises ``InvalidRequest``, ``InvalidValue``, ``PayloadTooLarge``, ``NotReady``.
    """
    form = _Form(folder, files, texts, max_bytes, text_bytes)
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
    return form.parts


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise no_room(error) from error


class _Form:
    """Follows the parser's events; one part at a time is open."""

    def __init__(
        self,
        folder: Path,
        files: tuple[str, ...],
        texts: tuple[str, ...],
        max_bytes: int,
        text_bytes: int,
    ) -> None:
        self._folder = folder
        self._files = files
        self._texts = texts
        self._max_bytes = max_bytes
        self._text_bytes = text_bytes
        self._name = b""
        self._value = b""
        self._disposition = b""
        self._field = ""
        self._file: BinaryIO | None = None
        self._text = bytearray()
        self._size = 0
        self._texts_size = 0
        self._texts_count = 0
        self.parts = Parts()
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
        """A file under a text's name, or text under a file's, is what it is by its name."""
        _, options = parse_options_header(self._disposition)
        self._field = name = options.get(b"name", b"").decode("utf-8", "replace")
        self._text.clear()
        self._size = 0
        if name in self._texts:
            self._texts_count += 1
            if self._texts_count > MOST_TEXTS:
                raise InvalidRequest(f"The form has more than {MOST_TEXTS} texts.", field=name)
            return
        if name not in self._files:
            known = listed([*(f"the file {one}" for one in self._files), *self._texts])
            raise InvalidRequest(f"There is no field {name!r}; the fields are {known}.", field=name)
        if name in self.parts.files:
            raise InvalidRequest(f"{name} was sent twice.", field=name)
        path = self._folder / name
        with _disk_errors():
            self._file = path.open("xb")
        self.parts.files[name] = path
        called = options.get(b"filename", b"").decode("utf-8", "replace").replace("\x00", "")
        self.parts.names[name] = called.rsplit("/", 1)[-1][:LONGEST_FILE_NAME]

    def data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._file is None:
            self._texts_size += end - start
            if self._texts_size > self._text_bytes:
                raise PayloadTooLarge(
                    f"The texts of the form have more than {self._text_bytes:,} bytes.",
                    field=self._field,
                    limit=self._text_bytes,
                    actual=self._texts_size,
                )
            self._text += data[start:end]
            return
        if self._size > self._max_bytes:
            raise PayloadTooLarge(
                f"The file {self._field} is larger than {self._max_bytes} bytes.",
                field=self._field,
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
            text = self._text.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidValue(f"{self._field} is not UTF-8.", field=self._field) from None
        self.parts.texts[self._field] = (*self.parts.texts.get(self._field, ()), text)

    def finish(self) -> None:
        self.complete = True

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what was not flushed before is not wanted any more
                self._file.close()
            self._file = None
