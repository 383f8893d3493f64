"""What references are learnt by: tracks as segments in memory."""

from collections.abc import Sequence

import numpy as np

from reseen.domain.fingerprint import QUADS, Metric, Signal, Track
from reseen.index.quad_windows import quad_windows
from reseen.index.rows import Rows
from reseen.index.segments import KIND_OF, KINDS, Segment

type Learnt = tuple[int, Track]
"""A slot and a track of its reference."""


def is_indexed(signal: Signal) -> bool:
    """Whether an index is asked for it."""
    if signal.metric is Metric.EQUALITY:
        return signal.name == QUADS.name
    return signal.metric in KIND_OF


def segment_of(signal: Signal, learnt: Sequence[Learnt]) -> Segment:
    """Rows of one signal of some references."""
    kind = KINDS[KIND_OF[signal.metric]]
    if signal.metric is Metric.EQUALITY:
        return Segment(kind, signal.id, kind.build(_windows(learnt)))
    slots = np.concatenate([np.full(len(t), s, np.uint32) for s, t in learnt])
    numbers = np.concatenate([np.arange(len(t), dtype=np.uint32) for _, t in learnt])
    codes = np.concatenate([t.codes for _, t in learnt])
    return Segment(kind, signal.id, kind.build(Rows(slots, numbers, codes)))


def _windows(learnt: Sequence[Learnt]) -> Rows:
    slots: list[int] = []
    numbers: list[int] = []
    keys, owners = [], []
    for slot, track in learnt:
        some, listed = quad_windows(track)
        for number, own in zip(some.tolist(), listed, strict=True):
            owners.append(np.full(len(own), len(slots), np.uint32))
            slots.append(slot)
            numbers.append(number)
            keys.append(own)
    return Rows(
        np.array(slots, np.uint32),
        np.array(numbers, np.uint32),
        np.concatenate(keys),
        np.concatenate(owners),
    )
