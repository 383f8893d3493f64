"""Cuts fall where the evidence changes."""

import numpy as np
import pytest

from reseen.engine.film.boundaries import STEP, grid, profile, stretches
from reseen.engine.film.films import Floats, film
from reseen.engine.film.hough import Line
from reseen.testing.videos import Clip, Story, track, whole

STORY = Story(seed=1)
REFERENCE = film(track(whole(STORY)), quarters=False)
TIMES: Floats = np.linspace(STEP / 2, 79.5 * STEP, 80)
FLOORS = (0.4, 0.4)


def steps(*runs: tuple[float, int]) -> Floats:
    return np.concatenate([np.full(n, value) for value, n in runs])


def test_the_profile_is_high_on_the_line_and_low_beside_it() -> None:
    query = film(track(Clip(STORY, 10, 20), seed=3), quarters=False)
    times = grid(query)
    on = profile(query, REFERENCE, Line(10.0, 1.0, 0.0), times)
    beside = profile(query, REFERENCE, Line(16.0, 1.0, 0.0), times)
    assert on.min() > 0.7
    assert beside.mean() < 0.3


def test_the_profile_has_no_value_beyond_the_reference() -> None:
    query = film(track(Clip(STORY, 10, 20), seed=3), quarters=False)
    seen = profile(query, REFERENCE, Line(STORY.duration - 4, 1.0, 0.0), grid(query))
    assert (seen[:12] > -1).all()
    assert (seen[-12:] == -1).all()


def test_a_stretch_starts_and_ends_where_resemblance_does() -> None:
    [stretch] = stretches([steps((0.0, 20), (0.9, 40), (0.0, 20))], TIMES, FLOORS[:1])
    assert (stretch.start, stretch.end) == pytest.approx((5.0, 15.0))
    assert stretch.similarity == pytest.approx(0.9)


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    short = steps((0.9, 30), (0.2, 3), (0.9, 47))
    long = steps((0.9, 25), (0.0, 30), (0.9, 25))
    assert len(stretches([short], TIMES, FLOORS[:1])) == 1
    assert len(stretches([long], TIMES, FLOORS[:1])) == 2


def test_of_two_clocks_the_better_one_takes_the_moment() -> None:
    first, second = steps((0.95, 40), (0.6, 40)), steps((0.6, 40), (0.95, 40))
    found = stretches([first, second], TIMES, FLOORS)
    assert [(s.line, s.start, s.end) for s in found] == [(0, 0.0, 10.0), (1, 10.0, 20.0)]


def test_noise_under_the_floor_is_no_stretch() -> None:
    noise = np.random.default_rng(1).uniform(0.0, 0.38, 80)
    assert stretches([noise], TIMES, FLOORS[:1]) == ()


def test_black_frames_inside_a_copy_do_not_end_it() -> None:
    [stretch] = stretches([steps((0.9, 30), (-1.0, 12), (0.9, 38))], TIMES, FLOORS[:1])
    assert (stretch.start, stretch.end) == pytest.approx((0.0, 20.0))


def test_a_stretch_does_not_reach_into_black_frames_at_its_end() -> None:
    [stretch] = stretches([steps((0.9, 30), (-1.0, 50))], TIMES, FLOORS[:1])
    assert stretch.end == pytest.approx(7.5)
