"""What uploaders do to media so that they are not recognised.

Every attack has a name, a family (for tables and for holding whole families out of tuning) and a
callable. The generator passed in makes it repeatable; ``others`` are unrelated media to mix in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

type Pixels = npt.NDArray[np.uint8]
type Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureAttack:
    """``apply(original, rng, others)`` gives the disguised picture, RGB."""

    name: str
    family: str
    apply: Callable[[Pixels, np.random.Generator, Sequence[Pixels]], Pixels]


@dataclass(frozen=True, slots=True)
class Copied:
    """A true segment: seconds of the disguised media and of the original, ``rate`` original seconds
    a disguised second, ``pitch`` in semitones of the disguised over the original.
    """

    query: tuple[float, float]
    reference: tuple[float, float]
    rate: float = 1.0
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class SoundAttack:
    """``apply(original, rate, rng, others)`` gives mono samples at the same sampling rate, and what
    of the original they hold. Each attack trims its own excerpt.
    """

    name: str
    family: str
    apply: Callable[
        [Samples, int, np.random.Generator, Sequence[Samples]], tuple[Samples, tuple[Copied, ...]]
    ]


@dataclass(frozen=True, slots=True)
class VideoAttack:
    """``apply(original, out, rng, others)`` writes the disguised file; paths in, truth out."""

    name: str
    family: str
    apply: Callable[[Path, Path, np.random.Generator, Sequence[Path]], tuple[Copied, ...]]
