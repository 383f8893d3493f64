"""From an address or a file to tracks, keys that open the door, and drawings for people."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reseen.domain.access import DEFAULT_PROJECT, IssuedKey, Key, Role
from reseen.domain.fingerprint import Signal, Skip, Track
from reseen.domain.match import Confidence, Segment, Transform
from reseen.domain.media import Frame, Medium, Pixels, Sound


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to be, before it is decoded. ``duration`` is the container's word."""

    medium: Medium
    format: str
    width: int | None
    height: int | None
    duration: float | None
    has_audio: bool


@dataclass(frozen=True, slots=True)
class Footer:
    """What decoding found: the measured duration, and what was wrong with a file that was still
    usable (``"truncated after 12.3 s"``).
    """

    duration: float | None
    remarks: tuple[str, ...] = ()


type Decoded = Header | Frame | Sound | Footer
"""A decoded file as a stream: one header, frames and sound in time order of each, one footer."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What of a file to decode. ``max_side`` bounds the longer side of video frames in pixels (a
    still keeps its size); ``frames_per_s`` is a bound, fewer come where nothing is lost.
    """

    frames_per_s: float = 2.0
    max_side: int = 512
    sound_rate: int = 11025
    visual: bool = True
    audio: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest media that are decoded: bytes, pixels of one picture, seconds."""

    pixels: int = 100_000_000
    duration: float = 600.0


class Decoder(Protocol):
    """Turns untrusted bytes into frames and sound, isolated from the rest of the process."""

    def decode(self, path: Path, sampling: Sampling, limits: Limits) -> Iterator[Decoded]:
        """Stream one file. Closing the iterator early stops the work.

        Raises ``UnsupportedMedia``, ``MediaUnreadable``, ``MediaEmpty``, ``MediaTooLong``,
        ``MediaTooLarge``.
        """
        ...

    def frames_at(self, path: Path, times: Sequence[float], max_side: int) -> list[Frame]:
        """The frames shown at these times (seconds, ascending), decoded exactly; fewer when the
        file ends before. Raises as ``decode``.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on local disk for as long as its context is open."""

    path: Path
    size: int
    sha256: str
    md5: str


class Fetcher(Protocol):
    """Brings a URL to a local file, and nothing that it should not reach."""

    def fetch(self, url: str) -> AbstractContextManager[Fetched]:
        """The file is gone when its context ends. Entering it raises ``UrlNotAllowed``,
        ``FetchFailed``, ``FetchTimeout``, ``PayloadTooLarge``, and ``NotReady`` when there is no
        room to keep the file.
        """
        ...


class Describe(Protocol):
    """A picture descriptor: a model that is loaded once."""

    @property
    def signal(self) -> Signal: ...

    def __call__(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        """Unit vectors ``float32 [N, D]`` for N pictures of any size."""
        ...


type DescribeIn = Callable[[str], Describe | None]
"""A descriptor by the id of its signal, loaded when it is first asked for; ``None`` for a version
that cannot be made here.
"""

type HashPicture = Callable[[Pixels], tuple[npt.NDArray[np.uint8], float]]
"""PDQ: 32 bytes and a quality of 0..1."""

type DetectKeypoints = Callable[[Pixels, float | None], Track]
"""Keypoints of one frame shown at a time (``None`` for a still)."""

type FindPeaks = Callable[[Sound], Track]
"""Spectral peaks of a whole sound track."""


class Side(StrEnum):
    """A query is looked at in more ways (mirrored, turned) than the references it is held to."""

    QUERY = "query"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Tracks:
    """What was found of one channel, and what was not."""

    found: tuple[Track, ...]
    skipped: tuple[Skip, ...] = ()


class FrameSignals(Protocol):
    """Folds the frames of one video, in time order and bounded memory, into tracks."""

    def add(self, frame: Frame) -> None: ...

    def finish(self, duration: float) -> Tracks: ...


class VisualSignals(Protocol):
    """Every signal of the picture channel."""

    def of_still(self, pixels: Pixels, side: Side) -> Tracks: ...

    def of_frames(self, side: Side) -> FrameSignals: ...

    def described_still(self, pixels: Pixels, side: Side) -> Track | None:
        """The descriptors alone; ``None`` without a descriptor or detail."""
        ...

    def described_frames(self, side: Side) -> FrameSignals | None:
        """The descriptors of a film alone; ``None`` without a descriptor."""
        ...

    def in_version(self, signal_id: str) -> "VisualSignals | None":
        """The same with the descriptor of this version, for what references were described by
        before; ``None`` where it cannot be made here. May load a model.
        """
        ...

    def kept_of_still(self, pixels: Pixels) -> Tracks:
        """What stands in for the pixels of a still that is kept without them."""
        ...

    def kept_of_frames(self) -> FrameSignals:
        """What stands in for the frames of a film that is kept without them."""
        ...

    def tiles(self, pixels: Pixels) -> Track | None:
        """Descriptors of the parts of a still that have detail, for a second pass; ``None`` without
        a descriptor or detail.
        """
        ...

    def parts(self, frame: Frame) -> Track | None:
        """Descriptors of a frame, of its tiles and of pictures inside it, for a second look at a
        film; rows have the frame's time. ``None`` without a descriptor or without detail.
        """
        ...

    def keypoints(self, frame: Frame) -> Track:
        """Keypoints of one frame, for verification."""
        ...


type SoundSignals = Callable[[Sound], Tracks]
"""Every signal of the sound channel, from the whole sound of one asset."""


class Gallery(Protocol):
    """The sampled frames of one asset, kept small for as long as a request lasts."""

    def add(self, frame: Frame) -> None: ...

    def at(self, time: float | None) -> Frame | None:
        """The frame shown nearest to a time; the only one for a still; ``None`` when empty."""
        ...

    def spread(self, n: int) -> Iterator[Frame]:
        """Up to n frames in time order, evenly spread; the only one for a still."""
        ...


class KeyStore(Protocol):
    """Keeps keys as hashes. Every call may raise ``NotReady`` when the database cannot be used."""

    def create(self, role: Role, label: str = "", project_id: str = DEFAULT_PROJECT) -> IssuedKey:
        """Raises ``NotFound`` for an unknown project, ``InvalidValue`` for a label over 200
        characters.
        """
        ...

    def create_first(self) -> IssuedKey | None:
        """An owner's key to the default project if no key was ever created, else ``None``: of
        several servers that start at once, one gets it.
        """
        ...

    def authenticate(self, secret: str) -> Key:
        """The key that a secret belongs to. Raises ``Unauthenticated`` for an unknown or revoked
        one.
        """
        ...

    def of_project(self, project_id: str = DEFAULT_PROJECT) -> tuple[Key, ...]:
        """All keys of a project, oldest first, revoked ones too."""
        ...

    def revoke(self, key_id: str, project_id: str = DEFAULT_PROJECT) -> Key:
        """From now on the key is refused; revoking twice changes nothing. Raises ``NotFound``."""
        ...

    def rotate(
        self,
        key_id: str,
        project_id: str = DEFAULT_PROJECT,
        *,
        linger: timedelta = timedelta(0),
    ) -> IssuedKey:
        """A new key with the role and label of an old one, which works for ``linger`` longer.

        Raises ``NotFound``, and ``Conflict`` when the old one is revoked already.
        """
        ...

    def any_exists(self) -> bool:
        """Whether a key was ever created, revoked ones included."""
        ...


class Illustrator(Protocol):
    """Draws what a person needs to believe a match. Every method answers PNG bytes."""

    def picture_evidence(
        self,
        query: Frame,
        reference: Frame,
        *,
        score: float,
        confidence: Confidence,
        transform: Transform | None = None,
        matrix: npt.NDArray[Any] | None = None,
        points: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> bytes:
        """Two frames side by side, the matched region outlined on both.

        ``matrix`` ``[3, 3]`` maps fractions of the reference's frame to fractions of the query's;
        ``points`` ``[N, 2]`` of query and of reference agree, in fractions as well.
        """
        ...

    def filmstrip(
        self, pairs: Sequence[tuple[Frame, Frame]], segment: Segment, confidence: Confidence
    ) -> bytes:
        """Frames of one segment in two rows, aligned on one clock."""
        ...

    def sound_evidence(
        self,
        query: Sound,
        reference: Sound,
        segment: Segment,
        *,
        confidence: Confidence,
        query_peaks: npt.NDArray[Any],
        reference_peaks: npt.NDArray[Any],
        matched: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    ) -> bytes:
        """Two spectrograms on one clock, the peaks that agree linked."""
        ...

    def timeline(
        self,
        query_duration: float | None,
        reference_duration: float | None,
        segments: Sequence[Segment],
    ) -> bytes:
        """Both assets as bars, matched segments linked."""
        ...
