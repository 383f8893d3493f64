"""Pictures that hold nothing are told from dark ones."""

import cv2
import numpy as np
import pytest

from reseen.domain.media import Pixels
from reseen.signals.layout import has_detail, thumb


def _dim_scene() -> Pixels:
    """A night: detail of a few grey levels."""
    rng = np.random.default_rng(4)
    coarse = rng.uniform(0, 40, (12, 16, 3)).astype(np.float32)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype("u1")


@pytest.mark.parametrize("colour", [0, 255])
def test_a_dark_picture_has_detail_whatever_border_is_put_around_it(colour: int) -> None:
    scene = _dim_scene()
    framed = cv2.copyMakeBorder(
        scene, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(colour, colour, colour)
    )
    assert has_detail(thumb(scene))
    assert has_detail(thumb(np.asarray(framed, np.uint8)))


def test_a_flat_picture_has_none_whatever_border_is_put_around_it() -> None:
    card = np.full((240, 320, 3), 90, np.uint8)
    card[40:-40, 40:-40] = 10
    assert not has_detail(thumb(card))
