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


def test_a_query_is_seen_in_every_way_that_a_reference_may_have_been_changed() -> None:
    pixels, _ = _framed("letterbox", drawn.scene(0))
    inside = content_box(pixels)
    assert inside is not None
    assert reference_views(pixels) == (View(), View(inside))
    views = query_views(pixels)
    assert {(v.mirrored, v.turns) for v in views if v.box == Box.WHOLE} == {
        (False, 0),
        (True, 0),
        (False, 1),
        (False, 2),
        (False, 3),
    }
    assert {v.mirrored for v in views if v.box == inside} == {False, True}


def test_tiles_cover_the_picture() -> None:
    covered = np.zeros((100, 100), bool)
    for view in tiles():
        box = view.box
        y, x = round(box.y * 100), round(box.x * 100)
        covered[y : y + round(box.height * 100), x : x + round(box.width * 100)] = True
    assert covered.all()


def test_a_flipped_copy_is_alike_in_the_flipped_view() -> None:
    pixels = drawn.scene(5, 900, 700)
    describe = MeanColours()
    reference = describe_still(describe, pixels, reference_views(pixels))
    flipped = np.ascontiguousarray(pixels[:, ::-1])
    query = describe_still(describe, flipped, query_views(flipped))
    alike = query.codes.astype(float) @ reference.codes[0].astype(float) / 127**2
    best = int(alike.argmax())
    assert alike[best] > 0.98
    assert query.places[best].tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    assert np.isinf(query.spans).all()
