"""reseen as the benchmark uses it: the program's own flows, on files, with its own decoder.

Two things are added for speed, and change no answer: renditions of references are kept while they
fit into memory, and what is computed from a picture's pixels is kept by a digest of those pixels,
because a reference meets many queries.
"""

import atexit
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import Item
from benchmarks.localisation import Stretch
from reseen.cli.speak import read_settings
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint, Track
from reseen.domain.match import Cuts, Match
from reseen.domain.media import Frame, Pixels, Span
from reseen.flows.fingerprint import Perception, Rendition, fingerprint
from reseen.flows.match import compare
from reseen.media.receive import local_file
from reseen.ports import Side, VisualSignals
from reseen.wiring.matching import CUTS, assemble

REMEMBERED = 1_000_000_000
"""Bytes of decoded references that are kept."""
KEPT = 4000
"""Pictures whose keypoints and tiles are kept: 100 to 300 kB each."""


class Subject:
    """Fingerprints files and compares them, in one process."""

    def __init__(self, perception: Perception, cuts: Cuts) -> None:
        self.cuts = cuts
        self._visual = perception.visual
        self._perception = replace(perception, visual=_remembering(perception.visual))
        self._references: OrderedDict[Path, Rendition] = OrderedDict()
        self._held = 0

    def query(self, path: Path) -> Rendition:
        """Decode and describe a file as an upload. Raises the flows' typed errors."""
        with local_file(path) as file:
            return fingerprint(self._perception, file, Side.QUERY)

    def reference(self, path: Path) -> Rendition:
        """Decode and describe a file as a reference, or recall it."""
        if path in self._references:
            self._references.move_to_end(path)
            return self._references[path]
        with local_file(path) as file:
            rendition = fingerprint(self._perception, file, Side.REFERENCE)
        self._references[path] = rendition
        self._held += _size(rendition)
        while self._held > REMEMBERED and len(self._references) > 1:
            self._held -= _size(self._references.popitem(last=False)[1])
        return rendition

    def readable(self, items: Sequence[Item]) -> list[Item]:
        """The references that can be fingerprinted; a corpus may hold broken files."""
        return [item for item in items if self._is_readable(item.path)]

    def _is_readable(self, path: Path) -> bool:
        try:
            self.reference(path)
        except ReseenError:
            return False
        return True

    def compare(self, query: Rendition, reference: Rendition) -> Match:
        return compare(self._perception.visual, self.cuts, query, reference)

    def forget(self) -> None:
        """Keep nothing of what was seen, as if every file came for the first time."""
        self._references.clear()
        self._held = 0
        self._perception = replace(self._perception, visual=_remembering(self._visual))


def standard() -> Subject:
    """reseen with the settings of the environment, for media of any length that it takes anywhere.

    Its processes end with this one.
    """
    parts = ExitStack()
    settings = read_settings()
    perception = parts.enter_context(assemble(settings)).answering.perception
    atexit.register(parts.close)
    limits = replace(perception.limits, duration=settings.media_seconds)
    return Subject(replace(perception, limits=limits), CUTS)


def stretches(match: Match, query: Fingerprint, reference: Fingerprint) -> tuple[Stretch, ...]:
    """The segments of a match, with timeless spans written as the whole asset."""
    here, there = query.asset.duration or 0.0, reference.asset.duration or 0.0
    return tuple(
        Stretch(
            query=_seconds(s.query, here),
            reference=_seconds(s.reference, there),
            score=s.score,
            rate=s.rate,
            pitch=s.pitch,
            offset=s.offset,
            channel=str(s.channel),
        )
        for s in match.segments
    )


def vectors(described: Fingerprint) -> npt.NDArray[np.float32]:
    """The picture descriptors as unit vectors ``[N, D]``; none without that signal."""
    track = described.track("descriptor")
    if track is None or not len(track):
        return np.zeros((0, 1), np.float32)
    codes = track.codes.astype(np.float32)
    return np.asarray(codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9))


def nearest(
    query: npt.NDArray[np.float32], references: Sequence[npt.NDArray[np.float32]]
) -> npt.NDArray[np.float32]:
    """The largest cosine of any query row with any row of each reference; -1 without rows."""
    best = np.full(len(references), -1.0, np.float32)
    filled = [i for i, rows in enumerate(references) if len(rows)]
    if not len(query) or not filled:
        return best
    cosines = (np.concatenate([references[i] for i in filled]) @ query.T).max(axis=1)
    starts = np.cumsum([0, *(len(references[i]) for i in filled[:-1])])
    best[filled] = np.maximum.reduceat(cosines, starts)
    return best


def _seconds(span: Span, duration: float) -> tuple[float, float]:
    return (0.0, duration) if span.is_timeless else (span.start, span.end)


def _size(rendition: Rendition) -> int:
    pixels = 0 if rendition.pixels is None else rendition.pixels.nbytes
    sound = 0 if rendition.sound is None else rendition.sound.samples.nbytes
    asset = rendition.asset
    frames = 0 if asset.duration is None or not asset.width else int(asset.duration * 60_000)
    return pixels + sound + frames + 300_000


class _Remembering:
    """Visual signals that look at the same pixels only once for tiles and for keypoints; all else
    goes to the real ones.
    """

    def __init__(self, visual: VisualSignals) -> None:
        self._visual = visual
        self._tiles: OrderedDict[bytes, Track | None] = OrderedDict()
        self._keypoints: OrderedDict[bytes, Track] = OrderedDict()

    def tiles(self, pixels: Pixels) -> Track | None:
        return _recall(self._tiles, _digest(pixels, None), lambda: self._visual.tiles(pixels))

    def keypoints(self, frame: Frame) -> Track:
        key = _digest(frame.pixels, frame.time)
        return _recall(self._keypoints, key, lambda: self._visual.keypoints(frame))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._visual, name)


def _remembering(visual: VisualSignals) -> VisualSignals:
    return cast("VisualSignals", _Remembering(visual))


def _digest(pixels: Pixels, time: float | None) -> bytes:
    digest = hashlib.sha1(np.ascontiguousarray(pixels), usedforsecurity=False)
    digest.update(repr((pixels.shape, time)).encode())
    return digest.digest()


def _recall[T](kept: OrderedDict[bytes, T], key: bytes, make: Callable[[], T]) -> T:
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    kept[key] = made = make()
    if len(kept) > KEPT:
        kept.popitem(last=False)
    return made
