"""Disguised videos held against whole ones, picture and sound together."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks import Copied
from benchmarks.attacks.video import ATTACKS
from benchmarks.datasets import VIDEO, Dataset
from benchmarks.localisation import Stretch
from benchmarks.peers import Codes, vpdq, vpdq_name, vpdq_shares
from benchmarks.pool import Query
from benchmarks.rows import Row
from benchmarks.run_pictures import query_path
from benchmarks.run_sound import truth
from benchmarks.shortlist import Answer, Breadth, kin, peer_answers, rows, verify
from benchmarks.subject import Subject, nearest, standard, vectors
from reseen.domain.fingerprint import Fingerprint

NAMES = tuple(attack.name for attack in ATTACKS)
_BY_NAME = {attack.name: attack for attack in ATTACKS}


class VideoBench:
    """Holds the references of all systems; answers for one query at a time.

    ``files`` keeps the disguised media. Without a ``subject`` it starts its own.
    """

    def __init__(
        self, dataset: Dataset, breadth: Breadth, files: Path, subject: Subject | None = None
    ) -> None:
        cv2.setNumThreads(1)
        files.mkdir(parents=True, exist_ok=True)
        self._dataset, self._breadth, self._files = dataset, breadth, files
        self._subject = subject = subject or standard()
        self._references = subject.readable(dataset.references)
        self._names = [item.id for item in self._references]
        self._fillers = [item.path for item in dataset.fillers]
        described = [subject.reference(item.path).fingerprint for item in self._references]
        self._vectors = [vectors(fingerprint) for fingerprint in described]
        self._codes = [vpdq(item.path) for item in self._references]

    def measure(self, query: Query) -> list[Row]:
        if not query.absent and query.item not in self._references:
            return []
        path, copied = disguise(query, self._files, self._fillers)
        barred = kin(query, self._dataset.fillers, self._references)
        verified = verify(
            self._subject, query, path, self._references, self._closeness, self._breadth, barred
        )
        start = perf_counter()
        codes = vpdq(path)
        seconds = perf_counter() - start
        said = peer_answers(query, self._names, self._vpdq_scores(codes), barred)
        return [
            *self._rows(query, "reseen", verified.answers, copied, verified.seconds),
            *self._rows(query, vpdq_name(), said, copied, seconds),
        ]

    def _closeness(self, seen: Fingerprint) -> npt.NDArray[np.floating]:
        return nearest(vectors(seen), self._vectors)

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
            kind=VIDEO,
            family=_BY_NAME[query.attack].family,
            copied=copied,
            query_seconds=seconds,
        )

    def _vpdq_scores(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The larger of the two shares: a trim has few of the reference's frames, an embedded clip
        few of the query's.
        """
        return np.array([max(vpdq_shares(codes, other)) for other in self._codes], np.float64)


def disguise(
    query: Query, files: Path, fillers: Sequence[Path]
) -> tuple[Path, tuple[Stretch, ...]]:
    """A disguised file and its truth. Made once and kept: an encode takes seconds."""
    path = query_path(files, query, ".mp4")
    beside = path.with_suffix(".json")
    if not beside.exists():
        attack = _BY_NAME[query.attack]
        copied = attack.apply(query.item.path, path, query.rng(), fillers)
        beside.write_text(json.dumps([asdict(c) for c in copied]), encoding="utf-8")
    kept: Sequence[dict[str, object]] = json.loads(beside.read_text(encoding="utf-8"))
    return path, truth([_copied(fields) for fields in kept])


def _copied(fields: dict[str, object]) -> Copied:
    query, reference = fields["query"], fields["reference"]
    rate, pitch = fields["rate"], fields["pitch"]
    if not (isinstance(query, list) and isinstance(reference, list)):
        raise TypeError("a copied stretch lacks its times")
    if not (isinstance(rate, int | float) and isinstance(pitch, int | float)):
        raise TypeError("a copied stretch lacks its rate")
    return Copied((query[0], query[1]), (reference[0], reference[1]), rate, pitch)
