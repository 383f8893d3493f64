"""What others offer, run on the same files in the same call.

- **PDQ** at the industry's radius of 31 bits of 256, as it is and in the query's eight turned and
  mirrored forms (reseen's own implementation, bit-exact with Meta's).
- **pHash**, 64 bits, from ``imagehash``.
- **vPDQ**: Meta's ``vpdq`` where it is installed (it needs FFmpeg's development files to build, so
  it is no dependency). Else its algorithm, written anew: every frame is decoded, one a second is
  hashed with PDQ, hashes of quality under 50 are dropped, and a pair gets two percentages: query
  hashes with a reference hash within 31 bits, and the other way round.
- **Chromaprint**: ``fpcalc`` where it is installed (Debian: ``libchromaprint-tools``). AcoustID
  compares whole tracks; we give it the kinder test of its best five seconds at any offset.

A peer that is not there is ``None``; the report says so. Scores: larger is surer, at most 1.
"""

import importlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.attacks import Pixels
from reseen.signals import pdq

type Codes = npt.NDArray[np.uint8]
"""``[rows, bytes]``."""

PDQ_RADIUS = 31
"""Bits; of Facebook, *The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm*."""
VPDQ_QUALITY = 50
VPDQ_SHARE = 0.8
"""The share of query frames from which python-threatexchange's vPDQ index answers by default."""
CHROMAPRINT_STEP = 4096 / 3 / 11025
"""Seconds between two codes of Chromaprint's default algorithm."""
CHROMAPRINT_WINDOW = 40
"""Codes of the stretch that is compared: five seconds."""


@dataclass(frozen=True, slots=True)
class PicturePeer:
    """``query`` and ``reference`` describe a picture by one or more codes; the nearest counts."""

    name: str
    bits: int
    query: Callable[[Pixels], Codes]
    reference: Callable[[Pixels], Codes]
    cut: float
    """The score from which its users act; 0 where there is no such convention."""

    def scores(self, query: Codes, references: Codes) -> npt.NDArray[np.float64]:
        """Of one query against references ``[R, bytes]``: 1 - nearest distance / bits."""
        differing = np.bitwise_count(query[:, None] ^ references[None])
        return np.asarray(1.0 - differing.sum(axis=2).min(axis=0) / self.bits, np.float64)


def picture_peers() -> list[PicturePeer]:
    """Those that are installed."""
    cut = 1.0 - PDQ_RADIUS / 256
    peers = [
        PicturePeer("PDQ", 256, _pdq, _pdq, cut),
        PicturePeer("PDQ dihedral", 256, lambda p: pdq.hash_dihedral(p)[0], _pdq, cut),
    ]
    if importlib.util.find_spec("imagehash"):
        peers.append(PicturePeer("pHash", 64, _phash, _phash, 0.0))
    return peers


def _pdq(pixels: Pixels) -> Codes:
    return pdq.hash_picture(pixels)[0][None]


def _phash(pixels: Pixels) -> Codes:
    imagehash: Any = importlib.import_module("imagehash")
    bits = np.asarray(imagehash.phash(Image.fromarray(pixels)).hash, bool)
    return np.packbits(bits.reshape(1, -1), axis=1)


def vpdq_name() -> str:
    return "vPDQ" if importlib.util.find_spec("vpdq") else "vPDQ (rewritten)"


def vpdq(path: Path, every: float = 1.0) -> Codes:
    """Hashes ``[frames, 32]`` with enough quality, of one frame in ``every`` seconds; 0 is all."""
    if importlib.util.find_spec("vpdq"):
        module: Any = importlib.import_module("vpdq")
        features = module.computeHash(str(path), seconds_per_hash=every, thread_count=1)
        kept = [bytes.fromhex(f.hex) for f in features if f.quality >= VPDQ_QUALITY]
    else:
        kept = [code.tobytes() for code in _vpdq_frames(path, every)]
    return np.frombuffer(b"".join(kept), np.uint8).reshape(-1, 32)


def _vpdq_frames(path: Path, seconds: float) -> list[Codes]:
    """Every frame is decoded; the first in ``seconds``, counted in frames, is hashed at full size,
    as in ``vpdq/cpp/hashing/filehasher.cpp``.
    """
    codes = []
    with av.open(path) as file:
        stream = file.streams.video[0]
        stream.thread_count = 1
        every = max(1, int(seconds * float(stream.average_rate or 1)))
        for number, frame in enumerate(file.decode(stream)):
            if number % every == 0:
                pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                code, quality = pdq.hash_picture(pixels)
                if quality * 100 >= VPDQ_QUALITY:
                    codes.append(code)
    return codes


def vpdq_shares(query: Codes, reference: Codes) -> tuple[float, float]:
    """The share of query hashes near a reference hash, and of reference hashes near a query's."""
    if not len(query) or not len(reference):
        return 0.0, 0.0
    near = np.bitwise_count(query[:, None] ^ reference[None]).sum(axis=2) <= PDQ_RADIUS
    return float(near.any(axis=1).mean()), float(near.any(axis=0).mean())


def has_chromaprint() -> bool:
    return shutil.which("fpcalc") is not None


def chromaprint(path: Path) -> npt.NDArray[np.uint32]:
    """The whole file's codes; none when it is too short or has no sound.

    What it printed counts, not its status: version 1.5 ends with 3 at the end of some files.
    """
    done = subprocess.run(
        ["fpcalc", "-raw", "-json", "-length", "0", str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    codes = json.loads(done.stdout)["fingerprint"] if done.stdout.strip() else []
    return np.array(codes, np.uint32)


def chromaprint_score(query: npt.NDArray[np.uint32], reference: npt.NDArray[np.uint32]) -> float:
    """1 - twice the bit error rate of the best five seconds at any offset: chance scores 0."""
    window = min(CHROMAPRINT_WINDOW, len(query), len(reference))
    if window < CHROMAPRINT_WINDOW // 2:
        return 0.0
    errors = np.bitwise_count(query[:, None] ^ reference[None]).astype(np.float64)
    best = 32.0
    for offset in range(window - len(query), len(reference) - window + 1):
        along = np.cumsum(np.insert(np.diagonal(errors, offset), 0, 0.0))
        best = min(best, float((along[window:] - along[:-window]).min()) / window)
    return max(0.0, 1.0 - 2.0 * best / 32.0)
