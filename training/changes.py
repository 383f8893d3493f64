"""Single changes to a picture, each with random strength. Runs under Python 3.11 too.

RGB ``uint8 [H, W, 3]`` in and out; nothing is changed in place. What ``benchmarks`` calls noise,
sharpening, posterising, duotone, sketch, hue, filter, wave, tilt, borders, bars, redaction and
blending is left out on purpose: those are the families on which a student is tried unprepared.
"""

import cv2
import numpy as np
import numpy.typing as npt

from training.packed import Pixels, coded, opened

Rng = np.random.Generator

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)
_LETTERS = "aaabcdeeeefghiiijklmnnoooprrssttuvwy     ABDEMNORST0123456789!?.,"


def clipped(values: npt.NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def resized(pixels: Pixels, width: float, height: float) -> Pixels:
    size = (max(8, round(width)), max(8, round(height)))
    smaller = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def covering(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scaled to fill the box, its middle kept."""
    factor = max(width / pixels.shape[1], height / pixels.shape[0])
    big = resized(pixels, pixels.shape[1] * factor, pixels.shape[0] * factor)
    big = resized(big, max(width, big.shape[1]), max(height, big.shape[0]))
    top, left = (big.shape[0] - height) // 2, (big.shape[1] - width) // 2
    return big[top : top + height, left : left + width].copy()


def colour(rng: Rng) -> tuple[int, int, int]:
    red, green, blue = (int(c) for c in rng.integers(0, 256, 3))
    return red, green, blue


def crop(pixels: Pixels, rng: Rng, least: float = 0.1, most: float = 0.9) -> Pixels:
    """A part of the area, evenly by its logarithm, of another shape by up to 1.5 a side."""
    share = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    squeeze = float(np.exp(rng.uniform(-0.4, 0.4)))
    height, width = pixels.shape[:2]
    tall = min(height, max(16, round(height * (share**0.5) * squeeze)))
    wide = min(width, max(16, round(width * (share**0.5) / squeeze)))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    return pixels[top : top + tall, left : left + wide].copy()


def mirror(pixels: Pixels, _rng: Rng) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def turn(pixels: Pixels, rng: Rng) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, int(rng.integers(1, 4))))


def light(pixels: Pixels, rng: Rng) -> Pixels:
    """Brightness, contrast, gamma and a tint."""
    values = (np.arange(256, dtype=np.float32) / 255) ** np.exp(rng.uniform(-0.5, 0.5))
    values = (values - 0.5) * np.exp(rng.uniform(-0.6, 0.5)) + 0.5 + rng.uniform(-0.15, 0.15)
    tints = np.exp(rng.uniform(-0.15, 0.15, 3))
    table = clipped(values[:, None] * tints * 255.0)
    return np.stack([table[:, c][pixels[:, :, c]] for c in range(3)], axis=2)


def grey(pixels: Pixels, _rng: Rng) -> Pixels:
    one = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.repeat(np.asarray(one, np.uint8)[:, :, None], 3, axis=2)


def negative(pixels: Pixels, _rng: Rng) -> Pixels:
    return 255 - pixels


def blur(pixels: Pixels, rng: Rng) -> Pixels:
    sigma = max(pixels.shape[:2]) * rng.uniform(0.003, 0.012)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(sigma)), np.uint8)


def coarse(pixels: Pixels, rng: Rng) -> Pixels:
    """Sent on as a small file: few pixels, then a JPEG of low quality."""
    longest = max(pixels.shape[:2])
    wanted = float(np.exp(rng.uniform(np.log(90), np.log(384))))
    factor = min(1.0, wanted / longest)
    small = resized(pixels, pixels.shape[1] * factor, pixels.shape[0] * factor)
    return opened(coded(small, int(rng.integers(8, 70))))


def words(rng: Rng, most: int) -> str:
    length = int(rng.integers(4, most))
    return "".join(_LETTERS[int(k)] for k in rng.integers(0, len(_LETTERS), length))


def written(
    pixels: Pixels, text: str, place: tuple[float, float], height: float, ink: tuple[int, int, int],
    rng: Rng,
) -> Pixels:  # fmt: skip
    """Text from a place (shares of width and height), letters of a share of the height tall."""
    out = pixels.copy()
    face = _FONTS[int(rng.integers(len(_FONTS)))]
    scale = height * pixels.shape[0] / 22
    thick = max(1, round(scale * rng.uniform(1, 2.5)))
    at = (round(place[0] * pixels.shape[1]), round(place[1] * pixels.shape[0]))
    if rng.random() < 0.3:
        edge = (0, 0, 0) if sum(ink) > 384 else (255, 255, 255)
        cv2.putText(out, text, at, face, scale, edge, thick + 2, cv2.LINE_AA)
    cv2.putText(out, text, at, face, scale, ink, thick, cv2.LINE_AA)
    return out


def scribbled(pixels: Pixels, rng: Rng) -> Pixels:
    """One to eight lines of words over the picture, now and then seen through."""
    out = pixels
    ink = colour(rng) if rng.random() < 0.5 else ((255, 255, 255), (0, 0, 0))[int(rng.integers(2))]
    for _ in range(int(rng.integers(1, 9))):
        place = (float(rng.uniform(-0.05, 0.6)), float(rng.uniform(0.06, 1)))
        out = written(out, words(rng, 26), place, float(rng.uniform(0.03, 0.12)), ink, rng)
    share = rng.uniform(0.25, 0.7) if rng.random() < 0.35 else 1.0
    return clipped(pixels * (1 - share) + out * share)


def stickers(pixels: Pixels, rng: Rng) -> Pixels:
    """Round and many-cornered stickers of one or two colours."""
    out = pixels.copy()
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(1, 7))):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        radius = max(3, int(rng.uniform(0.04, 0.17) * min(height, width)))
        corners = int(rng.integers(3, 14))
        turned = rng.uniform(0, 7) + np.arange(corners) * 2 * np.pi / corners
        rim = np.stack([np.cos(turned), np.sin(turned)], axis=1) * radius + (x, y)
        cv2.fillPoly(out, [rim.astype(np.int32)], colour(rng), cv2.LINE_AA)
        cv2.circle(out, (x, y), max(1, radius // 2), colour(rng), int(rng.integers(-1, 3)) or 1)
    return out


def photographed(pixels: Pixels, rng: Rng) -> Pixels:
    """A photograph of a screen or a print: seen askew, unevenly lit, with stripes, a bit soft."""
    height, width = pixels.shape[:2]
    room = float(rng.uniform(0, 0.15))
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    ground = np.array([width, height], np.float32) * (1 + 2 * room)
    shift = rng.uniform(-0.09, 0.09, (4, 2)) * (width, height) + np.array([width, height]) * room
    matrix = cv2.getPerspectiveTransform(frame, (frame + shift).astype(np.float32))
    size = (max(8, int(ground[0])), max(8, int(ground[1])))
    shade = int(rng.integers(0, 200))
    seen = cv2.warpPerspective(pixels, matrix, size, borderValue=(shade, shade, shade))
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    slope = rng.uniform(-0.3, 0.3, 2)
    lit = 1 + slope[0] * (x / size[0] - 0.5) + slope[1] * (y / size[1] - 0.5)
    lit += rng.uniform(0, 0.08) * np.sin(x * rng.uniform(0.6, 2.5) + y * rng.uniform(-1, 1))
    soft = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.4, 1.4)))
    return clipped(soft * lit[:, :, None])


def crop_little(pixels: Pixels, rng: Rng) -> Pixels:
    return crop(pixels, rng, 0.6, 0.95)
