"""From any of Pillow's pictures to upright RGB, and from there to a smaller one."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reseen.domain.errors import MediaTooLarge
from reseen.domain.media import Pixels
from reseen.ports import Limits

ORIENTATION = 0x0112
"""The Exif tag."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE = (255, 255, 255, 255)
_SPAN, _COUNTED = (0.001, 0.999), 1_000_000
"""Shares of the numbers of a picture between which its black and its white lie, so that a few wild
ones do not hide the rest; and how many are counted."""


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raises ``MediaTooLarge``. For use before any pixel is decoded."""
    if width * height > limits.pixels:
        raise MediaTooLarge(
            f"The picture has {width} x {height} pixels; at most {limits.pixels} are taken.",
            limit=limits.pixels,
            actual=width * height,
        )


def upright_rgb(picture: Image.Image) -> Pixels:
    """RGB ``uint8 [height, width, 3]`` as a viewer shows the picture on a white page."""
    picture.load()  # TIFF is turned by this, and loses its tag; PNG may carry the tag at its end
    turn = _TURNS.get(_orientation(picture))
    if turn is not None:
        picture = picture.transpose(turn)
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = _to_eight_bits(np.asarray(picture))
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, _WHITE)
        picture = Image.alpha_composite(paper, picture)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _orientation(picture: Image.Image) -> int:
    """1 to 8; a picture with damaged notes is taken as it is."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - the parser raises anything
        return 1


def shrink(pixels: Pixels, max_side: int) -> Pixels:
    """At most ``max_side`` pixels on the longer side, area-averaged."""
    height, width, _ = pixels.shape
    scale = max_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def _to_eight_bits(grey: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """16 bits are divided by 257; wider numbers have no fixed white and are stretched."""
    if grey.dtype == np.uint16 or (
        grey.dtype == np.int32 and grey.size and 255 < grey.max() <= 65535 and grey.min() >= 0
    ):
        return ((grey.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = grey.astype(np.float64)
    some = values.ravel()[:: max(1, values.size // _COUNTED)]
    some = np.sort(some[np.isfinite(some)])
    low, high = (float(some[round(at * (len(some) - 1))]) if len(some) else 0.0 for at in _SPAN)
    if low >= 0 and high <= 1 and grey.dtype == np.float32:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    shown = np.where(np.isnan(values), low, np.clip(values, low, high))
    return np.rint((shown - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
