"""Metrics on cases small enough to count by hand."""

import math

import numpy as np
import pytest
from benchmarks.metrics import (
    best_false,
    bootstrap,
    curve,
    expected_calibration_error,
    micro_average_precision,
    recall_above,
    recall_at_precision,
    recall_at_zero_false,
    reliability,
    wilson,
)

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.0])
TRUTH = np.array([True, True, False, True, True])


def test_recall_at_zero_false_counts_true_pairs_above_the_best_false_one() -> None:
    assert best_false(SCORES, TRUTH) == 0.7
    assert recall_at_zero_false(SCORES, TRUTH) == 0.5


def test_a_true_pair_that_ties_with_a_false_one_is_not_above_it() -> None:
    assert recall_at_zero_false(np.array([0.9, 0.9]), np.array([True, False])) == 0.0


def test_a_true_pair_without_an_answer_is_missed_even_when_nothing_is_false() -> None:
    assert recall_at_zero_false(np.array([0.9, 0.0]), np.array([True, True])) == 0.5


def test_recall_without_true_pairs_is_not_a_number() -> None:
    assert math.isnan(recall_above(np.array([0.3]), np.array([False]), 0.1))


def test_the_curve_takes_ties_as_one_step_and_leaves_unanswered_pairs_out() -> None:
    points = curve(np.array([0.9, 0.5, 0.5, 0.0]), np.array([True, True, False, True]))
    assert points.scores.tolist() == [0.9, 0.5]
    assert points.precision.tolist() == [1.0, pytest.approx(2 / 3)]
    assert points.recall.tolist() == [pytest.approx(1 / 3), pytest.approx(2 / 3)]


def test_average_precision_sums_precision_over_gained_recall() -> None:
    # After 1, 2 and 4 answers: precision 1, 1 and 3/4, each for a quarter of recall.
    assert micro_average_precision(SCORES, TRUTH) == pytest.approx(0.25 * (1 + 1 + 0.75))


def test_recall_at_precision_reaches_past_a_rare_false_pair() -> None:
    truth = np.ones(2001, bool)
    truth[1000] = False
    scores = np.linspace(1.0, 0.1, 2001)
    assert recall_at_precision(scores, truth, 0.999) == 1.0
    assert recall_at_zero_false(scores, truth) == 0.5


def test_recall_at_precision_is_zero_when_the_best_answer_is_wrong() -> None:
    assert recall_at_precision(np.array([0.9, 0.8]), np.array([False, True])) == 0.0


def test_the_wilson_interval_has_its_textbook_values() -> None:
    none, half = wilson(0, 10), wilson(5, 10)
    assert none.low == 0.0
    assert none.high == pytest.approx(0.2775, abs=1e-4)
    assert half.low == pytest.approx(0.2366, abs=1e-4)
    assert half.high == pytest.approx(0.7634, abs=1e-4)
    assert math.isnan(wilson(0, 0).value)


def test_bootstrap_draws_whole_groups() -> None:
    values = np.array([1.0, 1.0, 0.0, 0.0])
    interval = bootstrap(["a", "a", "b", "b"], lambda rows: float(values[rows].mean()))
    assert (interval.value, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_one_group_gives_no_interval() -> None:
    interval = bootstrap(["a", "a"], lambda rows: float(len(rows)))
    assert interval.value == 2.0
    assert math.isnan(interval.low)


def test_a_calibrated_score_has_no_calibration_error() -> None:
    scores = np.array([0.25] * 4 + [0.75] * 4)
    truth = np.array([True, False, False, False, True, True, True, False])
    assert expected_calibration_error(scores, truth, bins=2) == pytest.approx(0.0)


def test_calibration_error_weighs_bins_by_their_mass() -> None:
    scores = np.array([0.0, 0.0, 1.0, 1.0])
    truth = np.array([False, True, True, True])
    assert expected_calibration_error(scores, truth, bins=2) == pytest.approx(0.25)
    assert [part.count for part in reliability(scores, truth, bins=2)] == [2, 2]
