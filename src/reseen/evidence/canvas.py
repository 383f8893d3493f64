"""A small drawing surface with one look: calm, dark, one accent a channel.

Conventions: positions are canvas pixels ``(x, y)``, fractions allowed, from the upper left corner;
colours are RGB 0..255. Lines are anti-aliased and blended. Words are drawn last, above everything.
Pillow's own typeface is used (Aileron, public domain), so nothing is read from the machine; it has
no arrow, dash or multiplication sign, hence none in our captions.
"""

import io
import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from reseen.domain.media import Pixels

type Colour = tuple[int, int, int]
type Points = npt.NDArray[Any]
"""``float [N, 2]``: x, y."""

GROUND: Colour = (14, 18, 23)
PANEL: Colour = (26, 33, 41)
LINE: Colour = (62, 74, 86)
MUTED: Colour = (150, 163, 176)
TEXT: Colour = (233, 238, 242)
ACCENT: Colour = (47, 230, 192)
"""Contrast 11.8:1 on ``GROUND``."""
SECOND: Colour = (255, 168, 76)
"""Contrast 9.8:1. As light as the accent: what has this colour also has a place of its own."""

LARGEST_PNG = 400_000
"""Bytes. An answer with four pictures then stays below 2 MB."""

_SHIFT = 4  # cv2 draws at sixteenths of a pixel
_REACH = 20_000.0  # cv2 overflows beyond 2**31 sixteenths; nothing that far is seen


class Canvas:
    """Mutable while it is drawn, then a PNG."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._pixels: Pixels = np.full((height, width, 3), GROUND, np.uint8)
        self._words: list[tuple[float, float, str, int, Colour, str]] = []
        self._fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def paste(self, picture: Pixels, x: int, y: int) -> None:
        """Lay ``uint8 [h, w, 3]`` at a corner; what reaches outside is cut off."""
        left, top = max(0, x), max(0, y)
        right = min(self.width, x + picture.shape[1])
        bottom = min(self.height, y + picture.shape[0])
        if right > left and bottom > top:
            self._pixels[top:bottom, left:right] = picture[
                top - y : bottom - y, left - x : right - x
            ]

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle on whole pixels."""
        left, right = (min(max(round(v), 0), self.width) for v in (x, x + width))
        top, bottom = (min(max(round(v), 0), self.height) for v in (y, y + height))
        self._pixels[top:bottom, left:right] = colour

    def fill(self, polygon: Points, colour: Colour, opacity: float = 1.0) -> None:
        """A filled polygon of any shape."""
        mask = self._mask()
        cv2.fillPoly(mask, [_fixed(polygon)], 255, cv2.LINE_AA, _SHIFT)
        self._blend(mask, colour, opacity, polygon, 2.0)

    def stroke(
        self,
        paths: Sequence[Points],
        colour: Colour,
        width: int = 1,
        opacity: float = 1.0,
        *,
        closed: bool = False,
    ) -> None:
        """Lines through points; where several cross, the colour does not add up."""
        if not paths:
            return
        mask = self._mask()
        fixed = [_fixed(p) for p in paths]
        cv2.polylines(mask, fixed, closed, 255, width, cv2.LINE_AA, _SHIFT)
        self._blend(mask, colour, opacity, np.concatenate(paths), width + 2.0)

    def dots(self, centres: Points, colour: Colour, radius: float, opacity: float = 1.0) -> None:
        if not len(centres):
            return
        mask = self._mask()
        size = round(radius * (1 << _SHIFT))
        for x, y in _fixed(centres):
            cv2.circle(mask, (int(x), int(y)), size, 255, -1, cv2.LINE_AA, _SHIFT)
        self._blend(mask, colour, opacity, centres, radius + 2.0)

    def text(
        self, x: float, y: float, words: str, size: int = 14, colour: Colour = TEXT, at: str = "la"
    ) -> None:
        """``at`` is Pillow's anchor: ``l m r`` across, then ``a m s`` (top, middle, baseline)."""
        self._words.append((x, y, words, size, colour, at))

    def length(self, words: str, size: int = 14) -> float:
        """Width in pixels that the words will take."""
        return self._font(size).getlength(words)

    def pixels(self) -> Pixels:
        """The finished drawing."""
        image = Image.fromarray(self._pixels)
        draw = ImageDraw.Draw(image)
        for x, y, words, size, colour, at in self._words:
            draw.text((x, y), words, fill=colour, font=self._font(size), anchor=at)
        return np.asarray(image)

    def png(self) -> bytes:
        """Encoded in full colour where that fits ``LARGEST_PNG``, else in 256 chosen colours."""
        pixels = self.pixels()
        image = Image.fromarray(pixels)
        # Level 1 is five times faster than the usual 6 and 5 % larger on photographs; every eighth
        # row tells within a quarter how large it all will be.
        expected = 8 * len(_encoded(Image.fromarray(pixels[::8]), 1))
        encoded = _encoded(image, 1) if expected < 1.25 * LARGEST_PNG else b""
        if not encoded or len(encoded) > LARGEST_PNG:
            encoded = _encoded(_few_colours(image), 6)
        while len(encoded) > LARGEST_PNG:
            image = image.resize(
                (image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.BOX
            )
            encoded = _encoded(_few_colours(image), 6)
        return encoded

    def _font(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size)
        return self._fonts[size]

    def _mask(self) -> npt.NDArray[np.uint8]:
        return np.zeros((self.height, self.width), np.uint8)

    def _blend(
        self,
        mask: npt.NDArray[np.uint8],
        colour: Colour,
        opacity: float,
        drawn: Points,
        margin: float,
    ) -> None:
        """Mix the colour in where the mask is set, working only near what was drawn."""
        limit = (self.width, self.height)
        left, top = np.clip(np.floor(drawn.min(axis=0) - margin), 0, limit).astype(int)
        right, bottom = np.clip(np.ceil(drawn.max(axis=0) + margin), 0, limit).astype(int)
        if right <= left or bottom <= top:
            return
        rows, columns = np.nonzero(mask[top:bottom, left:right])
        here = self._pixels[top:bottom, left:right]
        share = mask[top:bottom, left:right][rows, columns, None] * np.float32(opacity / 255.0)
        under = here[rows, columns].astype(np.float32)
        mixed = under + share * (np.array(colour, np.float32) - under)
        here[rows, columns] = (mixed + 0.5).astype(np.uint8)


def clock(seconds: float, decimals: int = 3) -> str:
    """``00:12.400``, with hours from one hour up, ``unknown`` for what is no time."""
    if not math.isfinite(seconds):
        return "unknown"
    ticks = round(abs(seconds) * 10**decimals)
    whole, part = divmod(ticks, 10**decimals)
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    sign = "-" if seconds < 0 and ticks else ""
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return sign + (f"{hours}:" if hours else "") + f"{m:02d}:{s:02d}{fraction}"


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    # cv2 takes a pixel's centre for its position; we take its corner.
    near = np.clip(np.asarray(points, np.float64) - 0.5, -_REACH, _REACH)
    return np.asarray(np.round(near * (1 << _SHIFT)), np.int32)


def _encoded(image: Image.Image, level: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=level)
    return out.getvalue()


def _few_colours(image: Image.Image) -> Image.Image:
    """Dithered to 240 colours of the drawing and our own, which stay exact. 20 ms a half
    megapixel; median cut takes 250 ms and looks no better.
    """
    own = (GROUND, PANEL, LINE, MUTED, TEXT, ACCENT, SECOND)
    half = image.resize(
        (max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.NEAREST
    )
    chosen = half.quantize(240, method=Image.Quantize.FASTOCTREE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(chosen[: 240 * 3] + [value for colour in own for value in colour])
    return image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
