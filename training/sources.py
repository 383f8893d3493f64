"""Which pictures train, and which are held out: by source, as ``benchmarks`` deals them.

The half of the sources that calibrates trains; the half that reports is the trial's, and is shown
to nothing that learns. A picture that is in both halves, as one photograph in two collections is,
trains nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.datasets import CALIBRATION, PICTURE, REPORT, Item, find, half_of
from benchmarks.run_pictures import open_picture

from reseen.signals.pdq import hash_picture
from training import packed
from training.config import Sources

SMALLEST = 64
"""Pixels of the shorter side: what is smaller is no picture that anyone disguises."""
QUALITY = 0.3
"""Of PDQ: below it a hash says nothing, and two flat pictures are not the same for having one."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """PDQ of pictures, ``uint8 [N, 32]``, and their qualities ``float64 [N]``."""

    bits: npt.NDArray[np.uint8]
    quality: npt.NDArray[np.float64]


def halves(corpora: Sequence[Path]) -> tuple[list[Item], list[Item]]:
    """The pictures that may train, and those of the trial."""
    items = find(corpora, PICTURE)
    train = [item for item in items if half_of(item.group) == CALIBRATION]
    return train, [item for item in items if half_of(item.group) == REPORT]


def shrunk(pixels: packed.Pixels, longest: int) -> packed.Pixels:
    """No side above ``longest`` pixels."""
    factor = longest / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def opened(items: Sequence[Item], longest: int) -> Iterator[tuple[Item, packed.Pixels]]:
    """Those that can be read and are large enough, shrunk."""
    for item in items:
        try:
            pixels = open_picture(item.path)
        except (OSError, ValueError, SyntaxError):
            continue
        if min(pixels.shape[:2]) >= SMALLEST:
            yield item, shrunk(pixels, longest)


def hashes(pictures: Sequence[packed.Pixels]) -> Hashes:
    found = [hash_picture(pixels) for pixels in pictures]
    bits = np.array([bits for bits, _ in found], np.uint8).reshape(-1, 32)
    return Hashes(bits, np.array([quality for _, quality in found], np.float64))


def near(one: Hashes, other: Hashes, bits: int) -> npt.NDArray[np.bool_]:
    """``bool [N]``: whether a picture of ``one`` is within so many bits of any of ``other``."""
    told = other.bits[other.quality >= QUALITY].view(np.uint64)
    found = np.zeros(len(one.bits), bool)
    for i, row in enumerate(one.bits.view(np.uint64)):
        if one.quality[i] >= QUALITY and len(told):
            found[i] = bool((np.bitwise_count(told ^ row).sum(axis=1) <= bits).any())
    return found


def pack(corpora: Sequence[Path], trial: Hashes, config: Sources, file: Path) -> int:
    """Write the training pictures into one file; how many were left out as near the trial's."""
    train, _ = halves(corpora)
    names, coded, tune, left_out = [], [], [], 0
    for item, pixels in opened(train, config.longest):
        if near(hashes([pixels]), trial, config.near).any():
            left_out += 1
            continue
        names.append(item.id)
        coded.append(packed.coded(pixels, config.quality))
        tune.append(_share("tune/" + item.group) < config.tune)
    packed.write(file, names, coded, np.array(tune, bool))
    return left_out


def _share(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32
