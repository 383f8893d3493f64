"""Ask an index for what lies near the tracks of one query.

Descriptors by distinct moments, hashes of pictures of some quality, words of keypoints, and keys of
quads window by window, so that a long query finds each of several references. Where the truth says
what may match, only that is counted: where removed references took the places of others, more are
asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import QUADS, Track
from reseen.domain.media import Span
from reseen.engine.candidates import Lead
from reseen.engine.cosines import usual
from reseen.engine.picture_candidates import (
    SURE_COSINE,
    SURE_VOTES,
    asked,
    by_hashes,
    by_pictures,
    by_words,
)
from reseen.engine.sound_candidates import by_quads, windows_asked
from reseen.ports import QUAD_WINDOW, Hits, Index

type QueryKeys = Callable[
    [Track],
    tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.uint32]],
]
"""Times, pitches and keys of quads to ask for, from peaks."""

type Living = Callable[[Sequence[int]], frozenset[int]]
"""Which of these references may match at this moment."""

ROWS, ROWS_A_SECOND = 240, 1.0
"""Descriptors that are asked for: so many, and for long films one a second of film."""
COUNTS = (48, 384, 3072)
"""Nearest rows of each row that is asked for; the next where too few of them may match."""
HASHES = 512
"""Nearest hashes of each, which lie within the radius in any case."""
QUALITY = 0.5
"""Of a hash that is asked for: below, pictures are too plain for the hash to tell (Facebook, 2019).
"""
SAME_HASH = 8
"""Bits within which the next frame has the same hash; it is asked for once."""
SOUNDS = 384
"""Windows of sound that share most with a window of a query: those that are faint in each add up.
"""
ENOUGH = 8
"""References that a row leads to in the median, where it leads to as many rows as were asked for:
fewer, and the frames of one long film took all places."""


@dataclass(frozen=True, slots=True)
class NearHash:
    """The nearest hash of a reference: bits, the row of its track, and when the query shows it."""

    distance: int
    row: int
    query: Span


@dataclass(frozen=True, slots=True)
class Clues:
    """Leads by signal, best first, and for those by hashes how near they lie."""

    signals: tuple[tuple[Lead, ...], ...] = ()
    hashes: Mapping[int, NearHash] = field(default_factory=dict)

    def beside(self, other: "Clues") -> "Clues":
        return Clues((*self.signals, *other.signals), {**other.hashes, **self.hashes})


@dataclass(frozen=True, slots=True)
class Asking:
    """An index, what turns sound into keys, and the part of a project that is asked. ``living``
    ``None``: all that the index holds counts. ``counts``: so many nearest rows of each, and more
    where these lead to few references.
    """

    index: Index
    query_keys: QueryKeys
    project_id: str
    bank_numbers: tuple[int, ...] | None
    living: Living | None = None
    counts: tuple[int, ...] = COUNTS

    def clues(self, tracks: Sequence[Track]) -> Clues:
        """What the index says of a query. Raises ``NotReady``."""
        found = Clues()
        for track in tracks:
            if not len(track):
                continue
            match track.signal.name:
                case "descriptor":
                    found = found.beside(Clues((tuple(self._pictures(track)),)))
                case "pdq":
                    found = found.beside(self._hashes(track))
                case "words":
                    found = found.beside(Clues((tuple(self._words(track)),)))
                case "peaks":
                    found = found.beside(Clues((tuple(self._sound(track)),)))
        return found

    def _pictures(self, track: Track) -> list[Lead]:
        ends = track.spans[:, 1][np.isfinite(track.spans[:, 1])]
        of = asked(track, max(ROWS, round(ROWS_A_SECOND * float(ends.max(initial=0.0)))))
        codes = track.codes[of.rows]
        leads: list[Lead] = []
        for count in self.counts:
            hits = self.index.nearest(
                self.project_id, track.signal, codes, count, self.bank_numbers
            )
            hits = replace(hits, nearness=usual(track.signal, hits.nearness))
            kept = self._alive(hits)
            leads = by_pictures(kept, of)
            if not _hides_others(hits, kept, count, SURE_COSINE):
                break
        return leads

    def _hashes(self, track: Track) -> Clues:
        rows = _to_hash(track)
        if not len(rows):
            return Clues()
        hits = self.index.nearest(
            self.project_id, track.signal, track.codes[rows], HASHES, self.bank_numbers
        )
        hits = self._alive(hits)
        nearest: dict[int, NearHash] = {}
        columns = (hits.references, hits.query_rows, hits.reference_rows, hits.nearness)
        for number, at, row, near in zip(*(c.tolist() for c in columns), strict=True):
            if number not in nearest or -near < nearest[number].distance:
                span = Span(*track.spans[rows[at]].tolist())
                nearest[number] = NearHash(round(-near), row, span)
        return Clues((tuple(by_hashes(hits)),), nearest)

    def _words(self, track: Track) -> list[Lead]:
        leads: list[Lead] = []
        for count in self.counts:
            hits = self.index.nearest(
                self.project_id, track.signal, track.codes, count, self.bank_numbers
            )
            kept = self._alive(hits)
            leads = by_words(kept)
            if not _hides_others(hits, kept, count, SURE_VOTES):
                break
        return leads

    def _sound(self, peaks: Track) -> list[Lead]:
        found = []
        for some in windows_asked(*self.query_keys(peaks)):
            hits = self.index.nearest(self.project_id, QUADS, some, SOUNDS, self.bank_numbers)
            found.append((len(some), self._alive(hits)))
        return by_quads(found, QUAD_WINDOW)

    def _alive(self, hits: Hits) -> Hits:
        if self.living is None:
            return hits
        living = self.living(np.unique(hits.references).tolist())
        kept = np.isin(hits.references, np.array(sorted(living), np.int64))
        if kept.all():
            return hits
        return replace(
            hits,
            references=hits.references[kept],
            query_rows=hits.query_rows[kept],
            reference_rows=hits.reference_rows[kept],
            nearness=hits.nearness[kept],
        )


def _hides_others(hits: Hits, kept: Hits, count: int, sure: float) -> bool:
    """Whether rows that were cut off may lead to more references that may match: where even the
    last of them is sure, and where they lead to few.
    """
    if not len(hits.query_rows):
        return False
    full = np.bincount(hits.query_rows) >= count
    if not full.any():
        return False
    last = np.full(len(full), np.inf, np.float32)
    np.minimum.at(last, hits.query_rows, hits.nearness)
    if (last[full] >= sure).any():
        return True
    pairs = np.unique(np.stack([kept.query_rows, kept.references]), axis=1)
    led = np.bincount(pairs[0], minlength=len(full))[: len(full)]
    return bool(np.median(led[full]) < ENOUGH)


def _to_hash(track: Track) -> npt.NDArray[np.int64]:
    """Rows worth asking for, without those that repeat the one before."""
    kept: list[int] = []
    for row in np.flatnonzero(track.quality >= QUALITY).tolist():
        apart = np.bitwise_count(track.codes[row] ^ track.codes[kept[-1]]).sum() if kept else 256
        if apart > SAME_HASH:
            kept.append(row)
    return np.array(kept, np.int64)
