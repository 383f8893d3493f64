import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing
from tests.engine.layouts import form

from reseen.domain.media import Pixels
from reseen.engine.picture.contents import disagreement
from reseen.engine.picture.edges import pyramid
from reseen.engine.picture.outline import Outline, outline
from reseen.engine.picture.projective import Matrix
from reseen.engine.picture.registration import register
from reseen.testing import pictures

ORIGINAL = pictures.scene(11)
WHOLE = np.eye(3)


def _kept(pixels: Pixels) -> Outline:
    return Outline(outline(pyramid(pixels)))


def _sketch(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = 255.0 - cv2.GaussianBlur(255.0 - grey, (0, 0), 4)
    drawn = np.clip(grey * 255.0 / np.maximum(light, 1.0), 0, 255).astype(np.uint8)
    return np.repeat(drawn[:, :, None], 3, axis=2)


TURNED = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
FLIPPED = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
HALF = np.array([[2.0, 0.0, -0.6], [0.0, 2.0, -0.5], [0.0, 0.0, 1.0]])


def _half(pixels: Pixels) -> Pixels:
    tall, wide = pixels.shape[:2]
    part = pixels[round(0.25 * tall) : round(0.75 * tall), round(0.3 * wide) : round(0.8 * wide)]
    return np.ascontiguousarray(part)


@pytest.mark.parametrize(
    ("query", "matrix"),
    [
        (ORIGINAL, WHOLE),
        (np.ascontiguousarray(np.rot90(ORIGINAL)), TURNED),
        (np.ascontiguousarray(ORIGINAL[:, ::-1]), FLIPPED),
        (_half(ORIGINAL), HALF),
    ],
    ids=["as it is", "turned", "flipped", "half of it"],
)
def test_a_sketch_lies_on_kept_edges_as_on_the_picture(query: Pixels, matrix: Matrix) -> None:
    drawn = pyramid(_sketch(query))
    found = register(drawn, _kept(ORIGINAL), [matrix])
    assert found is not None
    assert np.abs(found.matrix - matrix).max() < 0.02
    pixels = register(drawn, pyramid(ORIGINAL), [matrix])
    assert pixels is not None
    assert found.evidence > 0.6 * pixels.evidence
    assert not found.transform.inverted


@pytest.mark.parametrize("matrix", [TURNED, FLIPPED], ids=["turned", "flipped"])
def test_kept_edges_turn_where_the_query_is_kept_as_well(matrix: Matrix) -> None:
    is_turned = matrix is TURNED
    query = np.rot90(ORIGINAL) if is_turned else ORIGINAL[:, ::-1]
    found = register(_kept(np.ascontiguousarray(query)), _kept(ORIGINAL), [matrix])
    assert found is not None
    assert np.abs(found.matrix - matrix).max() < 0.02
    assert found.support > 0.8


def test_another_picture_does_not_lie_on_them() -> None:
    found = register(pyramid(pictures.scene(12)), _kept(ORIGINAL), [WHOLE, FLIPPED])
    assert found is None or found.evidence * found.support < 5.0


def test_kept_edges_tell_one_layout_with_other_content_from_a_copy() -> None:
    reference = _kept(form(1))
    copy = disagreement(pyramid(editing.coded(form(1), "JPEG", 25)), reference, WHOLE)
    other = disagreement(pyramid(form(2)), reference, WHOLE)
    assert copy is not None
    assert other is not None
    assert copy.share < 0.1
    assert other.share > 0.18
    assert other.scattered > 0.1


def test_neither_colour_nor_light_is_kept() -> None:
    negative = np.ascontiguousarray(255 - ORIGINAL[:, :, ::-1])
    grey = cv2.cvtColor(ORIGINAL, cv2.COLOR_RGB2GRAY)
    plain = np.repeat(np.asarray(grey, np.uint8)[:, :, None], 3, axis=2)
    one, other = _kept(plain), _kept(255 - plain)
    drawn = [k.drawn(np.diag([1 / 192, 1 / 144, 1.0]), (192, 144), 25) for k in (one, other)]
    assert np.abs(drawn[0].angles - drawn[1].angles).mean() < 0.01
    assert drawn[0].luma is None
    assert register(pyramid(negative), one, [WHOLE]) is not None


def test_they_take_some_ten_thousand_bytes() -> None:
    assert outline(pyramid(ORIGINAL)).codes.nbytes < 60_000
    assert outline(pyramid(pictures.noise(1, 800, 600))).codes.nbytes < 80_000
