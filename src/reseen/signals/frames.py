"""Fold the sampled frames of a video into one track of picture descriptors.

Frames come in time order, are held for one chunk of eight seconds, and leave as rows; memory does
not grow with the pictures, only with the rows (about 550 bytes each).

- Frames like the one before them extend its span: a slide is one row, however long it is shown.
- Frames without detail (black, blank, bars, gradients) leave no row, and are the skip's reason when
  no other frame exists.
- A chunk whose content lies within still borders is described inside them; a chunk of two pictures
  side by side is described half by half as well.
- A query's frames are also described mirrored, every second one: cuts are then known to a second,
  at a third of the cost of mirroring all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Skip, Track
from reseen.domain.media import Box, Frame, Pixels
from reseen.ports import Describe, Tracks
from reseen.signals.layout import Thumb, borders, halves, has_detail, thumb

CHUNK = 16
ALIKE = 4.0
"""Largest change of any cell of the thumbnail, in grey levels, under which two frames are one: a
frozen picture re-encoded at CRF 35 stays below 3."""

TILES = tuple(Box(x, y, 0.5, 0.5) for y in (0.0, 0.5) for x in (0.0, 0.5))
SIDES = (Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 0.5, 1.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which views are described; a number n means: of every n-th distinct frame, 0 of none."""

    mirrored: int = 0
    tiled: int = 0


REFERENCE = Plan()
QUERY = Plan(mirrored=2)
SECOND_LOOK = Plan(mirrored=1, tiled=2)
"""For a query in which the first pass found nothing: insets and split screens, mirrored too."""


@dataclass(frozen=True, slots=True)
class _Shot:
    """A run of frames alike, held until its chunk is full."""

    number: int
    start: float
    thumb: Thumb
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class _View:
    box: Box
    mirrored: bool = False


class DescriptorFrames:
    """Implements the descriptor's part of ``ports.FrameSignals``."""

    def __init__(self, describe: Describe, plan: Plan = REFERENCE) -> None:
        self._describe = describe
        self._plan = plan
        self._pending: list[_Shot] = []
        self._open: _Shot | None = None
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._rows: list[tuple[int, _View]] = []
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
        places = [
            (v.box.x, v.box.y, v.box.width, v.box.height, v.mirrored, 0) for _, v in self._rows
        ]
        track = Track(
            signal,
            spans=spans,
            codes=np.concatenate(self._codes),
            quality=np.ones(len(order), np.float32),
            places=np.array(places, np.float32),
        )
        return Tracks((track,))

    def distinct(self) -> tuple[float, ...]:
        """The times at which the picture had changed: where keypoints are worth their cost."""
        return tuple(self._starts)

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
        parts = halves(stack)
        chosen = [(shot, view) for shot in shots for view in self._views(shot.number, inner, parts)]
        pictures = [_cut(shot.pixels, view) for shot, view in chosen]
        vectors = self._describe(pictures)
        self._rows += [(shot.number, view) for shot, view in chosen]
        self._codes.append(np.rint(vectors * 127).astype(np.int8))

    def _views(self, number: int, inner: Box | None, parts: Sequence[Box]) -> list[_View]:
        main = inner or Box.WHOLE
        views = [_View(main)]
        if inner is not None and number % 4 == 0:
            views.append(_View(Box.WHOLE))
        mirrored = self._plan.mirrored
        if mirrored and number % mirrored == 0:
            views.append(_View(main, mirrored=True))
        if number % 2 == 0:
            views += [_View(part) for part in parts]
        tiled = self._plan.tiled
        if tiled and number % tiled == 0:
            tiles = [tile for tile in (*SIDES, *TILES) if tile not in parts]
            views += [_View(tile, flip) for tile in tiles for flip in (False, True)]
        return views


def _cut(pixels: Pixels, view: _View) -> Pixels:
    tall, wide = pixels.shape[:2]
    x, y = round(view.box.x * wide), round(view.box.y * tall)
    right = max(x + 1, round((view.box.x + view.box.width) * wide))
    bottom = max(y + 1, round((view.box.y + view.box.height) * tall))
    part = pixels[y:bottom, x:right]
    return np.ascontiguousarray(cv2.flip(part, 1) if view.mirrored else part, np.uint8)
