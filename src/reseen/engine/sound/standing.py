"""Which of the alignments that were found stand.

Alignments of one clock are joined where little speaks against what lies between. Those that tell
the query best side by side come first: three turns of a loop, each in its place, before one
alignment at a slightly wrong pace across all of them. An alignment whose query *and* reference are
both told by better ones, as when a loop is compared with itself a bar later, is left out.
"""

from bisect import bisect_right
from dataclasses import replace

from reseen.domain.media import Span
from reseen.engine.sound.constellation import Constellation
from reseen.engine.sound.ends import speaks_against
from reseen.engine.sound.peak_alignment import LONGEST_GAP, Stretch
from reseen.engine.sound.quad_votes import PITCH_CELL

SAME_OFFSET = 0.15
MOST_BETWEEN = 10.0
"""Log-likelihood against a copy between two stretches of one clock that are still one copy."""
NEW_SHARE = 0.5
ECHO = 0.7
"""An alignment that overlaps a better one on one side must be this strong a second."""
TOUCH = 0.5
"""Seconds by which neighbours that tell a query side by side may overlap."""


def merged(
    stretches: list[Stretch], query: Constellation, reference: Constellation
) -> list[Stretch]:
    """Stretches of one clock that overlap or between which nothing else sounds, as one; best first.

    Under a voice a copy is heard in the pauses alone, and is one copy all the same.
    """
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: -s.evidence):
        for i, other in enumerate(joined):
            if _same(stretch, other, query, reference):
                apart = stretch.start >= other.end or stretch.end <= other.start
                joined[i] = replace(
                    other,
                    start=min(stretch.start, other.start) if apart else other.start,
                    end=max(stretch.end, other.end) if apart else other.end,
                    evidence=other.evidence + (stretch.evidence if apart else 0.0),
                    matched=other.matched + (stretch.matched if apart else 0),
                )
                break
        else:
            joined.append(stretch)
    return joined


def _same(a: Stretch, b: Stretch, query: Constellation, reference: Constellation) -> bool:
    between = (max(a.start, b.start) + min(a.end, b.end)) / 2
    if (
        abs(a.clock.reference(between) - b.clock.reference(between)) >= SAME_OFFSET
        or abs(a.clock.pitch - b.clock.pitch) >= PITCH_CELL
    ):
        return False
    low, high = min(a.end, b.end), max(a.start, b.start)
    if high - low < LONGEST_GAP:
        return True
    better = max(a, b, key=lambda s: s.evidence)
    return speaks_against(query, reference, better, low, high) < MOST_BETWEEN


def standing(stretches: list[Stretch]) -> list[Stretch]:
    """Leave out alignments that better ones make needless; strongest first."""
    kept: list[Stretch] = []
    best = side_by_side(stretches)
    rest = [s for s in stretches if s not in best]
    for stretch in (*_by_evidence(best), *_by_evidence(rest)):
        span, there = Span(stretch.start, stretch.end), _reference_span(stretch)
        here = [Span(k.start, k.end).overlap(span) for k in kept]
        beyond = [_reference_span(k).overlap(there) for k in kept]
        length, length_there = max(1e-6, span.duration), max(1e-6, there.duration)
        told = sum(here) > NEW_SHARE * length and sum(beyond) > NEW_SHARE * length_there
        rivals = [
            k.evidence / max(1e-6, k.end - k.start)
            for k, a, b in zip(kept, here, beyond, strict=True)
            if a > NEW_SHARE * length or b > NEW_SHARE * length_there
        ]
        if stretch in best or (
            not told and stretch.evidence / length >= ECHO * max(rivals, default=0.0)
        ):
            kept.append(stretch)
    return _by_evidence(kept)


def side_by_side(stretches: list[Stretch]) -> list[Stretch]:
    """The stretches of greatest evidence in all that hardly overlap in the query, by time
    (weighted interval scheduling).
    """
    ordered = sorted(stretches, key=lambda s: s.end)
    ends = [s.end for s in ordered]
    most: list[tuple[float, list[Stretch]]] = [(0.0, [])]
    for i, stretch in enumerate(ordered):
        before, chosen = most[bisect_right(ends, stretch.start + TOUCH, 0, i)]
        with_it = before + stretch.evidence, [*chosen, stretch]
        most.append(max(most[-1], with_it, key=lambda m: m[0]))
    return most[-1][1]


def _by_evidence(stretches: list[Stretch]) -> list[Stretch]:
    return sorted(stretches, key=lambda s: -s.evidence)


def _reference_span(stretch: Stretch) -> Span:
    return Span(stretch.clock.reference(stretch.start), stretch.clock.reference(stretch.end))
