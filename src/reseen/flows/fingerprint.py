"""From a file to a fingerprint.

The decoder streams a file once; frames go to the picture signals and into a gallery, sound is kept
whole. What the request needs later (a second look at a frame, a spectrogram) stays in the
``Rendition`` and goes with it.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from reseen.domain.fingerprint import (
    DESCRIPTOR,
    KEYPOINTS,
    MD5,
    PEAKS,
    SHA256,
    Fingerprint,
    Signal,
    Skip,
    Track,
)
from reseen.domain.media import Asset, Frame, Medium, Pixels, Sound, Span
from reseen.flows.spool import Spool
from reseen.ports import (
    Decoder,
    Fetched,
    Footer,
    FrameSignals,
    Gallery,
    Header,
    Limits,
    Sampling,
    Side,
    SoundSignals,
    Tracks,
    VisualSignals,
)

type Admit = Callable[[Medium], None]
"""Told the medium before anything is decoded; refuses it by raising."""

type Heed = Callable[[], None]
"""Called with every part that is decoded; ends the decoding by raising."""


@dataclass(frozen=True, slots=True)
class Perception:
    """All that is needed to fingerprint: how to decode, and every signal."""

    decoder: Decoder
    visual: VisualSignals
    hear: SoundSignals
    gallery: Callable[[], Gallery]
    sampling: Sampling
    limits: Limits


@dataclass(frozen=True, slots=True)
class Rendition:
    """One asset as it was decoded for this request. ``pixels`` is a still at full size."""

    fingerprint: Fingerprint
    gallery: Gallery
    pixels: Pixels | None = None
    sound: Sound | None = None

    @property
    def asset(self) -> Asset:
        return self.fingerprint.asset


@dataclass(frozen=True, slots=True)
class _Decoding:
    header: Header
    footer: Footer
    duration: float
    still: Pixels | None
    sound: Sound | None


def fingerprint(
    perception: Perception,
    file: Fetched,
    side: Side,
    admit: Admit = lambda _: None,
    heed: Heed = lambda: None,
) -> Rendition:
    """Decode a file once and describe all that it holds.

    Raises what ``Decoder.decode``, ``admit`` and ``heed`` raise.
    """
    looking = _Looking(perception, side)
    decoding = _decode(perception, file, looking.take, admit, heed)
    return looking.rendition(file, decoding, looking.seen(decoding), _heard(perception, decoding))


def remember(
    perception: Perception,
    file: Fetched,
    admit: Admit = lambda _: None,
    heed: Heed = lambda: None,
) -> Fingerprint:
    """All that a reference keeps: its fingerprint, and what stands in for pixels when an upload is
    compared with it. About 80 kB for a still; memory does not grow with the frames of a film.

    Raises as ``fingerprint``.
    """
    keeping = _Keeping(perception)
    decoding = _decode(perception, file, keeping.take, admit, heed)
    return keeping.kept(file, decoding, keeping.seen(decoding), _heard(perception, decoding))


def perceive(
    perception: Perception,
    file: Fetched,
    admit: Admit = lambda _: None,
    heed: Heed = lambda: None,
) -> tuple[Rendition, Fingerprint]:
    """What to search with, and what to keep, of one decoding: ``fingerprint`` as a query, and
    ``remember``. Raises as these.
    """
    looking, keeping = _Looking(perception, Side.QUERY), _Keeping(perception)

    def take(frame: Frame) -> None:
        looking.take(frame)
        keeping.take(frame)

    decoding = _decode(perception, file, take, admit, heed)
    heard = _heard(perception, decoding)
    seen = looking.seen(decoding)
    if decoding.still is None:
        remembered = keeping.seen(decoding)
    else:
        remembered = _as_reference(perception, decoding.still, seen)
    rendition = looking.rendition(file, decoding, seen, heard)
    return rendition, keeping.kept(file, decoding, remembered, heard)


class _Looking:
    """What a request needs of each frame."""

    def __init__(self, perception: Perception, side: Side) -> None:
        self._perception = perception
        self._side = side
        self._gallery = perception.gallery()
        self._frames = perception.visual.of_frames(side)

    def take(self, frame: Frame) -> None:
        self._gallery.add(frame)
        if frame.time is not None:
            self._frames.add(frame)

    def seen(self, decoding: _Decoding) -> Tracks:
        return _seen(self._perception, decoding, self._frames, self._side)

    def rendition(
        self, file: Fetched, decoding: _Decoding, seen: Tracks, heard: Tracks
    ) -> Rendition:
        described = _described(file, decoding, seen, heard)
        return Rendition(described, self._gallery, pixels=decoding.still, sound=decoding.sound)


class _Keeping:
    """What a reference keeps of each frame."""

    def __init__(self, perception: Perception) -> None:
        self._perception = perception
        self._frames = perception.visual.of_frames(Side.REFERENCE)
        self._kept = perception.visual.kept_of_frames()

    def take(self, frame: Frame) -> None:
        if frame.time is not None:
            self._frames.add(frame)
            self._kept.add(frame)

    def seen(self, decoding: _Decoding) -> Tracks:
        return _seen(self._perception, decoding, self._frames, Side.REFERENCE)

    def kept(self, file: Fetched, decoding: _Decoding, seen: Tracks, heard: Tracks) -> Fingerprint:
        described = _described(file, decoding, seen, heard)
        if decoding.still is not None:
            stands_in = self._perception.visual.kept_of_still(decoding.still)
        elif decoding.header.medium is Medium.VIDEO:
            stands_in = self._kept.finish(decoding.duration)
        else:
            return described
        replaced = KEYPOINTS.name if stands_in.found else None
        tracks = tuple(t for t in described.tracks if t.signal.name != replaced)
        return replace(
            described,
            tracks=(*tracks, *stands_in.found),
            skipped=(*described.skipped, *stands_in.skipped),
        )


def _seen(perception: Perception, decoding: _Decoding, frames: FrameSignals, side: Side) -> Tracks:
    if decoding.still is not None:
        return perception.visual.of_still(decoding.still, side)
    if decoding.header.medium is Medium.VIDEO:
        return frames.finish(decoding.duration)
    return Tracks((), (Skip(DESCRIPTOR, "no picture"),))


def _as_reference(perception: Perception, still: Pixels, seen: Tracks) -> Tracks:
    """What was seen of a still as a query, as a reference has it: hash and keypoints are the same
    of either, and only the descriptor has other views.
    """
    described = perception.visual.described_still(still, Side.REFERENCE)
    if described is None:
        return seen
    name = described.signal.name
    return replace(seen, found=tuple(described if t.signal.name == name else t for t in seen.found))


def _heard(perception: Perception, decoding: _Decoding) -> Tracks:
    sound = decoding.sound
    return perception.hear(sound) if sound else Tracks((), (Skip(PEAKS, "no sound"),))


def _described(file: Fetched, decoding: _Decoding, seen: Tracks, heard: Tracks) -> Fingerprint:
    header = decoding.header
    asset = Asset(
        sha256=file.sha256,
        md5=file.md5,
        size=file.size,
        medium=header.medium,
        format=header.format,
        duration=None if header.medium is Medium.IMAGE else decoding.duration,
        width=header.width,
        height=header.height,
        has_audio=decoding.sound is not None,
    )
    exact = (_exact(SHA256, asset.sha256, asset), _exact(MD5, asset.md5, asset))
    return Fingerprint(
        asset,
        tracks=(*exact, *seen.found, *heard.found),
        skipped=(*seen.skipped, *heard.skipped),
        remarks=decoding.footer.remarks,
    )


def _decode(
    perception: Perception,
    file: Fetched,
    take: Callable[[Frame], None],
    admit: Admit,
    heed: Heed,
) -> _Decoding:
    header: Header | None = None
    footer = Footer(duration=None)
    still: Pixels | None = None
    with closing(Spool()) as heard:
        for part in perception.decoder.decode(file.path, perception.sampling, perception.limits):
            heed()
            match part:
                case Header():
                    header = part
                    admit(header.medium)
                case Frame(time=None):
                    still = part.pixels
                    take(part)
                case Frame():
                    take(part)
                case Sound():
                    heard.add(part)
                case Footer():
                    footer = part
        sound = heard.whole()
    if header is None:
        raise RuntimeError("the decoder broke its contract: no header and no error")
    return _Decoding(header, footer, _duration(header, footer, sound), still, sound)


def _duration(header: Header, footer: Footer, sound: Sound | None) -> float:
    """The measured duration; else what the sound lasts; else the container's word."""
    if footer.duration is not None:
        return footer.duration
    if sound is not None:
        return sound.start + len(sound.samples) / sound.rate
    return header.duration or 0.0


def _exact(signal: Signal, digest: str, asset: Asset) -> Track:
    """A file hash as a track of one row that lasts as long as the asset."""
    span = Span.ALWAYS if asset.duration is None else Span(0.0, asset.duration)
    return Track(
        signal,
        spans=np.array([[span.start, span.end]]),
        codes=np.frombuffer(bytes.fromhex(digest), np.uint8)[None],
        quality=np.ones(1, np.float32),
        places=np.zeros((1, 0), np.float32),
    )
