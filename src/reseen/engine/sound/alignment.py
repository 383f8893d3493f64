"""Recognise sound: align the peaks of a query with those of a reference.

Quads of equal shape propose clocks (offset, rate and pitch), and where they find nothing sure,
single peaks do; each proposal is verified on all peaks, grown to where the agreement ends, and
scored. Every alignment that stands is reported: a bar
that the reference repeats, a clip that the query repeats, the clips of a montage. An alignment
whose query *and* reference are both told better by others, as when a loop is compared with itself a
bar later, is left out.
"""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import PEAKS, Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.engine.score import Calibration
from reseen.engine.sound.constellation import Constellation, constellation, distinct_share
from reseen.engine.sound.ends import drawn_out
from reseen.engine.sound.peak_alignment import Stretch, copied, grow
from reseen.engine.sound.peak_pairs import (
    Clock,
    moments,
    pair_peaks,
    rivalry,
    shared_delay,
    strength_agreement,
)
from reseen.engine.sound.peak_votes import propose_by_peaks
from reseen.engine.sound.quad_votes import CHUNK, PITCH_CELL, Heard, Proposal, propose
from reseen.engine.sound.quads import (
    LEAN_QUERY_QUADS,
    PAIR_QUADS,
    QUERY_QUADS,
    REFERENCE_QUADS,
    straight_share,
)
from reseen.engine.sound.standing import SAME_OFFSET, merged, standing

FEWEST_PEAKS = 6
MOST_PROPOSALS = 60
LONG_QUERY = 900.0
"""Seconds. Longer queries get a lean first look and no second."""
SNAP = 0.6
"""Seconds from the end of a file, or four times the mean wait between matched peaks where that is
longer, within which an end is that of the file: a cut disturbs the peaks beside it."""
TIGHT, MOST_LOOSE = 0.002, 0.03
"""Nine copies in ten lie below; sequenced pieces with the same drums reach 0.05 to 0.18."""
ENOUGH_EVIDENCE, ENOUGH_MOMENTS = 6.5, 20
"""Beyond these, more says no more: a long retake has as much evidence as a long copy."""
USUAL_RIVALRY = 0.4
"""Noise alone gives copies this much."""
SHARP, BLUR = 0.012, 0.01
"""Spread in seconds of peaks that meet: chance gives 15 to 20 ms, copies 3 to 12, and 20 only
through a phase vocoder or a room, which leave most peaks in place."""
SURE_PITCH, LOOSE_PITCH = 0.06, 0.05
"""Semitones. Half of all copies that keep two peaks in three scatter by less than 0.04 in pitch, 19
in 20 by less than 0.09; what a synthesiser speaks again by 0.07 to 0.17."""
# Logistic fit of the run of docs/decisions/0004-sound.md; rounded, and the weight of a shared beat
# doubled by hand, as people's copies rarely wobble in pitch and retakes do. The weight of a loose
# pitch was set on copies and synthesised retakes; with it the bias could rise by 0.3, to 0.3 below
# the fit: of 4,072 false pairs of the benchmark one had 0.61 with the bias fitted.
CALIBRATION = Calibration(bias=-5.1, weights=(0.85, 5.8, -16.0, 2.6, -80.0, -8.5, -1.2, -4.0))


def heard(query: Track) -> Heard:
    """A query that meets many references is best made ready once."""
    return Heard(constellation(query))


def align_sound(
    query: Track | Heard,
    reference: Track,
    query_seconds: float | None = None,
    reference_seconds: float | None = None,
) -> tuple[Segment, ...]:
    """All segments of ``query`` that repeat ``reference``, by query time; both ``PEAKS`` tracks.

    Durations, where known, let a segment reach the end of its file; otherwise a file ends with its
    last peak. Scores are probabilities; weak alignments are reported with low scores.
    """
    asking = query if isinstance(query, Heard) else heard(query)
    q, r = asking.points, constellation(reference)
    found = alignments(asking, r)
    ends = (query_seconds or _last(q), reference_seconds or _last(r))
    segments = (_segment(drawn_out(s, q, r, ends, found), ends) for s in found)
    return tuple(sorted(segments, key=lambda s: s.query.start))


def glance_at_sound(query: Track | Heard, reference: Track) -> tuple[Segment, ...]:
    """What the first look alone finds, its ends and score as they are found: a fifth of the work,
    for choosing which of many references are worth every look.
    """
    asking = query if isinstance(query, Heard) else heard(query)
    q, r = asking.points, constellation(reference)
    found = merged(_first_look(asking, r.strongest(PAIR_QUADS.per_second)), q, r)
    return tuple(_segment(s, (_last(q), _last(r))) for s in found)


def _last(points: Constellation) -> float:
    return float(points.time[-1]) if len(points) else 0.0


def alignments(asking: Heard, reference: Constellation) -> list[Stretch]:
    """Every alignment that stands, strongest first, with the evidence for each."""
    query = asking.points
    reference = reference.strongest(PAIR_QUADS.per_second)
    if len(query) < FEWEST_PEAKS or len(reference) < FEWEST_PEAKS:
        return []
    found = _first_look(asking, reference)
    is_long = float(query.time[-1] - query.time[0]) > LONG_QUERY
    if not is_long and not any(map(_is_sure, found)):
        found += _followed(query, reference, propose_by_peaks(query, reference))
    stand = standing(merged(found, query, reference), query, reference)
    return [s if s.moments else _weighted(query, reference, s) for s in stand]


def _first_look(asking: Heard, reference: Constellation) -> list[Stretch]:
    query = asking.points
    if len(query) < FEWEST_PEAKS or len(reference) < FEWEST_PEAKS:
        return []
    is_long = float(query.time[-1] - query.time[0]) > LONG_QUERY
    recipe = LEAN_QUERY_QUADS if is_long else QUERY_QUADS
    return _followed(query, reference, propose(asking, reference, recipe, PAIR_QUADS))


def _followed(
    query: Constellation, reference: Constellation, proposals: list[Proposal]
) -> list[Stretch]:
    """The stretches that the proposals lead to."""
    found: list[Stretch] = []
    followed = 0
    for proposal in proposals:
        if not any(_explains(s, proposal) for s in found):
            grown = grow(query, reference, proposal.clock, proposal.centre)
            found += [_weighted(query, reference, s) for s in grown]
            followed += 1
            if followed == MOST_PROPOSALS:
                break
    return found


def _is_sure(stretch: Stretch) -> bool:
    return CALIBRATION.score(*features(stretch)) > 0.5


def matched_peaks(
    query: Track, reference: Track, segment: Segment
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows of both tracks that repeat each other in a segment, for drawing what was recognised."""
    q, r = constellation(query), constellation(reference)
    q = q.rows(q.between(segment.query.start, segment.query.end))
    clock = Clock(segment.offset or 0.0, segment.rate, segment.pitch or 0.0)
    pairs = pair_peaks(q, r, clock)
    return q.row[pairs.query], r.row[pairs.reference]


def _explains(stretch: Stretch, proposal: Proposal) -> bool:
    """Whether a proposal is of an alignment that was found already."""
    nearest = min(max(proposal.centre, stretch.start), stretch.end)
    apart = stretch.clock.reference(nearest) - proposal.clock.reference(nearest)
    return (
        abs(nearest - proposal.centre) <= CHUNK / 2
        and abs(apart) < 2 * SAME_OFFSET
        and abs(stretch.clock.pitch - proposal.clock.pitch) < PITCH_CELL
    )


def _weighted(query: Constellation, reference: Constellation, stretch: Stretch) -> Stretch:
    """The stretch with what its matched peaks say together: how distinct, how alike in strength."""
    inside = query.rows(query.between(stretch.start, stretch.end))
    pairs = pair_peaks(inside, reference, stretch.clock)
    sure = copied(pairs, stretch)
    told, original = inside.rows(pairs.query[sure]), reference.rows(pairs.reference[sure])
    return replace(
        stretch,
        distinct=distinct_share(told.time, told.pitch)
        * (1 - straight_share(told, REFERENCE_QUADS)),
        agreement=strength_agreement(told.strength, original.strength),
        wander=shared_delay(told.time, told.pitch, pairs.late[sure]),
        moments=moments(told.time),
        rivalry=rivalry(inside, reference, stretch.clock),
    )


def features(stretch: Stretch) -> tuple[float, float, float, float, float, float, float, float]:
    """What the score is made of: the log of the distinct evidence, how well the strengths of peaks
    agree, how far strokes wander, how few they are, how like a shared beat it is, whether another
    moment would do as well, how blurred, and how loose in pitch.

    Stretching by a phase vocoder blurs every peak by itself; in a retake whole strokes are early or
    late, by (10 ms)² and more. Few peaks, exactly on time but off in pitch: sequenced music that
    shares drums and a beat, and nothing else. So do few peaks that meet a bar later as well. The
    more of the query's peaks meet, the less these say, and blur. But where most meet, noise is no
    reason to be loose in pitch: a voice that speaks the words again is.
    """
    evidence = math.log(max(1.0, stretch.evidence * stretch.distinct))
    wander = stretch.share * min(1.5, stretch.wander / 0.01**2)
    strokes = max(1.0, stretch.moments * stretch.distinct)
    few = math.log(min(ENOUGH_MOMENTS, strokes) / ENOUGH_MOMENTS)
    unmet = 1 - stretch.share
    loose = max(0.0, stretch.spread_pitch - 0.05) * unmet
    beat = max(0.0, loose * 0.01 / max(TIGHT, stretch.spread) - MOST_LOOSE)
    rival = max(0.0, stretch.rivalry - USUAL_RIVALRY) * unmet
    blur = max(0.0, stretch.spread - SHARP) / BLUR * unmet
    evidence = min(ENOUGH_EVIDENCE, evidence)
    again = stretch.share**2 * max(0.0, stretch.spread_pitch - SURE_PITCH) / LOOSE_PITCH
    return evidence, stretch.agreement, wander, few, beat, rival, blur, again


def _segment(stretch: Stretch, ends: tuple[float, float]) -> Segment:
    clock = stretch.clock
    start, end = stretch.start, stretch.end
    snap = max(SNAP, min(2 * SNAP, 4 * (end - start) / max(1, stretch.matched)))
    if min(start, clock.reference(start)) < snap:
        start = max(0.0, clock.query(0.0))
    if min(ends[0] - end, ends[1] - clock.reference(end)) < snap:
        end = min(ends[0], clock.query(ends[1]))
    return Segment(
        channel=Channel.AUDIO,
        query=Span(start, end),
        reference=Span(clock.reference(start), clock.reference(end)),
        score=CALIBRATION.score(*features(stretch)),
        support=round(stretch.matched * stretch.distinct),
        offset=clock.offset,
        rate=clock.rate,
        pitch=clock.pitch,
        signal=PEAKS,
    )
