"""What an index of a given size holds, and what is asked of it: real rows, and many more like them.

Synthetic descriptors have the mean and covariance of real ones; synthetic windows of sound draw
their keys from real ones, with their frequencies; synthetic PDQ hashes are half real ones with many
bits changed and half noise. Every block of rows comes from its own seed, so none is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.attacks.pictures import ATTACKS
from benchmarks.attacks.sound import SOUND_ATTACKS
from benchmarks.datasets import Item
from benchmarks.run_sound import open_sound
from reseen.domain.fingerprint import QUADS, Skip, Track
from reseen.domain.media import Sound
from reseen.engine.sound.quads import PITCH_BITS
from reseen.engine.sound_candidates import windows_asked
from reseen.index.quad_windows import quad_windows
from reseen.ports import QUAD_TICKS, QUAD_WINDOW
from reseen.signals.descriptor import load_descriptor
from reseen.signals.pdq import hash_picture
from reseen.signals.peaks import RATE, find_peaks
from reseen.signals.quads import quads, query_keys
from reseen.signals.views import View, describe_still, query_views, shrunk

type Codes = npt.NDArray[Any]

BLOCK = 20_000
WINDOW_KEYS = 1030
QUERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Pictures:
    """Real references (one row each), and disguised pictures: for each the row of its original and
    the rows of all its views.
    """

    descriptors: npt.NDArray[np.int8]
    hashes: npt.NDArray[np.uint8]
    queries: tuple[tuple[int, npt.NDArray[np.int8]], ...]


@dataclass(frozen=True, slots=True)
class Sounds:
    """Keys of real windows with their marks, in order; queries of ten seconds: their first window,
    and what is asked for.
    """

    windows: tuple[npt.NDArray[np.uint32], ...]
    queries: tuple[tuple[int, npt.NDArray[np.uint32]], ...]


def pictures(items: Sequence[Item], seed: int = 0) -> Pictures:
    """Fingerprints of these files, and of each a disguise by one attack after the other."""
    describe = load_descriptor()
    if isinstance(describe, Skip):
        raise SystemExit("the descriptor model is not installed")
    rng = np.random.default_rng(seed)
    opened = list(_opened(items))
    kept, hashes, queries = [], [], []
    for at, pixels in enumerate(opened):
        kept.append(describe_still(describe, pixels, (View(),)).codes[0])
        hashes.append(hash_picture(pixels)[0])
        attack = ATTACKS[at % len(ATTACKS)]
        shown = attack.apply(pixels, rng, [opened[at - 1], opened[at - 2]])
        queries.append((at, describe_still(describe, shown, query_views(shown)).codes))
    return Pictures(np.stack(kept), np.stack(hashes), tuple(queries))


def _opened(items: Sequence[Item]) -> Iterator[Codes]:
    for item in items:
        pixels = cv2.imread(str(item.path))
        if pixels is not None:
            yield shrunk(np.ascontiguousarray(pixels[:, :, ::-1]))


def sounds(items: Sequence[Item], seed: int = 0) -> Sounds:
    """Windows of these files, and a disguised excerpt of each."""
    rng = np.random.default_rng(seed)
    windows: list[npt.NDArray[np.uint32]] = []
    queries: list[tuple[int, npt.NDArray[np.uint32]]] = []
    for at, item in enumerate(items):
        try:
            samples = open_sound(item.path, RATE)
        except av.FFmpegError:
            continue
        peaks = _peaks(samples)
        numbers, keys = quad_windows(quads(peaks))
        begin = rng.uniform(0, max(1.0, len(samples) / RATE - 12.0))
        excerpt = samples[int(begin * RATE) : int((begin + QUERY_SECONDS) * RATE)]
        attack = SOUND_ATTACKS[at % len(SOUND_ATTACKS)]
        heard = attack.apply(excerpt, RATE, rng, [samples])[0][: int(QUERY_SECONDS * RATE)]
        first = len(windows) + int(np.searchsorted(numbers, begin // 12.0))
        windows += keys
        queries += ((first, asked) for asked in windows_asked(*query_keys(_peaks(heard)))[:1])
    return Sounds(tuple(windows), tuple(queries))


def _peaks(samples: npt.NDArray[np.float32]) -> Track:
    return find_peaks(Sound(0.0, RATE, samples))


def descriptor_blocks(real: npt.NDArray[np.int8], seed: int = 1) -> Iterator[npt.NDArray[np.int8]]:
    """Blocks of synthetic rows without end."""
    vectors = real.astype(np.float32) / 127.0
    mean = vectors.mean(axis=0)
    spread = np.cov(vectors.T) + 1e-6 * np.eye(vectors.shape[1])
    root = np.linalg.cholesky(spread).T.astype(np.float32)
    block = 0
    while True:
        rng = np.random.default_rng((seed, block))
        rows = rng.standard_normal((BLOCK, len(mean)), dtype=np.float32) @ root + mean
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        yield np.rint(rows * 127.0).astype(np.int8)
        block += 1


def hash_blocks(real: npt.NDArray[np.uint8], seed: int = 2) -> Iterator[npt.NDArray[np.uint8]]:
    block = 0
    while True:
        rng = np.random.default_rng((seed, block))
        rows = rng.integers(0, 256, (BLOCK, 32), np.uint8)
        half = BLOCK // 2
        flips = np.packbits(rng.random((half, 256)) < rng.uniform(0.1, 0.4, (half, 1)), axis=1)
        rows[:half] = real[rng.integers(0, len(real), half)] ^ flips
        yield rows
        block += 1


def window_blocks(
    real: Sequence[npt.NDArray[np.uint32]], size: int, seed: int = 3
) -> Iterator[list[npt.NDArray[np.uint32]]]:
    pool = np.concatenate(real)
    block = 0
    while True:
        rng = np.random.default_rng((seed, block))
        drawn = pool[rng.integers(0, len(pool), (size, WINDOW_KEYS))]
        yield list(drawn)
        block += 1


def recording(windows: Sequence[npt.NDArray[np.uint32]]) -> Track:
    """The quads of these windows, one after another."""
    number = np.repeat(np.arange(len(windows)), [len(w) for w in windows])
    keys, own = np.concatenate(windows).T
    begins = (number + ((own >> PITCH_BITS) + 0.5) / QUAD_TICKS) * QUAD_WINDOW
    places = np.zeros((len(keys), 4), np.float32)
    places[:, 1] = (own & (2**PITCH_BITS - 1)) + 0.5
    return Track(
        QUADS,
        np.stack([begins, begins + 1.0], axis=1),
        np.ascontiguousarray(keys)[:, None],
        np.ones(len(keys), np.float32),
        places,
    )


def flipped(code: npt.NDArray[np.uint8], bits: int, rng: np.random.Generator) -> Codes:
    """The hash with so many bits changed, spread over its sixteen bands as evenly as can be: the
    hardest that a hash at this distance can be.
    """
    unpacked = np.unpackbits(code).reshape(16, 16)
    order = rng.permutation(16)
    for n in range(bits):
        band = order[n % 16]
        unpacked[band, (n // 16 * 7 + 3 * band) % 16] ^= 1
    return np.packbits(unpacked)
