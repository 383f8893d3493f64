import cv2
import numpy as np
import pytest

from reseen.domain.fingerprint import KEYPOINTS
from reseen.domain.media import Pixels
from reseen.signals.keypoints import KEPT, detect_keypoints
from reseen.testing import pictures


def _scaled(pixels: Pixels, factor: float) -> Pixels:
    large = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def test_places_are_in_units_of_the_longer_side_whatever_the_size() -> None:
    pixels = pictures.scene(1, 600, 300)
    for scale in (0.5, 1.0, 2.0):
        track = detect_keypoints(_scaled(pixels, scale), None)
        assert track.signal == KEYPOINTS
        assert track.places[:, 0].max() <= 1.0
        assert 0.4 < track.places[:, 1].max() <= 0.5
        assert track.codes.shape == (len(track), 128)
        assert len(track) > 200


def test_a_point_keeps_its_place_when_the_picture_is_enlarged() -> None:
    pixels = np.full((300, 400, 3), 40, np.uint8)
    cv2.circle(pixels, (100, 200), 9, (220, 220, 220), -1, cv2.LINE_AA)
    for factor in (1, 3):
        strongest = detect_keypoints(_scaled(pixels, factor), None).places[0]
        assert strongest[:2] == pytest.approx((100.5 / 400, 200.5 / 400), abs=0.004)


def test_a_busy_corner_does_not_take_all() -> None:
    pixels = pictures.scene(2, 640, 480)
    pixels[:240, :320] = pictures.noise(1, 320, 240)
    track = detect_keypoints(pixels, None)
    elsewhere = (track.places[:, 0] > 0.52) | (track.places[:, 1] > 0.39)
    assert len(track) == KEPT
    assert elsewhere.mean() > 0.5


def test_a_picture_without_detail_has_none() -> None:
    for pixels in (pictures.flat(0, 0, 0), pictures.flat(200, 30, 30), pictures.gradient()):
        assert len(detect_keypoints(pixels, None)) == 0


def test_rows_of_a_frame_carry_its_time_and_those_of_a_still_have_no_clock() -> None:
    pixels = pictures.scene(3)
    assert (detect_keypoints(pixels, 2.5).spans == 2.5).all()
    assert np.isinf(detect_keypoints(pixels, None).spans).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (3000, 2), (8, 8)])
def test_tiny_and_thin_pictures_are_taken(shape: tuple[int, int]) -> None:
    detect_keypoints(pictures.noise(0, shape[1], shape[0]), None)
