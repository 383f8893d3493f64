from dataclasses import replace

import numpy as np
import pytest
from tests.evidence.reading import bounds, decode, near, noise, plain

from reseen.domain.match import Confidence, Transform
from reseen.domain.media import Box, Frame
from reseen.evidence import picture_evidence
from reseen.evidence.canvas import ACCENT, LARGEST_PNG
from reseen.evidence.pictures import spread

GREY, DIM_GREY = (150, 150, 150), (57, 57, 57)
BLUE, DIM_BLUE = (40, 60, 200), (15, 22, 76)
HALF = np.array([[0.5, 0, 0.25], [0, 0.5, 0.25], [0, 0, 1]])


def _drawn(matrix: np.ndarray | None, transform: Transform | None = None) -> np.ndarray:
    query, reference = Frame(12.4, plain(300, 200, GREY)), Frame(41.9, plain(300, 200, BLUE))
    return decode(
        picture_evidence(
            query,
            reference,
            score=0.97,
            confidence=Confidence.HIGH,
            matrix=matrix,
            transform=transform,
        )
    )


def test_an_inset_is_outlined_where_it_lies_in_the_query() -> None:
    pixels = _drawn(HALF)
    left, top, right, bottom = bounds(near(pixels[:, : pixels.shape[1] // 3], DIM_GREY))
    width, height = right - left, bottom - top
    assert abs(width / height - 1.5) < 0.02
    outline = bounds(near(pixels[top:bottom, left:right], ACCENT))
    expected = np.array([width, height, 3 * width, 3 * height]) / 4
    np.testing.assert_allclose(outline, expected, atol=2.5)


def test_a_crop_is_outlined_where_it_was_taken_from_the_reference() -> None:
    pixels = _drawn(np.linalg.inv(HALF))
    left, top, right, bottom = bounds(near(pixels, DIM_BLUE))
    width, height = right - left, bottom - top
    outline = bounds(near(pixels[top:bottom, left:right], ACCENT))
    expected = np.array([width, height, 3 * width, 3 * height]) / 4
    np.testing.assert_allclose(outline, expected, atol=2.5)


def test_half_of_the_third_panel_is_the_reference() -> None:
    pixels = _drawn(np.eye(3))
    third = pixels[:, -pixels.shape[1] * 31 // 100 :]
    blue, grey = near(third, BLUE).sum(), near(third, GREY).sum()
    assert 0.8 < blue / grey < 1.25


def test_an_inverted_copy_is_compared_with_the_inverted_reference() -> None:
    pixels = _drawn(np.eye(3), Transform(inverted=True))
    third = pixels[:, -pixels.shape[1] * 31 // 100 :]
    assert near(third, (215, 195, 55)).sum() > 5_000
    assert not near(third, BLUE).any()


def test_without_a_matrix_only_the_known_box_of_the_query_is_outlined() -> None:
    box = Box(0.25, 0.25, 0.5, 0.5)
    pixels = _drawn(None, Transform(inset=box))
    assert near(pixels, DIM_GREY).any()
    assert not near(pixels, DIM_BLUE).any()


def test_without_anything_known_nothing_is_outlined() -> None:
    pixels = _drawn(None)
    assert not near(pixels, ACCENT).any()
    assert near(pixels, GREY).sum() == near(pixels, BLUE).sum()


def test_upload_and_reference_have_the_same_height_whatever_their_shapes() -> None:
    tall, wide = Frame(None, plain(200, 300, GREY)), Frame(None, plain(320, 180, BLUE))
    pixels = decode(picture_evidence(tall, wide, score=0.5, confidence=Confidence.LOW))
    _, *upload = bounds(near(pixels, GREY))
    _, *reference = bounds(near(pixels, BLUE))
    assert (upload[0], upload[2]) == (reference[0], reference[2])
    assert upload[2] - upload[0] > 150


def test_matched_points_are_marked_where_they_are() -> None:
    query, reference = Frame(None, plain(300, 200, GREY)), Frame(None, plain(300, 200, BLUE))
    points = np.array([[0.5, 0.25]]), np.array([[0.75, 0.75]])
    pixels = decode(
        picture_evidence(query, reference, score=1.0, confidence=Confidence.HIGH, points=points)
    )
    marks = near(pixels, ACCENT)
    for colour, (x, y) in ((GREY, points[0][0]), (BLUE, points[1][0])):
        left, top, right, bottom = bounds(near(pixels, colour))
        row, column = round(top + y * (bottom - top)), round(left + x * (right - left))
        assert marks[row - 1 : row + 1, column - 1 : column + 1].all()


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 2000), (2000, 1), (7, 9), (4000, 90), (90, 4000)]
)
@pytest.mark.parametrize("matrix", [None, HALF, np.linalg.inv(HALF)])
def test_any_shape_can_be_drawn(width: int, height: int, matrix: np.ndarray | None) -> None:
    query, reference = Frame(None, noise(width, height, 1)), Frame(0.0, noise(120, 80, 2))
    for pair in ((query, reference), (reference, query)):
        png = picture_evidence(*pair, score=0.2, confidence=Confidence.NONE, matrix=matrix)
        drawn = decode(png)
        assert drawn.shape[1] <= 1600
        assert drawn.shape[0] <= 1200
        assert len(png) <= LARGEST_PNG


def test_even_noise_fits_the_largest_size() -> None:
    frame = Frame(3723.25, noise(900, 700, 3))
    png = picture_evidence(
        frame, frame, score=1.0, confidence=Confidence.HIGH, matrix=np.eye(3)[:2]
    )
    assert len(png) <= LARGEST_PNG
    assert decode(png).shape[1] > 700


def test_the_same_input_gives_the_same_bytes() -> None:
    rng = np.random.default_rng(4)
    frame = Frame(1.0, noise(300, 200, 5))
    points = rng.random((500, 2)), rng.random((500, 2))
    one, other = (
        picture_evidence(
            replace(frame, pixels=frame.pixels.copy()),
            frame,
            score=0.9,
            confidence=Confidence.HIGH,
            matrix=HALF,
            points=points,
        )
        for _ in range(2)
    )
    assert one == other


def test_the_input_is_left_as_it_was() -> None:
    pixels = noise(64, 48, 6)
    before = pixels.copy()
    frame = Frame(None, pixels)
    picture_evidence(frame, frame, score=0.9, confidence=Confidence.HIGH, matrix=HALF)
    np.testing.assert_array_equal(pixels, before)


def test_chosen_points_lie_far_from_each_other() -> None:
    rng = np.random.default_rng(7)
    crowd, corners = rng.normal(0.5, 0.01, (300, 2)), np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
    chosen = spread(np.concatenate([crowd, corners]), 5)
    assert {300, 301, 302, 303} < set(chosen.tolist())


def test_pixels_may_be_a_read_only_view() -> None:
    pixels = noise(60, 40, 9)
    pixels.flags.writeable = False
    one, other = (
        picture_evidence(
            Frame(None, shown),
            Frame(None, shown.copy()),
            score=0.9,
            confidence=Confidence.HIGH,
            matrix=HALF,
        )
        for shown in (pixels[::-1, ::-1], pixels[::-1, ::-1].copy())
    )
    assert one == other
