from collections.abc import Callable

import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing

from reseen.domain.media import Box, Pixels
from reseen.engine.picture.geometry import Geometry, verify
from reseen.engine.picture.projective import is_plausible
from reseen.signals.keypoints import detect_keypoints
from reseen.testing import pictures

STRONG = 20.0


def _verify(query: Pixels, reference: Pixels) -> Geometry | None:
    here, there = detect_keypoints(query, None), detect_keypoints(reference, None)
    return verify(here, there, query.shape[1::-1], reference.shape[1::-1])


def _strongly(query: Pixels, reference: Pixels) -> Geometry:
    found = _verify(query, reference)
    assert found is not None
    assert found.evidence > STRONG
    return found


def _near(box: Box | None, x: float, y: float, width: float, height: float) -> bool:
    assert box is not None
    truth = (x, y, width, height)
    return (box.x, box.y, box.width, box.height) == pytest.approx(truth, abs=0.02)


def test_the_same_picture_lies_on_itself() -> None:
    scene = pictures.scene(1)
    found = _strongly(scene, cv2.resize(scene, (700, 525)).astype(np.uint8))
    assert found.matrix == pytest.approx(np.eye(3), abs=0.01)
    assert found.support > 0.9
    assert found.density > 0.6
    assert found.transform.cropped is None
    assert found.transform.inset is None
    assert not found.transform.mirrored
    assert not found.transform.inverted


def test_a_mirrored_picture_is_told_from_its_keypoints_alone() -> None:
    scene = pictures.scene(2)
    found = _strongly(np.ascontiguousarray(scene[:, ::-1]), scene)
    assert found.transform.mirrored
    assert found.points is not None
    here, there = found.points
    assert np.abs(here - (1, 0) - there * (-1, 1)).max() < 0.03
    assert found.matrix == pytest.approx(np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]]), abs=0.01)


def test_a_negative_is_told_from_its_keypoints_alone() -> None:
    scene = pictures.scene(3)
    found = _strongly(255 - scene, scene)
    assert found.transform.inverted
    assert not found.transform.mirrored
    assert found.matrix == pytest.approx(np.eye(3), abs=0.01)


def test_a_mirrored_negative_is_both() -> None:
    scene = pictures.scene(4)
    found = _strongly(np.ascontiguousarray(255 - scene[:, ::-1]), scene)
    assert found.transform.mirrored
    assert found.transform.inverted


def test_a_landscape_with_its_reflection_is_not_taken_for_the_reflection() -> None:
    shore = pictures.scene(24, 480, 200)
    lake = editing.clipped(0.6 * shore[::-1] + 0.4 * pictures.scene(25, 480, 200))
    scene = np.vstack([shore, lake])
    found = _strongly(np.ascontiguousarray(scene[::-1]), scene)
    assert found.transform.mirrored
    assert found.transform.rotated == pytest.approx(180.0, abs=1.0)
    assert found.density > 0.5


@pytest.mark.parametrize("degrees", [17.0, 90.0, 180.0, 251.0])
def test_turns_are_measured_clockwise(degrees: float) -> None:
    scene = pictures.scene(5)
    turned = editing.rotated(scene, degrees, (255, 255, 255))
    found = _strongly(turned, scene)
    assert found.transform.rotated == pytest.approx(degrees, abs=1.0)
    mirrored = _strongly(turned, np.ascontiguousarray(scene[:, ::-1]))
    assert mirrored.transform.mirrored
    assert mirrored.transform.rotated == pytest.approx(degrees, abs=1.0)


def test_a_crop_tells_where_the_whole_reference_would_lie() -> None:
    scene = pictures.scene(6, 600, 400)
    found = _strongly(scene[100:300, 150:450], scene)
    assert _near(found.transform.cropped, -0.5, -0.5, 2.0, 2.0)
    assert found.transform.inset is None


def test_an_inset_tells_which_part_of_the_query_is_the_reference() -> None:
    scene, ground = pictures.scene(7, 400, 300), pictures.scene(8, 800, 600)
    query = editing.pasted(ground, scene, 300, 150)
    found = _strongly(query, scene)
    assert _near(found.transform.inset, 0.375, 0.25, 0.5, 0.5)
    assert found.transform.cropped is None
    assert found.query_area < 0.3
    assert found.reference_area > 0.6


def test_a_picture_seen_at_an_angle_is_found() -> None:
    scene = pictures.scene(9)
    corners = np.array([(20, 40), (440, 0), (470, 350), (60, 320)])
    found = _strongly(editing.warped(scene, corners, pictures.flat(50, 50, 50, 480, 360)), scene)
    place = found.matrix @ (0, 0, 1)
    assert place[:2] / place[2] == pytest.approx((20 / 480, 40 / 360), abs=0.02)


def test_other_scenes_share_nothing() -> None:
    tracks = [detect_keypoints(pictures.scene(seed), None) for seed in range(10, 15)]
    for i, here in enumerate(tracks):
        for there in tracks[:i]:
            found = verify(here, there, (480, 360), (480, 360))
            assert found is None or found.evidence < STRONG / 2


@pytest.mark.parametrize("make", [pictures.document, pictures.noise, pictures.gradient])
def test_papers_noise_and_gradients_share_nothing(make: Callable[[int], Pixels]) -> None:
    found = _verify(make(1), make(2))
    assert found is None or found.evidence < STRONG / 2 or found.support < 0.4


def test_a_caption_that_two_pictures_share_has_little_support() -> None:
    one, other = (
        editing.written(
            editing.padded(pictures.scene(seed), 90, 0, 0, 0, (255, 255, 255)),
            "when nobody believes you",
            0.5,
            0.1,
            0.09,
            (0, 0, 0),
        )
        for seed in (20, 21)
    )
    found = _verify(one, other)
    assert found is None or found.support < 0.4


def test_an_app_that_shows_two_pictures_has_little_support() -> None:
    one, other = (
        editing.phone(pictures.scene(seed), np.random.default_rng(0), dark=False)
        for seed in (22, 23)
    )
    plain = _strongly(one, editing.phone(pictures.scene(22), np.random.default_rng(0), dark=False))
    found = _verify(one, other)
    assert found is None or found.support < plain.support - 0.2


def test_few_keypoints_are_no_evidence() -> None:
    scene = detect_keypoints(pictures.scene(1), None)
    empty = detect_keypoints(pictures.flat(0, 0, 0), None)
    assert verify(scene, empty, (4, 3), (4, 3)) is None
    assert verify(scene.rows(slice(0, 5)), scene, (4, 3), (4, 3)) is None


def test_the_answer_repeats() -> None:
    scene = pictures.scene(1)
    query = editing.straightened(scene, 6)
    one, two = _strongly(query, scene), _strongly(query, scene)
    assert one.matrix.tobytes() == two.matrix.tobytes()
    assert one.transform == two.transform


def test_a_matrix_on_which_no_points_are_left_is_not_believed() -> None:
    points = np.array([(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)])
    assert is_plausible(np.eye(3), points)
    assert not is_plausible(np.eye(3), points[:0])


@pytest.mark.parametrize("mirrored", [False, True])
def test_two_pages_share_the_one_picture_that_both_show_and_not_what_is_beside_it(
    mirrored: bool,
) -> None:
    common, mine, theirs = (pictures.scene(seed, 400, 300) for seed in (31, 32, 33))
    query, reference = np.hstack([common, mine]), np.hstack([common, theirs])
    if mirrored:
        query = np.ascontiguousarray(query[:, ::-1])
    found = _strongly(query, reference)
    assert found.transform.mirrored is mirrored
    assert _near(found.transform.inset, 0.5 if mirrored else 0.0, 0.0, 0.5, 1.0)
    assert _near(found.transform.cropped, 0.0, 0.0, 1.0, 1.0)
