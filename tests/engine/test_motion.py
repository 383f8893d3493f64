"""Scenes in which hardly anything changes: a small figure walks about before a still background."""

import numpy as np
import pytest

from reseen.domain.match import Segment
from reseen.domain.media import Channel, Frame, Pixels, Span
from reseen.engine.film.motion import Motion, meet, motion

SIZE = (160, 90)
LENGTH = 60.0


def walk(seed: int, time: float) -> tuple[float, float]:
    """Where the figure is, 0..1; it never walks the same way twice."""
    rng = np.random.default_rng(seed)
    waves = rng.uniform(0.15, 0.9, (2, 4)), rng.uniform(0.0, 6.28, (2, 4))
    x, y = np.sin(waves[0] * time + waves[1]).mean(axis=1) * 0.8 + 0.5
    return float(np.clip(x, 0, 1)), float(np.clip(y, 0, 1))


def shown(seed: int, time: float, noise: int) -> Pixels:
    width, height = SIZE
    pixels = np.random.default_rng(99).integers(90, 160, (height, width, 3), np.int16)
    x, y = walk(seed, time)
    left, top = round(x * (width - 24)), round(y * (height - 24))
    pixels[top : top + 24, left : left + 24] += 60
    pixels += np.random.default_rng(noise).integers(-4, 5, pixels.shape, np.int16)
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def film(
    seed: int, start: float, end: float, *, rate: float = 1.0, phase: float = 0.0, noise: int = 0
) -> Motion:
    """Seconds of a take, played at ``rate`` and sampled twice a second."""
    length = (end - start) / abs(rate)
    times = np.arange(phase, length, 0.5)
    origin = start if rate > 0 else end
    return motion(
        Frame(float(t), shown(seed, origin + rate * float(t), noise + k))
        for k, t in enumerate(times)
    )


def scene(length: float) -> Segment:
    """What the descriptors say of such films."""
    return Segment(
        Channel.VISUAL, Span(0.0, length), Span(0.0, LENGTH), score=0.2, support=3, offset=None
    )


WHOLE = film(1, 0.0, LENGTH)


def timed(segment: Segment, query: Motion, reference: Motion) -> Segment | None:
    meeting = meet(query, reference)
    assert not (meeting.clock and meeting.disagrees)
    return None if meeting.clock is None else meeting.timed(segment)


@pytest.mark.parametrize("rate", [1.0, 1.5, 0.75, -1.0])
def test_a_clip_gets_its_clock_from_the_figure_that_moves(rate: float) -> None:
    found = timed(
        scene(24.0 / abs(rate)), film(1, 20.0, 44.0, rate=rate, phase=0.2, noise=7), WHOLE
    )
    assert found is not None
    assert found.score > 0.8
    assert found.rate == pytest.approx(rate, rel=0.03)
    assert found.reference.start == pytest.approx(20.0, abs=0.6)
    assert found.reference.end == pytest.approx(44.0, abs=0.6)


def test_a_mirrored_clip_gets_it_too() -> None:
    found = timed(scene(16.0), film(1, 20.0, 36.0, noise=7).mirrored(), WHOLE)
    assert found is not None
    assert found.offset == pytest.approx(20.0, abs=0.3)


@pytest.mark.parametrize("seed", range(2, 12))
def test_another_take_of_the_scene_has_none(seed: int) -> None:
    assert timed(scene(16.0), film(seed, 20.0, 36.0), WHOLE) is None


def test_another_stretch_of_one_take_has_none() -> None:
    assert timed(scene(20.0), film(1, 40.0, 60.0), film(1, 0.0, 36.0)) is None


def test_only_films_that_move_can_disagree() -> None:
    still = motion(Frame(t / 2, shown(1, 5.0, t)) for t in range(40))
    assert not meet(still, WHOLE).disagrees
    assert not meet(still, still).disagrees
    assert not meet(film(1, 20.0, 36.0, noise=7), WHOLE).disagrees


def test_a_scene_in_which_nothing_moves_has_none() -> None:
    still = motion(Frame(t / 2, shown(1, 5.0, t)) for t in range(40))
    assert timed(scene(20.0), still, WHOLE) is None
    assert timed(scene(20.0), WHOLE, still) is None


def test_a_few_frames_say_nothing() -> None:
    assert timed(scene(2.0), film(1, 20.0, 22.0), WHOLE) is None
    assert timed(scene(2.0), motion([]), WHOLE) is None


def test_the_segment_ends_where_the_copy_ends() -> None:
    copy, other = film(1, 20.0, 32.0, noise=7), film(5, 0.0, 10.0, noise=8)
    both = Motion(
        np.concatenate([copy.times, other.times + 12.0]),
        np.concatenate([copy.moved, other.moved]),
        np.concatenate([copy.strength, other.strength]),
    )
    found = timed(scene(22.0), both, WHOLE)
    assert found is not None
    assert found.query.start == 0.0
    assert found.query.end == pytest.approx(12.0, abs=1.0)
    assert found.reference.end == pytest.approx(32.0, abs=1.0)
