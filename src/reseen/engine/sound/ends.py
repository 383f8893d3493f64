"""Where a copy begins and ends: the file's own ends, and the stretches that other sound hides.

The evidence of a stretch ends where it turns. Under a voice or noise that comes and goes it turns
too early: so what lies beyond is weighed again by a copy of which less is heard, and as most copies
that reach near an end of their file reach it, much must speak against the rest for them not to.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reseen.engine.sound.constellation import Constellation, Floats
from reseen.engine.sound.peak_alignment import Stretch, events

FAINTER = 3.0
"""By how much less of a copy may be heard beyond its ends than within."""
LEAST_SHARE = 0.03
MOST_AGAINST = 6.0
"""Log-likelihood that must speak against a copy from its end to the end of the file."""
TOUCH = 0.5
"""Seconds by which alignments that follow each other may overlap."""
ENOUGH_BEYOND = 6.0
"""Log-likelihood that moves an end which does not reach the file's."""


def speaks_against(
    query: Constellation, reference: Constellation, stretch: Stretch, low: float, high: float
) -> float:
    """How much likelier it is that nothing is copied between two times of the query than that the
    copy goes on, fainter: log-likelihood.
    """
    return -float(_beyond(query, reference, stretch, low, high)[1].sum())


def drawn_out(
    stretch: Stretch,
    query: Constellation,
    reference: Constellation,
    ends: tuple[float, float],
    others: Sequence[Stretch] = (),
) -> Stretch:
    """The stretch, as far as it goes on faintly, and to where a file begins or ends when little
    speaks against that. ``ends`` are the durations of both files. Where one of ``others`` follows
    or went before, it goes no further: music that repeats itself would go on into it.
    """
    clock = stretch.clock
    first, last = max(0.0, clock.query(0.0)), min(ends[0], clock.query(ends[1]))
    strong = [o for o in others if o is not stretch and o.evidence >= stretch.evidence / FAINTER]
    low = max([first, *(o.end for o in strong if o.end <= stretch.start + TOUCH)])
    high = min([last, *(o.start for o in strong if o.start >= stretch.end - TOUCH)])
    start, end = stretch.start, stretch.end
    if low < start:
        times, scores = _beyond(query, reference, stretch, low, start)
        start = _reached(times[::-1], scores[::-1], start, low)
    if end < high:
        times, scores = _beyond(query, reference, stretch, end, high)
        end = _reached(times, scores, end, high)
    return replace(stretch, start=start, end=end)


def _beyond(
    query: Constellation, reference: Constellation, stretch: Stretch, low: float, high: float
) -> tuple[Floats, Floats]:
    share = max(LEAST_SHARE, stretch.share / FAINTER)
    return events(query, reference, replace(stretch, share=share), low, high)


def _reached(times: Floats, scores: Floats, now: float, limit: float) -> float:
    """Times go from an end outwards."""
    sums = np.cumsum(scores)
    best = float(sums.max(initial=0.0))
    total = float(sums[-1]) if len(sums) else 0.0
    if total > best - MOST_AGAINST:
        return limit
    return float(times[int(sums.argmax())]) if best > ENOUGH_BEYOND else now
