"""What a match needs: decoding process, model, signals, fetcher."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from reseen import evidence
from reseen.domain.errors import PayloadTooLarge
from reseen.domain.fingerprint import DESCRIPTOR, Fingerprint, Skip
from reseen.domain.match import Cuts
from reseen.domain.media import Frame, Medium
from reseen.flows.answer import Answering
from reseen.flows.fingerprint import Perception, fingerprint
from reseen.media.addresses import FetchPolicy
from reseen.media.decode import PATIENCE, IsolatedDecoder
from reseen.media.fetch import GuardedFetcher
from reseen.media.gallery import JpegGallery
from reseen.media.receive import local_file
from reseen.media.scratch import Scratch
from reseen.ports import (
    Decoded,
    Decoder,
    Describe,
    Fetched,
    Fetcher,
    Header,
    Limits,
    Sampling,
    Side,
)
from reseen.settings import Settings
from reseen.signals.audible import hear
from reseen.signals.descriptor import Descriptors
from reseen.signals.descriptor import load_descriptor as load_model
from reseen.signals.visual import Visual

CUTS = Cuts(low=0.3, medium=0.6, high=0.9)


@dataclass(frozen=True, slots=True)
class Reseen:
    """Everything that the faces call."""

    settings: Settings
    scratch: Scratch
    fetcher: Fetcher
    answering: Answering
    describe: Describe | Skip

    def open_file(self, path: Path) -> AbstractContextManager[Fetched]:
        return local_file(path, max_bytes=largest_bytes(self.settings))

    def fingerprint(self, file: Fetched) -> Fingerprint:
        """All that is known of one file, which may last longer than those of a match."""
        return fingerprint(self.long_perception, file, Side.REFERENCE).fingerprint

    @property
    def long_perception(self) -> Perception:
        """Of media that are not compared as a pair, and may last longer."""
        return replace(self.answering.perception, limits=limits_of(self.settings))


@contextmanager
def assemble(settings: Settings, patience: float = PATIENCE) -> Iterator[Reseen]:
    """Start what matching needs: the decoding process, the model, the fetcher. ``patience`` is that
    of the decoder, in seconds.
    """
    cv2.setNumThreads(1)  # matches run beside each other, one a core
    describe = load_descriptor(settings)
    decoder = make_decoder(settings, patience)
    scratch = Scratch(settings.scratch_folder)
    try:
        perception = Perception(
            decoder=decoder,
            visual=Visual(describe, Descriptors()),
            hear=hear,
            gallery=JpegGallery,
            sampling=Sampling(),
            limits=Limits(pixels=settings.pixels, duration=settings.match_seconds),
        )
        yield Reseen(
            settings,
            scratch,
            make_fetcher(settings, scratch.folder),
            Answering(perception, CUTS, evidence),
            describe,
        )
    finally:
        decoder.close()
        scratch.close()


def load_descriptor(settings: Settings) -> Describe | Skip:
    """The chosen model, or why there is none."""
    if settings.descriptor == "none":
        return Skip(DESCRIPTOR, "switched off")
    return load_model(settings.descriptor)


def make_decoder(settings: Settings, patience: float = PATIENCE) -> "SizedDecoder":
    """The decoding process, which refuses what is larger than the settings allow."""
    return SizedDecoder(
        IsolatedDecoder(patience=patience, memory=settings.decode_memory_bytes),
        {
            Medium.IMAGE: settings.image_bytes,
            Medium.VIDEO: settings.video_bytes,
            Medium.AUDIO: settings.audio_bytes,
        },
    )


def limits_of(settings: Settings) -> Limits:
    """Of references and of what is searched for."""
    return Limits(pixels=settings.pixels, duration=settings.media_seconds)


def fetch_policy(settings: Settings) -> FetchPolicy:
    """Which addresses may be reached, to fetch from and to post to."""
    return FetchPolicy(
        allowed_hosts=frozenset(settings.fetch_allow_hosts),
        allowed_networks=frozenset(map(ipaddress.ip_network, settings.fetch_allow_networks)),
        allowed_ports=frozenset(settings.fetch_ports),
    )


def make_fetcher(settings: Settings, folder: Callable[[], Path]) -> Fetcher:
    return GuardedFetcher(
        fetch_policy(settings),
        max_bytes=largest_bytes(settings),
        max_redirects=settings.redirects,
        connect_s=settings.connect_seconds,
        total_s=settings.fetch_seconds,
        folder=folder,
    )


def largest_bytes(settings: Settings) -> int:
    """What is read before the medium is known."""
    return max(settings.image_bytes, settings.video_bytes, settings.audio_bytes)


@dataclass(frozen=True, slots=True)
class SizedDecoder:
    """A decoder that refuses files too large for what they turn out to be, before decoding them."""

    inner: Decoder
    largest: dict[Medium, int]

    def decode(self, path: Path, sampling: Sampling, limits: Limits) -> Iterator[Decoded]:
        for part in self.inner.decode(path, sampling, limits):
            if isinstance(part, Header):
                self._admit(path.stat().st_size, part.medium)
            yield part

    def frames_at(self, path: Path, times: Sequence[float], max_side: int) -> list[Frame]:
        return self.inner.frames_at(path, times, max_side)

    def close(self) -> None:
        self.inner.close()

    def _admit(self, size: int, medium: Medium) -> None:
        limit = self.largest[medium]
        if size > limit:
            raise PayloadTooLarge(
                f"The {medium} has {size:,} bytes, and {limit:,} are taken; send a smaller one.",
                limit=limit,
                actual=size,
            )
