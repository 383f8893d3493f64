from collections.abc import Callable

import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing

from reseen.domain.media import Pixels
from reseen.engine.picture.edges import pyramid
from reseen.engine.picture.geometry import Geometry
from reseen.engine.picture.registration import register
from reseen.testing import pictures

WHOLE = np.eye(3)
MIRROR = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
STRONG = 40.0
WEAK = 12.0


def _register(query: Pixels, reference: Pixels, *guesses: np.ndarray) -> Geometry | None:
    return register(pyramid(query), pyramid(reference), guesses or (WHOLE,))


def _grey(pixels: Pixels) -> np.ndarray:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def _colours(grey: np.ndarray) -> Pixels:
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


def _sketch(pixels: Pixels) -> Pixels:
    grey = _grey(pixels).astype(np.float32)
    blurred = cv2.GaussianBlur(255 - grey, (0, 0), 7)
    return _colours(np.clip(grey * 255 / np.maximum(255 - blurred, 1), 0, 255))


def _outlines(pixels: Pixels) -> Pixels:
    return _colours(255 - cv2.Canny(cv2.GaussianBlur(_grey(pixels), (0, 0), 1.2), 50, 130))


def _halftone(pixels: Pixels) -> Pixels:
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    dots = 127 + 60 * (np.sin((x + y) * np.pi / 4) + np.sin((x - y) * np.pi / 4))
    return _colours(np.where(_grey(pixels) > dots, 255, 0))


def _noise(pixels: Pixels) -> Pixels:
    return editing.clipped(pixels + np.random.default_rng(4).normal(0, 60, pixels.shape))


def _blend(pixels: Pixels) -> Pixels:
    return editing.clipped(pixels * 0.55 + pictures.scene(77) * 0.45)


@pytest.mark.parametrize("disguise", [_sketch, _outlines, _halftone, _noise, _blend])
def test_a_picture_is_known_by_its_edges_where_its_corners_are_gone(
    disguise: Callable[[Pixels], Pixels],
) -> None:
    original = pictures.scene(1)
    found = _register(disguise(original), original)
    assert found is not None
    assert found.evidence > STRONG
    assert found.support > 0.5
    assert found.matrix == pytest.approx(WHOLE, abs=0.01)
    other = _register(disguise(original), pictures.scene(2))
    assert other is None or other.evidence < WEAK


def test_a_guess_is_corrected() -> None:
    original = pictures.scene(3)
    query = editing.pasted(pictures.scene(90, 960, 720), original, 240, 130)
    truth = np.array([[0.5, 0.0, 0.25], [0.0, 0.5, 130 / 720], [0.0, 0.0, 1.0]])
    guess = truth + np.array([[0.015, 0.01, 0.01], [-0.01, 0.0, -0.01], [0.0, 0.0, 0.0]])
    found = _register(query, original, guess)
    assert found is not None
    assert found.matrix == pytest.approx(truth, abs=0.005)
    assert found.transform.inset is not None
    assert found.transform.inset.width == pytest.approx(0.5, abs=0.02)


def test_the_best_of_many_guesses_is_kept() -> None:
    original = pictures.scene(4)
    flipped = np.ascontiguousarray(original[:, ::-1])
    found = _register(flipped, original, WHOLE, np.diag([0.5, 0.5, 1.0]), MIRROR)
    assert found is not None
    assert found.transform.mirrored
    assert found.matrix == pytest.approx(MIRROR, abs=0.01)
    assert found.points is not None
    here, there = found.points
    assert np.abs(here - (1, 0) - there * (-1, 1)).max() < 0.02


def test_a_negative_sketch_is_still_the_picture() -> None:
    original = pictures.scene(5)
    found = _register(255 - original, original)
    assert found is not None
    assert found.transform.inverted


def test_a_page_of_other_words_does_not_fit() -> None:
    found = _register(pictures.document(1), pictures.document(2))
    assert found is None or found.evidence < WEAK


@pytest.mark.parametrize("pixels", [pictures.flat(9, 9, 9), pictures.gradient(), pictures.noise(3)])
def test_pictures_without_edges_in_common_register_nothing(pixels: Pixels) -> None:
    other = pictures.flat(9, 9, 9) if pixels.std() < 90 else pictures.noise(8)
    assert _register(pixels, other) is None


@pytest.mark.parametrize(
    "guess",
    [
        np.zeros((3, 3)),
        np.full((3, 3), np.nan),
        np.diag([40.0, 40.0, 1.0]),
        np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 5.0], [0.0, 0.0, 1.0]]),
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.5, 0.0, 1.0]]),
    ],
)
def test_guesses_that_show_nothing_are_passed_over(guess: np.ndarray) -> None:
    assert _register(pictures.scene(6), pictures.scene(6), guess) is None
    assert _register(pictures.flat(1, 2, 3, 1, 1), pictures.scene(6), guess) is None


def test_what_the_query_alone_shows_counts_against_a_fit() -> None:
    half = pictures.scene(7)
    half[:, 240:] = 255
    filled = half.copy()
    filled[:, 240:] = pictures.scene(8)[:, 240:]
    same, more = _register(half, half), _register(filled, half)
    assert same is not None
    assert more is not None
    assert more.support < 0.75 * same.support
