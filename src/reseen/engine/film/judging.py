"""What looks at a few moments make of an aligned segment."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reseen.domain.match import Segment
from reseen.engine.film.timeline import STILLS
from reseen.engine.picture.geometry import Geometry
from reseen.engine.picture.projective import CORNERS, apply
from reseen.engine.score import Calibration

LOOKED_AT = Calibration(bias=-2.55, weights=(1.0, 3.45))
"""Of the odds before, and the mean support of the looks. Bias lowered by 1 from the fit, so that no
look-alike reaches 0.5; costs no segment."""
ONE_PICTURE, FILLED, PART = 0.8, 0.4, 0.25
"""Support, and shares of the frames that agreement encloses (the larger, the smaller of both), from
which a look shows one picture. All four looks at 45 of 48 disguised clips of six scenes that stand
still do; none of 105 segments that look-alikes gave does, the nearest by support (0.9) enclosing
0.19."""
SAME_PICTURE = 0.65
"""Score of a segment all looks at which show one picture, though no frame moves enough to tell."""
UNBORNE, SURE_STILL, HELD = 0.5, 0.75, 0.05
"""The most that a still scores in a film where looks do not bear it out, unless its cosine is that
of one picture beyond doubt; and the mean support that bears it out. Of 107 stills of disguised
films that match, two have less support, with cosines of 0.96 (the next has 0.12); rolling credits
of one film, and scenes of one set, reach 0.68 without support."""
LOGO = 0.07
"""Share of both frames under which what agrees is a logo: in frames of one broadcast a station's
logo and its address enclose 0.05; the largest of four looks at 29 disguised stills, those with the
faintest looks, encloses 0.11 at least."""
OTHER_TIME, UNCHANGED = 0.5, 0.05
"""The most that a scene scores whose motion is another's: a person may look; and the share of a
frame by which a corner may be off."""


def judge(
    segment: Segment, verified: Sequence[Geometry | None], *, is_other_time: bool = False
) -> Segment:
    """The segment with its score raised by looks that hold geometrically, lowered by those that
    do not, and with the transform of the best look. Scenes that stand still have little else to
    speak for them: there it is enough that all looks show one picture. ``is_other_time``: what
    moves does not go together; where nothing but time differs, that is another take of the scene.
    A still in a film is believed where looks agree on more than a logo, or its cosine is beyond
    doubt.
    """
    if not verified:
        return segment
    support = sum(g.support for g in verified if g is not None) / len(verified)
    doubt = max(1e-12, 1.0 - segment.score)
    score = LOOKED_AT.score(math.log(max(1e-12, segment.score) / doubt), support)
    if all(g is not None and _is_one_picture(g) for g in verified):
        score = max(score, SAME_PICTURE)
    is_sure = segment.score >= STILLS.score(SURE_STILL)
    if _is_of_still(segment) and not is_sure and not _is_borne_out(verified):
        score = min(score, UNBORNE)
    if is_other_time and all(g is not None and _is_unchanged(g) for g in verified):
        score = min(score, OTHER_TIME)
    best = max((g for g in verified if g is not None), key=lambda g: g.evidence, default=None)
    return replace(segment, score=score, transform=best.transform if best else segment.transform)


def _is_borne_out(verified: Sequence[Geometry | None]) -> bool:
    """Whether looks agree on more than a logo or a caption that both frames show."""
    large = [g for g in verified if g is not None and max(g.query_area, g.reference_area) >= LOGO]
    return sum(g.support for g in large) >= HELD * len(verified)


def _is_of_still(segment: Segment) -> bool:
    return segment.query.is_timeless or segment.reference.is_timeless


def _is_unchanged(look: Geometry) -> bool:
    """Whether the reference fills the frame as it does in itself, so that motion is comparable."""
    return bool(np.abs(apply(look.matrix, CORNERS) - CORNERS).max() < UNCHANGED)


def _is_one_picture(look: Geometry) -> bool:
    areas = (look.query_area, look.reference_area)
    return look.support >= ONE_PICTURE and max(areas) >= FILLED and min(areas) >= PART
