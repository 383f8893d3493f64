"""Still against still: one segment without a clock, with how the reference lies in the query.

Two kinds of evidence, each enough when strong. The descriptor recognises a picture through blur,
filters and re-encoding, but grows unsure when little of it is left; and look-alikes (two garments
of one make) come near. Keypoints recognise parts, under any turn and zoom, and say where they lie;
they fail where detail is gone. The score weighs both; ``support`` and the enclosed areas keep
pictures apart that share a caption, a logo or an app around different content.

A bank search reuses the parts: ``descriptor_similarity`` for candidates, ``judge`` for those that
it verified itself.
"""

from dataclasses import dataclass

import numpy as np

from reseen.domain.fingerprint import Fingerprint, Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.engine.geometry import Geometry, verify
from reseen.engine.score import Calibration

CALIBRATION = Calibration(bias=-9.0, weights=(12.0, 0.25))
"""Weights of the cosine and of the evidence times its support."""

_MOST = 60.0

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
    nearest = None
    mine, theirs = query.track("descriptor"), reference.track("descriptor")
    if mine is not None and theirs is not None:
        nearest = descriptor_similarity(mine, theirs)
    geometry = _geometry(query, reference)
    score = judge(nearest, geometry)
    if score < LEAST_SCORE:
        return None
    tracks = [t for t in query.tracks if t.signal.channel is Channel.VISUAL and len(t)]
    decided_by = "keypoints" if geometry is not None else "descriptor"
    return Segment(
        channel=Channel.VISUAL,
        query=Span.ALWAYS,
        reference=Span.ALWAYS,
        score=score,
        support=1 if geometry is None else geometry.inliers,
        transform=None if geometry is None else geometry.transform,
        signal=next((t.signal for t in tracks if t.signal.name == decided_by), None),
    )


def descriptor_similarity(query: Track, reference: Track) -> Nearest | None:
    """The nearest pair of views; ``None`` without rows or between different models."""
    if query.signal != reference.signal or len(query) == 0 or len(reference) == 0:
        return None
    alike = query.codes.astype(np.float32) @ reference.codes.astype(np.float32).T
    row, column = divmod(int(alike.argmax()), alike.shape[1])
    return Nearest(float(alike[row, column]) / 127.0**2, row, column)


def judge(nearest: Nearest | None, geometry: Geometry | None) -> float:
    """The calibrated score of what was found on two stills."""
    similarity = max(0.0, nearest.similarity) if nearest is not None else 0.0
    evidence = 0.0 if geometry is None else min(geometry.evidence, _MOST) * geometry.support
    return CALIBRATION.score(similarity, evidence)


def _geometry(query: Fingerprint, reference: Fingerprint) -> Geometry | None:
    mine, theirs = query.track("keypoints"), reference.track("keypoints")
    if mine is None or theirs is None or mine.signal != theirs.signal:
        return None
    here, there = query.asset, reference.asset
    return verify(
        mine,
        theirs,
        (here.width or 1, here.height or 1),
        (there.width or 1, there.height or 1),
    )
