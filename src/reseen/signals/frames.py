"""Fold the sampled frames of a video into one track of picture descriptors.

Frames come in time order, are held for one chunk of eight seconds, and leave as rows; memory does
not grow with the pictures, only with the rows (about 550 bytes each).

- Frames like the one before them extend its span: a slide is one row, however long it is shown.
- Frames without detail (black, blank, bars, gradients) leave no row, and are the skip's reason when
  no other frame exists.
- A chunk whose content lies within still borders is described inside them.
- A query's frames are also described quarter by quarter, every fourth one: a picture in a picture
  is found at the cost of two views a second.

Mirrored views are not needed: the descriptor was trained to hold under a flip, and does (cosines of
true pairs differ by 0.01 with and without it).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Skip, Track
from reseen.domain.media import Box, Frame, Pixels
from reseen.ports import Describe, Tracks
from reseen.signals.descriptor import to_codes
from reseen.signals.layout import Thumb, borders, has_detail, thumb

CHUNK = 16
ALIKE = 4.0
"""Largest change of any cell of the thumbnail, in grey levels, under which two frames are one. A
frozen picture at CRF 35 changes by up to 7 after its first frame, then not at all (14 films)."""

TILES = tuple(Box(x, y, 0.5, 0.5) for y in (0.0, 0.5) for x in (0.0, 0.5))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which views are described: the quarters of every ``tiled``-th distinct frame, 0 of none."""

    tiled: int = 0


REFERENCE = Plan()
QUERY = Plan(tiled=4)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A run of frames alike, held until its chunk is full."""

    number: int
    start: float
    thumb: Thumb
    pixels: Pixels


class DescriptorFrames:
    """Implements the descriptor's part of ``ports.FrameSignals``."""

    def __init__(self, describe: Describe, plan: Plan = REFERENCE) -> None:
        self._describe = describe
        self._plan = plan
        self._pending: list[_Shot] = []
        self._open: _Shot | None = None
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._rows: list[tuple[int, Box]] = []
        self._codes: list[npt.NDArray[np.int8]] = []
        self._plain = 0

    def add(self, frame: Frame) -> None:
        """Take the next frame; its ``time`` is set and not before the last one's."""
        time = frame.time or 0.0
        small = thumb(frame.pixels)
        if not has_detail(small):
            self._close(time)
            self._plain += 1
            return
        if self._open is not None and np.abs(small - self._open.thumb).max() < ALIKE:
            return
        self._close(time)
        self._open = _Shot(len(self._starts), time, small, frame.pixels)
        self._starts.append(time)
        self._pending.append(self._open)
        if len(self._pending) == CHUNK:
            self._flush()

    def finish(self, duration: float) -> Tracks:
        """The track of all frames; the last one is shown until the end."""
        self._close(max(duration, self._open.start + 1e-3) if self._open else duration)
        self._flush()
        signal = self._describe.signal
        if not self._rows:
            return Tracks((), (Skip(signal, "no detail" if self._plain else "no picture"),))
        order = np.array([number for number, _ in self._rows])
        spans = np.column_stack([self._starts, self._ends])[order].astype(np.float64)
        places = [(b.x, b.y, b.width, b.height, 0, 0) for _, b in self._rows]
        track = Track(
            signal,
            spans=spans,
            codes=np.concatenate(self._codes),
            quality=np.ones(len(order), np.float32),
            places=np.array(places, np.float32),
        )
        return Tracks((track,))

    def _close(self, time: float) -> None:
        if self._open is not None:
            self._ends.append(time)
            self._open = None

    def _flush(self) -> None:
        shots, self._pending = self._pending, []
        if not shots:
            return
        stack = np.stack([shot.thumb for shot in shots])
        inner = borders(stack)
        chosen = [(shot, box) for shot in shots for box in self._boxes(shot.number, inner)]
        vectors = self._describe([_cut(shot.pixels, box) for shot, box in chosen])
        self._rows += [(shot.number, box) for shot, box in chosen]
        self._codes.append(to_codes(vectors))

    def _boxes(self, number: int, inner: Box | None) -> list[Box]:
        boxes = [inner or Box.WHOLE]
        if inner is not None and number % 4 == 0:
            boxes.append(Box.WHOLE)
        if self._plan.tiled and number % self._plan.tiled == 0:
            boxes += TILES
        return boxes


def _cut(pixels: Pixels, box: Box) -> Pixels:
    tall, wide = pixels.shape[:2]
    x, y = round(box.x * wide), round(box.y * tall)
    right = max(x + 1, round((box.x + box.width) * wide))
    bottom = max(y + 1, round((box.y + box.height) * tall))
    return np.ascontiguousarray(pixels[y:bottom, x:right])
