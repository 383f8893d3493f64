import numpy as np
import pytest
from benchmarks.attacks import PictureAttack
from benchmarks.attacks.pictures import ATTACKS as DEVELOPED
from benchmarks.attacks.pictures_reserved import RESERVED

from reseen.testing import pictures

ATTACKS = (*DEVELOPED, *RESERVED)
OTHERS = [pictures.scene(seed, 320, 240) for seed in (101, 102, 103)]


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 45
    assert len({attack.family for attack in ATTACKS}) >= 10


def test_whole_families_are_reserved() -> None:
    assert not {a.family for a in RESERVED} & {a.family for a in DEVELOPED}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_changes_the_picture_repeatably(attack: PictureAttack) -> None:
    original = pictures.scene(1, 300, 220)
    kept = original.copy()
    once = attack.apply(original, np.random.default_rng(5), OTHERS)
    again = attack.apply(original, np.random.default_rng(5), OTHERS)
    assert once.dtype == np.uint8
    assert once.ndim == 3
    assert once.shape[2] == 3
    assert (once == again).all()
    assert (original == kept).all()
    assert once.shape != original.shape or (once != original).any()


@pytest.mark.parametrize("size", [(64, 64), (900, 70), (70, 900)])
def test_odd_shapes_survive_every_attack(size: tuple[int, int]) -> None:
    original = pictures.scene(2, *size)
    for attack in ATTACKS:
        out = attack.apply(original, np.random.default_rng(6), [])
        assert min(out.shape[:2]) >= 8, attack.name
