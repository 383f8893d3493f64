import numpy as np
import pytest

from reseen.engine.sound.peak_pairs import moments, shared_delay

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
