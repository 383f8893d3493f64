"""What stands in for pixels where a reference is kept without them.

A still keeps its keypoints packed, descriptors of its parts, and its edges. A film keeps the packed
keypoints of moments that differ, descriptors of the parts of a few frames, and what moves.
Frames come in time order and leave as rows; no frame is held but the few whose parts are described.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import LOOKS, MOTION, Signal, Skip, Track
from reseen.domain.media import Frame, Pixels
from reseen.engine.film.motion import CALM, moving, small
from reseen.engine.picture.edges import pyramid
from reseen.engine.picture.outline import outline
from reseen.engine.picture.packed import looks, packed
from reseen.ports import Describe, Tracks
from reseen.signals.frames import ALIKE
from reseen.signals.keypoints import KEPT, detect_keypoints
from reseen.signals.layout import Thumb, has_detail, thumb
from reseen.signals.views import describe_still, query_views, render, shrunk, tiles

A_FRAME = 256
"""Keypoints kept of a film's frame."""
EVERY = 2.0
"""Seconds between the moments of a film that are kept, where it changes."""
AT_LEAST, CUT = 0.9, 20.0
"""The same after a cut, and the mean change of the thumbnail in grey levels that is one."""
GLANCES = 10
"""Frames of a film whose parts are described."""
_CHUNK = 256


def kept_of_still(describe: Describe | Skip, pixels: Pixels) -> Tracks:
    """Looks, parts and edges of a still; nothing of one without detail."""
    if not has_detail(thumb(pixels)):
        return Tracks((), (Skip(LOOKS, "no detail"),))
    small_copy = shrunk(pixels)
    keypoints = detect_keypoints(small_copy, None)
    look = packed(keypoints, KEPT), -np.inf, np.inf
    found = [looks([look]), outline(pyramid(pixels))]
    if not isinstance(describe, Skip):
        found.append(parts(describe, small_copy))
    return Tracks(tuple(found))


def parts(describe: Describe, pixels: Pixels) -> Track:
    """Descriptors of a picture, of what lies in it and of its tiles."""
    views = (*query_views(pixels), *tiles())
    seen = describe_still(describe, pixels, views)
    is_plain = [v.box.area < 0.3 and not has_detail(thumb(render(pixels, v))) for v in views]
    return replace(
        seen,
        signal=replace(seen.signal, name="parts"),
        quality=np.where(is_plain, 0.0, 1.0).astype(np.float32),
    )


@dataclass(slots=True)
class _Moment:
    start: float
    end: float
    thumb: Thumb
    keypoints: Track


class KeptFrames:
    """Implements ``ports.FrameSignals`` for a film that is kept without its frames."""

    def __init__(self, describe: Describe | Skip) -> None:
        self._describe = None if isinstance(describe, Skip) else describe
        self._rows: list[tuple[bytes, float, float]] = []
        self._open: _Moment | None = None
        self._few: list[Frame] = []
        self._stride, self._seen = 1, 0
        self._moving = _Moving()

    def add(self, frame: Frame) -> None:
        """Take the next frame; its ``time`` is set and not before the last one's."""
        time = frame.time or 0.0
        self._moving.add(time, frame.pixels)
        now = thumb(frame.pixels)
        if not has_detail(now):
            return
        self._spread(frame)
        if self._open is not None:
            change = np.abs(now - self._open.thumb)
            if float(change.max()) < ALIKE:
                self._open.end = time
                return
            is_cut = float(change.mean()) > CUT
            if time - self._open.start < (AT_LEAST if is_cut else EVERY):
                return
        self._close()
        self._open = _Moment(time, time, now, detect_keypoints(frame.pixels, time))

    def finish(self, duration: float) -> Tracks:
        del duration
        self._close()
        motion = self._moving.finish()
        if not self._rows:
            return Tracks((motion,) if len(motion) else (), (Skip(LOOKS, "no detail"),))
        found = [looks(self._rows), motion]
        if self._describe is not None:
            found.append(self._parts(self._describe))
        return Tracks(tuple(found))

    def _close(self) -> None:
        if self._open is not None:
            moment, self._open = self._open, None
            row = packed(moment.keypoints, A_FRAME)
            self._rows.append((row, moment.start, moment.end))

    def _spread(self, frame: Frame) -> None:
        """Hold up to twice as many frames as are described, evenly spread."""
        if self._seen % self._stride == 0:
            self._few.append(frame)
            if len(self._few) > 2 * GLANCES:
                del self._few[1::2]
                self._stride *= 2
        self._seen += 1

    def _parts(self, describe: Describe) -> Track:
        count = min(GLANCES, len(self._few))
        chosen = [self._few[(2 * k + 1) * len(self._few) // (2 * count)] for k in range(count)]
        every = []
        for frame in chosen:
            seen = parts(describe, shrunk(frame.pixels))
            every.append(replace(seen, spans=np.full_like(seen.spans, frame.time or 0.0)))
        return _joined(every)


class _Moving:
    """Folds small grey frames into motion, a chunk at a time, each with what surrounds it."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._greys: list[npt.NDArray[np.uint8]] = []
        self._rows: list[Track] = []
        self._done = -np.inf

    def add(self, time: float, pixels: Pixels) -> None:
        self._times.append(time)
        self._greys.append(small(pixels))
        if len(self._times) >= _CHUNK and self._times[-1] - self._times[0] > 4 * CALM:
            self._flush(self._times[-1] - CALM)

    def finish(self) -> Track:
        self._flush(np.inf)
        return _joined(self._rows)

    def _flush(self, until: float) -> None:
        """Rows up to a time; what surrounds the next ones stays."""
        at = np.array(self._times, np.float64)
        found = moving(at, np.array(self._greys, np.uint8))
        new = (at > self._done) & (at < until)
        self._rows.append(
            Track(
                MOTION,
                spans=np.column_stack([at, at])[new],
                codes=np.clip(np.rint(found.moved[new]), -127, 127)
                .astype(np.int8)
                .reshape(int(new.sum()), -1),
                quality=found.strength[new],
                places=np.zeros((int(new.sum()), 0), np.float32),
            )
        )
        if new.any():
            self._done = float(at[new][-1])
        first = int(np.searchsorted(at, self._done - CALM))
        del self._times[:first], self._greys[:first]


def _joined(tracks: list[Track]) -> Track:
    """All rows of tracks of one signal, at once."""
    signal: Signal = tracks[0].signal
    return Track(
        signal,
        spans=np.concatenate([t.spans for t in tracks]),
        codes=np.concatenate([t.codes for t in tracks]),
        quality=np.concatenate([t.quality for t in tracks]),
        places=np.concatenate([t.places for t in tracks]),
    )
