"""Attacks on pictures that nothing is tuned on: other families, drawn by other means.

They stand in for what uploaders do that nobody thought of. Constants, thresholds and calibrations
are chosen on ``pictures.ATTACKS``; these are measured afterwards. Shares of an area are meant where
a name has a percentage.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks import PictureAttack, Pixels
from benchmarks.attacks import editing as edit
from benchmarks.attacks.pictures import LARGEST, Apply, Others, Rng, other_picture

SMOOTH = 4
"""Pixels over which a soft edge or a shadow's begins."""


def _laid(ground: Pixels, picture: Pixels, centre: tuple[float, float], degrees: float) -> Pixels:
    """The picture over the ground, turned around its centre (in pixels of the ground)."""
    height, width = picture.shape[:2]
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
    return edit.warped(picture, half @ turn + centre, ground)


def _rounded(ground: Pixels, picture: Pixels, left: int, top: int, radius: int) -> Pixels:
    """The picture over the ground with round corners."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    r = max(1, min(radius, height // 2, width // 2))
    cv2.rectangle(mask, (r, 0), (width - r, height), 255, -1)
    cv2.rectangle(mask, (0, r), (width, height - r), 255, -1)
    for x, y in ((r, r), (width - r - 1, r), (r, height - r - 1), (width - r - 1, height - r - 1)):
        cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    return _masked(ground, picture, left, top, mask)


def _masked(
    ground: Pixels, picture: Pixels, left: int, top: int, mask: npt.NDArray[np.uint8]
) -> Pixels:
    out = ground.copy()
    height, width = picture.shape[:2]
    part = out[top : top + height, left : left + width]
    share = mask[:, :, None] / 255.0
    out[top : top + height, left : left + width] = edit.clipped(
        part * (1 - share) + picture * share
    )
    return out


def _colour(rng: Rng, least: int = 30, most: int = 230) -> edit.Colour:
    red, green, blue = (int(c) for c in rng.integers(least, most, 3))
    return red, green, blue


def _small(pixels: Pixels, share: float, ground: Pixels) -> Pixels:
    """Scaled to a share of the ground's area, and to fit into it."""
    height, width = ground.shape[:2]
    factor = (share * height * width / pixels.shape[0] / pixels.shape[1]) ** 0.5
    factor = min(factor, 0.92 * height / pixels.shape[0], 0.92 * width / pixels.shape[1])
    return edit.scaled(pixels, factor)


def _polaroid(share: float) -> Apply:
    """A print with a white margin and a shadow, lying a little askew on another picture."""

    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        ground = edit.covered(other_picture(others, rng, pixels), 1000, 750)
        small = _small(pixels, share, ground)
        margin = max(5, small.shape[1] // 14)
        print_ = edit.padded(small, margin, margin * 3, margin, margin, (250, 249, 244))
        x = rng.uniform(0.35, 0.65) * ground.shape[1]
        y = rng.uniform(0.4, 0.6) * ground.shape[0]
        degrees = float(rng.uniform(3, 14) * rng.choice([-1, 1]))
        shade = _laid(ground, np.zeros_like(print_), (x + 10, y + 12), degrees)
        ground = edit.clipped(ground * 0.5 + cv2.GaussianBlur(shade, (0, 0), 6) * 0.5)
        return _laid(ground, print_, (x, y), degrees)

    return apply


def _bubble(share: float) -> Apply:
    """Pasted with round corners and no line around."""

    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        ground = edit.bounded(other_picture(others, rng, pixels), 1000)
        small = _small(pixels, share, ground)
        left = int(rng.integers(0, ground.shape[1] - small.shape[1]))
        top = int(rng.integers(0, ground.shape[0] - small.shape[0]))
        return _rounded(ground, small, left, top, min(small.shape[:2]) // 6)

    return apply


def _soft_inset(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """15% of another picture, its edges faded so that no seam shows."""
    ground = edit.bounded(other_picture(others, rng, pixels), 1000)
    small = _small(pixels, 0.15, ground)
    height, width = small.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    mask[SMOOTH * 2 : height - SMOOTH * 2, SMOOTH * 2 : width - SMOOTH * 2] = 255
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), SMOOTH * 1.5), np.uint8)
    left = int(rng.integers(0, ground.shape[1] - width))
    top = int(rng.integers(0, ground.shape[0] - height))
    return _masked(ground, small, left, top, mask)


def _grid(rows: int, columns: int, gap: int, ground: edit.Colour) -> Apply:
    """Cells of one size with gaps; each picture is cut to its cell."""

    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        wide, high = 960 // columns, 880 // rows
        mine = int(rng.integers(rows * columns))
        out = np.full(
            (rows * (high + gap) + gap, columns * (wide + gap) + gap, 3), ground, np.uint8
        )
        for k in range(rows * columns):
            shown = pixels if k == mine else other_picture(others, rng, pixels)
            top, left = gap + k // columns * (high + gap), gap + k % columns * (wide + gap)
            out = edit.pasted(out, edit.covered(shown, wide, high), left, top)
        return out

    return apply


def _uneven(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """One tall cell beside two small ones, of which the lower is the copy."""
    out = np.full((700, 900, 3), _colour(rng), np.uint8)
    cells = ((10, 10, 530, 680), (550, 10, 340, 335), (550, 355, 340, 335))
    for k, (left, top, width, height) in enumerate(cells):
        shown = pixels if k == 2 else other_picture(others, rng, pixels)
        out = _rounded(out, edit.covered(shown, width, height), left, top, 18)
    return out


def _diagonal(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """Cut by a slanted line: the copy on one side of it, another picture on the other."""
    height, width = pixels.shape[:2]
    other = edit.covered(other_picture(others, rng, pixels), width, height)
    y, x = np.mgrid[:height, :width]
    left = x / width + 0.35 * (y / height - 0.5) < 0.5
    return np.where((left if rng.random() < 0.5 else ~left)[:, :, None], pixels, other)


def _strips(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """Three upright strips, each the middle of a picture."""
    shown = [edit.covered(other_picture(others, rng, pixels), 330, 800) for _ in range(2)]
    shown.insert(int(rng.integers(3)), edit.covered(pixels, 330, 800))
    return np.hstack(shown)


def _chat(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """A messenger: coloured ground, bubbles of text, the picture in one of them."""
    width, height = 560, 1120
    out = np.full((height, width, 3), (229, 221, 213), np.uint8)
    out[:90] = (7, 94, 84)
    out = edit.written(out, edit.phrase(rng, 2), 0.4, 0.045, 0.022, (255, 255, 255))
    wide = 330
    shown = edit.resized(pixels, wide, min(480, wide * pixels.shape[0] / pixels.shape[1]))
    y = 120
    for is_picture in (False, False, True, False, False, False):
        high = shown.shape[0] + 46 if is_picture else 62
        if y + high > height - 20:
            break
        left = 20 if rng.random() < 0.5 and not is_picture else width - wide - 36
        colour = (255, 255, 255) if left == 20 else (220, 248, 198)
        out = _rounded(out, np.full((high, wide + 16, 3), colour, np.uint8), left, y, 16)
        if is_picture:
            out = _rounded(out, shown, left + 8, y + 8, 12)
        words, at = edit.phrase(rng, 4), (y + high - 22) / height
        out = edit.written(out, words, (left + wide / 2) / width, at, 0.017, (30, 30, 30))
        y += high + 18
    return out


def _player(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """A site that plays videos: the picture under controls, suggestions beside it."""
    out = np.full((680, 1160, 3), (24, 24, 24), np.uint8)
    shown = edit.covered(pixels, 760, 428)
    out = edit.pasted(out, shown, 24, 70)
    cv2.rectangle(out, (24, 486), (24 + int(rng.integers(100, 600)), 490), (230, 30, 30), -1)
    cv2.fillPoly(out, [np.array([(380, 250), (380, 320), (440, 285)], np.int32)], (255, 255, 255))
    out = edit.written(out, edit.phrase(rng, 6), 0.3, 0.79, 0.034, (240, 240, 240))
    for k in range(5):
        thumb = edit.covered(other_picture(others, rng, pixels), 168, 94)
        out = edit.pasted(out, thumb, 808, 70 + k * 112)
        words = edit.phrase(rng, 2)
        out = edit.written(out, words, 0.91, (95 + k * 112) / 680, 0.021, (220, 220, 220))
    return out


def _slide(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """A slide: title, bullets, the picture at the lower right."""
    out = np.full((720, 1280, 3), (250, 250, 252), np.uint8)
    out[:110] = _colour(rng, 20, 120)
    out = edit.written(out, edit.phrase(rng, 5).title(), 0.4, 0.075, 0.06, (255, 255, 255))
    for k in range(6):
        y = 0.24 + k * 0.11
        cv2.circle(out, (70, int(y * 720)), 7, (60, 60, 60), -1)
        out = edit.written(out, edit.phrase(rng, 4), 0.25, y, 0.038, (40, 40, 40))
    height, width = pixels.shape[:2]
    factor = min(560 / width, 500 / height)
    shown = edit.scaled(pixels, factor)
    return edit.pasted(out, shown, 1240 - shown.shape[1], 680 - shown.shape[0])


def _stuck_over(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """A round cut-out of another picture over a third of the area."""
    height, width = pixels.shape[:2]
    side = int((height * width * 0.42) ** 0.5)
    side = min(side, height - 2, width - 2)
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), side // 2 - 1, 255, -1, cv2.LINE_AA)
    over = edit.covered(other_picture(others, rng, pixels), side, side)
    left, top = (int(rng.integers(0, n - side)) for n in (width, height))
    return _masked(pixels, over, left, top, mask)


def _scribbled(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """Thick strokes of a pen, all over."""
    out = pixels.copy()
    height, width = out.shape[:2]
    for _ in range(7):
        points = rng.uniform(0, 1, (6, 2)) * (width, height)
        thick = max(3, round(min(height, width) * 0.022))
        colour = _colour(rng, 0, 256)
        cv2.polylines(out, [points.astype(np.int32)], isClosed=False, color=colour, thickness=thick)
    return out


def _pixelated_middle(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    """The middle third in coarse squares."""
    out = pixels.copy()
    height, width = out.shape[:2]
    top, left = int(height * 0.2), int(width * 0.2)
    part = out[top : height - top, left : width - left]
    coarse = cv2.resize(part, (12, 12), interpolation=cv2.INTER_AREA)
    size = (part.shape[1], part.shape[0])
    out[top : height - top, left : width - left] = cv2.resize(
        coarse, size, interpolation=cv2.INTER_NEAREST
    )
    return out


def _behind_bars(pixels: Pixels, rng: Rng, _others: Others) -> Pixels:
    """Opaque stripes over two fifths."""
    out = pixels.copy()
    step = max(12, out.shape[1] // 14)
    colour = _colour(rng)
    for left in range(0, out.shape[1], step):
        out[:, left : left + int(step * 0.4)] = colour
    return out


def _light_inverted(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    """Dark mode: lightness upside down, hues as they were."""
    hls = cv2.cvtColor(pixels, cv2.COLOR_RGB2HLS)
    hls[:, :, 1] = 255 - hls[:, :, 1]
    return np.asarray(cv2.cvtColor(hls, cv2.COLOR_HLS2RGB), np.uint8)


def _solarised(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    return np.where(pixels > 140, 255 - pixels, pixels).astype(np.uint8)


def _halftone(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    """Ordered dots of two tones (Bayer's matrix of eight), as newsprint has."""
    bayer = np.array([[0]])
    for _ in range(3):
        bayer = np.block([[4 * bayer, 4 * bayer + 2], [4 * bayer + 3, 4 * bayer + 1]])
    grey = cv2.cvtColor(edit.bounded(pixels, 700), cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    tiled = np.tile(bayer, (height // 8 + 1, width // 8 + 1))[:height, :width]
    return np.repeat(((grey > tiled * 4) * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _printed(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """A sheet of paper on a table, photographed aslant under a lamp."""
    table = edit.covered(other_picture(others, rng, pixels), 1000, 800)
    table = edit.clipped(cv2.GaussianBlur(table, (0, 0), 5) * 0.7)
    sheet = edit.bounded(pixels, 620)
    margin = 40
    sheet = edit.padded(sheet, margin, margin, margin, margin, (238, 236, 230))
    height, width = sheet.shape[:2]
    factor = min(0.82 * 1000 / width, 0.82 * 800 / height)
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width, height) * factor / 2
    angle = np.radians(rng.uniform(-16, 16))
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    corners = half @ turn
    corners *= 1 + 0.16 * corners[:, 1:] / 400  # nearer below
    corners += np.array([500.0, 400.0])
    out = edit.warped(sheet, corners, table).astype(np.float32)
    y, x = np.mgrid[-1 : 1 : out.shape[0] * 1j, -1 : 1 : out.shape[1] * 1j]
    lamp = np.exp(-((x - rng.uniform(-0.6, 0.6)) ** 2 + (y + 0.4) ** 2) / 1.6)
    out = out * (0.5 + 0.65 * lamp[:, :, None]) * (1.06, 1.0, 0.86)
    return edit.clipped(cv2.GaussianBlur(out, (0, 0), 0.9) + rng.normal(0, 5, out.shape))


def _held_phone(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
    """A phone that shows the picture, before another picture; glare over its screen."""
    ground = edit.covered(other_picture(others, rng, pixels), 1000, 1000)
    screen = np.full((900, 440, 3), (12, 12, 14), np.uint8)
    high = min(760, round(420 * pixels.shape[0] / pixels.shape[1]))
    screen = edit.pasted(screen, edit.resized(pixels, 420, high), 10, (900 - high) // 2)
    glare = np.linspace(0.0, 0.35, 900)[:, None, None] ** 2
    screen = edit.clipped(screen * (1 - glare) + 255 * glare)
    return _laid(ground, screen, (500, 500), float(rng.uniform(-9, 9)))


def _then(*steps: Apply) -> Apply:
    def apply(pixels: Pixels, rng: Rng, others: Others) -> Pixels:
        for step in steps:
            pixels = edit.bounded(step(pixels, rng, others), LARGEST)
        return pixels

    return apply


def _mirrored(pixels: Pixels, _rng: Rng, _others: Others) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def _crop(share: float) -> Apply:
    return lambda pixels, rng, _others: edit.cropped(pixels, share, rng)


def _saved(quality: int, longest: int) -> Apply:
    return lambda pixels, _rng, _others: edit.coded(edit.bounded(pixels, longest), "JPEG", quality)


def _attacks() -> tuple[PictureAttack, ...]:
    families: dict[str, dict[str, Apply]] = {
        "small inset": {
            "print 20%": _polaroid(0.2),
            "rounded 8%": _bubble(0.08),
            "rounded 5%": _bubble(0.05),
            "faded edges 15%": _soft_inset,
        },
        "grid": {
            "three by three": _grid(3, 3, 12, (255, 255, 255)),
            "two by two, no gaps": _grid(2, 2, 0, (0, 0, 0)),
            "two by three, dark gaps": _grid(2, 3, 16, (20, 20, 24)),
            "one large, two small": _uneven,
        },
        "split": {"diagonal": _diagonal, "three strips": _strips},
        "app": {"chat": _chat, "player": _player, "slide": _slide},
        "heavy crop": {
            "crop 20%": _crop(0.2),
            "crop 12%": _crop(0.12),
            "crop 25%, mirrored": _then(_mirrored, _crop(0.25)),
        },
        "covered": {
            "round sticker": _stuck_over,
            "scribbled": _scribbled,
            "pixelated middle": _pixelated_middle,
            "behind bars": _behind_bars,
        },
        "tone": {
            "lightness inverted": _light_inverted,
            "solarised": _solarised,
            "halftone": _halftone,
        },
        "photographed": {"printed": _printed, "held phone": _held_phone},
        "mixed": {
            "chat, saved small": _then(_chat, _saved(30, 600)),
            "mirrored, three by three": _then(_mirrored, _grid(3, 3, 8, (255, 255, 255))),
            "solarised, slide": _then(_solarised, _slide),
            "scribbled, printed": _then(_scribbled, _printed),
            "crop 40%, print 25%": _then(_crop(0.4), _polaroid(0.25)),
        },
    }
    return tuple(
        PictureAttack(name, family, _bounded(apply))
        for family, members in families.items()
        for name, apply in members.items()
    )


def _bounded(apply: Apply) -> Callable[[Pixels, Rng, Sequence[Pixels]], Pixels]:
    return lambda pixels, rng, others: apply(edit.bounded(pixels, LARGEST), rng, others)


RESERVED = _attacks()
