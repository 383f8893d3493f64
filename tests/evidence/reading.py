"""Read a PNG back, to see what was drawn where."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reseen.domain.media import Pixels
from reseen.evidence.canvas import Colour


def decode(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def near(pixels: Pixels, colour: Colour, within: int = 3) -> npt.NDArray[np.bool_]:
    """Where the drawing has a colour."""
    apart = np.abs(pixels.astype(np.int16) - np.array(colour, np.int16))
    return np.asarray((apart <= within).all(axis=-1))


def bounds(mask: npt.NDArray[Any]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (excluded) of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def plain(width: int, height: int, colour: Colour) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def noise(width: int, height: int, seed: int) -> Pixels:
    """The hardest picture to compress."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
