"""Disguised pictures, written as JPEG files, held against a bank of pictures."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from benchmarks.attacks import Pixels
from benchmarks.attacks.pictures import ATTACKS as DEVELOPED
from benchmarks.attacks.pictures_reserved import RESERVED
from benchmarks.datasets import PICTURE, Dataset
from benchmarks.peers import picture_peers
from benchmarks.pool import Query
from benchmarks.rows import Row
from benchmarks.shortlist import Answer, Breadth, kin, peer_answers, rows, verify
from benchmarks.subject import Subject, nearest, standard, vectors
from reseen.domain.fingerprint import Fingerprint

QUALITY = 92
"""Of the JPEG files that are uploaded; attacks on the codec use their own, lower ones before."""

ATTACKS = (*DEVELOPED, *RESERVED)
NAMES = tuple(attack.name for attack in ATTACKS)
_BY_NAME = {attack.name: attack for attack in ATTACKS}


class PictureBench:
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
        self._fillers = [open_picture(item.path) for item in dataset.fillers]
        self._peers = picture_peers()
        self._references = subject.readable(dataset.references)
        self._names = [item.id for item in self._references]
        described = [subject.reference(item.path).fingerprint for item in self._references]
        self._vectors = [vectors(fingerprint) for fingerprint in described]
        opened = [open_picture(item.path) for item in self._references]
        self._codes = [np.concatenate([p.reference(o) for o in opened]) for p in self._peers]

    def measure(self, query: Query) -> list[Row]:
        if not query.absent and query.item not in self._references:
            return []
        path = self._disguise(query)
        barred = kin(query, self._dataset.fillers, self._references)
        verified = verify(
            self._subject, query, path, self._references, self._closeness, self._breadth, barred
        )
        result = self._rows(query, "reseen", verified.answers, verified.seconds)
        pixels = open_picture(path)
        for peer, codes in zip(self._peers, self._codes, strict=True):
            start = perf_counter()
            described = peer.query(pixels)
            seconds = perf_counter() - start
            said = peer_answers(query, self._names, peer.scores(described, codes), barred)
            result += self._rows(query, peer.name, said, seconds)
        return result

    def _closeness(self, seen: Fingerprint) -> npt.NDArray[np.floating]:
        return nearest(vectors(seen), self._vectors)

    def _rows(
        self, query: Query, system: str, answers: Sequence[Answer], seconds: float
    ) -> list[Row]:
        return rows(
            query,
            self._dataset,
            system,
            answers,
            kind=PICTURE,
            family=_BY_NAME[query.attack].family,
            query_seconds=seconds,
        )

    def _disguise(self, query: Query) -> Path:
        path = query_path(self._files, query, ".jpg")
        if not path.exists():
            original = open_picture(query.item.path)
            pixels = _BY_NAME[query.attack].apply(original, query.rng(), self._fillers)
            bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return path


def query_path(files: Path, query: Query, ending: str) -> Path:
    return files / (sha256(query.id.encode()).hexdigest()[:20] + ending)


def open_picture(path: Path) -> Pixels:
    """Upright RGB pixels, as peers and attacks see the file."""
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        return np.asarray(upright.convert("RGB"), np.uint8).copy()
