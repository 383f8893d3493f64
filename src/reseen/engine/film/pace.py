"""Whether a film runs at another speed, or was cut into clips that skip ahead.

Clips taken at even distances lie along a line of another rate, within a second of it. Moment by
moment they resemble the reference more along lines of rate 1, each for its clip; a film that runs
faster resembles it more along the one line.
"""

from collections.abc import Sequence

import numpy as np

from reseen.engine.film.boundaries import Stretch, stretches
from reseen.engine.film.clocks import Clock
from reseen.engine.film.films import Floats

LIGHT = 0.5
"""What a switch between clips costs here, in steps of full resemblance: a third of what it costs to
split a segment, since the clips must only explain, not end in the right place."""
FEWEST = 6
"""Frames that are compared at least."""
SURE = 3.0
"""Standard errors by which the clips must resemble the reference more."""


def is_cut(known: Sequence[Clock], stretch: Stretch) -> bool:
    """Whether the lines at the film's own speed explain a stretch better than its own line does."""
    clock = known[stretch.line]
    own = [other for other in known if abs(other.line.rate) == 1.0]
    if abs(clock.line.rate) == 1.0 or len(own) < 2:
        return False
    times = np.arange(stretch.start + 0.125, stretch.end, 0.25)
    profiles = [other.profile(times) for other in own]
    clips = stretches(profiles, times, [other.floor for other in own], switch=LIGHT)
    lost = np.concatenate([_lost(clock, own[clip.line], clip) for clip in clips] or [np.empty(0)])
    if len(lost) < FEWEST:
        return False
    return bool(lost.mean() > SURE * lost.std(ddof=1) / np.sqrt(len(lost)))


def _lost(clock: Clock, other: Clock, clip: Stretch) -> Floats:
    """How much more the frames of a clip resemble the reference along the other clock."""
    middles = clock.pairing.query.middles
    times = middles[(middles > clip.start) & (middles < clip.end)]
    here, there = clock.profile(times), other.profile(times)
    both = (here > -1.0) & (there > -1.0)
    return np.asarray((there - here)[both], np.float64)
