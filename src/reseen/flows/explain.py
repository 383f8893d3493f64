"""Draw what a person needs to believe a verdict, or to doubt it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from reseen.domain.match import Cuts, Segment
from reseen.domain.media import Channel, Medium
from reseen.engine.sound import matched_peaks
from reseen.engine.timeline import looks
from reseen.flows.match import Pair, geometry_at
from reseen.ports import Illustrator, VisualSignals

MOST_SEGMENTS = 4
"""Segments that are drawn, surest first: more would not be looked at."""
MOMENTS = 6


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One drawing. ``name`` is fit for a file; ``title`` is a sentence."""

    name: str
    title: str
    png: bytes


def explain(
    illustrator: Illustrator, visual: VisualSignals, cuts: Cuts, pair: Pair
) -> tuple[Exhibit, ...]:
    """The exhibits of a pair: what was found, or both sides next to each other."""
    return tuple(_exhibits(illustrator, visual, cuts, pair))


def _exhibits(
    illustrator: Illustrator, visual: VisualSignals, cuts: Cuts, pair: Pair
) -> Iterator[Exhibit]:
    here, there = pair.source.asset, pair.target.asset
    if here.medium is Medium.IMAGE and there.medium is Medium.IMAGE:
        score = pair.match.score
        segment = next(iter(pair.match.segments), None)
        drawn = _pictures(illustrator, visual, cuts, pair, (None, None), segment, score)
        if drawn is not None:
            yield Exhibit("pictures", "Upload and reference side by side", drawn)
        return
    segments = sorted(pair.match.segments, key=lambda s: -s.score)[:MOST_SEGMENTS]
    if segments:
        drawn = illustrator.timeline(here.duration, there.duration, pair.match.segments)
        yield Exhibit("timeline", "Where upload and reference repeat each other", drawn)
    for number, segment in enumerate(segments, start=1):
        if segment.channel is Channel.AUDIO:
            yield from _sound(illustrator, cuts, pair, segment, number)
        else:
            yield from _film(illustrator, visual, cuts, pair, segment, number)


def _film(
    illustrator: Illustrator,
    visual: VisualSignals,
    cuts: Cuts,
    pair: Pair,
    segment: Segment,
    number: int,
) -> Iterator[Exhibit]:
    moments = sorted(looks(segment, MOMENTS), key=lambda m: (m[0] or 0.0, m[1] or 0.0))
    frames = [(pair.source.gallery.at(q), pair.target.gallery.at(r)) for q, r in moments]
    shown = [(q, r) for q, r in frames if q is not None and r is not None]
    confidence = cuts.confidence(segment.score)
    if len(shown) > 1:
        drawn = illustrator.filmstrip(shown, segment, confidence)
        yield Exhibit(f"segment-{number}-film", f"Frames of {_words(segment)}", drawn)
    if moments:
        middle = moments[len(moments) // 2]
        closer = _pictures(illustrator, visual, cuts, pair, middle, segment, segment.score)
        if closer is not None:
            yield Exhibit(f"segment-{number}-frame", f"One moment of {_words(segment)}", closer)


def _sound(
    illustrator: Illustrator, cuts: Cuts, pair: Pair, segment: Segment, number: int
) -> Iterator[Exhibit]:
    query, reference = (side.fingerprint.track("peaks") for side in (pair.source, pair.target))
    sounds = pair.source.sound, pair.target.sound
    if query is None or reference is None or sounds[0] is None or sounds[1] is None:
        return
    drawn = illustrator.sound_evidence(
        sounds[0],
        sounds[1],
        segment,
        confidence=cuts.confidence(segment.score),
        query_peaks=query.places,
        reference_peaks=reference.places,
        matched=matched_peaks(query, reference, segment),
    )
    yield Exhibit(f"segment-{number}-sound", f"Spectrograms of {_words(segment)}", drawn)


def _pictures(
    illustrator: Illustrator,
    visual: VisualSignals,
    cuts: Cuts,
    pair: Pair,
    times: tuple[float | None, float | None],
    segment: Segment | None,
    score: float,
) -> bytes | None:
    query, reference = pair.source.gallery.at(times[0]), pair.target.gallery.at(times[1])
    if query is None or reference is None:
        return None
    geometry = None
    if segment is not None:
        geometry = geometry_at(visual, pair.source, pair.target, times)
    return illustrator.picture_evidence(
        query,
        reference,
        score=score,
        confidence=cuts.confidence(score),
        transform=segment.transform if segment is not None else None,
        matrix=geometry.matrix if geometry is not None else None,
    )


def _words(segment: Segment) -> str:
    if math.isinf(segment.query.start):
        return "the picture"
    return f"{segment.query.start:.1f} s to {segment.query.end:.1f} s of the upload"
