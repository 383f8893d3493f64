"""Segments on cases small enough to draw."""

import math

import pytest
from benchmarks.localisation import (
    Stretch,
    boundary_errors,
    common,
    covering,
    iou,
    length,
    offset_error,
    segment_average_precision,
)

PAIR = ("query", "reference")
TRUE = Stretch((4.0, 14.0), (10.0, 20.0))


def found(query: tuple[float, float], reference: tuple[float, float], score: float) -> Stretch:
    return Stretch(query, reference, score)


def average(*entries: Stretch) -> float:
    return segment_average_precision([(PAIR, TRUE)], [(PAIR, entry) for entry in entries])


def test_overlapping_seconds_count_once() -> None:
    assert length([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)]) == 4.0
    assert common([(2.0, 5.0), (7.0, 8.0)], [(1.0, 3.0), (4.0, 7.0)]) == 2.0


def test_iou_of_intervals() -> None:
    assert iou((0.0, 2.0), (1.0, 3.0)) == pytest.approx(1 / 3)
    assert iou((0.0, 1.0), (1.0, 2.0)) == 0.0
    assert iou((1.0, 1.0), (1.0, 1.0)) == 0.0


def test_a_truth_takes_the_finding_that_covers_it_best() -> None:
    far = found((30.0, 40.0), (10.0, 20.0), 0.9)
    near = found((5.0, 14.0), (11.0, 20.0), 0.1)
    assert covering(TRUE, [far, near]) is near
    assert covering(TRUE, [far]) is None


def test_boundary_errors_take_the_worse_clock() -> None:
    assert boundary_errors(TRUE, found((4.5, 13.0), (11.0, 20.0), 1.0)) == (1.0, 1.0)


def test_offset_error_is_taken_in_the_middle_of_what_is_shared() -> None:
    # The rate 1.1 fits in the middle of the query, second 9, and nowhere else.
    tilted = Stretch((4.0, 14.0), (10.0, 20.0), rate=1.1, offset=15.0 - 1.1 * 9.0)
    assert offset_error(TRUE, tilted) == pytest.approx(0.0)
    assert offset_error(TRUE, Stretch((4.0, 14.0), (10.2, 20.2), offset=6.2)) == pytest.approx(0.2)


def test_a_perfect_finding_has_segment_precision_one() -> None:
    assert average(found((4.0, 14.0), (10.0, 20.0), 0.5)) == pytest.approx(1.0)


def test_a_segment_found_in_two_parts_loses_nothing() -> None:
    parts = found((4.0, 8.0), (10.0, 14.0), 1.0), found((8.0, 14.0), (14.0, 20.0), 2.0)
    assert average(*parts) == pytest.approx(1.0)


def test_a_coarse_finding_hurts_more_when_it_is_ranked_first() -> None:
    parts = found((4.0, 8.0), (10.0, 14.0), 1.0), found((8.0, 14.0), (16.0, 18.0), 2.0)
    last = average(*parts, found((0.0, 30.0), (5.0, 25.0), 0.0))
    first = average(*parts, found((0.0, 30.0), (5.0, 25.0), 3.0))
    assert 0.8 < last < 1.0
    assert first < 0.5


def test_half_of_a_segment_is_half_of_recall() -> None:
    # Precision 1 on both clocks; recall 1/2 on both.
    assert average(found((4.0, 9.0), (10.0, 15.0), 1.0)) == pytest.approx(0.5)


def test_right_seconds_of_the_wrong_stretch_count_for_nothing() -> None:
    truth = [(PAIR, Stretch((4, 14), (10, 18))), (PAIR, Stretch((20, 28), (21, 29)))]
    crossed = [(PAIR, found((4, 14), (21, 29), 1.0)), (PAIR, found((20, 28), (10, 18), 1.0))]
    assert segment_average_precision(truth, crossed) == 0.0


def test_false_pairs_ranked_above_lower_precision() -> None:
    wrong = [((f"q{i}", "reference"), found((4.0, 14.0), (10.0, 20.0), 3.0 - i)) for i in (0, 1)]
    right = (PAIR, found((4.0, 14.0), (10.0, 20.0), 1.0))
    assert segment_average_precision([(PAIR, TRUE)], [*wrong, right]) == pytest.approx(1 / 3)


def test_tied_findings_do_not_depend_on_their_order() -> None:
    entries = [found((4.0, 10.0), (10.0, 14.0), 1.0), found((0.0, 30.0), (5.0, 25.0), 1.0)]
    assert math.isclose(average(*entries), average(*reversed(entries)))


def test_nothing_found_is_zero() -> None:
    assert average() == 0.0
