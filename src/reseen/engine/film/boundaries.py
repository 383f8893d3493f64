"""Where a segment starts and ends.

Every clock that was found claims the moments of the query at which the pictures resemble each other
along its line. Where two claim one moment the better resemblance wins; a claim is given up or
handed over only when that pays for the switch. This is the Viterbi path through the clocks and
"not copied": it bridges short gaps, splits loops and montages, and puts the cut where the evidence
changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reseen.engine.film.films import Film, Floats, Ints, along
from reseen.engine.film.hough import Line

STEP = 0.25
"""Seconds of the grid on which the path runs; frames are sampled at most twice a second."""
SWITCH = 1.5
"""What a switch costs, in steps of full resemblance over none."""
REACH = 0.35
"""Seconds by which a frame may lie beside its line: half a sample and the error of the fit."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds of the query that follow one line, and the mean resemblance there."""

    line: int
    start: float
    end: float
    similarity: float


def profile(query: Film, reference: Film, line: Line, times: Floats) -> Floats:
    """Resemblance of the query at these times ``[n]`` to the reference where the line points; -1
    where either has no frame.
    """
    here = _shown(query, times)
    there = line.at(np.minimum(times, query.ends[here]))
    best = np.full(len(times), -1.0)
    for shift in (-REACH, 0.0, REACH):
        other = _shown(reference, there + shift)
        both = np.flatnonzero((here >= 0) & (other >= 0))
        seen = along(query, here[both], reference, other[both])
        best[both] = np.maximum(best[both], seen)
    return best


def stretches(
    profiles: Sequence[Floats], times: Floats, floor: Sequence[float], switch: float = SWITCH
) -> tuple[Stretch, ...]:
    """Cut the query's time among the lines.

    ``profiles``: one per line, on the grid ``times``; ``floor``: the resemblance of each line under
    which a moment speaks against it.
    """
    if not profiles or not len(times):
        return ()
    gains = np.stack(
        [np.zeros(len(times)), *(_gain(p, f) for p, f in zip(profiles, floor, strict=True))]
    )
    path = _viterbi(gains, switch)
    cuts = np.flatnonzero(np.diff(path)) + 1
    found = []
    for run in np.split(np.arange(len(times)), cuts):
        line = int(path[run[0]]) - 1
        if line < 0:
            continue
        alike = run[profiles[line][run] > floor[line]]
        if len(alike):
            start, end = float(times[alike[0]]), float(times[alike[-1]])
            seen = profiles[line][alike[0] : alike[-1] + 1]
            mean = float(seen[seen > -1.0].mean())
            found.append(Stretch(line, start - STEP / 2, end + STEP / 2, mean))
    return tuple(found)


def grid(film: Film) -> Floats:
    """The middles of the steps from the first frame's start to the last one's end."""
    start, end = float(film.starts[0]), float(film.until.max())
    count = max(1, round((end - start) / STEP))
    return np.asarray(start + (np.arange(count) + 0.5) * STEP, np.float64)


def _gain(seen: Floats, floor: float) -> Floats:
    """-1 .. 1 a step: full resemblance is twice the floor's distance from it; a missing frame
    (black, blank) says nothing.
    """
    scale = max(0.05, 1.0 - floor)
    gain = np.clip((seen - floor) / scale, -0.5, 1.0)
    return np.asarray(np.where(seen > -1.0, gain, -0.02), np.float64)


def _viterbi(gains: Floats, switch: float) -> Ints:
    states, steps = gains.shape
    total = gains[:, 0].copy()
    back = np.zeros((steps, states), np.intp)
    for t in range(1, steps):
        best = int(total.argmax())
        stay = total >= total[best] - switch
        back[t] = np.where(stay, np.arange(states), best)
        total = np.where(stay, total, total[best] - switch) + gains[:, t]
    path = np.empty(steps, np.intp)
    path[-1] = int(total.argmax())
    for t in range(steps - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def _shown(film: Film, times: Floats) -> Ints:
    """The frame shown at each time, -1 where none is."""
    at = np.searchsorted(film.starts, times, side="right") - 1
    inside = (at >= 0) & (times < film.until[np.maximum(at, 0)])
    return np.where(inside, at, -1)
