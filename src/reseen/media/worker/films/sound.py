"""From a sound stream's packets to mono samples on the asset's clock.

Downmix: more than two channels become stereo by the usual coefficients. Of stereo, the sum or the
difference of both channels is taken, whichever is stronger in a block: for ordinary sound that is
the sum; when one channel was inverted, the sum would cancel and the difference is the original's
sum. Uncorrelated channels are equally strong in both, and both hold every sound of each, so the
choice does not matter there; a change needs a factor of two so that it does not flutter.

Clock: samples follow each other without a break. Where timestamps leave a gap of more than 50 ms
silence is put in, where they overlap by more samples are dropped; smaller jitter is rounding.
"""

import math
from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet

from reseen.domain.errors import MediaTooLong
from reseen.domain.media import Samples, Sound
from reseen.media.worker.messages import BLOCK_SECONDS
from reseen.ports import Limits

JITTER = 0.05
_STRONGER = 2.0
_OUTPUT = 4096

type Stereo = npt.NDArray[np.float32]
"""``[2, n]``."""

type AudioPacket = Packet[AudioStream]


class SoundReader:
    """Decodes, downmixes and resamples one stream; yields blocks of ten seconds."""

    def __init__(self, stream: AudioStream, origin: float, rate: int, limits: Limits) -> None:
        self.damaged = 0
        self.decoded = 0
        self._origin = origin
        self._rate = rate
        self._block = int(BLOCK_SECONDS * rate)
        self._limits = limits
        self._resampler: AudioResampler | None = None
        self._clock = 0.0
        self._expected = 0.0
        self._start: float | None = None
        self._parts: list[Stereo] = []
        self._waiting = 0
        self._sign = 1.0
        self._drop = 0
        stream.codec_context.thread_count = 1

    @property
    def end(self) -> float:
        """Seconds at which the sound so far ends."""
        return self._clock

    def feed(self, packet: AudioPacket) -> Iterator[Sound]:
        try:
            frames = packet.decode()
        except (FFmpegError, ValueError):  # ValueError: the codec refused its own header
            self.damaged += 1
            return
        for frame in frames:
            if frame.samples:
                self.decoded += frame.samples
                yield from self._take(frame)

    def finish(self) -> Iterator[Sound]:
        """What is left in the resampler and the last, shorter block."""
        self._drain()
        yield from self._blocks(1)

    def _take(self, frame: AudioFrame) -> Iterator[Sound]:
        length = frame.samples / frame.sample_rate
        time = self._expected if frame.time is None else frame.time - self._origin
        if self._resampler is None or abs(time - self._expected) > JITTER:
            yield from self._restart(time)
        try:
            self._resample(frame)
        except ValueError:  # the stream changed its rate or channels
            yield from self._restart(time)
            self._resample(frame)
        self._expected += length
        if self._expected > self._limits.duration + JITTER:
            raise MediaTooLong(
                f"The sound lasts longer than {self._limits.duration:g} s.",
                limit=self._limits.duration,
                actual=self._expected,
            )
        yield from self._blocks(self._block)

    def _resample(self, frame: AudioFrame) -> None:
        frame.pts = None
        if self._resampler is None:
            self._resampler = AudioResampler(
                "fltp", "stereo", self._rate, frame_size=_OUTPUT, threads=1
            )
        for resampled in self._resampler.resample(frame):
            self._append(cast("Stereo", resampled.to_ndarray()))

    def _restart(self, time: float) -> Iterator[Sound]:
        """Begin a run of frames at ``time``: fill the gap before it, or drop what overlaps."""
        self._drain()
        self._expected = time
        if self._start is None:
            self._start = self._clock = max(0.0, time)
        missing = round((time - self._clock) * self._rate)
        self._drop = max(0, -missing)
        gap = max(0, missing)
        while gap:
            part = min(gap, self._block)
            if self._clock > self._limits.duration:
                return
            self._append(np.zeros((2, part), np.float32))
            gap -= part
            yield from self._blocks(self._block)

    def _drain(self) -> None:
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                self._append(cast("Stereo", resampled.to_ndarray()))
        self._resampler = None

    def _append(self, stereo: Stereo) -> None:
        if self._drop:
            dropped = min(self._drop, stereo.shape[1])
            self._drop -= dropped
            stereo = stereo[:, dropped:]
        if stereo.shape[1]:
            self._parts.append(stereo)
            self._waiting += stereo.shape[1]
            self._clock += stereo.shape[1] / self._rate

    def _blocks(self, at_least: int) -> Iterator[Sound]:
        if self._waiting < at_least:
            return
        stereo = np.concatenate(self._parts, axis=1)
        start = self._clock - self._waiting / self._rate
        self._parts, self._waiting = [], 0
        yield Sound(max(0.0, start), self._rate, self._mono(stereo))

    def _mono(self, stereo: Stereo) -> Samples:
        stereo = np.nan_to_num(stereo, nan=0.0, posinf=1.0, neginf=-1.0)
        left, right = stereo
        both = float(left @ left + right @ right)
        product = 2 * self._sign * float(left @ right)
        if (both - product) > _STRONGER * (both + product) and math.isfinite(both):
            self._sign = -self._sign
        mixed: Samples = np.clip((left + self._sign * right) * 0.5, -1.0, 1.0).astype(np.float32)
        return mixed
