"""The parts that need torch: ``training/.venv/bin/python -m pytest tests/training/test_student.py``
after ``training/run`` has made that environment; elsewhere they are skipped.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.config import Config, load  # noqa: E402
from training.export import Whitened, fitted, quantised, write  # noqa: E402
from training.fit import Run  # noqa: E402
from training.student import Student, least_squares, pair_whitened  # noqa: E402
from training.tuning import embed_with  # noqa: E402

from training import columns, losses, packed  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")

SMALL = (
    "student.side=64", "student.width=16", "fit.sources=4", "fit.alike=2", "fit.start=6",
    "fit.save_every=1", "fit.keep=2", "fit.tune_every=99", "teacher.width=12",
)  # fmt: skip


def unit(*shape: int, seed: int = 0) -> Any:
    rows = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(rows, dim=1)


def test_least_squares_finds_the_head_that_made_the_vectors() -> None:
    pooled = torch.randn((200, 12), generator=torch.Generator().manual_seed(1))
    weights, bias = torch.randn(5, 12), torch.randn(5)
    found = least_squares(pooled, pooled @ weights.T + bias, ridge=1e-9)
    torch.testing.assert_close(found.weights, weights, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(found.bias, bias, atol=1e-3, rtol=1e-3)


def test_the_head_looks_away_from_what_disguises_change() -> None:
    chance = torch.Generator().manual_seed(6)
    pictures = torch.randn((300, 10), generator=chance)
    faint, strong = pictures.clone(), pictures.clone()
    faint[:, 5:] = 6 * torch.randn((300, 5), generator=chance)
    strong[:, 5:] = 6 * torch.randn((300, 5), generator=chance)

    def first(one: Any, other: Any) -> float:
        cosines = torch.nn.functional.normalize(other) @ torch.nn.functional.normalize(one).T
        return float((cosines.argmax(dim=1) == torch.arange(300)).float().mean())

    head = pair_whitened(faint, strong, 5, 1e-3)
    seen = [rows @ head.weights.T + head.bias for rows in (faint, strong)]
    assert first(faint, strong) < 0.1
    assert first(*seen) > 0.95
    assert torch.cat(seen).pow(2).mean().item() == pytest.approx(1.0, abs=0.1)


def test_distillation_is_nought_at_the_teacher_and_one_at_right_angles() -> None:
    taught = torch.eye(4)
    assert losses.distil(taught, taught).item() == pytest.approx(0.0)
    assert losses.distil(taught, taught.roll(1, 0)).item() == pytest.approx(1.0)


def test_contrast_wants_the_two_disguises_together_and_strangers_apart() -> None:
    own = torch.tensor([0, 1, 2, 0, 1, 2])
    free = torch.zeros((6, 3), dtype=torch.bool)
    apart = torch.cat([torch.eye(3), torch.eye(3)])
    mixed = torch.cat([torch.eye(3), torch.eye(3).roll(1, 0)])
    good = losses.contrast(apart, own, free, 0.1)
    assert good.item() < 0.01
    assert losses.contrast(mixed, own, free, 0.1).item() > 5
    every = ~torch.cat([torch.eye(3), torch.eye(3)]).bool()
    assert losses.contrast(mixed, own, every, 0.1).item() == pytest.approx(0.0, abs=1e-6)


def test_the_bank_bars_what_it_is_told_to() -> None:
    teacher = torch.eye(4)
    views, own = teacher[[1]], torch.tensor([0])
    barred = torch.zeros((1, 4), dtype=torch.bool)
    wrong = losses.bank(views, teacher, own, barred, 0.1).item()
    barred[0, 1] = True
    assert wrong > 5
    assert losses.bank(views, teacher, own, barred, 0.1).item() == pytest.approx(np.log(3))


def test_entropy_pushes_the_nearest_stranger_away_and_not_the_own_other_view() -> None:
    own = torch.tensor([0, 0, 1, 1])
    spread = torch.tensor([[1.0, 0], [1.0, 0], [-1.0, 0], [-1.0, 0]])
    near = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0], [1.0, 0], [1.0, 0.1], [1.0, 0.1]]), dim=1
    ).requires_grad_()
    assert losses.koleo(spread, own).item() == pytest.approx(-np.log(2))
    loss = losses.koleo(near, own)
    assert loss.item() > 2
    loss.backward()
    assert near.grad is not None
    assert near.grad[2, 1] < 0 < near.grad[0, 1]


def test_whitening_centres_and_levels() -> None:
    rng = np.random.default_rng(3)
    rows = (rng.normal(size=(4000, 6)) * (9, 5, 3, 1, 0.1, 0.1) + 4).astype(np.float32)
    turn = fitted(rows, 3, 1.0)
    turned = (rows - turn.centre) @ turn.directions
    np.testing.assert_allclose(np.cov(turned.T), np.eye(3), atol=0.02)
    kept = (rows - turn.centre) @ fitted(rows, 3, 0.0).directions
    np.testing.assert_allclose(sorted(kept.std(axis=0)), (3, 5, 9), rtol=0.05)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pictures, and a teacher's vectors, drawn from a seed."""
    rng = np.random.default_rng(4)
    codes = [packed.coded(rng.integers(0, 256, (70, 90, 3), dtype=np.uint8), 90) for _ in range(14)]
    tune = np.arange(14) % 5 == 0
    packed.write(tmp_path / "pictures.npz", [str(k) for k in range(14)], codes, tune)
    columns.add(tmp_path / "teacher-sscd.f32", unit(14, 12).numpy())
    return tmp_path


def trained(data: Path, name: str, config: Config) -> dict[str, Any]:
    run = Run(data, data / name, config)
    run.start()
    run.go()
    found = torch.load(data / name / "last.pt", weights_only=True)
    return dict(found["average"])


def test_a_run_that_was_stopped_ends_as_one_that_was_not(data: Path) -> None:
    whole = trained(data, "whole", load([*SMALL, "fit.steps=3"]))
    trained(data, "parts", load([*SMALL, "fit.steps=2"]))
    parts = trained(data, "parts", load([*SMALL, "fit.steps=3"]))
    for name, values in whole.items():
        torch.testing.assert_close(parts[name], values, msg=name)
    log = [json.loads(line) for line in (data / "parts/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log if row["what"] == "step"] == [0, 1, 2]
    assert any(row["what"] == "resumed" for row in log)
    start = torch.load(data / "whole/step-0.pt", weights_only=True)["student"]
    assert (start["head.weight"] != whole["head.weight"]).any()
    stem = "backbone._conv_stem.weight"
    assert (start[stem] == whole[stem]).all()
    with pytest.raises(SystemExit):
        trained(data, "parts", load([*SMALL, "fit.steps=4", "loss.koleo=0"]))


def test_an_exported_student_says_what_it_said(data: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    student = Student(load(SMALL).student, 12).requires_grad_(requires_grad=False)
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    squares = np.stack([packed.squared(pixels, 64) for pixels in coarse])
    model = Whitened(student, fitted(embed_with(student)(squares), 8, 0.5))
    write(model, 64, tmp_path / "float.onnx")
    quantised(tmp_path / "float.onnx", squares, tmp_path / "int8.onnx")
    said = embed_with(model)(squares)
    for name, least in (("float", 0.9999), ("int8", 0.5)):
        session = onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx"))
        found = session.run(None, {"pictures": squares})[0]
        assert found.shape == (40, 8)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
        assert float((found * said).sum(axis=1).mean()) > least
    small = (tmp_path / "int8.onnx").stat().st_size
    assert small < 0.45 * (tmp_path / "float.onnx").stat().st_size
