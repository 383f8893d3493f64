"""Where the content of a moving picture lies, told from thumbnails of a few seconds of it.

A still cannot tell a dark sky from a bar; time can: borders are flat or do not move while what they
enclose does.
Thumbnails are ``float32 [64, 64]`` luma of 0..255, whatever the shape of the picture.
"""

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.media import Box, Pixels

type Thumb = npt.NDArray[np.float32]
"""``[64, 64]`` luma."""

CELLS = 64
_MIDDLE = slice(CELLS // 4, CELLS - CELLS // 4)
FLAT = 4.0
"""Grey levels: rows that vary less are a bar. The bars of seven letterboxed films vary by 0."""
MOVED = 12.0
"""Grey levels by which a cell must change within a chunk to count as moving."""
STRUCTURE = 0.004
"""Share of a picture's variance beyond three separable components. Of 5,005 frames of 124 films 33
have less: fades and title cards. Bars, gradients and plain cards have less than 0.001."""
SMALLEST = 0.04
"""Area under which an inner picture is not looked at."""
LARGEST = 0.94


def thumb(pixels: Pixels) -> Thumb:
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cv2.resize(luma, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)


def has_detail(small: Thumb) -> bool:
    """False for black, blank, bars and gradients: pictures that many unrelated films show.

    The middle may have what the whole lacks: a plain border outweighs a dark picture inside it.
    """
    return _is_detailed(small) or _is_detailed(small[_MIDDLE, _MIDDLE])


def _is_detailed(part: Thumb) -> bool:
    spread = part - part.mean()
    if float(spread.std()) < FLAT:
        return False
    strengths = np.linalg.svd(spread, compute_uv=False) ** 2
    return bool(strengths[3:].sum() > STRUCTURE * strengths.sum())


def borders(stack: npt.NDArray[np.float32]) -> Box | None:
    """The box inside bars or a still frame, ``None`` when the picture fills its frame.

    ``stack``: thumbnails ``float32 [n, 64, 64]``.
    """
    moving = (stack.max(axis=0) - stack.min(axis=0)) > MOVED
    top, bottom = _margins(stack, moving)
    left, right = _margins(stack.transpose(0, 2, 1), moving.T)
    width, height = (CELLS - left - right) / CELLS, (CELLS - top - bottom) / CELLS
    if width <= 0 or height <= 0 or not SMALLEST < width * height < LARGEST:
        return None
    return Box(left / CELLS, top / CELLS, width, height)


def _margins(stack: npt.NDArray[np.float32], moving: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Rows to leave away at the top and at the bottom."""
    flat = stack.std(axis=2).max(axis=0) < FLAT
    still = moving.mean(axis=1) < 0.03
    return _depth(flat, still, moving), _depth(flat[::-1], still[::-1], moving[::-1])


def _depth(
    flat: npt.NDArray[np.bool_], still: npt.NDArray[np.bool_], moving: npt.NDArray[np.bool_]
) -> int:
    bar = _first(~flat)
    frame = _first(~still)
    if frame >= 3 and frame < CELLS - 3:
        columns = moving.any(axis=0)
        busy = moving[frame + 1 : frame + 3][:, columns].mean()
        if busy > 0.5:
            return max(frame, bar if bar < CELLS else 0)
    return bar if 3 <= bar < CELLS else 0


def _first(mask: npt.NDArray[np.bool_]) -> int:
    return int(mask.argmax()) if mask.any() else len(mask)
