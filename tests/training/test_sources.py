"""What trains and what is held out: by source, and no picture on both sides."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.datasets import CALIBRATION, PICTURE, REPORT, find, half_of
from training.config import load
from training.sources import halves, hashes, near, pack

from reseen.testing import pictures
from training import packed, trial

TOLD = load([
    "sources.tune=0.3", "trial.originals=3", "trial.absent=2", "trial.fillers=2",
    "trial.distractors=20", "trial.share=0.05", "student.side=32",
])  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty scenes; the last is that of a picture in the other half, in another file."""
    folder = tmp_path_factory.mktemp("corpus")
    for seed in range(40):
        save(folder / f"{seed}.png", pictures.scene(seed, 160, 120))
    of_trial = next(s for s in range(40) if half_of(f"{s}.png") == REPORT)
    name = next(f"twin{k}.png" for k in range(99) if half_of(f"twin{k}.png") == CALIBRATION)
    save(folder / name, pictures.scene(of_trial, 160, 120))
    save(folder / "tiny.png", pictures.scene(50, 40, 30))
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def save(path: Path, pixels: packed.Pixels) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def test_no_source_is_on_both_sides(corpus: Path) -> None:
    train, held = halves([corpus])
    assert {i.group for i in train}.isdisjoint(i.group for i in held)
    assert len(train) + len(held) == len(find([corpus], PICTURE))


def test_what_is_near_the_trial_or_unreadable_trains_nothing(corpus: Path, tmp_path: Path) -> None:
    held = trial.dealt([corpus], TOLD)
    left_out = pack([corpus], held.hashes, TOLD.sources, tmp_path / "p.npz")
    found = packed.read(tmp_path / "p.npz")
    assert left_out == 1
    assert not any("twin" in name or name in {"tiny.png", "broken.png"} for name in found.names)
    assert len(found) > 10
    assert 0 < found.tune.sum() < len(found)


def test_flat_pictures_are_not_the_same_for_having_one_hash() -> None:
    flat = [np.full((100, 100, 3), shade, np.uint8) for shade in (40, 200)]
    assert not near(hashes(flat[:1]), hashes(flat[1:]), 31).any()
    scene = pictures.scene(1, 200, 150)
    lighter = np.clip(scene.astype(int) + 12, 0, 255).astype(np.uint8)
    assert near(hashes([scene]), hashes([flat[0], lighter]), 31).all()


def test_a_plan_shows_references_clean_and_disguises_what_is_absent_too(corpus: Path) -> None:
    held = trial.dealt([corpus], TOLD)
    shown = [s for _, s in trial.plan(held.dataset, 0.1, 7)]
    references = {s.source for s in shown if not s.attack}
    queries = [s for s in shown if s.attack]
    assert all((s.source in references) != s.absent for s in queries)
    assert any(s.absent for s in queries)
    assert len({(s.source, s.attack) for s in queries}) == len(queries)
    assert shown == [s for _, s in trial.plan(held.dataset, 0.1, 7)]


def test_a_trial_goes_on_where_it_was_stopped(corpus: Path, tmp_path: Path) -> None:
    held = trial.dealt([corpus], TOLD)
    shown = trial.build(held, TOLD, tmp_path)
    assert list(trial.read(tmp_path)) == shown
    whole = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    squares = tmp_path / "squares-32.u8"
    squares.write_bytes(squares.read_bytes()[: 5 * 32 * 32 * 3 + 17])
    trial.build(held, TOLD, tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == whole
    with pytest.raises(SystemExit):
        trial.build(held, load(["trial.share=0.2", "student.side=32"]), tmp_path)
