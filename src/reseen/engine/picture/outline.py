"""The edges of a still as a reference keeps them, in place of its pixels.

Directions are kept without their sign (a line and its negative are one) and strengths relative to
their surroundings, in four bits a pixel: enough to lay one picture's edges over another's, not to
see more of the picture than a rough tracing of it.
"""

import math
import zlib
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import EDGES, Track
from reseen.engine.picture.edges import Drawable, Drawing, Plane
from reseen.engine.picture.projective import Matrix

LEVELS = ((96, 13), (192, 25), (384, 25))
"""Longer sides of what is kept, and of the surroundings of an edge in each."""
_DIRECTIONS = 5
_STRENGTHS = (0.45, 1.1, 2.2)
"""Relative strength that each step stands for; below half of the first there is no edge."""


def outline(picture: Drawable) -> Track:
    """What is kept of a picture's edges."""
    width, height = picture.size
    codes, places = b"", []
    for longest, around in LEVELS:
        scale = longest / max(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        drawing = picture.drawn(np.diag([1.0 / size[0], 1.0 / size[1], 1.0]), size, around)
        level = zlib.compress(_packed(_symbols(drawing)), 6)
        codes += level
        places.append((*size, len(level)))
    return Track(
        EDGES,
        spans=np.array([[-np.inf, np.inf]]),
        codes=np.frombuffer(codes, np.uint8)[None],
        quality=np.ones(1, np.float32),
        places=np.array(places, np.float32).reshape(1, -1),
    )


@dataclass(frozen=True)
class Outline:
    """A ``Drawable`` of which only the edges are known."""

    track: Track
    _levels: dict[int, tuple[Plane, Plane]] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        width, height = self._sizes[-1]
        return width, height

    def drawn(self, matrix: Matrix, size: tuple[int, int], around: int) -> Drawing:
        """From the level whose scale is nearest, with its ``around``."""
        del around
        zoom = math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))))
        sides = [math.sqrt(width * height) * zoom for width, height in self._sizes]
        near = min(range(len(sides)), key=lambda k: abs(math.log(max(sides[k], 1e-6))))
        angles, strength = self._level(near)
        width, height = self._sizes[near]
        scale = np.diag([float(width), float(height), 1.0]) @ matrix
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

        def placed(plane: Plane) -> Plane:
            return np.asarray(cv2.warpPerspective(plane, scale, size, flags=how), np.float32)

        inside = placed(np.ones((height, width), np.float32))
        turned = placed(angles) @ _turn(scale)
        return Drawing(turned, placed(strength), np.asarray(inside > 0.0, np.bool_), None)

    @cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        return [(int(w), int(h)) for w, h, _ in self.track.places[0].reshape(-1, 3)]

    def _level(self, k: int) -> tuple[Plane, Plane]:
        """Double angles and strength of one level, as kept."""
        if k not in self._levels:
            ends = np.cumsum(self.track.places[0, 2::3]).astype(int)
            level = self.track.codes[0, ends[k] - int(self.track.places[0, 3 * k + 2]) : ends[k]]
            width, height = self._sizes[k]
            pairs = np.frombuffer(zlib.decompress(level.tobytes()), np.uint8)
            symbols = np.column_stack([pairs >> 4, pairs & 15]).reshape(-1)[: width * height]
            self._levels[k] = _planes(symbols.reshape(height, width))
        return self._levels[k]


def _turn(scale: Matrix) -> Plane:
    """What a map from canvas to picture does to double angles, as a matrix ``[2, 2]`` to their
    right: gradients turn by the inverse of the nearest rotation or reflection.
    """
    left, _, right = np.linalg.svd(scale[:2, :2])
    nearest = (left @ right).T
    angle = 2.0 * math.atan2(nearest[1, 0], nearest[0, 0])
    sense = math.copysign(1.0, float(np.linalg.det(nearest)))
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, sin], [-sense * sin, sense * cos]], np.float32)


def _symbols(drawing: Drawing) -> npt.NDArray[np.uint8]:
    """0 for no edge, else 1 + direction + directions times the step of strength."""
    turn = np.arctan2(drawing.angles[..., 1], drawing.angles[..., 0]) / (2.0 * math.pi)
    direction = np.rint(turn * _DIRECTIONS).astype(np.int64) % _DIRECTIONS
    steps = np.sqrt(np.multiply(_STRENGTHS[1:], _STRENGTHS[:-1]))
    strength = np.digitize(drawing.strength, steps)
    found = 1 + direction + _DIRECTIONS * strength
    return np.where(drawing.strength < _STRENGTHS[0] / 2, 0, found).astype(np.uint8)


def _planes(symbols: npt.NDArray[np.uint8]) -> tuple[Plane, Plane]:
    """Double angles and strength of symbols."""
    turns = 2.0 * math.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    strengths = np.repeat(_STRENGTHS, _DIRECTIONS)
    angles = np.tile(np.column_stack([np.cos(turns), np.sin(turns)]), (len(_STRENGTHS), 1))
    table = np.vstack([[0.0, 0.0], angles * strengths[:, None]]).astype(np.float32)
    return table[symbols], np.append(0.0, strengths).astype(np.float32)[symbols]


def _packed(symbols: npt.NDArray[np.uint8]) -> bytes:
    """Two symbols a byte."""
    flat = symbols.reshape(-1)
    if len(flat) % 2:
        flat = np.append(flat, np.uint8(0))
    return (flat[0::2] << 4 | flat[1::2]).astype(np.uint8).tobytes()
