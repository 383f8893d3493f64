import numpy as np
import pytest
from benchmarks.attacks import editing

from reseen.domain.fingerprint import DESCRIPTOR, Fingerprint, Track
from reseen.domain.media import Asset, Medium, Pixels
from reseen.engine.picture.guesses import guesses
from reseen.engine.picture.projective import apply
from reseen.engine.picture.still import meeting
from reseen.signals.keypoints import detect_keypoints
from reseen.testing import pictures


def _asset(pixels: Pixels) -> Asset:
    height, width = pixels.shape[:2]
    return Asset("", "", 0, Medium.IMAGE, "png", width=width, height=height)


def _seen(pixels: Pixels) -> Fingerprint:
    return Fingerprint(_asset(pixels), (detect_keypoints(pixels, None),))


def _views(*boxes: tuple[float, float, float, float], codes: list[int]) -> Fingerprint:
    rows = np.zeros((len(boxes), 512), np.int8)
    rows[np.arange(len(boxes)), codes] = 127
    places = np.array([(*box, 0.0, 0.0) for box in boxes], np.float32)
    spans = np.tile(np.array([-np.inf, np.inf]), (len(boxes), 1))
    track = Track(DESCRIPTOR, spans, rows, np.ones(len(boxes), np.float32), places)
    return Fingerprint(_asset(pictures.flat(0, 0, 0)), (track,))


def test_views_that_are_alike_are_laid_on_each_other_as_they_are_and_mirrored() -> None:
    query = _views((0, 0, 1, 1), (0.5, 0.25, 0.4, 0.5), codes=[1, 2])
    reference = _views((0, 0, 1, 1), (0.1, 0.1, 0.8, 0.8), codes=[3, 2])
    plain, flipped, *rest = guesses(query, reference, None, None)
    corners = np.array([(0.1, 0.1), (0.9, 0.9)])
    assert apply(plain, corners) == pytest.approx(np.array([(0.5, 0.25), (0.9, 0.75)]), abs=1e-6)
    assert apply(flipped, corners) == pytest.approx(np.array([(0.9, 0.25), (0.5, 0.75)]), abs=1e-6)
    assert len(rest) == 2
    assert rest[0] == pytest.approx(np.eye(3))


def test_without_any_hint_the_whole_is_laid_on_the_whole() -> None:
    nothing = Fingerprint(_asset(pictures.flat(0, 0, 0)), ())
    assert len(list(guesses(nothing, nothing, None, None))) == 2


def test_a_handful_of_keypoints_says_how_a_turned_picture_lies() -> None:
    original = pictures.scene(1)
    query = np.ascontiguousarray(np.rot90(editing.clipped(original * 0.5 + 40.0)))
    turned = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    here, there = _seen(query), _seen(original)
    found = [g / g[2, 2] for g in guesses(here, there, None, meeting(here, there))]
    assert min(float(np.abs(g - turned).max()) for g in found[2:]) < 0.02
