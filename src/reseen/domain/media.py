"""What a file holds, and when.

Conventions: times are seconds from the start of the asset; spans exclude their end; pixels are
``uint8 [height, width, 3]`` RGB, upright (orientation already applied); sound is mono ``float32``
in -1..1.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

type Pixels = npt.NDArray[np.uint8]
"""``[height, width, 3]`` RGB."""

type Samples = npt.NDArray[np.float32]
"""``[n]`` mono sound in -1..1."""


class Medium(StrEnum):
    """What a client sends: told from the bytes, never from a name."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


class Channel(StrEnum):
    """Which part of an asset a signal describes."""

    FILE = "file"
    VISUAL = "visual"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in seconds, end excluded. A still is ``Span.ALWAYS``: it has no clock."""

    start: float
    end: float
    ALWAYS: ClassVar["Span"]

    @property
    def duration(self) -> float:
        return self.end - self.start

    @property
    def is_timeless(self) -> bool:
        return math.isinf(self.start) and math.isinf(self.end)

    def overlap(self, other: "Span") -> float:
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


Span.ALWAYS = Span(-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as fractions of a picture: 0..1 inside it, beyond where it reaches outside."""

    x: float
    y: float
    width: float
    height: float
    WHOLE: ClassVar["Box"]

    @property
    def area(self) -> float:
        return self.width * self.height

    def intersect(self, other: "Box") -> "Box":
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(x, y, max(0.0, right - x), max(0.0, bottom - y))


Box.WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its identity and its measured shape.

    ``duration`` is ``None`` for a still, ``width`` and ``height`` for sound. ``has_audio`` is true
    when at least one sound sample was decoded. ``format`` is the container's short name
    (``jpeg``, ``mp4``, ...).
    """

    sha256: str
    md5: str
    size: int
    medium: Medium
    format: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    has_audio: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampled picture of an asset. ``time`` is ``None`` for a still.

    ``pixels`` may be smaller than the asset; a still keeps its full size so that hashes of the
    industry's lists come out the same.
    """

    time: float | None
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Sound:
    """Consecutive mono samples that begin ``start`` seconds into the asset."""

    start: float
    rate: int
    samples: Samples
