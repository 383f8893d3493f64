"""What is done to the picture of a film, frame by frame, without touching its clock.

Each function takes the film's look and a generator, draws what stays the same throughout (the words
of a caption, the seat of a camera), and returns the effect.
"""

import cv2
import numpy as np

from benchmarks.attacks import Pixels
from benchmarks.attacks.film import Effect, Look, fit

type Rng = np.random.Generator


def mirror(seen: Look, rng: Rng) -> Effect:
    del seen, rng
    return lambda picture, _: np.ascontiguousarray(picture[:, ::-1])


def turn(seen: Look, rng: Rng) -> Effect:
    """A quarter turn, clockwise or the other way; the frame turns with the picture."""
    del seen
    quarters = 1 if rng.random() < 0.5 else 3
    return lambda picture, _: np.ascontiguousarray(np.rot90(picture, quarters))


def letterbox(seen: Look, rng: Rng) -> Effect:
    del seen, rng

    def effect(picture: Pixels, _: float) -> Pixels:
        tall, wide = picture.shape[:2]
        inner = cv2.resize(picture, (wide, round(tall * 0.7)), interpolation=cv2.INTER_AREA)
        page = np.zeros_like(picture)
        top = (tall - len(inner)) // 2
        page[top : top + len(inner)] = inner
        return page

    return effect


def crop(seen: Look, rng: Rng) -> Effect:
    """A fifth of each side is lost, the rest enlarged."""
    x, y = (float(v) for v in rng.uniform(0.0, 0.2, 2))

    def effect(picture: Pixels, _: float) -> Pixels:
        tall, wide = picture.shape[:2]
        top, left = int(y * tall), int(x * wide)
        part = picture[top : top + int(0.8 * tall), left : left + int(0.8 * wide)]
        return fit(part, seen.width, seen.height)

    return effect


def caption(seen: Look, rng: Rng) -> Effect:
    """A bold line below, a logo in a corner."""
    words = "WAIT FOR IT " + str(int(rng.integers(100)))
    size = seen.width / 360

    def effect(picture: Pixels, _: float) -> Pixels:
        page = picture.copy()
        place = (seen.width // 12, round(seen.height * 0.9))
        bold = max(2, round(3 * size))
        cv2.putText(page, words, place, cv2.FONT_HERSHEY_DUPLEX, size, (0, 0, 0), 3 * bold)
        cv2.putText(page, words, place, cv2.FONT_HERSHEY_DUPLEX, size, (255, 255, 255), bold)
        logo = (seen.width * 7 // 8, seen.height // 8)
        cv2.circle(page, logo, seen.height // 14, (220, 40, 40), -1)
        return page

    return effect


def grey(seen: Look, rng: Rng) -> Effect:
    del seen, rng

    def effect(picture: Pixels, _: float) -> Pixels:
        grey = picture @ np.array([0.299, 0.587, 0.114])
        hard = np.clip((grey - 128) * 1.4 + 128, 0, 255).astype(np.uint8)
        return np.repeat(hard[..., None], 3, axis=2)

    return effect


def colour(seen: Look, rng: Rng) -> Effect:
    """A warm, washed-out filter with a vignette."""
    del rng
    y, x = np.mgrid[-1 : 1 : seen.height * 1j, -1 : 1 : seen.width * 1j]
    shade = (1 - 0.45 * np.clip(np.hypot(x, y) - 0.4, 0, 1))[..., None]
    gain, lift = np.array([1.1, 0.95, 0.7]), np.array([28, 18, 30])

    def effect(picture: Pixels, _: float) -> Pixels:
        warm: Pixels = np.clip(picture * gain * shade * 0.85 + lift, 0, 255).astype(np.uint8)
        return warm

    return effect


def blur(seen: Look, rng: Rng) -> Effect:
    width = seen.height / 120

    def effect(picture: Pixels, _: float) -> Pixels:
        noisy = cv2.GaussianBlur(picture, (0, 0), width) + rng.normal(0, 9, picture.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    return effect


def phone(seen: Look, rng: Rng) -> Effect:
    """Filmed from a screen: perspective, a dark room around it, glare, a shaking hand."""
    wide, tall = seen.width, seen.height
    corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    margin = rng.uniform(0.05, 0.14, (4, 2)) * [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    seat = (corners + margin * [wide, tall]).astype(np.float32)
    y, x = np.mgrid[0 : 1 : tall * 1j, 0 : 1 : wide * 1j]
    glare = 60 * np.exp(-(((x - 0.7) / 0.2) ** 2) - ((y - 0.3) / 0.3) ** 2)[..., None]

    def effect(picture: Pixels, time: float) -> Pixels:
        shake = 0.006 * wide * np.array([np.sin(5 * time), np.cos(3 * time)])
        warp = cv2.getPerspectiveTransform(corners, (seat + shake).astype(np.float32))
        page = cv2.warpPerspective(
            picture, warp, (wide, tall), borderMode=cv2.BORDER_CONSTANT, borderValue=(26, 22, 20)
        )
        filmed: Pixels = np.clip(page * 0.85 + glare, 0, 255).astype(np.uint8)
        return filmed

    return effect
