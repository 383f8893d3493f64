"""The bank, the queries and the media of ``benchmarks.run_load``."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.datasets import PICTURE, VIDEO, find
from benchmarks.index_data import descriptor_blocks
from benchmarks.search_bank import described, digest
from reseen.domain.bank import Bank, BankDraft, Content, ReferenceDraft
from reseen.domain.fingerprint import Fingerprint, Track
from reseen.domain.media import Pixels
from reseen.media.receive import local_file
from reseen.settings import Settings
from reseen.testing.films import Film
from reseen.testing.pictures import scene
from reseen.wiring.crew import remembering
from reseen.wiring.matching import assemble
from reseen.wiring.truth import Truth

SIDE = 640
"""The longer side of the pictures that are searched for."""
REAL = 60
A_FILM_EACH = 12
"""Pictures between two films."""
BATCH = 100


def media_of(corpora: Sequence[Path], folder: Path, pictures: int, films: int) -> list[Path]:
    """Pictures and films, mixed: of the corpus, else drawn."""
    if corpora:
        shown = [item.path for item in find(corpora, PICTURE)][:pictures]
        played = [item.path for item in find(corpora, VIDEO)][:films]
    else:
        folder.mkdir()
        shown = [folder / f"{seed:05}.jpg" for seed in range(pictures)]
        for seed, path in enumerate(shown):
            _write(path, scene(seed, 1600, 1200))
        sizes = [Film(seconds=5.0 + seed, size=(640, 360)) for seed in range(films)]
        played = [film.write(folder / f"{seed}.mp4") for seed, film in enumerate(sizes)]
    for at, path in enumerate(played):
        shown.insert(2 * REAL + at * (A_FILM_EACH + 1), path)
    return shown


def _write(path: Path, pixels: Pixels) -> None:
    cv2.imwrite(str(path), np.ascontiguousarray(pixels[:, :, ::-1]))


def query_of(path: Path) -> bytes | None:
    """A picture as it comes back: smaller, cropped, pressed."""
    pixels = cv2.imread(str(path))
    if pixels is None or min(pixels.shape[:2]) < 100:
        return None
    height, width = pixels.shape[:2]
    pixels = pixels[height // 20 : -(height // 20), width // 20 :]
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].data)


def fill(truth: Truth, kept: Sequence[Fingerprint], count: int) -> Bank:
    """Real references, and synthetic ones up to this number: a descriptor and a hash of their own,
    the other tracks of a real one.
    """
    bank = truth.banks.create(truth.project_id, BankDraft("known"))
    every = islice(_alike(kept), count)
    while some := list(islice(every, BATCH)):
        items = [(ReferenceDraft(one.asset.sha256), Content(one)) for one in some]
        truth.references.add_many(bank, items)
    return bank


def _alike(kept: Sequence[Fingerprint]) -> Iterator[Fingerprint]:
    yield from kept
    rng = np.random.default_rng(3)
    described_ = [t.codes for one in kept if (t := one.track("descriptor")) is not None]
    for at, code in enumerate(c for b in descriptor_blocks(np.concatenate(described_)) for c in b):
        like = kept[at % len(kept)]
        tracks = tuple(_own(track, code, rng) for track in like.tracks)
        yield replace(like, asset=replace(like.asset, sha256=digest(code)), tracks=tracks)


def _own(track: Track, code: np.ndarray, rng: np.random.Generator) -> Track:
    name = track.signal.name
    if name == "descriptor":
        return described(code)
    if name in {"pdq", "sha256", "md5"}:
        return replace(track, codes=rng.integers(0, 256, track.codes.shape, np.uint8))
    return track


def kept_of(paths: Sequence[Path]) -> Iterator[tuple[Fingerprint, bytes]]:
    """References as an ingest keeps them, and a query made of each."""
    with assemble(Settings()) as reseen:
        remember = remembering(reseen)
        for path in paths:
            query = query_of(path)
            if query is not None:
                with local_file(path) as file:
                    yield remember(file), query
