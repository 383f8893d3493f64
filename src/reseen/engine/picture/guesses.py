"""How one picture may lie in another: guesses to be tested, likeliest first.

A guess need only be right to a twentieth of the picture; ``registration`` corrects it.
Conventions: matrices map fractions of the reference's frame to fractions of the query's.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Fingerprint, Track
from reseen.domain.media import Box
from reseen.engine.picture.geometry import Geometry
from reseen.engine.picture.pairing import DISGUISES, Encounter, handfuls
from reseen.engine.picture.projective import Matrix

VIEWS = 2
"""Pairs of views whose cosine is best; each is tried as it is and mirrored."""
ALIKE = 0.2
"""A cosine of two views that is worth a guess."""
FEWEST = 5
"""Pairs of keypoints that agree on one similarity: three or four do by chance in any two."""
HANDFULS = 4

_FLIP = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def guesses(
    query: Fingerprint,
    reference: Fingerprint,
    geometry: Geometry | None,
    met: Encounter | None,
) -> Iterator[Matrix]:
    """By the geometry that keypoints found, by views that are alike, whole on whole, and by
    handfuls of the keypoints that met.
    """
    if geometry is not None:
        yield geometry.matrix
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    boxes = [] if mine is None or theirs is None else _alike(mine, theirs)
    for here, there in (*boxes, *({(Box.WHOLE, Box.WHOLE)} - set(boxes))):
        laid = _laid(here, there)
        yield laid
        yield laid @ _FLIP
    if met is not None and met.fewest >= FEWEST:
        yield from _handfuls(met)


def _alike(query: Track, reference: Track) -> list[tuple[Box, Box]]:
    """Regions of both sides that resemble each other most."""
    if query.signal != reference.signal or not (len(query) and len(reference)):
        return []
    cosines = query.codes.astype(np.float32) @ reference.codes.astype(np.float32).T / 127.0**2
    best = np.argsort(-cosines, axis=None, kind="stable")[:VIEWS]
    pairs = [divmod(int(k), cosines.shape[1]) for k in best if cosines.flat[k] >= ALIKE]
    return [(_box(query.places[i]), _box(reference.places[j])) for i, j in pairs]


def _box(place: npt.NDArray[np.float32]) -> Box:
    x, y, width, height = (float(v) for v in place[:4])
    return Box(x, y, width, height)


def _laid(here: Box, there: Box) -> Matrix:
    """The reference's region onto the query's."""
    across, down = here.width / there.width, here.height / there.height
    return np.array(
        [
            [across, 0.0, here.x - across * there.x],
            [0.0, down, here.y - down * there.y],
            [0.0, 0.0, 1.0],
        ]
    )


def _handfuls(met: Encounter) -> list[Matrix]:
    """Similarities that a handful of keypoints agree on, those of most keypoints first."""
    here, there = met.here, met.there
    found = []
    for mirrored, inverted in DISGUISES:
        _, votes = met.under(mirrored, inverted)
        if votes is None or len(votes.p) < FEWEST:
            continue
        flip = _FLIP if mirrored else np.eye(3)
        for count, matrix in handfuls(votes, FEWEST):
            whole = (
                np.diag([1 / here.width, 1 / here.height, 1.0])
                @ matrix
                @ np.diag([there.width, there.height, 1.0])
                @ flip
            )
            found.append((count, whole))
    found.sort(key=lambda f: -f[0])
    return [matrix for _, matrix in found[:HANDFULS]]
