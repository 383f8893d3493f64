"""Every signal of the picture channel, from one look at the pixels.

Implements ``ports.VisualSignals``. A picture without detail (black, blank, bars, a gradient) has no
signal: it would match every other such picture.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import KEYPOINTS, PDQ, Skip, Track
from reseen.domain.media import Frame, Pixels
from reseen.ports import Describe, DescribeIn, Side, Tracks
from reseen.signals import frames
from reseen.signals.frames import DescriptorFrames
from reseen.signals.keeping import KeptFrames, kept_of_still
from reseen.signals.keypoints import detect_keypoints
from reseen.signals.layout import has_detail, thumb
from reseen.signals.pdq import hash_frame, hash_picture
from reseen.signals.views import describe_still, query_views, reference_views, render, shrunk, tiles

HASH_EVERY = 1.0
"""Seconds between hashed frames, as in vPDQ's default."""

HASH_QUALITY = 0.5
"""Frames below are not hashed: vPDQ's default."""

PLANS = {Side.QUERY: frames.QUERY, Side.REFERENCE: frames.REFERENCE}


class Visual:
    """PDQ, descriptor and keypoints. ``describe`` may be absent; the others then stand alone.
    ``others`` gives the descriptors of other versions, where these are wanted.
    """

    def __init__(self, describe: Describe | Skip, others: DescribeIn = lambda _: None) -> None:
        self._describe = describe
        self._others = others

    def of_still(self, pixels: Pixels, side: Side) -> Tracks:
        described = self._describe.signal
        if not has_detail(thumb(pixels)):
            return Tracks((), tuple(Skip(s, "no detail") for s in (PDQ, described, KEYPOINTS)))
        small = shrunk(pixels)
        found = [_hashes([hash_picture(pixels)], [(-np.inf, np.inf)])]
        skipped: list[Skip] = []
        if isinstance(self._describe, Skip):
            skipped.append(self._describe)
        else:
            found.append(_described(self._describe, small, side))
        found.append(detect_keypoints(small, None))
        return Tracks(tuple(found), tuple(skipped))

    def of_frames(self, side: Side) -> "VisualFrames":
        return VisualFrames(self._describe, side)

    def described_still(self, pixels: Pixels, side: Side) -> Track | None:
        if isinstance(self._describe, Skip) or not has_detail(thumb(pixels)):
            return None
        return _described(self._describe, shrunk(pixels), side)

    def described_frames(self, side: Side) -> DescriptorFrames | None:
        if isinstance(self._describe, Skip):
            return None
        return DescriptorFrames(self._describe, PLANS[side])

    def in_version(self, signal_id: str) -> "Visual | None":
        if isinstance(self._describe, Skip):
            return None
        if self._describe.signal.id == signal_id:
            return self
        other = self._others(signal_id)
        return None if other is None else Visual(other, self._others)

    def kept_of_still(self, pixels: Pixels) -> Tracks:
        return kept_of_still(self._describe, pixels)

    def kept_of_frames(self) -> KeptFrames:
        return KeptFrames(self._describe)

    def tiles(self, pixels: Pixels) -> Track | None:
        if isinstance(self._describe, Skip):
            return None
        small = shrunk(pixels)
        views = tuple(view for view in tiles() if has_detail(thumb(render(small, view))))
        return describe_still(self._describe, small, views) if views else None

    def parts(self, frame: Frame) -> Track | None:
        if isinstance(self._describe, Skip) or not has_detail(thumb(frame.pixels)):
            return None
        seen = describe_still(self._describe, frame.pixels, (*query_views(frame.pixels), *tiles()))
        if frame.time is None:
            return seen
        return replace(seen, spans=np.full_like(seen.spans, frame.time))

    def keypoints(self, frame: Frame) -> Track:
        return detect_keypoints(shrunk(frame.pixels), frame.time)


class VisualFrames:
    """Implements ``ports.FrameSignals``: descriptors of all distinct frames, a hash a second."""

    def __init__(self, describe: Describe | Skip, side: Side) -> None:
        self._absent = describe if isinstance(describe, Skip) else None
        self._descriptors = (
            None if isinstance(describe, Skip) else DescriptorFrames(describe, PLANS[side])
        )
        self._times: list[float] = []
        self._hashed: list[tuple[npt.NDArray[np.uint8], float]] = []

    def add(self, frame: Frame) -> None:
        time = frame.time or 0.0
        due = not self._times or time - self._times[-1] >= HASH_EVERY
        if due and has_detail(thumb(frame.pixels)):
            code, quality = hash_frame(frame.pixels)
            if quality >= HASH_QUALITY:
                self._times.append(time)
                self._hashed.append((code, quality))
        if self._descriptors is not None:
            self._descriptors.add(frame)

    def finish(self, duration: float) -> Tracks:
        described = (
            self._descriptors.finish(duration) if self._descriptors is not None else Tracks(())
        )
        skipped = described.skipped if self._absent is None else (self._absent,)
        if not self._times:
            return Tracks(described.found, (Skip(PDQ, "no detail"), *skipped))
        ends = [*self._times[1:], max(duration, self._times[-1])]
        hashes = _hashes(self._hashed, list(zip(self._times, ends, strict=True)))
        return Tracks((hashes, *described.found), skipped)


def _described(describe: Describe, small: Pixels, side: Side) -> Track:
    views = query_views(small) if side is Side.QUERY else reference_views(small)
    return describe_still(describe, small, views)


def _hashes(
    hashed: list[tuple[npt.NDArray[np.uint8], float]], spans: list[tuple[float, float]]
) -> Track:
    return Track(
        PDQ,
        spans=np.array(spans, np.float64),
        codes=np.stack([code for code, _ in hashed]),
        quality=np.array([quality for _, quality in hashed], np.float32),
        places=np.zeros((len(hashed), 0), np.float32),
    )
