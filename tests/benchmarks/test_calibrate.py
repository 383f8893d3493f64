"""Fitting weights to pairs whose law is known."""

import json

import numpy as np
import pytest
from benchmarks.calibrate import Pairs, error, fit, load, scores


def drawn(n: int, seed: int) -> Pairs:
    """Pairs of which a share of 1 / (1 + exp(-(2 a - 3 b - 1))) is true."""
    rng = np.random.default_rng(seed)
    features = rng.normal(0, 1, (n, 2)) * (1.0, 2.0)
    share = 1 / (1 + np.exp(-(2 * features[:, 0] - 3 * features[:, 1] - 1)))
    return Pairs(features, rng.random(n) < share)


def test_the_fit_finds_the_law_of_the_pairs() -> None:
    calibration = fit(drawn(20_000, seed=1), l2=0.0)
    assert calibration.bias == pytest.approx(-1.0, abs=0.15)
    assert calibration.weights == pytest.approx((2.0, -3.0), abs=0.2)


def test_the_fit_holds_on_pairs_that_it_has_not_seen() -> None:
    assert error(fit(drawn(4000, seed=2)), drawn(4000, seed=3)) < 0.03


def test_separable_pairs_give_finite_weights() -> None:
    pairs = Pairs(np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([False, False, True, True]))
    calibration = fit(pairs)
    assert np.isfinite([calibration.bias, *calibration.weights]).all()
    assert scores(calibration, pairs.features).round().tolist() == [0, 0, 1, 1]


def test_rows_of_the_other_half_and_of_other_systems_are_left_out() -> None:
    rows = [
        {"half": "report", "truth": True, "score": 0.9, "system": "reseen"},
        {"half": "report", "truth": True, "score": 0.9, "system": "PDQ"},
        {"half": "calibration", "truth": False, "score": 0.2, "system": "reseen"},
    ]
    pairs = load([json.dumps(row) for row in rows], "report")
    assert pairs.truth.tolist() == [True]
    assert pairs.features.tolist() == [[pytest.approx(np.log(9.0))]]
