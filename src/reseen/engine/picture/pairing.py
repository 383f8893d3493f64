"""Keypoints of two frames, the pairs that resemble each other, and the similarities they propose.

Every matched pair proposes a whole similarity, since SIFT knows scale and direction.

Conventions: points are in units of a frame's longer side, y down. Sizes are ``(width, height)`` in
any unit, for the aspect only.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.engine.picture.projective import Matrix, Points, least_squares, similarities

type Size = tuple[float, float]

DISGUISES = ((False, False), (True, False), (False, True), (True, True))
"""(mirrored, inverted), in the order tried."""

TOLERANCE = 0.012
"""Five pixels of the 416 at which keypoints are found."""
TURN, ZOOM = 30.0, math.log(1.6)
"""Degrees, and log of a factor, by which pairs of one similarity may differ."""

_RATIO = 0.92
_PROPOSALS = 160


@dataclass(frozen=True, slots=True)
class Side:
    """Keypoints of one frame, ready to be matched."""

    points: Points
    zoom: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]
    codes: npt.NDArray[np.float32]
    width: float
    height: float

    def first(self, count: int) -> "Side":
        """So many of its keypoints."""
        some = slice(count)
        return replace(
            self,
            points=self.points[some],
            zoom=self.zoom[some],
            turn=self.turn[some],
            codes=self.codes[some],
        )


def side(track: Track, size: Size) -> Side:
    codes = track.codes.astype(np.float32)
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-6)
    places = track.places.astype(np.float64)
    longer = max(size)
    return Side(
        points=places[:, :2],
        zoom=np.log(np.maximum(places[:, 2], 1e-6)),
        turn=places[:, 3],
        codes=codes,
        width=size[0] / longer,
        height=size[1] / longer,
    )


def disguised(side: Side, mirrored: bool, inverted: bool) -> Side:
    """What the keypoints of the flipped or negative frame would be, without detecting them anew."""
    if not (mirrored or inverted):
        return side
    points = side.points
    if mirrored:
        points = np.column_stack([side.width - points[:, 0], points[:, 1]])
    turn = turn_of(side.turn, mirrored, inverted)
    codes = side.codes[:, bins_of(mirrored, inverted)]
    return Side(points, side.zoom, turn, codes, side.width, side.height)


def bins_of(mirrored: bool, inverted: bool) -> npt.NDArray[np.intp]:
    """The bins of a code ``[128]`` in the order that the flipped or negative frame has them.

    OpenCV lays a code out as 4 rows, 4 columns and 8 directions in the frame of the keypoint's own
    direction. A flip swaps the rows and the sense of every angle; a negative turns all by 180.
    """
    bins = np.arange(128).reshape(4, 4, 8)
    if mirrored:
        bins = bins[::-1, :, (-np.arange(8)) % 8]
    if inverted:
        bins = bins[::-1, ::-1, :]
    return bins.reshape(-1)


def turn_of(
    turn: npt.NDArray[np.float64], mirrored: bool, inverted: bool
) -> npt.NDArray[np.float64]:
    """Directions in degrees of the keypoints of the flipped or negative frame."""
    if mirrored:
        turn = 180.0 - turn
    return turn + 180.0 if inverted else turn


def _pairs(here: Side, there: Side) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Mutual nearest neighbours that stand out from the second, clearest first."""
    alike = here.codes @ there.codes.T
    nearest = alike.argmax(axis=1)
    rows = np.arange(len(nearest))
    first = alike[rows, nearest]
    alike[rows, nearest] = -1.0
    second = alike.max(axis=1)
    alike[rows, nearest] = first
    ratio = (1.0 - first) / np.maximum(1.0 - second, 1e-6)
    kept = np.flatnonzero(ratio < _RATIO**2)
    # Columns of the few that stand out: all would take a quarter of the time.
    kept = kept[alike[:, nearest[kept]].argmax(axis=0) == kept]
    kept = kept[np.argsort(ratio[kept], kind="stable")]
    return kept, nearest[kept]


@dataclass(frozen=True, slots=True)
class Votes:
    """Matched pairs, ``p`` of the reference and ``q`` of the query ``[N, 2]``; the similarities
    ``[P, 2, 3]`` that the clearest of them propose; and for each ``[P, N]`` which pairs have its
    zoom and turn (``akin``), and which of these lie where it says (``near``).
    """

    p: Points
    q: Points
    proposals: npt.NDArray[np.float64]
    akin: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]


class Encounter:
    """Keypoints of two frames held against each other under each disguise, once."""

    def __init__(self, here: Side, there: Side) -> None:
        self.here, self.there = here, there
        self._votes: dict[tuple[bool, bool], tuple[Side, Votes | None]] = {}

    @property
    def fewest(self) -> int:
        """Keypoints of the poorer side."""
        return min(len(self.here.points), len(self.there.points))

    def agreeing(self, strongest: int) -> int:
        """The most pairs that agree on one similarity under any disguise, of so many of the
        strongest keypoints of each side.
        """
        here, there = self.here.first(strongest), self.there.first(strongest)
        votes = (vote(here, disguised(there, *disguise)) for disguise in DISGUISES)
        return max((int(v.near.sum(axis=1).max()) for v in votes if v is not None), default=0)

    def under(self, mirrored: bool, inverted: bool) -> tuple[Side, Votes | None]:
        """The disguised reference, and what its pairs with the query propose."""
        disguise = mirrored, inverted
        if disguise not in self._votes:
            shown = disguised(self.there, mirrored, inverted)
            self._votes[disguise] = shown, vote(self.here, shown)
        return self._votes[disguise]


def vote(here: Side, there: Side) -> Votes | None:
    """What the matched pairs of two frames propose; ``None`` without any."""
    if not (len(here.points) and len(there.points)):
        return None
    i, j = _pairs(here, there)
    if not len(i):
        return None
    p, q = there.points[j], here.points[i]
    zoom, turn = here.zoom[i] - there.zoom[j], here.turn[i] - there.turn[j]
    proposals = similarities(p[:_PROPOSALS], q[:_PROPOSALS], zoom[:_PROPOSALS], turn[:_PROPOSALS])
    count = len(proposals)
    mapped = proposals @ np.column_stack([p, np.ones(len(p))]).T
    error = np.hypot(mapped[:, 0] - q[:, 0], mapped[:, 1] - q[:, 1])
    akin = (np.abs(zoom[None, :] - zoom[:count, None]) < ZOOM) & (
        np.abs((turn[None, :] - turn[:count, None] + 180.0) % 360.0 - 180.0) < TURN
    )
    near = akin & (error < 2.5 * tolerance_at(np.exp(zoom[:count]))[:, None])
    return Votes(p, q, proposals, akin, near)


def handfuls(votes: Votes, least: int) -> list[tuple[int, Matrix]]:
    """Transforms on which ``least`` pairs agree, with their count; each pair is in one handful, or
    mostly so.
    """
    found: list[tuple[int, Matrix]] = []
    used = np.zeros(len(votes.p), bool)
    for k in np.argsort(-votes.near.sum(axis=1), kind="stable")[:12]:
        near = votes.near[k]
        count = int(near.sum())
        if count < least:
            break
        if 2 * int((near & used).sum()) > count:
            continue
        used |= near
        fitted = least_squares(votes.p[near], votes.q[near])
        if fitted is not None and float(np.linalg.det(fitted[:2, :2])) > 0.0:
            found.append((count, fitted))
    return found


def tolerance_at(zoom: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far a mapped point may be off, in the query: small insets are held to their own size."""
    return TOLERANCE * np.clip(zoom, 0.4, 2.0)
