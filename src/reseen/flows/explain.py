"""Draw what a person needs to believe a verdict, or to doubt it.

Frames of videos are decoded anew at the exact times: sampled ones lie up to a quarter second from
the moment asked for on each side, which a viewer would take for a difference.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reseen.domain.match import Cuts, Segment
from reseen.domain.media import Channel, Frame, Medium
from reseen.engine.film.timeline import looks
from reseen.engine.picture import still
from reseen.engine.picture.geometry import Geometry
from reseen.engine.sound.alignment import matched_peaks
from reseen.flows.fingerprint import Perception, Rendition
from reseen.flows.match import Pair
from reseen.flows.meeting import party
from reseen.flows.party import Look
from reseen.flows.second_look import geometry_of, registration
from reseen.ports import Fetched, Illustrator, VisualSignals

MOST_SEGMENTS = 4
"""Segments that are drawn, surest first: more would not be looked at."""
MOMENTS = 6


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One drawing. ``name`` is fit for a file; ``title`` is a sentence."""

    name: str
    title: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """What is explained, and what is needed to look at it again."""

    perception: Perception
    illustrator: Illustrator
    cuts: Cuts
    source: Fetched
    target: Fetched
    pair: Pair


def explain(case: Case) -> tuple[Exhibit, ...]:
    """The exhibits of a pair: what was found, or both pictures next to each other."""
    here, there = case.pair.source.asset, case.pair.target.asset
    if here.medium is Medium.IMAGE and there.medium is Medium.IMAGE:
        return tuple(_stills(case))
    return tuple(_sequences(case))


def _stills(case: Case) -> Iterator[Exhibit]:
    query, reference = case.pair.source.gallery.at(None), case.pair.target.gallery.at(None)
    if query is not None and reference is not None:
        segment = next(iter(case.pair.match.segments), None)
        drawn = _pictures(case, query, reference, segment, case.pair.match.score)
        yield Exhibit("pictures", "Upload and reference side by side", drawn)


def _sequences(case: Case) -> Iterator[Exhibit]:
    illustrator, pair = case.illustrator, case.pair
    here, there = pair.source.asset, pair.target.asset
    segments = sorted(pair.match.segments, key=lambda s: -s.score)[:MOST_SEGMENTS]
    if segments:
        drawn = illustrator.timeline(here.duration, there.duration, pair.match.segments)
        yield Exhibit("timeline", "Where upload and reference repeat each other", drawn)
    for number, segment in enumerate(segments, start=1):
        if segment.channel is Channel.AUDIO:
            yield from _sound(case, segment, number)
        else:
            yield from _film(case, segment, number)


def _film(case: Case, segment: Segment, number: int) -> Iterator[Exhibit]:
    moments = sorted(looks(segment, MOMENTS), key=lambda m: (m[0] or 0.0, m[1] or 0.0))
    queries = _frames(case, case.source, case.pair.source, [q for q, _ in moments])
    references = _frames(case, case.target, case.pair.target, [r for _, r in moments])
    shown = [(q, r) for q, r in zip(queries, references, strict=False) if q and r]
    if len(shown) > 1:
        confidence = case.cuts.confidence(segment.score)
        drawn = case.illustrator.filmstrip(shown, segment, confidence)
        yield Exhibit(f"segment-{number}-film", f"Frames of {_words(segment)}", drawn)
    if shown:
        query, reference = shown[len(shown) // 2]
        drawn = _pictures(case, query, reference, segment, segment.score)
        yield Exhibit(f"segment-{number}-frame", f"One moment of {_words(segment)}", drawn)


def _frames(
    case: Case, file: Fetched, rendition: Rendition, times: list[float | None]
) -> Sequence[Frame | None]:
    """The frames shown at these times, which ascend; a still is shown at each."""
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return [rendition.gallery.at(None)] * len(times)
    return case.perception.decoder.frames_at(file.path, known, case.perception.sampling.max_side)


def _sound(case: Case, segment: Segment, number: int) -> Iterator[Exhibit]:
    source, target = case.pair.source, case.pair.target
    query, reference = (side.fingerprint.track("peaks") for side in (source, target))
    if query is None or reference is None or source.sound is None or target.sound is None:
        return
    drawn = case.illustrator.sound_evidence(
        source.sound,
        target.sound,
        segment,
        confidence=case.cuts.confidence(segment.score),
        query_peaks=query.places,
        reference_peaks=reference.places,
        matched=matched_peaks(query, reference, segment),
    )
    yield Exhibit(f"segment-{number}-sound", f"Spectrograms of {_words(segment)}", drawn)


def _pictures(
    case: Case, query: Frame, reference: Frame, segment: Segment | None, score: float
) -> bytes:
    geometry = None if segment is None else _geometry(case, query, reference, segment)
    return case.illustrator.picture_evidence(
        query,
        reference,
        score=score,
        confidence=case.cuts.confidence(score),
        transform=segment.transform if segment is not None else None,
        matrix=geometry.matrix if geometry is not None else None,
        points=geometry.points if geometry is not None else None,
    )


def _geometry(case: Case, query: Frame, reference: Frame, segment: Segment) -> Geometry | None:
    """What the segment was decided by: edges where its transform is theirs, else keypoints."""
    visual = case.perception.visual
    found = geometry_of(_look(visual, query), _look(visual, reference))
    if segment.transform is None or (found and found.transform == segment.transform):
        return found
    source, target = case.pair.source, case.pair.target
    met = still.meeting(source.fingerprint, target.fingerprint)
    known = still.geometry_of(met)
    registered = registration(party(visual, source), party(visual, target), known, met)
    is_theirs = registered is not None and registered.transform == segment.transform
    return registered if is_theirs else found


def _look(visual: VisualSignals, frame: Frame) -> Look:
    return Look(visual.keypoints(frame), (frame.pixels.shape[1], frame.pixels.shape[0]))


def _words(segment: Segment) -> str:
    if math.isinf(segment.query.start):
        return "the picture"
    return f"{segment.query.start:.1f} s to {segment.query.end:.1f} s of the upload"
