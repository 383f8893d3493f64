"""What picture editors, phones and sites do to a picture: the strokes that attacks are made of.

Pictures are ``uint8 [height, width, 3]`` RGB; boxes ``(left, top, width, height)`` in pixels. Every
function returns a new picture.
"""

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

type Pixels = npt.NDArray[np.uint8]
type Rng = np.random.Generator
type Colour = tuple[int, int, int]

_SPEECH = (
    "when you see it but nobody believes you and it was real all along this is why we cannot have "
    "nice things share before they delete it breaking news only today wait for the end"
)


def clipped(values: npt.NDArray[Any]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def coded(pixels: Pixels, kind: str, quality: int) -> Pixels:
    """Saved and opened again as ``JPEG`` or ``WEBP``."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=quality)
    return np.array(Image.open(buffer).convert("RGB"))


def resized(pixels: Pixels, width: float, height: float) -> Pixels:
    size = (max(8, round(width)), max(8, round(height)))
    smaller = size[0] < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def scaled(pixels: Pixels, factor: float) -> Pixels:
    return resized(pixels, pixels.shape[1] * factor, pixels.shape[0] * factor)


def bounded(pixels: Pixels, longest: int) -> Pixels:
    """Shrunk, where needed, to a longer side of ``longest`` pixels."""
    factor = longest / max(pixels.shape[:2])
    return scaled(pixels, factor) if factor < 1 else pixels.copy()


def cropped(pixels: Pixels, share: float, rng: Rng, squeeze: float = 1.0) -> Pixels:
    """A part of the given share of the area, placed at random; ``squeeze`` makes it narrower."""
    height, width = pixels.shape[:2]
    w = min(width, max(8, round(width * share**0.5 / squeeze)))
    h = min(height, max(8, round(height * share**0.5 * squeeze)))
    left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    return pixels[top : top + h, left : left + w].copy()


def covered(ground: Pixels, width: int, height: int) -> Pixels:
    """Scaled and cut at the middle to fill a frame."""
    factor = max(width / ground.shape[1], height / ground.shape[0])
    large = resized(ground, ground.shape[1] * factor + 1, ground.shape[0] * factor + 1)
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[top : top + height, left : left + width].copy()


def pasted(ground: Pixels, picture: Pixels, left: int, top: int) -> Pixels:
    out = ground.copy()
    out[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return out


def padded(pixels: Pixels, top: int, bottom: int, left: int, right: int, colour: Colour) -> Pixels:
    height, width = pixels.shape[:2]
    ground = np.full((height + top + bottom, width + left + right, 3), colour, np.uint8)
    return pasted(ground, pixels, left, top)


def warped(pixels: Pixels, corners: npt.NDArray[Any], ground: Pixels) -> Pixels:
    """The picture laid over the ground with its corners (clockwise from top left) moved there."""
    height, width = pixels.shape[:2]
    start = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(start, corners.astype(np.float32))
    size = (ground.shape[1], ground.shape[0])
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size)[:, :, None]
    over = cv2.warpPerspective(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return clipped(ground * (1 - mask) + over.astype(np.float32) * mask)


def rotated(pixels: Pixels, degrees: float, colour: Colour | None = None) -> Pixels:
    """Turned clockwise: the whole picture on a larger coloured ground, or cut to its frame."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (width, height)
    if colour is not None:
        size = (int(height * sin + width * cos), int(height * cos + width * sin))
        matrix[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    out = cv2.warpAffine(pixels, matrix, size, borderValue=colour or (0, 0, 0))
    return np.asarray(out, np.uint8)


def straightened(pixels: Pixels, degrees: float) -> Pixels:
    """Turned by a few degrees and cut so that no corner is empty."""
    turned = rotated(pixels, degrees)
    height, width = pixels.shape[:2]
    lost = np.sin(np.radians(abs(degrees))) * max(height, width) / min(height, width) / 2
    y, x = int(height * min(0.3, lost)), int(width * min(0.3, lost))
    return turned[y : height - y, x : width - x].copy()


def phrase(rng: Rng, words: int) -> str:
    return " ".join(rng.choice(_SPEECH.split(), words))


def written(
    pixels: Pixels,
    text: str,
    x: float,
    y: float,
    size: float,
    colour: Colour,
    outline: Colour | None = None,
) -> Pixels:
    """Text centred at a fraction of the frame; ``size`` is a fraction of its height."""
    image = Image.fromarray(pixels)
    font = ImageFont.load_default(max(8.0, size * pixels.shape[0]))
    ImageDraw.Draw(image).text(
        (x * pixels.shape[1], y * pixels.shape[0]),
        text,
        fill=colour,
        font=font,
        anchor="mm",
        stroke_width=0 if outline is None else max(1, round(size * pixels.shape[0] / 12)),
        stroke_fill=outline,
    )
    return np.array(image)


def emoji(pixels: Pixels, x: float, y: float, radius: float) -> Pixels:
    """A yellow face at a fraction of the frame."""
    out = pixels.copy()
    height, width = out.shape[:2]
    r = max(3, int(radius * min(height, width)))
    cx, cy = int(x * width), int(y * height)
    cv2.circle(out, (cx, cy), r, (255, 204, 50), -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(out, (cx + side * r // 3, cy - r // 4), max(1, r // 8), (70, 40, 10), -1)
    cv2.ellipse(out, (cx, cy + r // 8), (r // 2, r // 3), 0, 15, 165, (70, 40, 10), max(1, r // 10))
    return out


def phone(pixels: Pixels, rng: Rng, *, dark: bool) -> Pixels:
    """A screenshot of an app that shows the picture: status bar, author, buttons, comments."""
    width, height = 540, 1080
    back, ink = ((18, 18, 20), (235, 235, 235)) if dark else ((255, 255, 255), (20, 20, 20))
    out = np.full((height, width, 3), back, np.uint8)
    shown = resized(pixels, width, min(620, width * pixels.shape[0] / pixels.shape[1]))
    top = 150
    out = pasted(out, shown, 0, top)
    out = written(out, "12:41", 0.1, 0.02, 0.02, ink)
    out = written(out, "84%", 0.9, 0.02, 0.02, ink)
    cv2.circle(out, (50, 105), 28, tuple(int(c) for c in rng.integers(60, 220, 3)), -1)
    out = written(out, phrase(rng, 2), 0.35, 0.097, 0.022, ink)
    below = top + shown.shape[0]
    for i in range(3):
        cv2.circle(out, (50 + 70 * i, below + 45), 20, ink, 3, cv2.LINE_AA)
    for line, y in enumerate(range(below + 100, height - 120, 40)):
        text = phrase(rng, 4 + line % 3)
        out = written(out, text, 0.45, y / height, 0.019, ink)
    cv2.line(out, (0, height - 80), (width, height - 80), ink, 1)
    for i in range(5):
        cv2.rectangle(out, (40 + 105 * i, height - 55), (70 + 105 * i, height - 25), ink, 3)
    return out


def rephotographed(pixels: Pixels, rng: Rng) -> Pixels:
    """A photograph of a screen: perspective, stripes, uneven light, blur and noise."""
    picture = bounded(pixels, 800)
    height, width = picture.shape[:2]
    ground = np.full((int(height * 1.2), int(width * 1.2), 3), (46, 44, 42), np.uint8)
    shift = rng.uniform(-0.07, 0.07, (4, 2)) * (width, height)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) + shift
    corners += np.array([0.1 * width, 0.1 * height])
    out: npt.NDArray[np.float64] = warped(picture, corners, ground).astype(np.float64)
    y, x = np.mgrid[: out.shape[0], : out.shape[1]]
    out *= (1 + 0.05 * np.sin(x * 1.9 + y * 0.4))[:, :, None]
    out *= (0.75 + 0.45 * x / out.shape[1])[:, :, None]
    out = cv2.GaussianBlur(out, (0, 0), 1.0) + rng.normal(0, 6, out.shape)
    return clipped(out)
