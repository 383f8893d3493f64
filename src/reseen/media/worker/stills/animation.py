"""Animated GIF, WebP, PNG and AVIF as a short video.

A frame is shown from its time until the next one's; its delay comes from the file, and delays of
10 ms or less count as 100 ms, as in browsers. An animation whose frames are all the same picture
is a still: that is decided by decoding until the first difference.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from reseen.domain.errors import MediaTooLarge, MediaTooLong, MediaUnreadable
from reseen.domain.media import Frame, Medium, Pixels
from reseen.media.sniff import Format
from reseen.media.worker.films.frames import Ticks
from reseen.media.worker.stills.rgb import shrink, upright_rgb
from reseen.ports import Decoded, Footer, Header, Limits, Sampling

_SHORTEST, _DEFAULT = 0.011, 0.1
_CANVASES = 30
"""Pictures of the largest size that an animation may paint in all: each frame is laid over the
whole canvas, half a second for 100 megapixels, however few of its pixels change."""


def moves(picture: Image.Image, limits: Limits) -> bool:
    """Whether at least two frames differ. Leaves ``picture`` at some frame."""
    if not getattr(picture, "is_animated", False):
        return False
    first: Pixels | None = None
    for _ in _frames(picture, limits):
        pixels = upright_rgb(picture)
        if first is None:
            first = pixels.copy()
        elif not np.array_equal(first, pixels):
            return True
    return False


def decode(
    picture: Image.Image,
    format_: Format,
    sampling: Sampling,
    limits: Limits,
    times: Sequence[float] | None,
) -> Iterator[Decoded]:
    """Header, sampled frames (or those shown at ``times``), footer."""
    width, height = picture.size
    yield Header(Medium.VIDEO, format_.name, width, height, None, has_audio=False)
    ticks = Ticks(sampling.frames_per_s)
    wanted = list(times or ())
    remarks: tuple[str, ...] = ()
    duration = 0.0
    try:
        for start, end in _frames(picture, limits):
            duration = end
            if times is not None:
                while wanted and wanted[0] < end:
                    wanted.pop(0)
                    yield Frame(start, shrink(upright_rgb(picture), sampling.max_side))
            elif sampling.visual and ticks.due(start):
                yield Frame(start, shrink(upright_rgb(picture), sampling.max_side))
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as error:
        if duration == 0.0:
            raise MediaUnreadable(f"The {format_.name} file is damaged.") from error
        remarks = (f"truncated after {duration:.1f} s",)
    yield Footer(duration, remarks)


def _frames(picture: Image.Image, limits: Limits) -> Iterator[tuple[float, float]]:
    """Start and end of each frame, at which ``picture`` then stands. Raises ``MediaTooLong``,
    ``MediaTooLarge`` and what Pillow raises.
    """
    start = 0.0
    index = 0
    while True:
        try:
            picture.seek(index)
        except EOFError:
            return
        painted = (index + 1) * picture.width * picture.height
        if painted > _CANVASES * limits.pixels:
            raise MediaTooLarge(
                f"The animation paints more than {_CANVASES * limits.pixels:,} pixels.",
                limit=_CANVASES * limits.pixels,
                actual=painted,
            )
        picture.load()  # WebP tells the delay only then
        delay = float(picture.info.get("duration") or 0) / 1000
        end = start + (delay if delay >= _SHORTEST else _DEFAULT)
        if end > limits.duration:
            raise MediaTooLong(
                f"The animation lasts longer than {limits.duration:g} s.",
                limit=limits.duration,
                actual=end,
            )
        yield start, end
        start = end
        index += 1
