from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from benchmarks.attacks import Pixels, VideoAttack
from benchmarks.attacks.film import Take, frames, look, write
from benchmarks.attacks.video import ATTACKS

FPS = 10.0
SECONDS = 6.0
BY_NAME = {attack.name: attack for attack in ATTACKS}


def dial(time: float, dark: int, bright: int) -> Pixels:
    """A picture whose left half grows brighter with time, so that a frame tells its moment."""
    picture = np.full((120, 160, 3), 128, np.uint8)
    picture[:, :80] = dark + round((bright - dark) * time / SECONDS)
    return picture


def moment(picture: Pixels, dark: int, bright: int) -> float:
    tall, wide = picture.shape[:2]
    middle = picture[tall // 3 : 2 * tall // 3, wide // 8 : wide * 3 // 8]
    return float((middle.mean() - dark) / (bright - dark)) * SECONDS


def film(path: Path, dark: int, bright: int) -> Path:
    write(path, (dial(k / FPS, dark, bright) for k in range(round(SECONDS * FPS))), FPS, crf=18)
    return path


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sequence[Path]]:
    place = tmp_path_factory.mktemp("films")
    return film(place / "one.mp4", 130, 250), [film(place / "two.mp4", 0, 60)]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_writes_a_video_that_holds_every_segment_it_names(
    attack: VideoAttack, originals: tuple[Path, Sequence[Path]], tmp_path: Path
) -> None:
    original, others = originals
    out = tmp_path / "out.mp4"
    truth = attack.apply(original, out, np.random.default_rng(3), others)
    length = look(out).duration
    assert truth
    for copied in truth:
        assert 0.0 <= copied.query[0] < copied.query[1] <= length + 2 / FPS
        assert 0.0 <= copied.reference[0] < copied.reference[1] <= SECONDS + 1e-6
        stretch = copied.reference[1] - copied.reference[0]
        assert stretch == pytest.approx(copied.rate * (copied.query[1] - copied.query[0]))


@pytest.mark.parametrize(
    "name", ["trim_third", "embed", "montage", "loop", "speed_0.8", "speed_1.5", "sound_removed"]
)
def test_the_seconds_named_by_a_cut_show_those_seconds(
    name: str, originals: tuple[Path, Sequence[Path]], tmp_path: Path
) -> None:
    original, others = originals
    out = tmp_path / "out.mp4"
    truth = BY_NAME[name].apply(original, out, np.random.default_rng(4), others)
    for copied in truth:
        middle = sum(copied.query) / 2
        picture = next(frames(Take(out, middle, middle + 0.1), FPS))
        expected = sum(copied.reference) / 2
        assert moment(picture, 130, 250) == pytest.approx(expected, abs=0.35)


def test_the_same_seed_writes_the_same_film(
    originals: tuple[Path, Sequence[Path]], tmp_path: Path
) -> None:
    original, others = originals
    films = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for out in films:
        BY_NAME["montage"].apply(original, out, np.random.default_rng(9), others)
    assert films[0].read_bytes() == films[1].read_bytes()


def test_attack_names_are_unique() -> None:
    assert len(BY_NAME) == len(ATTACKS) >= 20
