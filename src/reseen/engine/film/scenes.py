"""Where a picture or a scene without a clock shows in a film."""

import numpy as np

from reseen.domain.media import Span
from reseen.engine.film.films import STANDS, Film, Floats, similarities

GAP = 1.1
"""Seconds that a scene may be away (one sample lost) and still be one showing."""
NEAR_BEST = 0.82
"""Share of the best resemblance that belongs to the same showing: the neighbours of a frame in its
shot lie above, other shots below."""


BEHIND_BEST = 0.06
"""Cosine by which frames may be behind the best and still show one picture. 449 frames of disguised
copies: the frame they are of lies above in all, and a shot from a camera that stands still is said
to show a picture for 5 to 9 s (median of two films), where ``NEAR_BEST`` says 29 and 80."""


def showings(film: Film, resemblance: Floats, floor: float) -> tuple[tuple[Span, float], ...]:
    """Stretches in which frames reach the floor and show the scene of the best, with their best
    value.
    """
    return _runs(film, resemblance, floor, NEAR_BEST * float(resemblance.max(initial=-1.0)))


def moments(film: Film, resemblance: Floats, floor: float) -> tuple[tuple[Span, float], ...]:
    """Stretches in which frames reach the floor and show the very picture of the best."""
    return _runs(film, resemblance, floor, float(resemblance.max(initial=-1.0)) - BEHIND_BEST)


def slides(query: Film, reference: Film, floor: float) -> list[tuple[Span, Span, float]]:
    """Where frames that stand for a while in the query show in the reference: the span of each,
    the moments of the best, and how much they resemble each other.
    """
    standing = query.ends - query.starts >= STANDS
    found = []
    for at, block in similarities(query, reference):
        for row in np.flatnonzero(standing[at : at + len(block)]).tolist():
            seen = moments(reference, block[row].astype(np.float64), floor)
            if seen:
                span, best = max(seen, key=lambda one: one[1])
                here = Span(float(query.starts[at + row]), float(query.ends[at + row]))
                found.append((here, span, best))
    return found


def _runs(
    film: Film, resemblance: Floats, floor: float, near: float
) -> tuple[tuple[Span, float], ...]:
    if not len(film) or resemblance.max() < floor:
        return ()
    shown = np.flatnonzero(resemblance >= max(floor, near))
    gaps = film.starts[shown[1:]] - film.ends[shown[:-1]]
    runs = np.split(shown, np.flatnonzero(gaps > GAP) + 1)
    return tuple(
        (Span(float(film.starts[r[0]]), float(film.ends[r[-1]])), float(resemblance[r].max()))
        for r in runs
    )


def best_of_each(query: Film, reference: Film) -> tuple[Floats, Floats]:
    """For every frame of each side the resemblance of the best frame of the other."""
    rows = np.zeros(len(query))
    columns = np.full(len(reference), -1.0)
    for at, block in similarities(query, reference):
        rows[at : at + len(block)] = block.max(axis=1)
        columns = np.maximum(columns, block.max(axis=0))
    return rows, columns


def scene_around(query: Film, reference: Film, stretch: Span, near: Span, level: float) -> Span:
    """The showing in the reference of what the query shows during a stretch: the one around
    ``near``, else the longest.
    """
    inside = np.flatnonzero((query.ends > stretch.start) & (query.starts < stretch.end))
    resemblance = np.full(len(reference), -1.0)
    for at, block in similarities(query, reference):
        rows = inside[(inside >= at) & (inside < at + len(block))] - at
        if len(rows):
            resemblance = np.maximum(resemblance, block[rows].max(axis=0))
    found = showings(reference, resemblance, level)
    return max(
        (span for span, _ in found),
        key=lambda span: (span.overlap(near), span.duration),
        default=Span(0.0, 0.0),
    )
