"""Rows of numbers that are added to a file as they are made, so that a stop loses few of them.

Runs under Python 3.11 too.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt


def count(file: Path, width: int, kind: npt.DTypeLike) -> int:
    """How many whole rows the file holds."""
    size = width * np.dtype(kind).itemsize
    return file.stat().st_size // size if file.exists() else 0


def cut(file: Path, rows: int, width: int, kind: npt.DTypeLike) -> None:
    """Keep the first rows only: what was being written at a stop may be half a row."""
    if file.exists():
        with file.open("r+b") as stream:
            stream.truncate(rows * width * np.dtype(kind).itemsize)


def add(file: Path, rows: npt.NDArray[np.generic]) -> None:
    with file.open("ab") as stream:
        stream.write(np.ascontiguousarray(rows).tobytes())


def read(file: Path, width: int, kind: npt.DTypeLike) -> npt.NDArray[np.generic]:
    """``[N, width]``, not loaded until it is looked at."""
    rows = count(file, width, kind)
    if not rows:
        return np.zeros((0, width), kind)
    return np.memmap(file, kind, "r", shape=(rows, width))
