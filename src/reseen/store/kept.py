"""A fingerprint as bytes, in the layout of safetensors: a header in JSON, then plain arrays.

Nothing in it is executed when it is read (it is no pickle). ``__metadata__.reseen`` holds the
format, the asset and the signals; column ``spans`` of the third track is the tensor ``2.spans``.
Arrays stay where they lie: of a mapped file only what is looked at is read, and an index that needs
one track of a long film reads that one.
"""

import json
import struct
from collections.abc import Buffer, Callable, Collection
from dataclasses import asdict
from typing import Any

import numpy as np
from safetensors.numpy import save

from reseen.domain.errors import BlobMissing
from reseen.domain.fingerprint import Fingerprint, Metric, Signal, Skip, Track
from reseen.domain.media import Asset, Channel, Medium

FORMAT = 1
COLUMNS = ("spans", "codes", "quality", "places")
_LENGTH = struct.Struct("<Q")
_LARGEST_HEADER = 1 << 20
_DTYPES = {
    "U8": np.uint8, "I8": np.int8, "U16": np.uint16, "I16": np.int16, "U32": np.uint32,
    "I32": np.int32, "U64": np.uint64, "I64": np.int64, "F16": np.float16, "F32": np.float32,
    "F64": np.float64, "BOOL": np.bool_,
}  # fmt: skip

type ReadRange = Callable[[int, int], Buffer]
"""Bytes from a start, of a length; fewer at the end."""


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
    view = memoryview(data)
    return read(lambda start, length: view[start : start + length])


def read(read_range: ReadRange, names: Collection[str] | None = None) -> Fingerprint:
    """A fingerprint with the tracks of these names; ``None``: with all. Raises as ``decode``."""
    try:
        header, about, begin = _headers(read_range)
        signals = [_signal(one) for one in about["signals"]]
        return Fingerprint(
            Asset(**{**about["asset"], "medium": Medium(about["asset"]["medium"])}),
            tracks=tuple(
                Track(signal, *(_tensor(read_range, header, begin, f"{k}.{c}") for c in COLUMNS))
                for k, signal in enumerate(signals)
                if names is None or signal.name in names
            ),
            skipped=tuple(Skip(_signal(one), reason) for one, reason in about["skipped"]),
            remarks=tuple(about["remarks"]),
        )
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


def _tensor(read_range: ReadRange, header: dict[str, Any], begin: int, name: str) -> Any:
    described = header[name]
    start, stop = described["data_offsets"]
    data = read_range(begin + start, stop - start)
    return np.frombuffer(data, _DTYPES[described["dtype"]]).reshape(described["shape"])


def _said(signal: Signal) -> dict[str, Any]:
    return {**asdict(signal), "channel": signal.channel.value, "metric": signal.metric.value}


def _signal(said: dict[str, Any]) -> Signal:
    return Signal(**{**said, "channel": Channel(said["channel"]), "metric": Metric(said["metric"])})
