"""Windows: the parts of two films that show the same, where a film lies small or turned in another.

A second look, for pairs whose frames as wholes told nothing. Parts of some frames of one side are
held against all frames of the other; keypoints say of the likeliest whether they show one picture,
and how it lies. Both films are then described again through what they share.

Boxes are fractions of a frame; a window is cut out first and turned upright afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Frame, Pixels
from reseen.engine.film.films import film
from reseen.engine.picture.extent import NEAR, bounds, extent
from reseen.engine.picture.geometry import Geometry
from reseen.engine.picture.projective import CORNERS, Matrix, Points, apply
from reseen.ports import Side

FLOOR = 0.3
"""Cosine from which a part is looked at."""
LOOKS = 10
"""Pairs that are looked at for one pair of films, of these at most ``A_FRAME`` of one frame."""
A_FRAME = 2
SURE, HELD = 25.0, 0.4
"""Evidence and support of a sighting that holds."""
SHOWN = 0.4
"""Share of the frame that one of the sides must show: less is a logo or a caption that both use."""
SMALLEST = 0.03
"""Share of the frame on the other side."""
ALL = 0.9
"""A window larger than this shows the frame as it was described already."""
QUARTER = 0.4
"""A window smaller than this was found by quarters of frames, which are two seconds apart."""


@dataclass(frozen=True, slots=True)
class Window:
    """A box of a frame, turned clockwise by quarters."""

    box: Box = Box.WHOLE
    turns: int = 0

    @property
    def is_whole(self) -> bool:
        return self.turns == 0 and self.box.area > ALL

    def through(self, frame: Frame) -> Frame:
        """What of a frame is seen through the window; at least one pixel."""
        if self.is_whole:
            return frame
        return Frame(frame.time, self._cut(frame.pixels))

    def _cut(self, pixels: Pixels) -> Pixels:
        tall, wide = pixels.shape[:2]
        left = min(wide - 1, max(0, round(self.box.x * wide)))
        top = min(tall - 1, max(0, round(self.box.y * tall)))
        right = max(left + 1, round((self.box.x + self.box.width) * wide))
        bottom = max(top + 1, round((self.box.y + self.box.height) * tall))
        return np.ascontiguousarray(np.rot90(pixels[top:bottom, left:right], -self.turns))


@dataclass(frozen=True, slots=True)
class Shared:
    """What two films show of each other: a window into each, and how the reference lies."""

    query: Window
    reference: Window
    transform: Transform | None = None
    WHOLE: ClassVar["Shared"]

    @property
    def is_whole(self) -> bool:
        return self.query.is_whole and self.reference.is_whole


Shared.WHOLE = Shared(Window(), Window())


@dataclass(frozen=True, slots=True)
class Sighting:
    """A part of one side's frame that resembles a frame of the other side, by cosine.

    ``side`` has the part; times are seconds, ``None`` for a still.
    """

    side: Side
    part: Box
    part_time: float | None
    frame_time: float | None
    cosine: float


def sightings(parts: Track, frames: Track, side: Side) -> list[Sighting]:
    """For each part the frame that resembles it most, where any does; most alike first."""
    seen = film(frames, quarters=False)
    if not len(parts) or not len(seen):
        return []
    codes = parts.codes.astype(np.float32)
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9)
    alike = np.maximum.reduceat(codes @ seen.codes.T, seen.first[:-1], axis=1)
    nearest = alike.argmax(axis=1)
    found = [
        Sighting(
            side,
            Box(*parts.places[row, :4].tolist()),
            _time(float(parts.spans[row, 0])),
            _time(float(seen.middles[k])),
            float(alike[row, k]),
        )
        for row, k in enumerate(nearest.tolist())
        if alike[row, k] >= FLOOR
    ]
    return sorted(found, key=lambda s: -s.cosine)


def likeliest(found: Sequence[Sighting]) -> list[Sighting]:
    """Those worth a look: most alike first, few of one frame, since its parts overlap."""
    kept: list[Sighting] = []
    for one in sorted(found, key=lambda s: -s.cosine):
        beside = [k for k in kept if (k.side, k.part_time) == (one.side, one.part_time)]
        if len(beside) < A_FRAME:
            kept.append(one)
        if len(kept) == LOOKS:
            break
    return kept


def holds(geometry: Geometry | None) -> bool:
    """Whether keypoints say surely that two frames, or parts of them, show one picture."""
    return geometry is not None and geometry.evidence >= SURE and geometry.support >= HELD


def is_inside(side: Side, geometry: Geometry) -> bool:
    """Whether the other side's frame lies within the part; else the part shows a part of it, and
    only whole frames tell how far it reaches.
    """
    matrix = geometry.matrix if side is Side.QUERY else np.linalg.inv(geometry.matrix)
    corners = apply(matrix, CORNERS)
    return bool(((corners > -NEAR) & (corners < 1.0 + NEAR)).all())


def shared(sighting: Sighting, geometry: Geometry, seen: tuple[Points, Points]) -> Shared | None:
    """The windows that a sighting opens, or ``None`` where too little is shown.

    ``geometry`` tells how the reference's part or frame lies in the query's frame or part, and
    ``seen`` are the keypoints that it was told from, in fractions of the same.
    """
    if geometry.points is None:
        return None
    part, whole = _placed(sighting.part), np.eye(3)
    mine, theirs = (part, whole) if sighting.side is Side.QUERY else (whole, part)
    matrix = mine @ geometry.matrix @ np.linalg.inv(theirs)
    here = extent(
        matrix,
        apply(mine, geometry.points[0]),
        (apply(mine, seen[0]), apply(mine @ geometry.matrix, seen[1])),
    )
    there = bounds(apply(np.linalg.inv(matrix), _corners(here))).intersect(Box.WHOLE)
    if max(here.area, there.area) < SHOWN or min(here.area, there.area) < SMALLEST:
        return None
    turned = geometry.transform.rotated
    quarters = round(turned / 90.0) % 4
    all_of_it = bounds(apply(matrix, CORNERS))
    return Shared(
        Window(here, -quarters % 4),
        Window(there),
        Transform(
            mirrored=geometry.transform.mirrored,
            rotated=turned,
            inverted=geometry.transform.inverted,
            cropped=all_of_it if there.area < ALL else None,
            inset=here if here.area < ALL else None,
        ),
    )


def is_seen_in_part(segment: Segment) -> bool:
    """Whether a window would tell more of a segment than whole frames did: where it is small, and
    where it is not the whole and no clock was found.
    """
    if segment.transform is None:
        return False
    inset, box = segment.transform.inset or Box.WHOLE, segment.transform.cropped or Box.WHOLE
    shares = (inset.area, inset.intersect(box).area / max(box.area, 1e-9))
    return min(shares) < (QUARTER if segment.offset is not None else ALL)


def _placed(box: Box) -> Matrix:
    """Maps fractions of a box to fractions of the frame."""
    return np.array([[box.width, 0.0, box.x], [0.0, box.height, box.y], [0.0, 0.0, 1.0]])


def _corners(box: Box) -> Points:
    return CORNERS * (box.width, box.height) + (box.x, box.y)


def fractions(keypoints: Track, size: tuple[float, float]) -> Points:
    """Places of keypoints in fractions of their frame's ``(width, height)``."""
    return keypoints.places[:, :2].astype(np.float64) * (max(size) / np.array(size))


def _time(seconds: float) -> float | None:
    return seconds if np.isfinite(seconds) else None
