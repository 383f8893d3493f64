"""Many small pictures in one file. Runs under Python 3.11 too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """Coded pictures, opened one at a time. ``tune`` ``bool [N]``: those that train nothing."""

    names: tuple[str, ...]
    tune: npt.NDArray[np.bool_]
    _bytes: npt.NDArray[np.uint8]
    _starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Pixels:
        """RGB ``uint8 [H, W, 3]``."""
        code = self._bytes[self._starts[index] : self._starts[index + 1]]
        return opened(code)


def coded(pixels: Pixels, quality: int) -> npt.NDArray[np.uint8]:
    """A JPEG file of RGB pixels."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("cannot be coded")
    return np.asarray(code, np.uint8).ravel()


def opened(code: npt.NDArray[np.uint8]) -> Pixels:
    """RGB pixels of a JPEG file. Raises ``ValueError`` where it is none."""
    bgr = cv2.imdecode(code, cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("cannot be opened")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def write(
    file: Path,
    names: Sequence[str],
    codes: Sequence[npt.NDArray[np.uint8]],
    tune: npt.NDArray[np.bool_],
) -> None:
    """At once or not at all."""
    starts = np.cumsum([0, *map(len, codes)], dtype=np.int64)
    joined = np.concatenate(codes) if codes else np.zeros(0, np.uint8)
    part = file.with_suffix(".part.npz")
    np.savez(part, names=np.array(names), bytes=joined, starts=starts, tune=tune)
    part.replace(file)


def read(file: Path) -> Pictures:
    with np.load(file) as held:
        names = tuple(str(name) for name in held["names"])
        return Pictures(names, held["tune"], held["bytes"], held["starts"])


def squared(pixels: Pixels, side: int) -> Pixels:
    """Squeezed into a square, as ``reseen`` feeds a descriptor."""
    how = cv2.INTER_AREA if max(pixels.shape[:2]) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=how), np.uint8)
