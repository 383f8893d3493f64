"""A fingerprint: columns of descriptors with time spans, one track a signal.

An asset is a bundle of tracks. Rows of a track share one signal; the row order is by span start.
What a row's ``places`` mean is fixed by its signal and documented beside the constant below.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.media import Asset, Channel


class Metric(StrEnum):
    """How two codes of a signal are compared."""

    EQUALITY = "equality"
    HAMMING = "hamming"
    COSINE = "cosine"
    PAIRED = "paired"
    """Rows are matched with rows, then verified by the geometry or the clock that they share."""
    VOTES = "votes"
    """A row holds many small codes; rows are near that share unlikely many, laid out alike."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A way to describe media. Its version is part of its identity: changed output, new version.

    ``radius`` is the largest distance that still counts as near, where the metric has one.
    """

    name: str
    version: str
    channel: Channel
    metric: Metric
    radius: float | None = None

    @property
    def id(self) -> str:
        return f"{self.name}/{self.version}"


SHA256 = Signal("sha256", "1", Channel.FILE, Metric.EQUALITY)
MD5 = Signal("md5", "1", Channel.FILE, Metric.EQUALITY)

PDQ = Signal("pdq", "1", Channel.VISUAL, Metric.HAMMING, radius=31)
"""codes ``uint8 [N, 32]``, most significant bit first as in the hexadecimal form; quality 0..1;
no places. Radius 31 is the industry's (Facebook, *The TMK+PDQF Video-Hashing Algorithm and the PDQ
Image-Hashing Algorithm*, 2019)."""

DESCRIPTOR = Signal("descriptor", "sscd-distilled.1", Channel.VISUAL, Metric.COSINE)
"""codes ``int8 [N, 512]``: a unit vector times 127, rounded. places ``float32 [N, 6]``: the region
described, ``x, y, width, height`` as fractions of the frame, then ``mirrored`` (0 or 1) and
``turns`` (quarter turns clockwise applied to the region before it was described, 0..3)."""

DESCRIPTOR_FULL = Signal("descriptor", "sscd.1", Channel.VISUAL, Metric.COSINE)
"""As ``DESCRIPTOR``, from the larger model."""

KEYPOINTS = Signal("keypoints", "sift.1", Channel.VISUAL, Metric.PAIRED)
"""codes ``uint8 [N, 128]``: RootSIFT (Arandjelovic and Zisserman, 2012) times 255. places
``float32 [N, 4]``: ``x, y`` and ``size`` in units of the frame's longer side, ``angle`` in degrees;
rows of one frame share its span."""

LOOKS = Signal("looks", "sift-packed.1", Channel.VISUAL, Metric.PAIRED)
"""What a reference keeps of ``KEYPOINTS`` in place of pixels: one row a frame, whose span is the
time for which it was shown alike. codes ``uint8 [N, D]``: a zlib stream, zeros after it, of 70
bytes a keypoint, strongest first: two bins a byte in steps of ten, then x and y as ``uint16``
fractions of the longer side, size (logarithmic) and angle. No places. About 28 kB a still and 12 kB
a moment of a film: 22 to 45 MB an hour, by how fast it changes."""

WORDS = Signal("words", "1", Channel.VISUAL, Metric.VOTES)
"""What an index holds of ``LOOKS``: a row a frame. codes ``uint32 [N, 3 K]``: of each keypoint the
visual word and the mark, its low half first: 48 bits that tell keypoints of one word apart, 8 of
the direction and 8 of the size, which is 0 where there are fewer than K keypoints. No places."""

PARTS = Signal("parts", "sscd-distilled.1", Channel.VISUAL, Metric.COSINE)
"""What a reference keeps for a second look: as ``DESCRIPTOR``, of the pictures inside a still or
inside some frames of a film, and of their five tiles. quality: 0 for a tile without detail. About
4 kB a still, 40 kB a film."""

PARTS_FULL = Signal("parts", "sscd.1", Channel.VISUAL, Metric.COSINE)
"""As ``PARTS``, from the larger model."""

EDGES = Signal("edges", "1", Channel.VISUAL, Metric.PAIRED)
"""What a reference keeps of a still for registration: one row. codes ``uint8 [1, D]``: direction
and strength of edges, four bits a pixel, a zlib stream a level; places ``float32 [1, 3 L]``: width
and height in pixels and length in bytes of each of the L levels. Dark and bright are not kept.
About 40 kB."""

MOTION = Signal("motion", "1", Channel.VISUAL, Metric.PAIRED)
"""What a reference keeps of a film for clocks by motion: one row a sampled frame. codes ``int8
[N, 1024]``: 32 rows of 32 grey levels above the mean of some seconds around; quality: their root
mean square; no places. 7.5 MB an hour."""

PEAKS = Signal("peaks", "1", Channel.AUDIO, Metric.PAIRED)
"""codes ``uint8 [N, 0]`` (a peak is its place); places ``float32 [N, 2]``: ``time`` in seconds and
``pitch`` in semitones above 170 Hz; quality: prominence in dB. Spans hold the peak's time."""

QUADS = Signal("quads", "1", Channel.AUDIO, Metric.EQUALITY)
"""codes ``uint32 [N, 1]``: hash of an anchor peak and three that follow it, unchanged by pitch and
tempo; places ``float32 [N, 4]``: log-duration, pitch of the anchor, and the two time ratios."""

KNOWN = frozenset(
    (SHA256, MD5, PDQ, DESCRIPTOR, DESCRIPTOR_FULL, KEYPOINTS, LOOKS, PARTS, PARTS_FULL, EDGES)
) | {WORDS, MOTION, PEAKS, QUADS}
"""Every version of every signal whose rows this release can read."""


@dataclass(frozen=True, slots=True)
class Track:
    """Rows of one signal. Columns, never an object a descriptor.

    spans ``float64 [N, 2]`` seconds (start, end); codes ``[N, D]``; quality ``float32 [N]``, larger
    is better; places ``float32 [N, P]``.
    """

    signal: Signal
    spans: npt.NDArray[np.float64]
    codes: npt.NDArray[Any]
    quality: npt.NDArray[np.float32]
    places: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        rows = len(self.spans)
        if not (len(self.codes) == len(self.quality) == len(self.places) == rows):
            raise ValueError(f"columns of {self.signal.id} differ in length")

    def __len__(self) -> int:
        return len(self.spans)

    def rows(self, which: npt.NDArray[Any] | slice) -> "Track":
        """The chosen rows, by index, mask or slice."""
        return replace(
            self,
            spans=self.spans[which],
            codes=self.codes[which],
            quality=self.quality[which],
            places=self.places[which],
        )

    def joined(self, other: "Track") -> "Track":
        """The rows of both, this track's first. Raises ``ValueError`` when signals differ."""
        if other.signal != self.signal:
            raise ValueError(f"{self.signal.id} and {other.signal.id} are not comparable")
        return replace(
            self,
            spans=np.concatenate([self.spans, other.spans]),
            codes=np.concatenate([self.codes, other.codes]),
            quality=np.concatenate([self.quality, other.quality]),
            places=np.concatenate([self.places, other.places]),
        )


def hash_track(codes: Sequence[bytes]) -> Track:
    """PDQ hashes by themselves, as lists hold them: each a still's, of full quality."""
    rows = len(codes)
    return Track(
        PDQ,
        spans=np.ndarray((rows, 2), np.float64, _ALWAYS, strides=(0, 8)),
        codes=np.frombuffer(b"".join(codes), np.uint8).reshape(rows, 32),
        quality=np.ndarray(rows, np.float32, _FULL, strides=(0,)),
        places=np.ndarray((rows, 0), np.float32),
    )


_ALWAYS = np.array([-np.inf, np.inf]).tobytes()
_FULL = np.ones(1, np.float32).tobytes()
"""One row that all rows share: millions of listed hashes are made into tracks one at a time."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A signal that is absent, and why (``"no sound"``, ``"black"``, ``"model not installed"``)."""

    signal: Signal
    reason: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything reseen knows of an asset. Each signal is in ``tracks`` or in ``skipped``.

    ``remarks`` say what a damaged file did not give (``"truncated after 12.0 s"``).
    """

    asset: Asset
    tracks: tuple[Track, ...]
    skipped: tuple[Skip, ...] = ()
    remarks: tuple[str, ...] = ()

    def track(self, name: str) -> Track | None:
        """The track whose signal has this name, whatever its version."""
        return next((t for t in self.tracks if t.signal.name == name), None)

    def channels(self) -> frozenset[Channel]:
        """The channels that left at least one row, exact hashes aside."""
        return frozenset(t.signal.channel for t in self.tracks if len(t)) - {Channel.FILE}

    @property
    def nbytes(self) -> int:
        return sum(
            column.nbytes
            for track in self.tracks
            for column in (track.spans, track.codes, track.quality, track.places)
        )
