"""Still against still: one segment without a clock, with how the reference lies in the query.

Three kinds of evidence, each enough when strong. The descriptor recognises a picture through blur,
filters and re-encoding, but grows unsure when little of it is left; and look-alikes (two garments
of one make) come near. Keypoints recognise parts, under any turn and zoom, and say where they lie;
they fail where detail is gone. A hash of the whole picture that hardly differs stands in where
noise hides the keypoints. The score weighs all; support and density keep pictures apart that
share a caption, a logo or an app around different content.

A bank search reuses the parts: ``descriptor_similarity`` for candidates, ``judge`` for those that
it verified itself.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from reseen.domain.fingerprint import PDQ, Fingerprint, Signal, Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.engine.picture.contents import Disagreement
from reseen.engine.picture.geometry import Geometry, settle
from reseen.engine.picture.pairing import Encounter, side
from reseen.engine.score import Calibration

CALIBRATION = Calibration(bias=-8.5, weights=(6.38, 30.0, 4.08))
"""Weights of the cosine; of what it has above ``_SURE``, where keypoints are scarce; and of
log(1 + evidence) times support and density. Fitted to 1,680 copies and 9,000 of the most similar
unrelated pairs (decisions/0003)."""

_SURE = 0.75
"""A cosine of different photographs is below; of papers, noise and dialogs it reaches 0.9, but they
have keypoints, which then disagree."""
_SCARCE, PLENTY = 100, 300
"""Keypoints of the poorer side: so few that none may be found in a copy, and so many that some
must."""

_SAME_HASH, _HASH_QUALITY, _HASHED = 24, 0.5, 0.65
"""Bits of PDQ within which two stills of this quality are one picture, and the score that they then
have at least: noise and watermarks over small dark pictures leave no keypoints that agree. Of
403,000 pairs of screenshots, diagrams, clip art and photographs the nearest were 34 bits apart."""

REGISTERED = Calibration(bias=-5.3, weights=(3.0,))
"""Weight of log(1 + evidence) times support of a registration, times its area (decisions/0003)."""
_LARGE = 0.5
"""Share of the query or of the reference that agreeing blocks enclose, from which it is as good as
all: their centres keep a tenth away from each border."""

_UNLIKE, _OVERWHELMING = 0.5, 200.0
"""A cosine below, and evidence below, which keypoints are not believed against the edges: of 118
copies so believed all but three register, and two of these have more evidence; of 19 pairs with one
caption or one drawing in two icons 17 have less and do not register."""
_REGISTERS, _DOUBTED = 0.2, 0.25
"""The score of a registration that confirms keypoints, and what is left of theirs without."""

_LOOKALIKE, _PLENTIFUL = 0.8, 400.0
"""A cosine from which, and evidence below which, two stills may share a layout only: forms, charts,
calendars, positions of one game and pages under one title have cosines of 0.87 to 0.98 and at most
300, copies under stickers 600 and more."""
_OTHER_SHARE, _OTHER_SCATTERED = 0.18, 0.1
"""Blocks that disagree, and borders of theirs, from which the content is another: of 1,245 copies
five are lost, of 19 pairs of one layout that passed 0.6 one still does (decisions/0003)."""

_LOOSE, _APART, _ALIKE = 0.22, 0.28, 0.78
"""Pixels by which keypoints miss each other and share of blocks that disagree, from which, and a
cosine below which, two stills may be two photographs of one place: another garment on one carpet,
another person at one door. Words and stickers leave the rest of a copy exactly where it was, 0.03
to 0.15 pixels off, where a second photograph is off by 0.23 and more; blur, noise and waves move
keypoints, too, and leave the cosine (decisions/0003)."""
_RETAKEN = 0.85
"""What such a score is at most: somebody should look."""

_HINT, _STRONGEST, _AGREEING = 0.5, 256, 4
"""A cosine, or so many of the strongest keypoints that agree on how they lie, for which the others
are asked: one of 30 unrelated pairs has either, and costs 10 ms in place of 2 (decisions/0006)."""

LEAST_SCORE = 0.05
"""Below it two stills have nothing in common that is worth a line in a report."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The most similar pair of views: cosine -1..1, and the rows that gave it."""

    similarity: float
    query_row: int
    reference_row: int


def compare(query: Fingerprint, reference: Fingerprint) -> Segment | None:
    """What two stills have in common, or ``None``."""
    return weigh(query, reference, geometry_of(meeting(query, reference)))


def weigh(query: Fingerprint, reference: Fingerprint, geometry: Geometry | None) -> Segment | None:
    """As ``compare``, with a geometry that is known already."""
    nearest = None
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if mine is not None and theirs is not None:
        nearest = descriptor_similarity(mine, theirs)
    score = judge(nearest, geometry, keypoints=_fewest_keypoints(query, reference))
    if _have_one_hash(query, reference):
        score = max(score, _HASHED)
    if score < LEAST_SCORE:
        return None
    tracks = [t for t in query.tracks if t.signal.channel is Channel.VISUAL and len(t)]
    decided_by = "keypoints" if geometry is not None else "descriptor"
    signal = next((t.signal for t in tracks if t.signal.name == decided_by), None)
    return _segment(score, geometry, signal)


def weigh_registered(registered: Geometry | None) -> Segment | None:
    """What two stills have in common by a registration of their edges, or ``None``."""
    if registered is None:
        return None
    area = min(1.0, max(registered.query_area, registered.reference_area) / _LARGE)
    agreement = math.log1p(max(0.0, registered.evidence)) * registered.support
    score = REGISTERED.score(agreement * area)
    return _segment(score, registered, None) if score >= LEAST_SCORE else None


def glance(query: Fingerprint, reference: Fingerprint) -> Segment | None:
    """As ``compare``, for one of many candidates: where neither descriptors nor the strongest
    keypoints hint at a copy, the others are not asked.
    """
    met = meeting(query, reference)
    if not _hints(query, reference, met):
        return weigh(query, reference, None)
    return weigh(query, reference, geometry_of(met))


def _hints(query: Fingerprint, reference: Fingerprint, met: Encounter | None) -> bool:
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if mine is not None and theirs is not None:
        nearest = descriptor_similarity(mine, theirs)
        if nearest is not None and nearest.similarity >= _HINT:
            return True
    return met is not None and met.agreeing(_STRONGEST) >= _AGREEING


def are_keypoints_scarce(query: Fingerprint, reference: Fingerprint) -> bool:
    """Whether descriptors may decide alone, so that those of parts are worth their cost."""
    return _fewest_keypoints(query, reference) < PLENTY


def descriptor_similarity(query: Track, reference: Track) -> Nearest | None:
    """The nearest pair of views; ``None`` without rows or between different models."""
    if query.signal != reference.signal or len(query) == 0 or len(reference) == 0:
        return None
    alike = query.codes.astype(np.float32) @ reference.codes.astype(np.float32).T
    row, column = divmod(int(alike.argmax()), alike.shape[1])
    return Nearest(float(alike[row, column]) / 127.0**2, row, column)


def judge(nearest: Nearest | None, geometry: Geometry | None, *, keypoints: int = 0) -> float:
    """The calibrated score of what was found on two stills.

    ``keypoints``: how many the poorer side has; 0 where they were not looked for.
    """
    similarity = max(0.0, nearest.similarity) if nearest is not None else 0.0
    scarcity = min(1.0, max(0.0, (PLENTY - keypoints) / (PLENTY - _SCARCE)))
    agreement = 0.0
    if geometry is not None:
        evidence = math.log1p(max(0.0, geometry.evidence))
        agreement = evidence * geometry.support * geometry.density
    sure = max(0.0, similarity - _SURE) * scarcity
    return CALIBRATION.score(similarity, sure, agreement)


def is_doubtful(query: Fingerprint, reference: Fingerprint, geometry: Geometry | None) -> bool:
    """Whether keypoints stand alone against the descriptor, as for one caption under two pictures,
    so that edges should be asked.
    """
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if geometry is None or mine is None or theirs is None or _have_one_hash(query, reference):
        return False
    nearest = descriptor_similarity(mine, theirs)
    return (
        nearest is not None and nearest.similarity < _UNLIKE and geometry.evidence < _OVERWHELMING
    )


def confirms(registered: Segment | None) -> bool:
    """Whether edges agree at least a little."""
    return registered is not None and registered.score >= _REGISTERS


def confirmed(segment: Segment, registered: Segment | None) -> Segment:
    """A doubtful segment once edges were asked: what it was, or of little score."""
    if confirms(registered):
        return segment
    return replace(segment, score=min(segment.score, _DOUBTED))


def may_share_layout(query: Fingerprint, reference: Fingerprint, geometry: Geometry | None) -> bool:
    """Whether two stills look so alike, and their keypoints agree so little, that they may be one
    layout with other content, so that blocks should be asked. ``geometry`` is that of keypoints.
    """
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if mine is None or theirs is None or _have_one_hash(query, reference):
        return False
    if geometry is not None and geometry.evidence >= _PLENTIFUL:
        return False
    nearest = descriptor_similarity(mine, theirs)
    is_alike = nearest is not None and nearest.similarity >= _LOOKALIKE
    return is_alike and _fewest_keypoints(query, reference) >= _SCARCE


def told_apart(segment: Segment, found: Disagreement | None) -> Segment:
    """A segment once blocks were asked: of little score where they disagree all over."""
    if found is None or found.share < _OTHER_SHARE or found.scattered < _OTHER_SCATTERED:
        return segment
    return replace(segment, score=min(segment.score, _DOUBTED))


def may_be_retaken(
    query: Fingerprint, reference: Fingerprint, segment: Segment, geometry: Geometry | None
) -> bool:
    """Whether two stills may be two photographs of one place, so that blocks should be asked.
    ``geometry`` is that of keypoints.
    """
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if geometry is None or mine is None or theirs is None or segment.score <= _RETAKEN:
        return False
    asset = query.asset
    if geometry.residual((asset.width or 1, asset.height or 1)) < _LOOSE:
        return False
    nearest = descriptor_similarity(mine, theirs)
    return nearest is not None and nearest.similarity < _ALIKE


def retaken(segment: Segment, found: Disagreement | None) -> Segment:
    """A segment once blocks were asked: never sure where many disagree."""
    if found is None or found.share < _APART:
        return segment
    return replace(segment, score=min(segment.score, _RETAKEN))


def _segment(score: float, geometry: Geometry | None, signal: Signal | None) -> Segment:
    return Segment(
        channel=Channel.VISUAL,
        query=Span.ALWAYS,
        reference=Span.ALWAYS,
        score=score,
        support=1 if geometry is None else geometry.inliers,
        transform=None if geometry is None else geometry.transform,
        signal=signal,
    )


def meeting(query: Fingerprint, reference: Fingerprint) -> Encounter | None:
    """The keypoints of both fingerprints, where both have them."""
    mine, theirs = query.track("keypoints"), reference.track("keypoints")
    if mine is None or theirs is None or mine.signal != theirs.signal:
        return None
    here, there = query.asset, reference.asset
    return Encounter(
        side(mine, (here.width or 1, here.height or 1)),
        side(theirs, (there.width or 1, there.height or 1)),
    )


def geometry_of(met: Encounter | None) -> Geometry | None:
    """How the reference lies in the query, by the keypoints that met."""
    return None if met is None else settle(met)


def _fewest_keypoints(query: Fingerprint, reference: Fingerprint) -> int:
    """Of the poorer side; 0 where none were sought."""
    points = query.track("keypoints"), reference.track("keypoints")
    return min(0 if track is None else len(track) for track in points)


def _have_one_hash(query: Fingerprint, reference: Fingerprint) -> bool:
    mine, theirs = query.track(PDQ.name), reference.track(PDQ.name)
    if mine is None or theirs is None or not (len(mine) and len(theirs)):
        return False
    if min(mine.quality[0], theirs.quality[0]) < _HASH_QUALITY:
        return False
    return int(np.bitwise_count(mine.codes[0] ^ theirs.codes[0]).sum()) <= _SAME_HASH
