"""Fit the weights of ``reseen.engine.score.Calibration`` on one half, check them on the other.

``python -m benchmarks.calibrate ROWS.jsonl`` reads JSON lines with ``half``, ``truth`` and either
``features`` (a list of numbers, as the engine's modules write them while being tuned) or the
``score`` of a benchmark's raw rows, of which it then fits a straightening: a bias and one weight on
the score's logit. It prints the calibration as Python and the expected calibration error on both
halves. Features are fitted as they are given; ``l2`` pulls weights towards 0 where few pairs speak.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import CALIBRATION, REPORT
from benchmarks.metrics import Scores, Truth, expected_calibration_error
from reseen.engine.score import Calibration

type Features = npt.NDArray[np.float64]
"""``[pairs, features]``."""

STEPS = 100
LOGIT_LIMIT = 12.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Features and truth of the pairs of one half."""

    features: Features
    truth: Truth


def fit(pairs: Pairs, l2: float = 1e-3) -> Calibration:
    """Logistic regression by Newton's method on standardised features.

    A share is never taken as exactly 0 or 1: each class counts half a pair more of the other
    (Platt, 1999), so separable pairs give finite weights.
    """
    x, truth = pairs.features, pairs.truth
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    positives, negatives = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    penalty = l2 * len(x) * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-np.clip(design @ beta, -60, 60)))
        gradient = design.T @ (share - target) + penalty @ beta
        curvature = design.T @ (design * (share * (1 - share) + 1e-12)[:, None]) + penalty
        step = np.linalg.solve(curvature, gradient)
        beta -= step * min(1.0, 5.0 / float(np.abs(step).max() + 1e-12))
        if float(np.abs(step).max()) < 1e-10:
            break
    weights = beta[1:] / spread
    return Calibration(float(beta[0] - weights @ centre), tuple(float(w) for w in weights))


def scores(calibration: Calibration, features: Features) -> Scores:
    return np.array([calibration.score(*row) for row in features], np.float64)


def error(calibration: Calibration, pairs: Pairs) -> float:
    """Expected calibration error over bins of equal mass."""
    return expected_calibration_error(scores(calibration, pairs.features), pairs.truth)


def load(lines: Sequence[str], half: str, system: str = "reseen") -> Pairs:
    """The pairs of one half; rows of other systems are left out."""
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    mine = [e for e in entries if e["half"] == half and e.get("system", system) == system]
    features = [e["features"] if "features" in e else [logit(e["score"])] for e in mine]
    return Pairs(
        np.array(features, np.float64).reshape(len(mine), -1),
        np.array([bool(e["truth"]) for e in mine]),
    )


def logit(score: float) -> float:
    inside = min(1 - 1e-9, max(1e-9, score))
    return max(-LOGIT_LIMIT, min(LOGIT_LIMIT, math.log(inside / (1 - inside))))


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit a calibration and check it.")
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--l2", type=float, default=1e-3)
    options = parser.parse_args()
    lines = [line for path in options.rows for line in path.read_text("utf-8").splitlines()]
    halves = {half: load(lines, half) for half in (CALIBRATION, REPORT)}
    calibration = fit(halves[CALIBRATION], options.l2)
    print(calibration)
    for half, pairs in halves.items():
        if len(pairs.truth):
            share = f"{int(pairs.truth.sum())} of {len(pairs.truth)} true"
            print(f"{half}: {share}, expected calibration error {error(calibration, pairs):.4f}")


if __name__ == "__main__":
    main()
