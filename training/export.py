"""From averaged weights to files that reseen can run: ``python -m training.export --out FOLDER``.

Runs where torch is. Each file takes squares ``uint8 [B, S, S, 3]`` and gives unit vectors
``float32 [B, D]``, as the models do that ``reseen.signals.descriptor`` opens: the student as it was
trained, whitened (Jegou and Chum 2012), and the same with 8-bit weights and sums.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)
from torch import Tensor, nn
from torch.nn import functional

from training import packed
from training.batches import Vectors, others_of
from training.config import Config, load
from training.disguise import faint, strong
from training.student import Student
from training.tuning import embed_with

INPUT = "pictures"


@dataclass(frozen=True)
class Turn:
    """Centre ``float32 [D]`` and directions ``float32 [D, width]``, strongest first."""

    centre: Vectors
    directions: Vectors


def fitted(vectors: Vectors, width: int, whitening: float) -> Turn:
    """The directions in which clean training pictures differ most, each divided by its spread to a
    power: 0 keeps distances, 1 makes all directions equal.
    """
    centre = vectors.mean(axis=0)
    spreads, axes = np.linalg.eigh(np.cov((vectors - centre).astype(np.float64).T))
    strongest = np.argsort(-spreads)[:width]
    kept = np.maximum(spreads[strongest], 1e-9) ** (-whitening / 2)
    directions = axes[:, strongest] * kept
    return Turn(centre.astype(np.float32), directions.astype(np.float32))


class Whitened(nn.Module):
    """A student, centred and turned."""

    def __init__(self, student: nn.Module, turn: Turn) -> None:
        super().__init__()
        self.student = student
        self.register_buffer("centre", torch.from_numpy(turn.centre))
        self.register_buffer("directions", torch.from_numpy(turn.directions))
        self.eval()

    def forward(self, squares: Tensor) -> Tensor:
        return functional.normalize((self.student(squares) - self.centre) @ self.directions, dim=1)


class Shown(CalibrationDataReader):
    """Training pictures, clean and disguised, one at a time."""

    def __init__(self, squares: npt.NDArray[np.uint8]) -> None:
        self._rest: Iterator[npt.NDArray[np.uint8]] = iter(squares[:, None])

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        square = next(self._rest, None)
        return None if square is None else {INPUT: square}


def write(model: nn.Module, side: int, file: Path) -> None:
    """The model as ONNX, for any number of pictures."""
    torch.onnx.export(
        model,
        (torch.zeros((2, side, side, 3), dtype=torch.uint8),),
        str(file),
        input_names=[INPUT],
        output_names=["vectors"],
        dynamic_axes={INPUT: {0: "batch"}, "vectors": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def quantised(file: Path, squares: npt.NDArray[np.uint8], out: Path) -> None:
    """8 bits for convolutions and the head; pooling keeps its floats, as powers need them."""
    ready = out.with_suffix(".ready.onnx")
    quant_pre_process(str(file), str(ready), skip_symbolic_shape=True)
    quantize_static(
        str(ready),
        str(out),
        Shown(squares),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Add", "Clip", "Gemm", "MatMul"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"ActivationSymmetric": False, "CalibMovingAverage": True},
    )
    ready.unlink()


def export(data: Path, weights: Path, config: Config, out: Path) -> None:
    """Write ``student.onnx``, ``centred.onnx``, ``whitened.onnx`` and ``int8.onnx``."""
    out.mkdir(parents=True, exist_ok=True)
    student = Student(config.student, config.teacher.width)
    held = torch.load(weights, weights_only=True)
    student.load_state_dict(held.get("average", held["student"]))
    student.requires_grad_(requires_grad=False)
    pictures = packed.read(data / "pictures.npz")
    numbers = np.flatnonzero(~pictures.tune)
    side = config.student.side
    clean = np.stack([packed.squared(pictures[int(n)], side) for n in numbers])
    vectors = embed_with(student)(clean)
    write(student, side, out / "student.onnx")
    for name, power in (("centred", 0.0), ("whitened", config.export.whitening)):
        turn = fitted(vectors, config.export.width, power)
        write(Whitened(student, turn), side, out / f"{name}.onnx")
    rng = np.random.default_rng(config.seed)
    some = rng.permutation(numbers)[: config.export.calibration]
    others = others_of(pictures, numbers)
    shown = []
    for k, number in enumerate(some):
        pixels = pictures[int(number)]
        seen = strong(pixels, rng, others) if k % 2 else faint(pixels, rng)
        shown.append(packed.squared(seen.pixels, side))
    quantised(out / "whitened.onnx", np.stack(shown), out / "int8.onnx")
    onnx.checker.check_model(str(out / "int8.onnx"))
    told = {"weights": weights.name, "step": int(held["step"]), "config": config.as_dict()}
    (out / "export.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="what training.prepare was given")
    parser.add_argument("--name", default="full", help="of the run")
    parser.add_argument("--step", type=int, help="kept weights of this step; else the last saved")
    parser.add_argument("--set", action="append", default=[], dest="changes")
    told = parser.parse_args()
    config = load(told.changes)
    cv2.setNumThreads(1)
    torch.set_num_threads(config.fit.threads)
    folder = told.out / "runs" / told.name
    weights = folder / ("last.pt" if told.step is None else f"step-{told.step}.pt")
    step = int(torch.load(weights, weights_only=True)["step"])
    export(told.out, weights, config, folder / f"onnx-{step}")


if __name__ == "__main__":
    main()
