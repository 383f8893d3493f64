"""Segments: rows of one signal that never change, in memory or in one file that is mapped.

A file is a line of JSON that names the arrays, padded, then the arrays, each from a multiple of 64
bytes. It is whole when it has its name: it is written under another and renamed.
"""

import json
import math
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Metric
from reseen.index.bits import Bits
from reseen.index.cosines import Cosines
from reseen.index.postings import Postings
from reseen.index.rows import Arrays, Flags, Kind
from reseen.index.votes import Votes

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Cosines(), Bits(), Postings(), Votes())}
KIND_OF = {
    Metric.COSINE: "cosines",
    Metric.HAMMING: "bits",
    Metric.EQUALITY: "postings",
    Metric.VOTES: "votes",
}
SUFFIX = ".rows"
_ALIGNED = 64
_READ = 1 << 20
"""Bytes up to which a file is read and not mapped: a mapping holds a file descriptor."""
_FANOUT = 4
"""Segments of one size that are merged: each row is written once for every fourfold growth."""
_SPARSE = 0.25
"""Share of dead rows from which a segment is written anew."""


class Damaged(Exception):
    """What lies on the disk is not what was written."""


@dataclass(frozen=True, slots=True)
class Segment:
    """``name`` is that of its file, without the suffix; empty while it is in memory only."""

    kind: Kind
    signal_id: str
    arrays: Arrays
    name: str = ""

    def __len__(self) -> int:
        return len(self.arrays["slots"])

    @property
    def size(self) -> int:
        return sum(a.nbytes for a in self.arrays.values())


def merged(segments: Sequence[Segment], alive: Sequence[Flags | None]) -> Segment:
    """One segment in memory with the rows that are alive."""
    first = segments[0]
    arrays = first.kind.merged([s.arrays for s in segments], alive)
    return Segment(first.kind, first.signal_id, arrays)


def due(segments: Sequence[Segment], dead: Sequence[float] = ()) -> list[Segment]:
    """The segments to merge next, none when all is well: some of one size, or one with many dead
    rows (``dead``: the share of them in each).
    """
    tiers: dict[int, list[Segment]] = {}
    for segment in (s for s in segments if s.size < s.kind.largest):
        tiers.setdefault(int(math.log(max(segment.size, _READ), _FANOUT)), []).append(segment)
    for _, tier in sorted(tiers.items()):
        if len(tier) >= _FANOUT:
            return tier
    return next(([s] for s, share in zip(segments, dead, strict=False) if share > _SPARSE), [])


def write(folder: Path, name: str, segment: Segment) -> Segment:
    """Durable on return; the same segment, read back from its file. May raise ``OSError``, and then
    leaves nothing: who tries again on a full disk would fill it with halves.
    """
    path, part = folder / f"{name}{SUFFIX}", folder / f"{name}.part"
    listed, at = [], 0
    for key, array in segment.arrays.items():
        listed.append({"name": key, "dtype": array.dtype.str, "shape": array.shape, "at": at})
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = {"kind": segment.kind.name, "signal": segment.signal_id, "size": at, "arrays": listed}
    line = json.dumps(head).encode()
    line += b" " * (-(len(line) + 1) % _ALIGNED) + b"\n"
    try:
        with part.open("wb") as file:
            file.write(line)
            for array in segment.arrays.values():
                file.write(np.ascontiguousarray(array).data)
                file.write(bytes(-array.nbytes % _ALIGNED))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync(folder)
    return read(folder, name)


def read(folder: Path, name: str) -> Segment:
    """A segment from its file. Raises ``Damaged``."""
    path = folder / f"{name}{SUFFIX}"
    try:
        with path.open("rb") as file:
            line = file.readline(1 << 16)
            head: dict[str, Any] = json.loads(line)
            size = path.stat().st_size
            if size != len(line) + head["size"]:
                raise Damaged(f"{path.name} has {size} bytes")
            whole: npt.NDArray[np.uint8]
            if size <= _READ:
                file.seek(0)
                whole = np.frombuffer(file.read(), np.uint8)
            else:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                whole = np.frombuffer(mapped, np.uint8)
        arrays = {one["name"]: _array(whole, len(line), one) for one in head["arrays"]}
        segment = Segment(KINDS[head["kind"]], head["signal"], arrays, name)
        if len(segment) != len(arrays["numbers"]):
            raise Damaged(f"columns of {path.name} differ in length")
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise Damaged(f"{path.name} cannot be read: {e}") from e
    return segment


def _array(whole: npt.NDArray[np.uint8], begin: int, one: dict[str, Any]) -> npt.NDArray[Any]:
    dtype, shape = np.dtype(one["dtype"]), tuple(one["shape"])
    start = begin + int(one["at"])
    part: npt.NDArray[Any] = whole[start : start + math.prod(shape) * dtype.itemsize]
    array: npt.NDArray[Any] = part.view(dtype).reshape(shape)
    return array


def sync(folder: Path) -> None:
    """Names in the folder are durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
