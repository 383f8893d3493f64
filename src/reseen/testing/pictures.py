"""Pictures drawn from a seed: the same on every machine, rich enough to be told apart.

All are ``uint8 [height, width, 3]`` RGB.
"""

import cv2
import numpy as np

from reseen.domain.media import Pixels

_WORDS = ("the", "of", "seen", "media", "known", "before", "picture", "sound", "every", "where")


def scene(seed: int, width: int = 480, height: int = 360) -> Pixels:
    """A textured scene: clouds of colour, shapes, strokes and grain. No two seeds look alike."""
    random = np.random.default_rng([17, seed])
    picture = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((3, 0.45), (9, 0.3), (40, 0.25)):
        coarse = random.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
        picture += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    out = np.clip(picture, 0, 255).astype(np.uint8)
    side = min(width, height)
    for _ in range(60):
        colour = tuple(int(c) for c in random.integers(0, 256, 3))
        x, y = int(random.integers(width)), int(random.integers(height))
        size = int(random.uniform(0.02, 0.16) * side) + 2
        kind = int(random.integers(3))
        if kind == 0:
            tilt = float(random.uniform(0, 180))
            axes = (size, max(1, size // 2))
            cv2.ellipse(out, (x, y), axes, tilt, 0, 360, colour, -1, cv2.LINE_AA)
        elif kind == 1:
            corners = random.normal(0, size, (4, 2)) + np.array([x, y])
            cv2.fillPoly(out, [corners.astype(np.int32)], colour, cv2.LINE_AA)
        else:
            end = (x + int(random.normal(0, 2 * size)), y + int(random.normal(0, 2 * size)))
            cv2.line(out, (x, y), end, colour, max(1, size // 8), cv2.LINE_AA)
    grain = random.normal(0, 5, (height, width, 1))
    return np.clip(out + grain, 0, 255).astype(np.uint8)


def document(seed: int, width: int = 420, height: int = 560) -> Pixels:
    """Black words on white paper; the words and their places come from the seed."""
    random = np.random.default_rng([18, seed])
    out = np.full((height, width, 3), 255, np.uint8)
    for y in range(50, height - 30, 26):
        x = 30
        while x < width - 90:
            word = _WORDS[int(random.integers(len(_WORDS)))]
            face, ink = cv2.FONT_HERSHEY_SIMPLEX, (20, 20, 20)
            cv2.putText(out, word, (x, y), face, 0.5, ink, 1, cv2.LINE_AA)
            x += 11 * len(word) + int(random.integers(8, 24))
    return out


def flat(red: int, green: int, blue: int, width: int = 320, height: int = 240) -> Pixels:
    """One colour: black, white, or a slide without words."""
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def gradient(seed: int = 0, width: int = 320, height: int = 240) -> Pixels:
    """A smooth change from one colour to another, in a direction that the seed decides."""
    random = np.random.default_rng([19, seed])
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    along = x * np.cos(angle) + y * np.sin(angle)
    along = ((along - along.min()) / np.ptp(along))[:, :, None]
    start, end = random.uniform(0, 255, 3), random.uniform(0, 255, 3)
    shades: Pixels = np.rint(start + (end - start) * along).astype(np.uint8)
    return shades


def bars(width: int = 320, height: int = 240) -> Pixels:
    """The eight colour bars of a test card."""
    colours = [[255 * (k >> bit & 1) for bit in (1, 2, 0)] for k in range(7, -1, -1)]
    row = np.array(colours, np.uint8)[np.arange(width) * 8 // width]
    return np.repeat(row[None], height, axis=0)


def noise(seed: int, width: int = 320, height: int = 240) -> Pixels:
    """Independent pixels: detail everywhere, and nothing to recognise in common."""
    random = np.random.default_rng([20, seed])
    return random.integers(0, 256, (height, width, 3), np.uint8)
