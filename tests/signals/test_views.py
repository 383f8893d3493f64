from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from benchmarks.attacks import editing

from reseen.domain.fingerprint import DESCRIPTOR, Signal
from reseen.domain.media import Box, Pixels
from reseen.signals.views import (
    View,
    content_box,
    describe_still,
    pictures_inside,
    query_views,
    reference_views,
    render,
    tiles,
)
from reseen.signals.visual import Visual
from reseen.testing import pictures as drawn


class MeanColours:
    """A small ``Describe``: the mean colours of an 8 x 8 grid, without the overall mean."""

    @property
    def signal(self) -> Signal:
        return DESCRIPTOR

    def __call__(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        small = [cv2.resize(p, (8, 8), interpolation=cv2.INTER_AREA).reshape(-1) for p in pictures]
        vectors: npt.NDArray[np.float32] = np.array(small, np.float32)
        vectors -= vectors.mean(axis=1, keepdims=True)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def _likeness(one: Box, other: Box) -> float:
    shared = one.intersect(other).area
    return shared / (one.area + other.area - shared)


def _framed(name: str, picture: Pixels) -> tuple[Pixels, Box]:
    """The picture within a frame of some kind, and where it is."""
    h, w = picture.shape[:2]
    rng = np.random.default_rng(4)
    match name:
        case "letterbox":
            return editing.padded(picture, 70, 70, 0, 0, (0, 0, 0)), Box(0, 70, w, h)
        case "border":
            return editing.padded(picture, 40, 40, 40, 40, (90, 120, 200)), Box(40, 40, w, h)
        case "caption":
            out = editing.padded(picture, 110, 0, 0, 0, (255, 255, 255))
            return editing.written(out, "when you see it", 0.5, 0.1, 0.07, (0, 0, 0)), Box(
                0, 110, w, h
            )
        case "blurred bars":
            ground = cv2.GaussianBlur(editing.covered(picture, w, 2 * h), (0, 0), 20)
            return editing.pasted(np.asarray(ground, np.uint8), picture, 0, h // 2), Box(
                0, h // 2, w, h
            )
        case "phone":
            scale = 540 / w
            return editing.phone(picture, rng, dark=True), Box(0, 150, 540, h * scale)
        case "inset":
            ground = drawn.scene(77, 2 * w, 2 * h)
            return editing.pasted(ground, picture, w // 2, h // 3), Box(w // 2, h // 3, w, h)
    raise ValueError(name)


@pytest.mark.parametrize(
    "name", ["letterbox", "border", "caption", "blurred bars", "phone", "inset"]
)
def test_a_picture_within_a_frame_is_found(name: str) -> None:
    found = 0
    for seed in range(6):
        pixels, place = _framed(name, drawn.scene(seed))
        height, width = pixels.shape[:2]
        truth = Box(place.x / width, place.y / height, place.width / width, place.height / height)
        found += max(_likeness(truth, box) for box in pictures_inside(pixels)) > 0.85
    assert found >= 5


def test_a_plain_scene_has_no_frame() -> None:
    assert [content_box(drawn.scene(seed)) for seed in range(6)] == [None] * 6


@pytest.mark.parametrize(
    "pixels",
    [drawn.flat(0, 0, 0), drawn.flat(0, 0, 0, 1, 1), drawn.noise(0, 900, 3)],
)
def test_nothing_is_found_in_nothing(pixels: Pixels) -> None:
    assert pictures_inside(pixels) == ()


def test_a_view_is_cut_then_flipped_then_turned_clockwise() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0, 0] = 255
    assert render(pixels, View())[0, 0, 0] == 255
    assert render(pixels, View(mirrored=True))[0, -1, 0] == 255
    turned = render(pixels, View(turns=1))
    assert turned.shape == (6, 4, 3)
    assert turned[0, -1, 0] == 255
    assert render(pixels, View(mirrored=True, turns=1))[-1, -1, 0] == 255
    assert render(pixels, View(Box(0, 0, 0.5, 0.5))).shape == (2, 3, 3)
    assert render(pixels, View(Box(0.99, 0.99, 0.01, 0.01))).shape == (1, 1, 3)


def test_a_query_is_seen_whole_and_picture_by_picture() -> None:
    one, other = (editing.padded(drawn.scene(k), 5, 5, 5, 5, (255, 255, 255)) for k in (1, 2))
    views = query_views(np.hstack([one, other]))
    assert views[0] == View()
    for x in (0.0, 0.5):
        assert max(_likeness(view.box, Box(x, 0.0, 0.5, 1.0)) for view in views) > 0.8


def test_a_reference_is_seen_whole_and_without_its_frame() -> None:
    pixels, _ = _framed("letterbox", drawn.scene(0))
    inside = content_box(pixels)
    assert inside is not None
    assert reference_views(pixels) == (View(), View(inside))
    assert reference_views(drawn.scene(0)) == (View(),)


def test_tiles_cover_the_picture() -> None:
    covered = np.zeros((100, 100), bool)
    for view in tiles():
        box = view.box
        y, x = round(box.y * 100), round(box.x * 100)
        covered[y : y + round(box.height * 100), x : x + round(box.width * 100)] = True
    assert covered.all()


def test_flat_tiles_are_left_out() -> None:
    visual = Visual(MeanColours())
    sheet = drawn.flat(255, 255, 255, 480, 360)
    assert visual.tiles(sheet) is None
    sheet[:160, :200] = drawn.scene(1, 200, 160)
    found = visual.tiles(sheet)
    assert found is not None
    assert 0 < len(found) < len(tiles())
    whole = visual.tiles(drawn.scene(1))
    assert whole is not None
    assert len(whole) == len(tiles())


def test_a_letterboxed_copy_is_alike_in_the_view_without_bars() -> None:
    describe = MeanColours()
    reference = describe_still(describe, drawn.scene(5), (View(),))
    bars, _ = _framed("letterbox", drawn.scene(5))
    query = describe_still(describe, bars, query_views(bars))
    alike = query.codes.astype(float) @ reference.codes[0].astype(float) / 127**2
    assert alike.max() > 0.95 > alike[0]
    assert query.places[:, 4:].max() == 0.0
    assert np.isinf(query.spans).all()
