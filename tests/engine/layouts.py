"""One layout around other content, from a seed: what is alike and yet no copy."""

import cv2
import numpy as np

from reseen.domain.media import Pixels

_FACE = cv2.FONT_HERSHEY_SIMPLEX
_LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
_FIELDS = ("Name", "Street", "City", "Phone", "Born", "Nation", "Job", "Bank", "Date", "Place")


def _word(random: np.random.Generator, least: int, most: int) -> str:
    return "".join(random.choice(_LETTERS, int(random.integers(least, most))))


def form(seed: int) -> Pixels:
    """Ten boxes with names; the entries come from the seed."""
    random = np.random.default_rng([31, seed])
    out = np.full((700, 620, 3), 255, np.uint8)
    cv2.putText(out, "APPLICATION", (40, 50), _FACE, 1.0, (0, 0, 0), 2, cv2.LINE_AA)
    for k, name in enumerate(_FIELDS):
        y = 90 + 60 * k
        cv2.putText(out, name, (40, y + 27), _FACE, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
        cv2.rectangle(out, (170, y), (580, y + 40), (60, 60, 60), 1)
        words = f"{_word(random, 6, 12)} {_word(random, 6, 12)}"
        cv2.putText(out, words, (180, y + 28), _FACE, 0.7, (0, 0, 150), 1, cv2.LINE_AA)
    return out


def board(seed: int, pieces: int = 26) -> Pixels:
    """A board of eight by eight; what stands where comes from the seed."""
    random = np.random.default_rng([32, seed])
    side, light, dark = 72, (238, 216, 181), (180, 136, 99)
    rows, columns = np.indices((8 * side, 8 * side)) // side
    out = np.where(((rows + columns) % 2 == 0)[:, :, None], light, dark).astype(np.uint8)
    for place in random.choice(64, pieces, replace=False):
        x, y = side * (place % 8) + side // 2, side * (place // 8) + side // 2
        fill, ink = (
            ((250, 250, 250), (0, 0, 0)) if random.random() < 0.5 else ((0, 0, 0), (250, 80, 80))
        )
        cv2.circle(out, (int(x), int(y)), 24, fill, -1, cv2.LINE_AA)
        letter = str(random.choice(list("KQRBN")))
        cv2.putText(out, letter, (int(x) - 12, int(y) + 12), _FACE, 1.0, ink, 2, cv2.LINE_AA)
    return out


def page(seed: int) -> Pixels:
    """A title and thirty lines under it; the words come from the seed."""
    random = np.random.default_rng([33, seed])
    out = np.full((840, 600, 3), 255, np.uint8)
    cv2.putText(out, "ANNUAL REPORT", (40, 60), _FACE, 1.1, (0, 0, 0), 2, cv2.LINE_AA)
    for y in range(110, 810, 24):
        x = 40
        while x < 500:
            word = _word(random, 2, 9)
            cv2.putText(out, word, (x, y), _FACE, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
            x += cv2.getTextSize(word, _FACE, 0.5, 1)[0][0] + 9
    return out
