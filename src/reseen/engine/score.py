"""Turn evidence into one calibrated score.

A calibration is a logistic model over a few features of one regime (still against still, sequence
against sequence, sound). It is fitted by ``benchmarks/calibrate.py`` on one half of the development
media and checked on the other; each constant names the run it came from.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calibration:
    """``score = 1 / (1 + exp(-(bias + weights . features)))``; features are in the given order."""

    bias: float
    weights: tuple[float, ...]

    def score(self, *features: float) -> float:
        z = self.bias + math.fsum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, z))))
