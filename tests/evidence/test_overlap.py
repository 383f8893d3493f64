import numpy as np
import pytest

from reseen.engine.picture.projective import CORNERS, apply
from reseen.evidence.overlap import shared_region, square


def _turned(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    middle = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return np.asarray(middle @ turn @ np.linalg.inv(middle))


def test_two_equal_frames_share_everything_from_the_upper_left_clockwise() -> None:
    region = shared_region(np.eye(3))
    assert region is not None
    np.testing.assert_allclose(region.reference, CORNERS, atol=1e-12)
    np.testing.assert_allclose(region.query, CORNERS, atol=1e-12)


def test_a_mirrored_copy_has_its_corners_swapped_left_and_right() -> None:
    region = shared_region(np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], float))
    assert region is not None
    np.testing.assert_allclose(region.query[:, 0], 1 - region.reference[:, 0], atol=1e-12)


def test_an_inset_shows_the_whole_reference_in_a_part_of_the_query() -> None:
    region = shared_region(np.array([[0.5, 0, 0.25], [0, 0.5, 0.25], [0, 0, 1]]))
    assert region is not None
    np.testing.assert_allclose(region.query, CORNERS / 2 + 0.25, atol=1e-12)
    np.testing.assert_allclose(region.reference, CORNERS, atol=1e-12)


def test_a_frame_turned_by_45_degrees_shares_an_octagon_with_itself() -> None:
    region = shared_region(_turned(45.0))
    assert region is not None
    assert len(region.query) == 8


@pytest.mark.parametrize(("degrees", "named"), [(1.0, 4), (45.0, 8)])
def test_corners_that_lie_side_by_side_share_a_name(degrees: float, named: int) -> None:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    shift = 0.5 - turn @ [0.5, 0.5]
    region = shared_region(np.vstack([np.column_stack([turn, shift]), [0, 0, 1]]))
    assert region is not None
    assert len(region.query) == 8
    assert len(region.landmarks()) == named


def test_frames_side_by_side_share_nothing() -> None:
    assert shared_region(np.array([[1, 0, 1.01], [0, 1, 0], [0, 0, 1]])) is None


def test_whatever_the_perspective_the_region_lies_in_both_frames() -> None:
    rng = np.random.default_rng(8)
    met_the_horizon = found = 0
    for _ in range(400):
        matrix = np.eye(3) + rng.normal(0, 0.4, (3, 3))
        matrix[2, :2] = rng.normal(0, 1.0, 2)
        weights = CORNERS @ matrix[2, :2] + matrix[2, 2]
        region = shared_region(matrix)
        if region is None:
            continue
        found += 1
        met_the_horizon += weights.min() < 0 < weights.max()
        for polygon in (region.query, region.reference):
            assert polygon.min() >= -1e-6
            assert polygon.max() <= 1 + 1e-6
        np.testing.assert_allclose(apply(matrix, region.reference), region.query, atol=1e-6)
    assert found > 200
    assert met_the_horizon > 20


def test_a_sign_of_the_whole_matrix_changes_nothing() -> None:
    one, other = shared_region(_turned(10)), shared_region(-3 * _turned(10))
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(one.query, other.query, atol=1e-9)


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.ones((2, 3))])
def test_a_matrix_that_maps_nothing_is_refused(matrix: np.ndarray) -> None:
    assert square(matrix) is None


def test_an_affine_matrix_may_lack_its_last_row() -> None:
    full = square(np.eye(3)[:2])
    assert full is not None
    np.testing.assert_array_equal(full, np.eye(3))
