"""Codes of a track that stay in their blob until a row is asked for."""

from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.ports import ReadRange


class Rows:
    """``codes [N, D]`` of a ``Track``, as it uses them. A row, or a slice of rows, is read by
    itself; anything else, and whatever numpy does with it, reads all.
    """

    def __init__(
        self, read_range: ReadRange, begin: int, shape: tuple[int, int], dtype: np.dtype[Any]
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._read_range = read_range
        self._begin = begin

    @property
    def nbytes(self) -> int:
        return self.shape[0] * self._width

    @property
    def _width(self) -> int:
        return self.shape[1] * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: Any) -> npt.NDArray[Any]:
        if isinstance(which, int | np.integer):
            row = range(len(self))[int(which)]
            found: npt.NDArray[Any] = self._rows(row, row + 1)[0]
            return found
        if isinstance(which, slice) and which.step in {None, 1}:
            return self._rows(*which.indices(len(self))[:2])
        chosen: npt.NDArray[Any] = np.asarray(self)[which]
        return chosen

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,
    ) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("what lies in a blob is copied")
        return self._rows(0, len(self)).astype(dtype or self.dtype, copy=False)

    def _rows(self, start: int, stop: int) -> npt.NDArray[Any]:
        count = max(0, stop - start)
        data = self._read_range(self._begin + start * self._width, count * self._width)
        found: npt.NDArray[Any] = np.frombuffer(data, self.dtype).reshape(count, self.shape[1])
        return found
