"""Disguised sound, written as WAV files, held against whole tracks.

Chromaprint is asked about the same candidates as reseen: its own search is for whole tracks.
"""

import wave
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import av
import numpy as np
import numpy.typing as npt

from benchmarks.attacks import Copied, Samples
from benchmarks.attacks.sound import SOUND_ATTACKS
from benchmarks.attacks.sound_reserved import RESERVED
from benchmarks.datasets import SOUND, Dataset
from benchmarks.localisation import Stretch
from benchmarks.peers import chromaprint, chromaprint_score, has_chromaprint
from benchmarks.pool import Query
from benchmarks.rows import Row
from benchmarks.run_pictures import query_path
from benchmarks.shortlist import Answer, Breadth, kin, peer_answers, rows, verify
from benchmarks.subject import Subject, standard
from reseen.domain.fingerprint import Fingerprint

RATE = 22_050
LONGEST = 120.0
"""Seconds of an original that attacks draw from; the reference is the whole file."""

ATTACKS = (*SOUND_ATTACKS, *RESERVED)
NAMES = tuple(attack.name for attack in ATTACKS)
_BY_NAME = {attack.name: attack for attack in ATTACKS}


class SoundBench:
    """Holds the references of all systems; answers for one query at a time.

    ``files`` keeps the disguised media. Without a ``subject`` it starts its own.
    """

    def __init__(
        self, dataset: Dataset, breadth: Breadth, files: Path, subject: Subject | None = None
    ) -> None:
        files.mkdir(parents=True, exist_ok=True)
        self._dataset, self._breadth, self._files = dataset, breadth, files
        self._subject = subject = subject or standard()
        self._fillers = [open_sound(item.path)[: int(60 * RATE)] for item in dataset.fillers]
        self._references = subject.readable(dataset.references)
        self._names = [item.id for item in self._references]
        self._keys = [keys(subject.reference(i.path).fingerprint) for i in self._references]
        self._prints = (
            [chromaprint(i.path) for i in self._references] if has_chromaprint() else None
        )

    def measure(self, query: Query) -> list[Row]:
        if not query.absent and query.item not in self._references:
            return []
        path, copied = self._disguise(query)
        barred = kin(query, self._dataset.fillers, self._references)
        verified = verify(
            self._subject, query, path, self._references, self._closeness, self._breadth, barred
        )
        result = self._rows(query, "reseen", verified.answers, copied, verified.seconds)
        if self._prints is not None:
            start = perf_counter()
            codes = chromaprint(path)
            seconds = perf_counter() - start
            scores = np.zeros(len(self._prints))
            for i in verified.asked:
                scores[i] = chromaprint_score(codes, self._prints[i])
            said = peer_answers(query, self._names, scores, barred)
            result += self._rows(query, "Chromaprint", said, copied, seconds)
        return result

    def _closeness(self, seen: Fingerprint) -> npt.NDArray[np.floating]:
        return shared(keys(seen), self._keys)

    def _rows(
        self,
        query: Query,
        system: str,
        answers: Sequence[Answer],
        copied: tuple[Stretch, ...],
        seconds: float,
    ) -> list[Row]:
        return rows(
            query,
            self._dataset,
            system,
            answers,
            kind=SOUND,
            family=_BY_NAME[query.attack].family,
            copied=copied,
            query_seconds=seconds,
        )

    def _disguise(self, query: Query) -> tuple[Path, tuple[Stretch, ...]]:
        """The truth is made again each time, from the same seed as the file."""
        path = query_path(self._files, query, ".wav")
        original = open_sound(query.item.path)[: int(LONGEST * RATE)]
        attack = _BY_NAME[query.attack]
        samples, copied = attack.apply(original, RATE, query.rng(), self._fillers)
        write_sound(path, samples, RATE)
        return path, truth(copied)


def truth(copied: Sequence[Copied]) -> tuple[Stretch, ...]:
    return tuple(Stretch(c.query, c.reference, rate=c.rate, pitch=c.pitch) for c in copied)


def keys(described: Fingerprint) -> npt.NDArray[np.uint32]:
    """The distinct hashes of quads of a fingerprint, sorted."""
    track = described.track("quads")
    codes = np.zeros(0, np.uint32) if track is None else track.codes.ravel().astype(np.uint32)
    return np.unique(codes)


def shared(
    query: npt.NDArray[np.uint32], references: Sequence[npt.NDArray[np.uint32]]
) -> npt.NDArray[np.float64]:
    """Shared keys over those expected for a reference's size: long tracks share many by chance."""
    counts = [np.isin(query, some, assume_unique=True).sum() for some in references]
    sizes = np.array([len(some) for some in references], np.float64)
    return np.asarray(np.array(counts, np.float64) / np.sqrt(sizes + 1000.0))


def open_sound(path: Path, rate: int = RATE) -> Samples:
    """All of a file's first sound track, as mono."""
    blocks = []
    with av.open(path) as file:
        resampler = av.AudioResampler("flt", "mono", rate)
        for frame in file.decode(audio=0):
            blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(blocks).astype(np.float32) if blocks else np.zeros(0, np.float32)


def write_sound(path: Path, samples: Samples, rate: int) -> None:
    """16-bit PCM; louder than full scale is scaled down, not clipped."""
    peak = max(1.0, float(np.abs(samples).max(initial=0.0)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples / peak * 32767).astype("<i2").tobytes())
