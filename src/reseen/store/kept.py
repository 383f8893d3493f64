"""A fingerprint as bytes, in the layout of safetensors: a header in JSON, then plain arrays.

Nothing in it is executed when it is read (it is no pickle). ``__metadata__.reseen`` holds the
format, the asset and the signals; column ``spans`` of the third track is the tensor ``2.spans``.
An index that needs one track of a long film reads that one. Tracks that are looked at row by row,
the moments of a film (``BY_ROW``), stay where they lie until a row is asked for: of the 34 to 57 MB
of an hour a look at one moment needs a few.
"""

import contextlib
import json
import math
import struct
from collections.abc import Buffer, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save

from reseen.domain.errors import BlobMissing
from reseen.domain.fingerprint import LOOKS, MOTION, Fingerprint, Metric, Signal, Skip, Track
from reseen.domain.media import Asset, Channel, Medium
from reseen.ports import ReadRange
from reseen.store.ranges import Near
from reseen.store.rows_apart import Rows

FORMAT = 1
COLUMNS = ("spans", "codes", "quality", "places")
GAP = 1 << 16
"""Bytes between two arrays that are read as well rather than asking twice."""

_LENGTH = struct.Struct("<Q")
_LARGEST_HEADER = 1 << 20
_DTYPES = {
    "U8": np.uint8, "I8": np.int8, "U16": np.uint16, "I16": np.int16, "U32": np.uint32,
    "I32": np.int32, "U64": np.uint64, "I64": np.int64, "F16": np.float16, "F32": np.float32,
    "F64": np.float64, "BOOL": np.bool_,
}  # fmt: skip

BY_ROW = frozenset({LOOKS.name, MOTION.name})
LEFT = 1 << 20
"""Bytes from which the codes of such a track are left where they lie."""


def encode(fingerprint: Fingerprint) -> bytes:
    """All of a fingerprint."""
    asset = fingerprint.asset
    about = {
        "format": FORMAT,
        "asset": {**asdict(asset), "medium": asset.medium.value},
        "signals": [_said(track.signal) for track in fingerprint.tracks],
        "skipped": [[_said(skip.signal), skip.reason] for skip in fingerprint.skipped],
        "remarks": list(fingerprint.remarks),
    }
    tensors = {
        f"{number}.{column}": np.ascontiguousarray(getattr(track, column))
        for number, track in enumerate(fingerprint.tracks)
        for column in COLUMNS
    }
    return save(tensors, {"reseen": json.dumps(about)})


def decode(data: Buffer) -> Fingerprint:
    """A whole fingerprint. Its arrays are read-only and share the bytes. Raises ``BlobMissing`` for
    bytes that are none.
    """
    return read(Near(memoryview(data)), by_row=())


def read(
    read_range: ReadRange,
    names: Collection[str] | None = None,
    by_row: Collection[str] = BY_ROW,
) -> Fingerprint:
    """A fingerprint with the tracks of these names; ``None``: with all. Large codes of those in
    ``by_row`` are ``Rows``, which may raise what ``read_range`` raises. Raises as ``decode``.
    """
    with _damage():
        header, about, begin = _headers(read_range)
        held = [_signal(one) for one in about["signals"]]
        wanted = {
            k: signal for k, signal in enumerate(held) if names is None or signal.name in names
        }
        tensors = {
            f"{k}.{column}": _Tensor.of(header[f"{k}.{column}"], begin, read_range.size)
            for k in wanted
            for column in COLUMNS
        }
        left = {
            f"{k}.codes"
            for k, signal in wanted.items()
            if signal.name in by_row and tensors[f"{k}.codes"].length >= LEFT
        }
        arrays = _arrays(read_range, tensors, left)
        return Fingerprint(
            Asset(**{**about["asset"], "medium": Medium(about["asset"]["medium"])}),
            tracks=tuple(
                Track(signal, *(arrays[f"{k}.{column}"] for column in COLUMNS))
                for k, signal in wanted.items()
            ),
            skipped=tuple(Skip(_signal(one), reason) for one, reason in about["skipped"]),
            remarks=tuple(about["remarks"]),
        )


def signals(read_range: ReadRange) -> tuple[Signal, ...]:
    """What a fingerprint holds, from its beginning alone. Raises as ``decode``, for one that ends
    early, too.
    """
    read(read_range, names=())
    with _damage():
        header, about, begin = _headers(read_range)
        found = tuple(map(_signal, about["signals"]))
        for k in range(len(found)):
            for column in COLUMNS:
                _Tensor.of(header[f"{k}.{column}"], begin, read_range.size)
        return found


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """What cannot be read as a fingerprint is ``BlobMissing``."""
    try:
        yield
    except (LookupError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise _damaged(error) from error
    except struct.error as error:  # the first bytes are missing
        raise _damaged(error) from error


def _damaged(error: Exception) -> BlobMissing:
    return BlobMissing(
        f"The stored fingerprint is damaged ({str(error)[:100]}); ingest its file again."
    )


def _headers(read_range: ReadRange) -> tuple[dict[str, Any], dict[str, Any], int]:
    """The header, what we wrote into it, and where the arrays begin."""
    (length,) = _LENGTH.unpack(read_range(0, _LENGTH.size))
    if length > _LARGEST_HEADER:
        raise ValueError("the header is too long")
    header = json.loads(bytes(read_range(_LENGTH.size, length)))
    about = json.loads(header["__metadata__"]["reseen"])
    if about["format"] > FORMAT:
        raise BlobMissing(
            "The stored fingerprint was written by a newer reseen; install that version or a later"
            " one, or ingest its file again."
        )
    return header, about, _LENGTH.size + length


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where an array lies in its blob, and what it is."""

    start: int
    length: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, described: dict[str, Any], begin: int, size: int) -> "_Tensor":
        """Raises ``ValueError`` for one that cannot be."""
        start, stop = described["data_offsets"]
        dtype, shape = np.dtype(_DTYPES[described["dtype"]]), tuple(described["shape"])
        if stop - start != math.prod(shape) * dtype.itemsize or start < 0 or min(shape) < 0:
            raise ValueError("an array has another size than it says")
        if begin + stop > size:
            raise ValueError("it ends early")
        return cls(begin + start, stop - start, dtype, shape)


def _arrays(
    read_range: ReadRange, tensors: Mapping[str, _Tensor], left: Collection[str]
) -> dict[str, Any]:
    """These arrays; neighbours are read in one go. Those of ``left`` are ``Rows``."""
    arrays: dict[str, Any] = {}
    run: list[str] = []
    for name in sorted(tensors, key=lambda name: tensors[name].start):
        one = tensors[name]
        if name in left:
            rows, width = one.shape
            arrays[name] = Rows(read_range, one.start, (rows, width), one.dtype)
            continue
        last = tensors[run[-1]] if run else one
        if one.start > last.start + last.length + GAP:
            arrays |= _read_run(read_range, tensors, run)
            run = []
        run.append(name)
    return arrays | _read_run(read_range, tensors, run)


def _read_run(
    read_range: ReadRange, tensors: Mapping[str, _Tensor], run: Sequence[str]
) -> dict[str, Any]:
    if not run:
        return {}
    begin = tensors[run[0]].start
    end = max(tensors[name].start + tensors[name].length for name in run)
    data = memoryview(read_range(begin, end - begin))
    found = {}
    for name in run:
        one = tensors[name]
        part = data[one.start - begin : one.start - begin + one.length]
        found[name] = np.frombuffer(part, one.dtype).reshape(one.shape)
    return found


def _said(signal: Signal) -> dict[str, Any]:
    return {**asdict(signal), "channel": signal.channel.value, "metric": signal.metric.value}


def _signal(said: dict[str, Any]) -> Signal:
    return Signal(**{**said, "channel": Channel(said["channel"]), "metric": Metric(said["metric"])})
