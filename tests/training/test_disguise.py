"""Disguises made on the fly: repeatable, varied, and honest about what else they show."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from training.disguise import collage, faint, inset, screenshot, strong
from training.packed import Pixels, coded, opened, read, squared, write

from training import changes


def drawn(seed: int, height: int = 180, width: int = 240) -> Pixels:
    """Soft blots, so that every picture is a different one."""
    rng = np.random.default_rng(seed)
    return changes.resized(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8), width, height)


def others(rng: np.random.Generator) -> tuple[int, Pixels]:
    number = int(rng.integers(5))
    return number, drawn(100 + number)


def test_a_disguise_is_repeatable_and_leaves_the_original_alone() -> None:
    original = drawn(1)
    kept = original.copy()
    for seed in range(120):
        once = strong(original, np.random.default_rng(seed), others)
        again = strong(original, np.random.default_rng(seed), others)
        assert (once.pixels == again.pixels).all()
        assert once.pixels.dtype == np.uint8
        assert once.pixels.shape[2] == 3
        assert min(once.pixels.shape[:2]) >= 8
        assert once.others == again.others
    assert (original == kept).all()


@pytest.mark.parametrize("size", [(64, 64), (384, 30), (30, 384)])
def test_odd_shapes_survive(size: tuple[int, int]) -> None:
    original = drawn(2, *size)
    rng = np.random.default_rng(3)
    for _ in range(150):
        assert min(strong(original, rng, others).pixels.shape[:2]) >= 8
        assert min(faint(original, rng).pixels.shape[:2]) >= 8


def test_strong_disguises_hide_more_than_faint_ones() -> None:
    original = drawn(3)
    rng = np.random.default_rng(4)
    mild = np.mean([distance(original, faint(original, rng).pixels) for _ in range(80)])
    hard = np.mean([distance(original, strong(original, rng, others).pixels) for _ in range(80)])
    assert hard > 1.5 * mild


def distance(one: Pixels, other: Pixels) -> float:
    apart: npt.NDArray[np.float64] = squared(one, 32).astype(float) - squared(other, 32)
    return float(np.abs(apart).mean())


def test_an_inset_is_whole_inside_its_ground_and_the_ground_is_named() -> None:
    white = np.full((90, 120, 3), 255, np.uint8)
    for seed in range(30):
        found = inset(white, np.random.default_rng(seed), lambda _rng: (4, white * 0))
        share = (found.pixels > 128).all(axis=2).mean()
        assert 0.05 < share < 0.65
        assert found.others == (4,)


def test_a_collage_names_every_other_cell_but_not_its_own() -> None:
    white = np.full((90, 120, 3), 255, np.uint8)
    black = np.zeros((90, 120, 3), np.uint8)
    for seed in range(30):
        found = collage(white, np.random.default_rng(seed), lambda _rng: (9, black))
        cells = len(found.others) + 1
        assert cells in {2, 3, 4, 6}
        assert (found.pixels == 255).all(axis=2).mean() > 0.6 / cells


def test_a_screenshot_with_a_second_picture_names_it() -> None:
    original = drawn(6)
    named = [screenshot(original, np.random.default_rng(s), others).others for s in range(80)]
    assert any(named)
    assert not all(named)


def test_a_negative_twice_is_the_picture_and_a_crop_is_smaller() -> None:
    original, rng = drawn(7), np.random.default_rng(8)
    assert (changes.negative(changes.negative(original, rng), rng) == original).all()
    areas = [changes.crop(original, rng)[:, :, 0].size / original[:, :, 0].size for _ in range(200)]
    assert max(areas) <= 1
    assert min(areas) < 0.15


def test_packed_pictures_come_back(tmp_path: Path) -> None:
    pictures = [drawn(seed, 40 + seed, 60) for seed in range(3)]
    codes = [coded(p, 95) for p in pictures]
    write(tmp_path / "p.npz", ["a", "b", "c"], codes, np.array([False, True, False]))
    held = read(tmp_path / "p.npz")
    assert held.names == ("a", "b", "c")
    assert held.tune.tolist() == [False, True, False]
    for k, code in enumerate(codes):
        assert (held[k] == opened(code)).all()
        assert np.abs(held[k].astype(int) - pictures[k]).mean() < 8
