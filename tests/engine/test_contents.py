from collections.abc import Callable

import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing
from tests.engine.layouts import board, form, page

from reseen.domain.media import Pixels
from reseen.engine.picture.contents import Disagreement, disagreement
from reseen.engine.picture.edges import pyramid
from reseen.testing import pictures

WHOLE = np.eye(3)


def _asked(query: Pixels, reference: Pixels) -> Disagreement:
    found = disagreement(pyramid(query), pyramid(reference), WHOLE)
    assert found is not None
    return found


def _is_other(found: Disagreement) -> bool:
    return found.share > 0.18 and found.scattered > 0.1


@pytest.mark.parametrize("layout", [form, board, page])
def test_one_layout_with_other_content_disagrees_all_over(
    layout: Callable[[int], Pixels],
) -> None:
    for seed in (1, 5):
        one, other = layout(seed), layout(seed + 1)
        assert _is_other(_asked(one, other))
        assert _is_other(_asked(editing.coded(one, "JPEG", 30), other))


@pytest.mark.parametrize("layout", [form, board, page])
def test_a_copy_of_it_does_not(layout: Callable[[int], Pixels]) -> None:
    original = layout(1)
    found = _asked(editing.coded(original, "JPEG", 25), original)
    assert found.share < 0.1
    band = original.copy()
    tall = len(band)
    band[int(0.7 * tall) : int(0.85 * tall)] = 255
    assert not _is_other(
        _asked(editing.written(band, "wait for it", 0.5, 0.77, 0.1, (0, 0, 0)), original)
    )


def test_a_filter_worsens_all_blocks_alike() -> None:
    original = pictures.scene(3)
    assert _asked(255 - original, original).share < 0.1
    soft = np.asarray(cv2.GaussianBlur(original, (0, 0), 2), np.uint8)
    assert not _is_other(_asked(soft, original))


def test_what_is_drawn_on_either_side_counts() -> None:
    blank = board(1, pieces=0)
    for one, other in ((blank, board(1)), (board(1), blank)):
        assert _is_other(_asked(one, other))


def test_a_small_copy_is_asked_no_finer_than_it_is() -> None:
    original = page(1)
    small = cv2.resize(original, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
    found = disagreement(pyramid(np.asarray(small, np.uint8)), pyramid(original), WHOLE)
    assert found is None or not _is_other(found)


def test_too_little_to_tell_is_told() -> None:
    flat = pyramid(pictures.flat(9, 9, 9))
    assert disagreement(flat, flat, WHOLE) is None
    scene = pyramid(pictures.scene(1))
    for matrix in (np.zeros((3, 3)), np.diag([40.0, 40.0, 1.0]), np.diag([0.05, 0.05, 1.0])):
        assert disagreement(scene, scene, matrix) is None
