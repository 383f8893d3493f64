"""Make the list of usual keys: ``python -m benchmarks.train_keys --corpus DIR --out FILE``.

Keys of quads that so many windows of sound hold that sharing them says nothing: queries do not ask
for them. Counted on the half of the corpora that calibrates and on distractors, so on nothing that
a report disguises. The same sounds give the same file. Runs some minutes.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from benchmarks.datasets import CALIBRATION, SOUND, VIDEO, Item, corpora_of, find, half_of
from benchmarks.run_sound import open_sound
from reseen.domain.media import Sound
from reseen.index.quad_windows import quad_windows
from reseen.signals.peaks import RATE, find_peaks
from reseen.signals.quads import quads

type Keys = npt.NDArray[np.uint32]

LONGEST = 300.0
"""Seconds taken of each sound."""
USUAL = 0.002
"""Share of windows that hold a key from which it is a usual one."""


def usual(windows: Sequence[Keys], share: float = USUAL) -> Keys:
    """Keys that more than this share of windows hold, ascending; each window's keys are distinct.
    One that two windows hold is never one of them.
    """
    keys, counts = np.unique(np.concatenate(windows), return_counts=True)
    found: Keys = keys[counts > max(2.0, share * len(windows))]
    return found


def _windows(items: Sequence[Item]) -> Iterator[Keys]:
    for item in items:
        try:
            samples = open_sound(item.path, RATE)[: int(LONGEST * RATE)]
        except (av.FFmpegError, IndexError):
            continue
        for keys in quad_windows(quads(find_peaks(Sound(0.0, RATE, samples))))[1]:
            yield np.unique(keys[:, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    corpora = corpora_of(options.corpus)
    items = [*find(corpora, SOUND), *find(corpora, VIDEO)]
    mine = [i for i in items if i.distractor or half_of(i.group) == CALIBRATION]
    windows = list(_windows(mine))
    keys = usual(windows)
    np.savez_compressed(options.out, steps=np.diff(keys, prepend=np.uint32(0)))
    print(f"{len(keys):,} keys of {len(windows):,} windows")


if __name__ == "__main__":
    main()
