"""Batches: the same at the same step, with look-alikes in them and nothing held against itself."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from training.batches import Batches, alike
from training.config import Config, load

from training import packed

PICTURES, KINDS = 48, 8


def vectors() -> npt.NDArray[np.float32]:
    """Unit vectors in groups of six that look alike; 0 and 1 are one picture twice."""
    rng = np.random.default_rng(1)
    middles = np.repeat(rng.normal(size=(KINDS, 64)), PICTURES // KINDS, axis=0)
    found = middles + rng.normal(size=(PICTURES, 64)) * 0.8
    found[1] = found[0] * 1.01
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def batches(tmp_path: Path) -> Batches:
    rng = np.random.default_rng(2)
    pictures = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(PICTURES + 2)]
    names = [str(k) for k in range(len(pictures))]
    codes = [packed.coded(p, 90) for p in pictures]
    tune = np.arange(len(pictures)) >= PICTURES
    packed.write(tmp_path / "p.npz", names, codes, tune)
    held = packed.read(tmp_path / "p.npz")
    return Batches(held, np.flatnonzero(~held.tune), vectors(), told())


def told() -> Config:
    return load(["fit.sources=12", "fit.alike=3", "student.side=32", "loss.twin=0.97"])


def test_a_step_gives_the_same_batch_and_another_step_another(batches: Batches) -> None:
    one, again, next_one = batches(5), batches(5), batches(6)
    assert (one.views == again.views).all()
    assert (one.rows == again.rows).all()
    assert (one.barred == again.barred).all()
    assert one.views.shape == (24, 32, 32, 3)
    assert one.rows.tolist() != next_one.rows.tolist()


def test_pictures_of_a_batch_differ_and_look_alike(batches: Batches) -> None:
    taught = vectors()
    near = []
    for step in range(20):
        rows = batches(step).rows
        assert len(set(rows.tolist())) == 12
        cosines = taught[rows] @ taught[rows].T - 2 * np.eye(12)
        near.append(cosines.max(axis=1).mean())
    assert np.mean(near) > 0.5


def test_a_view_is_held_against_its_own_picture_never_against_what_it_shows_or_a_twin(
    batches: Batches,
) -> None:
    seen_others = 0
    for step in range(20):
        batch = batches(step)
        own = np.concatenate([batch.rows, batch.rows])
        assert not batch.barred[np.arange(24), own].any()
        for view, row in zip(batch.barred, own, strict=True):
            if row in {0, 1}:
                assert view[1 - row]
        faint, strong = batch.barred[:12].sum(), batch.barred[12:].sum()
        seen_others += int(strong - faint)
    assert seen_others > 50


def test_look_alikes_leave_out_twins_and_never_name_the_picture_itself_where_there_are_others() -> (
    None
):
    found = alike(vectors(), 4, 0.97)
    assert 1 not in found[0]
    assert 0 not in found[1]
    assert all(row not in near for row, near in enumerate(found.tolist()))
    kinds = np.arange(PICTURES) // (PICTURES // KINDS)
    assert (kinds[found] == kinds[:, None]).mean() > 0.8


def test_two_pictures_are_enough_to_look_for_likeness() -> None:
    found = alike(np.eye(2, dtype=np.float32), 8, 0.9)
    assert found.shape == (2, 8)
    assert found[0, 0] == 1


def test_a_change_of_the_config_is_typed_and_must_exist() -> None:
    config = load(["fit.steps=9", "loss.koleo=0", "fit.keep=1,2", "seed=3"])
    assert (config.fit.steps, config.loss.koleo, config.fit.keep) == (9, 0.0, (1, 2))
    assert config.seed == 3
    with pytest.raises(KeyError):
        load(["fit.step=9"])
    with pytest.raises(ValueError, match="invalid literal"):
        load(["fit.steps=many"])
