"""Attacks on pictures: some fifty, alone and chained.

Families group what one counter-measure must beat, so that a whole family can be held out of tuning.
Shares of an area are meant where a name has a percentage.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from benchmarks.attacks import PictureAttack, Pixels
from benchmarks.attacks import editing as edit

type Rng = np.random.Generator
type Others = Sequence[Pixels]
type Apply = Callable[[Pixels, Rng, Others], Pixels]

LARGEST = 1200
"""Longer side in pixels to which an original is reduced before it is disguised."""


def other_picture(others: Others, rng: Rng, original: Pixels) -> Pixels:
    """An unrelated picture, or a cloudy ground where there is none."""
    if others:
        return others[int(rng.integers(len(others)))]
    coarse = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return edit.resized(coarse, original.shape[1], original.shape[0])


def _plain(change: Callable[[Pixels], Pixels]) -> Apply:
    return lambda pixels, _rng, _others: change(pixels)


def _toned(matrix: Sequence[Sequence[float]]) -> Apply:
    """Every pixel's colour times a matrix."""
    return _plain(lambda p: edit.clipped(p @ np.array(matrix).T))


def _contrast(gain: float, lift: float) -> Apply:
    return _plain(lambda p: edit.clipped((p.astype(np.float32) - 128) * gain + 128 + lift))


def _noise(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    return edit.clipped(pixels + rng.normal(0, 24, pixels.shape))


def _sharpen(pixels: Pixels) -> Pixels:
    values = pixels.astype(np.float32)
    return edit.clipped(values + 1.8 * (values - cv2.GaussianBlur(values, (0, 0), 2)))


def _posterise(pixels: Pixels) -> Pixels:
    return edit.clipped((pixels // 64) * 85.0)


def _filter(pixels: Pixels) -> Pixels:
    """A strong "vintage" filter: faded, warm, dark corners."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    corner = (1 - 0.45 * (x * x + y * y) / 2)[:, :, None]
    warm = (pixels * 0.6 + (70, 45, 10)) * (1.12, 1.0, 0.78)
    return edit.clipped(warm * corner)


def _sketch(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(255 - grey, (0, 0), 9)
    return np.repeat(edit.clipped(grey * 255 / np.maximum(255 - blurred, 1))[:, :, None], 3, axis=2)


def _duotone(pixels: Pixels) -> Pixels:
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None] / 255.0
    return edit.clipped(light * (255, 210, 120) + (1 - light) * (40, 10, 90))


def _wave(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    shift = 0.012 * max(height, width)
    period = max(height, width) / 3
    moved = x + shift * np.sin(2 * np.pi * y / period)
    return np.asarray(
        cv2.remap(pixels, moved.astype(np.float32), y, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT),
        np.uint8,
    )


def _perspective(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    height, width = pixels.shape[:2]
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    corners = frame + rng.uniform(-0.15, 0.05, (4, 2)) * (width, height) * [
        (-1, -1), (1, -1), (1, 1), (-1, 1)
    ]  # fmt: skip
    return edit.warped(pixels, corners, np.full_like(pixels, 200))


def _letterbox(pixels: Pixels) -> Pixels:
    bar = round(pixels.shape[0] * 0.2)
    return edit.padded(pixels, bar, bar, 0, 0, (0, 0, 0))


def _border(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    bar = round(max(pixels.shape[:2]) * 0.12)
    red, green, blue = (int(c) for c in rng.integers(0, 256, 3))
    return edit.padded(pixels, bar, bar, bar, bar, (red, green, blue))


def _blurred_bars(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    ground = edit.covered(pixels, round(height * 0.6), height)
    ground = edit.clipped(cv2.GaussianBlur(ground, (0, 0), height / 25) * 0.8)
    small = edit.resized(pixels, ground.shape[1], height * ground.shape[1] / width)
    if small.shape[0] >= height:
        ground = edit.covered(ground, width * 2, height)
        return edit.pasted(ground, pixels, width // 2, 0)
    return edit.pasted(ground, small, 0, (height - small.shape[0]) // 2)


def _caption(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    bar = max(24, round(pixels.shape[0] * 0.25))
    out = edit.padded(pixels, bar, 0, 0, 0, (255, 255, 255))
    for line, y in enumerate((0.06, 0.13)):
        out = edit.written(out, edit.phrase(rng, 5 - line), 0.5, y, 0.055, (0, 0, 0))
    return out


def _meme_words(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    for y in (0.09, 0.9):
        words = edit.phrase(rng, 3).upper()
        pixels = edit.written(pixels, words, 0.5, y, 0.11, (255, 255, 255), (0, 0, 0))
    return pixels


def _poster(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """A "demotivator": thin white line, black frame, large words below."""
    side = max(pixels.shape[:2])
    thin, thick = max(2, side // 150), round(side * 0.09)
    out = edit.padded(pixels, thin, thin, thin, thin, (255, 255, 255))
    out = edit.padded(out, thick, thick * 3, thick, thick, (0, 0, 0))
    out = edit.written(out, edit.phrase(rng, 2).upper(), 0.5, 0.85, 0.07, (255, 255, 255))
    return edit.written(out, edit.phrase(rng, 6), 0.5, 0.94, 0.035, (255, 255, 255))


def _words_all_over(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    for y in np.arange(0.1, 1.0, 0.16):
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        words = edit.phrase(rng, 4)
        pixels = edit.written(
            pixels, words, 0.5, float(y), 0.075, (colour[0], colour[1], colour[2])
        )
    return pixels


def _emojis(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    for _ in range(6):
        x, y = rng.uniform(0.1, 0.9, 2)
        pixels = edit.emoji(pixels, float(x), float(y), float(rng.uniform(0.08, 0.18)))
    return pixels


def _watermark(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    marked = pixels
    for y in np.arange(0.08, 1, 0.17):
        for x in (0.2, 0.55, 0.88):
            marked = edit.written(marked, "stockphoto", x, float(y), 0.06, (255, 255, 255))
    return edit.clipped(pixels * 0.55 + marked * 0.45)


def _redacted(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    out = pixels.copy()
    height, width = out.shape[:2]
    for _ in range(3):
        y, x = (rng.uniform(0, 0.7, 2) * (height, width)).astype(int)
        out[y : y + int(0.3 * height), x : x + int(0.3 * width)] = 0
    return out


def _blended(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    over = edit.covered(other_picture(others, rng, pixels), pixels.shape[1], pixels.shape[0])
    return edit.clipped(pixels * 0.68 + over * 0.32)


def _inset(share: float) -> Apply:
    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        ground = edit.bounded(other_picture(others, rng, pixels), 900)
        height, width = ground.shape[:2]
        factor = (share * height * width / pixels.shape[0] / pixels.shape[1]) ** 0.5
        factor = min(factor, 0.96 * height / pixels.shape[0], 0.96 * width / pixels.shape[1])
        small = edit.scaled(pixels, factor)
        left = int(rng.integers(0, max(1, width - small.shape[1])))
        top = int(rng.integers(0, max(1, height - small.shape[0])))
        return edit.pasted(ground, small, left, top)

    return apply


def _tilted_on_ground(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """Pasted turned, at about 40% of another picture's area."""
    ground = edit.covered(other_picture(others, rng, pixels), 900, 700)
    height, width = pixels.shape[:2]
    factor = (0.4 * 900 * 700 / height / width) ** 0.5
    factor = min(factor, 640 / max(height, width))
    angle = np.radians(rng.uniform(8, 35) * rng.choice([-1, 1]))
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width, height) * factor / 2
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    corners = half @ turn + (450, 350)
    return edit.warped(pixels, corners, ground)


def _beside(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    height, width = pixels.shape[:2]
    other = edit.covered(other_picture(others, rng, pixels), width, height)
    pair = [pixels, other] if rng.random() < 0.5 else [other, pixels]
    return np.hstack(pair)


def _collage(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """Two by two with thin white lines; the picture is cut to its cell."""
    cell = 360
    tiles = [edit.covered(other_picture(others, rng, pixels), cell, cell) for _ in range(3)]
    tiles.insert(int(rng.integers(4)), edit.covered(pixels, cell, cell))
    tiles = [edit.padded(t, 4, 4, 4, 4, (255, 255, 255)) for t in tiles]
    return np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


def _desktop(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """A browser window with the picture in an article."""
    out = np.full((720, 1100, 3), 255, np.uint8)
    out[:70] = (222, 225, 230)
    shown = edit.resized(pixels, *_within(pixels, 620, 480))
    out = edit.pasted(out, shown, 60, 180)
    out = edit.written(
        out, "https://example.org/" + edit.phrase(rng, 1), 0.3, 0.05, 0.03, (60,) * 3
    )
    out = edit.written(out, edit.phrase(rng, 6), 0.33, 0.17, 0.045, (10, 10, 10))
    for y in np.arange(0.3, 0.95, 0.045):
        out = edit.written(out, edit.phrase(rng, 5), 0.8, float(y), 0.024, (50, 50, 50))
    return out


def _within(pixels: Pixels, width: int, height: int) -> tuple[float, float]:
    factor = min(width / pixels.shape[1], height / pixels.shape[0])
    return pixels.shape[1] * factor, pixels.shape[0] * factor


def _phone(*, dark: bool) -> Apply:
    return lambda pixels, rng, _others: edit.phone(pixels, rng, dark=dark)


def _chain(*steps: Apply) -> Apply:
    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        for step in steps:
            pixels = step(pixels, rng, others)
        return pixels

    return apply


def _crop(share: float, squeeze: float = 1.0) -> Apply:
    return lambda pixels, rng, _others: edit.cropped(pixels, share, rng, squeeze)


def _turn(quarters: int) -> Apply:
    return _plain(lambda p: np.ascontiguousarray(np.rot90(p, -quarters)))


def _jpeg(quality: int) -> Apply:
    return _plain(lambda p: edit.coded(p, "JPEG", quality))


def _scale(factor: float) -> Apply:
    return _plain(lambda p: edit.scaled(p, factor))


def _tilt(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    return edit.rotated(pixels, float(rng.uniform(20, 70) * rng.choice([-1, 1])), (255, 255, 255))


_mirror = _plain(lambda p: np.ascontiguousarray(p[:, ::-1]))
_negative = _plain(lambda p: 255 - p)
_grey = _toned([(0.299, 0.587, 0.114)] * 3)
_dim = _contrast(0.6, -30)


def _random_chain(length: int) -> Apply:
    """Steps drawn from a cupboard, as AugLy's random chains are."""
    cupboard: tuple[Apply, ...] = (
        _jpeg(25), _scale(0.5), _noise, _plain(_filter), _grey, _dim, _crop(0.6), _mirror,
        _tilt, _caption, _meme_words, _emojis, _border, _watermark, _perspective, _inset(0.5),
        _contrast(1.5, 20), _phone(dark=True), _plain(_blurred_bars),
    )  # fmt: skip

    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        for k in rng.choice(len(cupboard), length, replace=False):
            pixels = edit.bounded(cupboard[int(k)](pixels, rng, others), LARGEST)
        return pixels

    return apply


def _attacks() -> tuple[PictureAttack, ...]:
    families: dict[str, dict[str, Apply]] = {
        "codec": {
            "jpeg 30": _jpeg(30),
            "jpeg 8": _jpeg(8),
            "webp 15": _plain(lambda p: edit.coded(p, "WEBP", 15)),
        },
        "resize": {
            "half": _scale(0.5),
            "quarter": _scale(0.25),
            "thumbnail 160": _plain(lambda p: edit.bounded(p, 160)),
            "stretched": _plain(lambda p: edit.resized(p, p.shape[1] * 1.35, p.shape[0])),
        },
        "degrade": {
            "noise": _noise,
            "blur": _plain(
                lambda p: edit.clipped(cv2.GaussianBlur(p, (0, 0), max(p.shape[:2]) / 180))
            ),
            "sharpen": _plain(_sharpen),
            "posterise": _plain(_posterise),
        },
        "colour": {
            "contrast": _contrast(1.7, 15),
            "dark": _dim,
            "grey": _grey,
            "hue": _toned([(0, 1, 0), (0, 0, 1), (1, 0, 0)]),
            "filter": _plain(_filter),
            "duotone": _plain(_duotone),
            "negative": _negative,
            "sketch": _plain(_sketch),
        },
        "crop": {
            "crop 80%": _crop(0.8),
            "crop 50%": _crop(0.5),
            "crop 30%": _crop(0.3),
            "strip 45%": _crop(0.45, 1.45),
        },
        "pad": {
            "letterbox": _plain(_letterbox),
            "border": _border,
            "blurred bars": _plain(_blurred_bars),
        },
        "mirror": {
            "mirrored": _mirror,
            "upside down": _plain(lambda p: np.ascontiguousarray(p[::-1])),
        },
        "rotate": {
            "turned 90": _turn(1),
            "turned 180": _turn(2),
            "straightened 8": _plain(lambda p: edit.straightened(p, 8)),
            "tilted": _tilt,
        },
        "warp": {"perspective": _perspective, "wave": _plain(_wave)},
        "overlay": {
            "words all over": _words_all_over,
            "emojis": _emojis,
            "watermark": _watermark,
            "redacted": _redacted,
            "blended": _blended,
            "meme words": _meme_words,
        },
        "frame": {
            "caption": _caption,
            "poster": _poster,
            "phone light": _phone(dark=False),
            "phone dark": _phone(dark=True),
            "desktop": _desktop,
        },
        "composite": {
            "inset 50%": _inset(0.5),
            "inset 25%": _inset(0.25),
            "inset 12%": _inset(0.12),
            "tilted on ground": _tilted_on_ground,
            "side by side": _beside,
            "collage": _collage,
        },
        "rephotograph": {"screen": lambda p, rng, _others: edit.rephotographed(p, rng)},
        "chain": {
            "mirror, crop, jpeg": _chain(_mirror, _crop(0.6), _jpeg(25)),
            "phone, crop, half": _chain(_phone(dark=False), _crop(0.75), _scale(0.6)),
            "tilt, filter, words": _chain(_tilt, _plain(_filter), _meme_words),
            "mirror, dim, inset": _chain(_mirror, _dim, _inset(0.4)),
            "negative, caption": _chain(_negative, _caption),
            "grey, collage": _chain(_grey, _collage),
            "turned, border, emojis": _chain(_turn(1), _border, _emojis),
            "screen, mirror, jpeg": _chain(
                lambda p, rng, _others: edit.rephotographed(p, rng), _mirror, _jpeg(30)
            ),
            "random 2": _random_chain(2),
            "random 3": _random_chain(3),
            "random 4": _random_chain(4),
        },
    }
    return tuple(
        PictureAttack(name, family, _bounded(apply))
        for family, members in families.items()
        for name, apply in members.items()
    )


def _bounded(apply: Apply) -> Apply:
    return lambda pixels, rng, others: apply(edit.bounded(pixels, LARGEST), rng, others)


ATTACKS = _attacks()
