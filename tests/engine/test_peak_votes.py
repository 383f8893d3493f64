import math

import numpy as np
import pytest

from reseen.engine.sound import peak_votes
from reseen.engine.sound.constellation import Constellation
from reseen.engine.sound.peak_votes import propose_by_peaks
from reseen.engine.sound.quad_votes import Proposal

START, SECONDS = 47.0, 10.0


def scattered(count: int, seconds: float, seed: int) -> Constellation:
    """Peaks anywhere in time and pitch."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(0, seconds, count))
    return Constellation(
        time, rng.uniform(0, 54, count), rng.uniform(4, 20, count), np.arange(count)
    )


REFERENCE = scattered(3000, 120, seed=1)


def hidden(rate: float, pitch: float) -> Constellation:
    """Ten seconds of the reference of which one peak in ten is left, among 300 others."""
    rng = np.random.default_rng(2)
    copied = REFERENCE.rows(REFERENCE.between(START, START + SECONDS * rate))
    copied = copied.rows(rng.random(len(copied)) < 0.1)
    others = scattered(300, SECONDS, seed=3)
    time = np.concatenate([(copied.time - START) / rate, others.time])
    order = np.argsort(time)
    return Constellation(
        time[order],
        np.concatenate([copied.pitch + pitch, others.pitch])[order],
        np.concatenate([copied.strength, others.strength])[order],
        np.arange(len(order)),
    )


def is_right(proposal: Proposal, rate: float, pitch: float) -> bool:
    lands = START + rate * proposal.centre
    return (
        abs(proposal.clock.reference(proposal.centre) - lands) < 0.05
        and abs(proposal.clock.rate / rate - 1) < 0.006
        and abs(proposal.clock.pitch - pitch) < 0.35
    )


@pytest.mark.parametrize(
    ("rate", "pitch"),
    [(1.0, 0.0), (1.1, 0.0), (0.87, 0.0), (1.06, 12 * math.log2(1.06)), (1.0, -3.1), (1.0, 4.0)],
)
def test_a_tenth_of_the_peaks_tells_the_clock(rate: float, pitch: float) -> None:
    best = propose_by_peaks(hidden(rate, pitch), REFERENCE)[0]
    assert is_right(best, rate, pitch), best


def test_peaks_of_another_sound_stand_out_less_than_those_of_a_copy() -> None:
    other = propose_by_peaks(scattered(330, SECONDS, seed=4), REFERENCE)
    copy = propose_by_peaks(hidden(1.0, 0.0), REFERENCE)
    assert other[0].votes < 0.7 * copy[0].votes


def test_a_window_of_a_long_query_is_enough() -> None:
    clip = hidden(1.0, 0.0)
    around = scattered(900, 30, seed=5)
    around = around.rows((around.time < 14) | (around.time > 14 + SECONDS))
    time = np.concatenate([around.time, clip.time + 14])
    order = np.argsort(time)
    query = Constellation(
        time[order],
        np.concatenate([around.pitch, clip.pitch])[order],
        np.concatenate([around.strength, clip.strength])[order],
        np.arange(len(order)),
    )
    best = propose_by_peaks(query, REFERENCE)[0]
    assert best.clock.reference(best.centre) == pytest.approx(START + best.centre - 14, abs=0.05)


def test_where_all_clocks_would_take_long_sound_is_looked_for_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peak_votes, "MOST_PAIRS", 0)
    assert is_right(propose_by_peaks(hidden(1.0, 0.0), REFERENCE)[0], 1.0, 0.0)
    stretched = propose_by_peaks(hidden(1.1, 0.0), REFERENCE)
    assert all(p.clock.rate == 1.0 for p in stretched)
