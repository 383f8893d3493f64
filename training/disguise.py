"""Disguises on the fly: changes chained, then the picture put into something larger.

Runs under Python 3.11 too. ``Others`` hands out another training picture and its number, so that a
disguise in which a second picture is seen is never held against that one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training import changes as to
from training.packed import Pixels

Rng = np.random.Generator
Others = Callable[[Rng], tuple[int, Pixels]]


@dataclass(frozen=True)
class Disguise:
    """RGB pixels, and the numbers of the other pictures that are seen in them."""

    pixels: Pixels
    others: tuple[int, ...] = ()


def faint(pixels: Pixels, rng: Rng) -> Disguise:
    """As a reference may differ from the original: a file anew, a little cut, a little lighter."""
    if rng.random() < 0.4:
        return Disguise(pixels)
    if rng.random() < 0.5:
        pixels = to.crop(pixels, rng, 0.6, 0.98)
    if rng.random() < 0.5:
        pixels = to.light(pixels, rng)
    return Disguise(to.coarse(pixels, rng) if rng.random() < 0.5 else pixels)


def strong(pixels: Pixels, rng: Rng, others: Others) -> Disguise:
    """One to several changes, half of the time inside something larger."""
    chances = (
        (0.35, to.mirror), (0.08, to.turn), (0.45, to.crop), (0.45, to.light), (0.08, to.grey),
        (0.07, to.negative), (0.12, to.blur), (0.2, to.scribbled), (0.2, to.stickers),
    )  # fmt: skip
    for chance, change in chances:
        if rng.random() < chance:
            pixels = change(pixels, rng)
    shown: tuple[int, ...] = ()
    if rng.random() < 0.55:
        put = _PLACES[int(rng.choice(len(_PLACES), p=_ODDS))]
        inside = put(pixels, rng, others)
        pixels, shown = inside.pixels, inside.others
    for chance, change in ((0.15, to.photographed), (0.05, to.crop_little), (0.4, to.coarse)):
        if rng.random() < chance:
            pixels = change(pixels, rng)
    return Disguise(pixels, shown)


def inset(pixels: Pixels, rng: Rng, others: Others) -> Disguise:
    """Pasted upright into another picture, at 8 to 60% of its area."""
    number, ground = others(rng)
    width = int(rng.integers(200, 320))
    height = int(width * rng.uniform(0.6, 1.5))
    out = to.covering(ground, width, height)
    share = float(np.exp(rng.uniform(np.log(0.08), np.log(0.6))))
    factor = (share * width * height / pixels.shape[0] / pixels.shape[1]) ** 0.5
    factor = min(factor, 0.97 * width / pixels.shape[1], 0.97 * height / pixels.shape[0])
    small = to.resized(pixels, pixels.shape[1] * factor, pixels.shape[0] * factor)
    left = int(rng.integers(0, width - small.shape[1] + 1))
    top = int(rng.integers(0, height - small.shape[0] + 1))
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return Disguise(out, (number,))


def collage(pixels: Pixels, rng: Rng, others: Others) -> Disguise:
    """One of two to six cells, each filled by a picture; now and then lines between them."""
    rows, columns = ((1, 2), (2, 1), (2, 2), (2, 2), (1, 3), (2, 3))[int(rng.integers(6))]
    tall, wide = (int(v) for v in rng.integers(90, 180, 2))
    line, ink = int(rng.integers(0, 5)), to.colour(rng)
    mine = int(rng.integers(rows * columns))
    out = np.full((rows * (tall + line), columns * (wide + line), 3), ink, np.uint8)
    shown: list[int] = []
    for cell in range(rows * columns):
        if cell == mine:
            picture = pixels
        else:
            number, picture = others(rng)
            shown.append(number)
        top, left = (cell // columns) * (tall + line), (cell % columns) * (wide + line)
        out[top : top + tall, left : left + wide] = to.covering(picture, wide, tall)
    return Disguise(out, tuple(shown))


def captioned(pixels: Pixels, rng: Rng, _others: Others) -> Disguise:
    """A bar of words above or below, or both."""
    shade = int(rng.choice((0, 255, int(rng.integers(256)))))
    ink = to.colour(rng) if rng.random() < 0.2 else ((255,) * 3 if shade < 128 else (0,) * 3)
    parts = [pixels]
    for above in (True, False):
        if rng.random() < 0.65:
            tall = max(12, int(pixels.shape[0] * rng.uniform(0.1, 0.4)))
            bar = np.full((tall, pixels.shape[1], 3), shade, np.uint8)
            for y in np.arange(0.45, 1.0, rng.uniform(0.25, 0.5)):
                place = (float(rng.uniform(0, 0.2)), float(y))
                bar = to.written(bar, to.words(rng, 30), place, 0.22, ink, rng)
            parts.insert(0 if above else len(parts), bar)
    return Disguise(np.concatenate(parts, axis=0))


def screenshot(pixels: Pixels, rng: Rng, others: Others) -> Disguise:
    """On a page of an app: bars, faces, lines of words, at times a second picture, cut off."""
    width = int(rng.integers(200, 300))
    height = int(width * rng.uniform(0.6, 2.2))
    shade = int(rng.choice((255, 245, 18, 30, int(rng.integers(256)))))
    dark = shade < 128
    out = np.full((height, width, 3), shade, np.uint8)
    for y in np.arange(rng.uniform(0.03, 0.06), 1, rng.uniform(0.03, 0.09)):
        if rng.random() < 0.7:
            ink = (230,) * 3 if dark else (25,) * 3
            place = (float(rng.uniform(0.02, 0.5)), float(y))
            out = to.written(out, to.words(rng, 34), place, 0.018, ink, rng)
        if rng.random() < 0.2:
            middle = (int(rng.uniform(0, width)), int(y * height))
            out = _dot(out, middle, rng)
    share = float(rng.uniform(0.35, 1.0))
    factor = min(share * width / pixels.shape[1], 0.8 * height / pixels.shape[0])
    shown = to.resized(pixels, pixels.shape[1] * factor, pixels.shape[0] * factor)
    shown = shown[:height, :width]
    left = int(rng.integers(0, width - shown.shape[1] + 1))
    top = int(rng.integers(0, height - shown.shape[0] + 1))
    out[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    below = top + shown.shape[0] + int(rng.integers(10, 60))
    if rng.random() < 0.25 and below < height - 24:
        number, other = others(rng)
        out[below:] = to.covering(other, width, height - below)
        return Disguise(out, (number,))
    return Disguise(out)


def _dot(pixels: Pixels, middle: tuple[int, int], rng: Rng) -> Pixels:
    out = pixels.copy()
    radius = int(rng.integers(3, 14))
    rows, columns = np.ogrid[: out.shape[0], : out.shape[1]]
    out[(columns - middle[0]) ** 2 + (rows - middle[1]) ** 2 < radius**2] = to.colour(rng)
    return out


_PLACES = (inset, collage, captioned, screenshot)
_ODDS = (0.35, 0.25, 0.15, 0.25)
