"""The bytes that a decoding child writes: messages of one kind byte, a length and a payload.

Whoever wrote them may have been taken over by a hostile file. So nothing here is pickled, every
size is compared with what was asked for before memory is taken, and errors are built from a fixed
list of classes and a printable sentence.

Kinds: ``H`` header and ``E`` footer (JSON), ``F`` frame (time, height, width, RGB bytes), ``S``
sound (start, rate, float32 samples), ``X`` error (JSON). Numbers are little-endian.
"""

import json
import math
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reseen.domain.errors import (
    MediaEmpty,
    MediaTooLarge,
    MediaTooLong,
    MediaUnreadable,
    ReseenError,
    UnsupportedMedia,
)
from reseen.domain.media import Frame, Medium, Sound
from reseen.ports import Decoded, Footer, Header, Limits, Sampling

ERRORS: dict[str, type[ReseenError]] = {
    kind.code: kind
    for kind in (UnsupportedMedia, MediaUnreadable, MediaEmpty, MediaTooLong, MediaTooLarge)
}
BLOCK_SECONDS = 10.0
"""Sound comes in blocks of about this length; twice it is the most that is accepted."""

MAX_TEXT = 16_384
_PREFIX = struct.Struct("<cQ")
_FRAME = struct.Struct("<dII")
_SOUND = struct.Struct("<dI")
_STILL = math.nan

STATUS = struct.Struct("<i")
"""How a child ended, as ``os.waitstatus_to_exitcode`` gives it."""

CPU_SECONDS = 60
"""CPU allowed for any file; timed media get a second more for each second of the limit."""


@dataclass(frozen=True, slots=True)
class Task:
    """Decode a file; with ``times``, only the frames shown then."""

    sampling: Sampling
    limits: Limits
    memory: int
    times: tuple[float, ...] | None = None

    @property
    def cpu_seconds(self) -> int:
        return CPU_SECONDS + int(self.limits.duration)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Task":
        times = fields["times"]
        return cls(
            Sampling(**fields["sampling"]),
            Limits(**fields["limits"]),
            fields["memory"],
            None if times is None else tuple(times),
        )


type Write = Callable[[Any], None]
type Fill = Callable[[memoryview], None]
"""Fills the whole view with the next bytes, or raises."""


def write(message: Decoded | ReseenError, out: Write) -> None:
    """Send one event. ``out`` takes bytes-like objects and writes them whole."""
    match message:
        case Header():
            fields = {name: getattr(message, name) for name in Header.__dataclass_fields__}
            _write_json(b"H", fields, out)
        case Footer():
            _write_json(b"E", {"duration": message.duration, "remarks": message.remarks}, out)
        case ReseenError():
            fields = {
                "code": message.code,
                "detail": message.detail[: MAX_TEXT // 8],
                "limit": message.limit,
                "actual": message.actual,
            }
            _write_json(b"X", fields, out)
        case Frame(time=time, pixels=pixels):
            height, width, _ = pixels.shape
            out(
                _PREFIX.pack(b"F", _FRAME.size + pixels.nbytes)
                + _FRAME.pack(_STILL if time is None else time, height, width)
            )
            out(np.ascontiguousarray(pixels).reshape(-1))
        case Sound(start=start, rate=rate, samples=samples):
            out(_PREFIX.pack(b"S", _SOUND.size + samples.nbytes) + _SOUND.pack(start, rate))
            out(np.ascontiguousarray(samples, dtype="<f4").view(np.uint8))


def _write_json(kind: bytes, fields: dict[str, Any], out: Write) -> None:
    text = json.dumps(fields).encode()
    out(_PREFIX.pack(kind, len(text)) + text)


class Reader:
    """Reads one child's messages and believes none of them.

    Anything malformed or beyond the limits raises ``MediaUnreadable``; the child's own errors are
    raised as they are.
    """

    def __init__(self, fill: Fill, sampling: Sampling, limits: Limits) -> None:
        self._fill = fill
        self._sampling = sampling
        self._limits = limits
        self._medium: Medium | None = None
        self._frames_left = 16 + math.ceil(limits.duration * sampling.frames_per_s)
        self._last = {Frame: 0.0, Sound: 0.0}

    def read(self) -> Decoded:
        """The next event. Raises the child's error, ``MediaUnreadable``, or what ``fill`` does."""
        kind, length = _PREFIX.unpack(self._take(_PREFIX.size))
        if kind == b"F":
            return self._frame(length)
        if kind == b"S":
            return self._sound(length)
        _require(length <= MAX_TEXT)
        try:
            fields = json.loads(self._take(length))
            if kind == b"H":
                return self._header(fields)
            if kind == b"E":
                return Footer(_number(fields["duration"]), tuple(map(_text, fields["remarks"])))
            _require(kind == b"X")
            error = ERRORS[fields["code"]]
            limit, actual = _number(fields["limit"]), _number(fields["actual"])
            raise error(_text(fields["detail"]), limit=limit, actual=actual)
        except (KeyError, TypeError, ValueError, RecursionError) as cause:
            raise _distrust() from cause

    def _take(self, size: int) -> bytes:
        data = bytearray(size)
        self._fill(memoryview(data))
        return bytes(data)

    def _header(self, fields: dict[str, Any]) -> Header:
        _require(self._medium is None)
        self._medium = Medium(fields["medium"])
        return Header(
            medium=self._medium,
            format=_text(fields["format"]),
            width=_size(fields["width"]),
            height=_size(fields["height"]),
            duration=_number(fields["duration"]),
            has_audio=fields["has_audio"] is True,
        )

    def _frame(self, length: int) -> Frame:
        seconds, height, width = _FRAME.unpack(self._take(_FRAME.size))
        still = self._medium is Medium.IMAGE
        side = max(height, width)
        self._frames_left -= 1
        _require(
            length == _FRAME.size + 3 * height * width
            and min(height, width) > 0
            and (
                height * width <= self._limits.pixels if still else side <= self._sampling.max_side
            )
            and self._frames_left >= 0
            and math.isnan(seconds) == still
        )
        pixels = np.empty((height, width, 3), np.uint8)
        self._fill(memoryview(pixels.reshape(-1)))
        return Frame(None if still else self._after(Frame, seconds), pixels)

    def _sound(self, length: int) -> Sound:
        start, rate = _SOUND.unpack(self._take(_SOUND.size))
        count, rest = divmod(length - _SOUND.size, 4)
        _require(
            rest == 0
            and rate == self._sampling.sound_rate
            and 0 < count <= 2 * BLOCK_SECONDS * rate
        )
        samples = np.empty(count, "<f4")
        self._fill(memoryview(samples.view(np.uint8)))
        _require(bool(np.isfinite(samples).all()))
        return Sound(self._after(Sound, start), rate, samples.astype(np.float32, copy=False))

    def _after(self, kind: type, seconds: float) -> float:
        """Times are finite, rise, and stay within the limit (plus a block)."""
        _require(self._last[kind] <= seconds <= self._limits.duration + 2 * BLOCK_SECONDS)
        self._last[kind] = seconds
        return seconds


def _require(truth: bool) -> None:
    if not truth:
        raise _distrust()


def _distrust() -> MediaUnreadable:
    return MediaUnreadable(
        "The decoder answered with something that cannot be, so the file is treated as damaged."
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    _require(isinstance(value, int | float) and math.isfinite(value))
    return float(value)  # type: ignore[arg-type]  # checked above


def _size(value: object) -> int | None:
    if value is None:
        return None
    _require(isinstance(value, int) and 0 < value < 2**31)
    return int(value)  # type: ignore[call-overload,no-any-return]  # checked above


def _text(value: object) -> str:
    """Printable text, in case a log or a terminal shows it."""
    _require(isinstance(value, str))
    return "".join(c if c.isprintable() else " " for c in str(value)[:500])
