"""Pictures that share a layout are told from copies under captions, stickers and filters."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing
from tests.engine.layouts import board, form, page
from tests.flows.conftest import CUTS, Compare, save_picture

from reseen.domain.media import Pixels
from reseen.testing import pictures


def _captioned(pixels: Pixels) -> Pixels:
    out = editing.padded(pixels, len(pixels) // 6, 0, 0, 0, (255, 255, 255))
    return editing.written(out, "look at this", 0.5, 0.07, 0.07, (0, 0, 0))


def _banded(pixels: Pixels) -> Pixels:
    out, tall = pixels.copy(), len(pixels)
    out[int(0.72 * tall) : int(0.86 * tall)] = 255
    return editing.written(out, "wait for it", 0.5, 0.79, 0.09, (0, 0, 0))


def _emojis(pixels: Pixels) -> Pixels:
    out = pixels
    for x in (0.2, 0.5, 0.8):
        for y in (0.25, 0.7):
            out = editing.emoji(out, x, y, 0.06)
    return out


def _stickered(pixels: Pixels) -> Pixels:
    tall, wide = pixels.shape[:2]
    sticker = pictures.scene(70, wide // 3, tall // 3)
    return editing.pasted(pixels, sticker, wide // 8, tall // 2)


def _sketched(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = 255.0 - cv2.GaussianBlur(255.0 - grey, (0, 0), 4)
    drawn = np.clip(grey * 255.0 / np.maximum(light, 1.0), 0, 255).astype(np.uint8)
    return np.repeat(drawn[:, :, None], 3, axis=2)


@pytest.mark.parametrize("layout", [form, board, page])
def test_one_layout_with_other_content_is_no_match(
    compare: Compare, tmp_path: Path, layout: Callable[[int], Pixels]
) -> None:
    one = save_picture(tmp_path / "one.png", layout(1))
    for seed in (2, 3):
        other = save_picture(tmp_path / "other.png", layout(seed))
        assert compare(one, other).match.score < CUTS.medium


@pytest.mark.parametrize("disguise", [_captioned, _banded, _emojis, _stickered, _sketched])
@pytest.mark.parametrize("original", [lambda: pictures.scene(3), lambda: form(1), lambda: page(1)])
def test_a_copy_under_a_disguise_still_is(
    compare: Compare,
    tmp_path: Path,
    original: Callable[[], Pixels],
    disguise: Callable[[Pixels], Pixels],
) -> None:
    pixels = original()
    query = editing.coded(disguise(pixels), "JPEG", 60)
    one = save_picture(tmp_path / "one.png", query)
    assert compare(one, save_picture(tmp_path / "two.png", pixels)).match.score > CUTS.medium


def test_a_small_picture_on_much_white_does_not_match_another(
    compare: Compare, tmp_path: Path
) -> None:
    sheets = []
    for seed in (1, 2):
        sheet = np.full((600, 800, 3), 255, np.uint8)
        sheet[20:140, 20:180] = pictures.scene(seed, 160, 120)
        sheets.append(save_picture(tmp_path / f"{seed}.png", sheet))
    assert compare(*sheets).match.score < CUTS.medium
