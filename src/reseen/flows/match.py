"""Hold one upload against one reference: fingerprint both, align, look closely, decide.

A pair is a search in a bank of one; the steps are those of the engine, in order. Pixels are looked
at again only where an alignment was found: keypoints of a few moments say whether the frames really
show the same thing, and how one lies in the other.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.match import Cuts, Match, Segment
from reseen.domain.media import Channel, Medium
from reseen.engine.film import timeline
from reseen.engine.film.glimpse import glimpses, moment
from reseen.engine.film.judging import judge
from reseen.engine.film.windows import Shared, is_seen_in_part
from reseen.engine.match import fuse, is_same_file, whole
from reseen.engine.picture import still
from reseen.engine.picture.geometry import Geometry
from reseen.engine.sound.alignment import align_sound, glance_at_sound
from reseen.flows.fingerprint import Admit, Heed, Perception, Rendition, fingerprint
from reseen.flows.meeting import agreed, party
from reseen.flows.party import Party
from reseen.flows.second_look import (
    content,
    find_shared,
    geometry_of,
    moment_of,
    moves_of,
    open_window,
    registration,
)
from reseen.ports import Fetched, Side, VisualSignals

LOOKS = 4
"""Moments of one segment that are verified by keypoints: 40 ms each, and the fourth still settles
cases that the third left open."""

WORTH = 0.03
"""Score of a glance from which all that a pair gets is worth while."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides as they were decoded, and what they have in common."""

    source: Rendition
    target: Rendition
    match: Match


def match_pair(
    perception: Perception,
    cuts: Cuts,
    source: Fetched,
    target: Fetched,
    admit: Admit = lambda _: None,
) -> Pair:
    """Fingerprint both files, at the same time, and compare them.

    Raises the decoder's and ``admit``'s errors with ``field`` set to ``source`` or ``target``; the
    other side is then decoded no further.
    """
    failed = threading.Event()

    def heed() -> None:
        if failed.is_set():
            raise _Abandoned

    with ThreadPoolExecutor(max_workers=2) as threads:
        sides = [
            threads.submit(_perceive, perception, source, Side.QUERY, admit, heed, "source"),
            threads.submit(_perceive, perception, target, Side.REFERENCE, admit, heed, "target"),
        ]
        ended, _ = wait(sides, return_when=FIRST_EXCEPTION)
        if any(side.exception() for side in ended):
            failed.set()
    told = [side for side in sides if not isinstance(side.exception(), _Abandoned)]
    query, reference = (side.result() for side in told)
    return Pair(query, reference, compare(perception.visual, cuts, query, reference))


class _Abandoned(Exception):
    """This side is decoded no further, because the other one cannot be compared."""


def compare(
    visual: VisualSignals,
    cuts: Cuts,
    query: Rendition | Fingerprint | Party,
    reference: Rendition | Fingerprint | Party,
) -> Match:
    """The verdict on an upload and a reference, each decoded or, as a ``Fingerprint``, kept by
    ``remember``. A side that meets many others is best made a ``party`` once.

    Its segments are those that match by themselves; where none does, those that come near.
    """
    return _compare(cuts, *agreed(party(visual, query), party(visual, reference)))


def glance(
    visual: VisualSignals,
    query: Rendition | Fingerprint | Party,
    reference: Rendition | Fingerprint | Party,
) -> Match:
    """As ``compare``, without a second look: keypoints and descriptors of stills, a few frames of
    films, and quads of sound. It tells which of many candidates are worth all looks, and its
    segments are not to be told.
    """
    one, other = agreed(party(visual, query), party(visual, reference))
    here, there = one.fingerprint, other.fingerprint
    if is_same_file(here, there):
        return fuse(here, there, whole(here, there))
    heard, peaks = one.heard, there.track("peaks")
    sound = () if heard is None or peaks is None else glance_at_sound(heard, peaks)
    return fuse(here, there, [*_at_first_sight(one, other), *sound])


def _at_first_sight(query: Party, reference: Party) -> Sequence[Segment]:
    here, there = query.fingerprint, reference.fingerprint
    if Channel.VISUAL not in here.channels() & there.channels():
        return ()
    if not (here.asset.medium is Medium.IMAGE and there.asset.medium is Medium.IMAGE):
        return _glimpsed(query, reference)
    best = still.glance(here, there)
    return () if best is None else (best,)


def _compare(cuts: Cuts, query: Party, reference: Party) -> Match:
    here, there = query.fingerprint, reference.fingerprint
    if is_same_file(here, there):
        return fuse(here, there, whole(here, there))
    found = [*_pictures(cuts, query, reference), *_sound(query, there)]
    match = fuse(here, there, found)
    for cut in (cuts.medium, cuts.low):
        kept = tuple(s for s in match.segments if s.score >= cut)
        if kept:
            return replace(match, segments=kept)
    return replace(match, segments=())


def _perceive(
    perception: Perception, file: Fetched, side: Side, admit: Admit, heed: Heed, field: str
) -> Rendition:
    try:
        return fingerprint(perception, file, side, admit, heed)
    except ReseenError as error:
        raise error.at(field) from None


def _pictures(cuts: Cuts, query: Party, reference: Party) -> Sequence[Segment]:
    here, there = query.fingerprint, reference.fingerprint
    if Channel.VISUAL not in here.channels() & there.channels():
        return ()
    if here.asset.medium is Medium.IMAGE and there.asset.medium is Medium.IMAGE:
        return _stills(cuts, query, reference)
    return _sequences(cuts, query, reference)


def _stills(cuts: Cuts, query: Party, reference: Party) -> Sequence[Segment]:
    """One segment or none. What keypoints leave open is looked at once more: edges are laid on
    edges, and where these agree a little, pictures with little to hold on to are described in
    parts. Edges are also asked where keypoints alone are sure. What looks alike and yet might be
    one layout with other content, or another photograph of one place, is then compared block by
    block.
    """
    here, there = query.fingerprint, reference.fingerprint
    met = still.meeting(here, there)
    geometry = still.geometry_of(met)
    best, lying = still.weigh(here, there, geometry), geometry
    if best is not None and best.score >= cuts.medium:
        if still.is_doubtful(here, there, geometry):
            registered = still.weigh_registered(registration(query, reference, geometry, met))
            best = still.confirmed(best, registered)
    else:
        found = registration(query, reference, geometry, met)
        registered = still.weigh_registered(found)
        if registered is not None and (best is None or registered.score > best.score):
            best, lying = registered, found
        is_open = best is None or best.score < cuts.medium
        if is_open and still.confirms(registered) and still.are_keypoints_scarce(here, there):
            best = _surer(best, still.weigh(query.tiled(), reference.tiled(), geometry))
    if best is None:
        return ()
    if best.score >= cuts.low and still.may_share_layout(here, there, geometry):
        best = still.told_apart(best, content(query, reference, lying))
    elif still.may_be_retaken(here, there, best, geometry):
        best = still.retaken(best, content(query, reference, geometry))
    return (best,)


def _surer(one: Segment | None, other: Segment | None) -> Segment | None:
    known = [segment for segment in (one, other) if segment is not None]
    return max(known, key=lambda segment: segment.score, default=None)


def _sequences(cuts: Cuts, query: Party, reference: Party) -> Sequence[Segment]:
    """Whole frames first; where they tell nothing sure, what each side shows of the other. What
    lies small in a frame is placed anew through its window: quarters are described less often.
    """
    first = _aligned(query, reference, Shared.WHOLE)
    known = [segment for segment in first if segment.score >= cuts.medium]
    if not known:
        found = find_shared(query, reference)
    else:
        best = max(known, key=lambda segment: segment.score)
        if not is_seen_in_part(best):
            return first
        found = open_window(query, reference, timeline.looks(best, LOOKS))
    if found is None or found.is_whole:
        return first
    second = _aligned(query, reference, found)
    if not known:
        return max((first, second), key=lambda some: max((s.score for s in some), default=0.0))
    again = [segment for segment in second if segment.score >= cuts.medium]
    return second if timeline.tells_as_much(again, known) else first


def _glimpsed(query: Party, reference: Party) -> Sequence[Segment]:
    """What whole frames of films show at first sight. The likeliest is looked at once, then the
    next; what is sure enough without a look gets none, and motion, which tells when and hardly
    whether, is not asked.
    """
    here, there = query.fingerprint.track("descriptor"), reference.fingerprint.track("descriptor")
    if here is None or there is None:
        return ()
    judged: list[Segment] = []
    for segment in glimpses(here, there):
        unseen = judge(segment, [None])
        if unseen.score >= WORTH:
            return [unseen]
        times = moment_of(reference, segment, moment(segment))
        judged.append(judge(segment, [_look(query, reference, Shared.WHOLE, *times)]))
        if judged[-1].score >= WORTH:
            break
    return judged


def _aligned(query: Party, reference: Party, shared: Shared) -> Sequence[Segment]:
    """Segments of what both sides show through a pair of windows, looked at and judged."""
    here = query.described(shared.query, Side.QUERY)
    there = reference.described(shared.reference, Side.REFERENCE)
    if here is None or there is None:
        return ()
    judged = []
    for aligned in timeline.align(here, there):
        moves = moves_of(query, reference, shared, aligned)
        segment = aligned if moves is None else moves.timed(aligned)
        times = (moment_of(reference, segment, at) for at in timeline.looks(segment, LOOKS))
        seen = [_look(query, reference, shared, *at) for at in dict.fromkeys(times)]
        is_other_time = moves is not None and moves.disagrees
        judged.append(judge(segment, seen, is_other_time=is_other_time))
    if shared.transform is None:
        return judged
    return [replace(segment, transform=shared.transform) for segment in judged]


def _look(
    query: Party,
    reference: Party,
    shared: Shared,
    query_time: float | None,
    reference_time: float | None,
) -> Geometry | None:
    there = reference.look(reference_time, shared.reference)
    here = None if there is None else query.look(query_time, shared.query)
    return None if here is None or there is None else geometry_of(here, there)


def _sound(query: Party, reference: Fingerprint) -> Sequence[Segment]:
    here, there = query.heard, reference.track("peaks")
    if here is None or there is None:
        return ()
    seconds = query.fingerprint.asset.duration, reference.asset.duration
    return align_sound(here, there, *seconds)
