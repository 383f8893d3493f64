import numpy as np
import pytest

from reseen.engine.sound.constellation import Constellation, Floats
from reseen.engine.sound.peak_pairs import Clock, moments, rivalry, shared_delay

STROKES, PARTIALS = 60, 5
TIME = np.repeat(np.arange(STROKES) * 0.3, PARTIALS)
PITCH = np.tile(np.arange(PARTIALS) * 7.0, STROKES)
RNG = np.random.default_rng(3)


def test_strokes_that_are_late_as_a_whole_wander() -> None:
    late = np.repeat(RNG.normal(0, 0.02, STROKES), PARTIALS)
    assert np.sqrt(shared_delay(TIME, PITCH, late)) == pytest.approx(0.02, abs=0.004)


def test_peaks_that_are_each_late_by_themselves_do_not_wander() -> None:
    late = RNG.normal(0, 0.02, STROKES * PARTIALS)
    assert np.sqrt(shared_delay(TIME, PITCH, late)) < 0.004


def test_peaks_with_no_other_at_the_same_moment_say_nothing_of_wander() -> None:
    alone, nothing = TIME[::PARTIALS], np.zeros(0)
    assert shared_delay(alone, np.zeros(STROKES), np.full(STROKES, 0.02)) == 0.0
    assert shared_delay(nothing, nothing, nothing) == 0.0


def test_the_partials_of_a_chord_are_one_moment() -> None:
    assert moments(TIME) == STROKES
    assert moments(np.zeros(0)) == 0


def points(time: Floats, pitch: Floats) -> Constellation:
    return Constellation(time, pitch, np.ones(len(time)), np.arange(len(time)))


def test_a_beat_would_do_as_well_a_bar_later() -> None:
    drums = points(TIME, PITCH)
    assert rivalry(drums, drums, Clock(0.0)) > 0.8


def test_what_does_not_repeat_meets_nowhere_else() -> None:
    time = np.sort(RNG.uniform(0, 18, 300))
    tune = points(time, RNG.uniform(0, 54, 300))
    assert rivalry(tune, tune, Clock(0.0)) < 0.2
    assert rivalry(points(time / 1.1 + 3, tune.pitch + 2), tune, Clock(-3.3, 1.1, 2.0)) < 0.2


def test_where_nothing_meets_any_other_moment_does_as_well() -> None:
    here, there = points(TIME, PITCH), points(TIME, PITCH + 3.5)
    assert rivalry(here, there, Clock(0.0)) == 1.0
