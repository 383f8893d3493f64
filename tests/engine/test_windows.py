"""Windows told from keypoints of real pixels: what each side shows of the other."""

import cv2
import numpy as np
import pytest

from reseen.domain.fingerprint import DESCRIPTOR, Track
from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Frame, Pixels, Span
from reseen.engine.film.windows import (
    A_FRAME,
    LOOKS,
    Shared,
    Sighting,
    Window,
    fractions,
    holds,
    is_inside,
    is_seen_in_part,
    likeliest,
    shared,
    sightings,
)
from reseen.engine.picture.geometry import verify
from reseen.ports import Side
from reseen.signals.keypoints import detect_keypoints
from reseen.testing import pictures

SCENE = cv2.resize(pictures.scene(1), (512, 384)).astype(np.uint8)
OTHER = cv2.resize(pictures.scene(2), (512, 384)).astype(np.uint8)
TILE = Box(0.5, 0.0, 0.5, 0.5)


def _opened(query: Pixels, reference: Pixels, side: Side, part: Box = Box.WHOLE) -> Shared | None:
    frames = [Frame(0.0, query), Frame(0.0, reference)]
    k = 0 if side is Side.QUERY else 1
    frames[k] = Window(part).through(frames[k])
    sizes = [f.pixels.shape[1::-1] for f in frames]
    found = [detect_keypoints(f.pixels, None) for f in frames]
    geometry = verify(found[0], found[1], sizes[0], sizes[1])
    if geometry is None or not holds(geometry):
        return None
    seen = fractions(found[0], sizes[0]), fractions(found[1], sizes[1])
    return shared(Sighting(side, part, 0.0, 0.0, 0.5), geometry, seen)


def _inset(scene: Pixels, page: Pixels) -> Pixels:
    """The scene at two fifths of each side, its corner at 55% and 5% of the page."""
    page = page.copy()
    wide, tall = 205, 154
    page[19 : 19 + tall, 282 : 282 + wide] = cv2.resize(
        scene, (wide, tall), interpolation=cv2.INTER_AREA
    )
    return page


def _is_near(box: Box, x: float, y: float, width: float, height: float) -> bool:
    truth = (x, y, width, height)
    return (box.x, box.y, box.width, box.height) == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("part", [Box.WHOLE, TILE], ids=["whole", "tile"])
def test_an_inset_opens_a_window_where_it_lies(part: Box) -> None:
    found = _opened(_inset(SCENE, OTHER), SCENE, Side.QUERY, part)
    assert found is not None
    assert _is_near(found.query.box, 0.55, 0.05, 0.4, 0.4)
    assert found.query.turns == 0
    assert found.reference.is_whole
    assert found.transform is not None
    assert found.transform.inset == found.query.box
    assert found.transform.cropped is None


def test_a_reference_that_holds_the_query_small_is_seen_through_a_window() -> None:
    found = _opened(SCENE, _inset(SCENE, OTHER), Side.REFERENCE, TILE)
    assert found is not None
    assert found.query.is_whole
    assert _is_near(found.reference.box, 0.55, 0.05, 0.4, 0.4)
    assert found.transform is not None
    assert found.transform.cropped is not None
    assert found.transform.inset is None


def test_half_a_screen_ends_where_the_agreement_ends() -> None:
    middle = SCENE[:, 128:384]
    found = _opened(np.hstack([middle, OTHER[:, 128:384]]), SCENE, Side.QUERY)
    assert found is not None
    assert _is_near(found.query.box, 0.0, 0.0, 0.5, 1.0)
    assert _is_near(found.reference.box, 0.25, 0.0, 0.5, 1.0)


def test_a_sky_belongs_to_the_half_in_which_it_is_shown() -> None:
    scene = SCENE.copy()
    scene[:150] = (150, 180, 220)
    page = np.hstack([scene[:, 128:384], OTHER[:, 128:384]])
    found = _opened(page, scene, Side.QUERY)
    assert found is not None
    assert _is_near(found.query.box, 0.0, 0.0, 0.5, 1.0)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_window_turns_a_turned_picture_upright(turns: int) -> None:
    turned = np.ascontiguousarray(np.rot90(SCENE, -turns))
    found = _opened(turned, SCENE, Side.QUERY)
    assert found is not None
    assert not found.query.is_whole
    upright = found.query.through(Frame(None, turned)).pixels
    size = (SCENE.shape[1], SCENE.shape[0])
    off = np.abs(cv2.resize(upright, size).astype(float) - SCENE)
    assert np.median(off) < 12
    assert found.transform is not None
    assert found.transform.rotated == pytest.approx(90.0 * turns, abs=1.0)


def test_an_inset_lies_inside_its_tile_and_half_a_screen_reaches_beyond() -> None:
    for page, is_in in ((_inset(SCENE, OTHER), True), (SCENE, False)):
        for side in Side:
            tile = Window(TILE).through(Frame(0.0, page)).pixels
            pair = (tile, SCENE) if side is Side.QUERY else (SCENE, tile)
            found = [detect_keypoints(p, None) for p in pair]
            geometry = verify(found[0], found[1], pair[0].shape[1::-1], pair[1].shape[1::-1])
            assert geometry is not None
            assert is_inside(side, geometry) == is_in


def test_other_pictures_open_nothing() -> None:
    assert _opened(OTHER, SCENE, Side.QUERY) is None


def test_a_logo_that_both_show_opens_nothing() -> None:
    logo = cv2.resize(pictures.scene(5), (150, 110), interpolation=cv2.INTER_AREA)
    pages = [SCENE.copy(), OTHER.copy()]
    for page in pages:
        page[10:120, 20:170] = logo
    assert _opened(pages[0], pages[1], Side.QUERY) is None
    assert _opened(pages[0], pages[1], Side.QUERY, Box(0.0, 0.0, 0.5, 0.5)) is None


def test_a_window_at_the_edge_shows_at_least_a_pixel() -> None:
    seen = Window(Box(1.0, 1.0, 0.0, 0.0)).through(Frame(2.0, SCENE))
    assert seen.pixels.shape == (1, 1, 3)
    assert seen.time == 2.0


def test_sightings_name_the_part_and_both_times() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(6, 512))
    codes = np.rint(vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * 127)
    frames = _track(codes, np.arange(6.0))
    tile = np.array([TILE.x, TILE.y, TILE.width, TILE.height, 0, 0], np.float32)
    parts = _track(np.stack([codes[4], -codes[4]]), np.full(2, 7.5), tile)
    [found] = sightings(parts, frames, Side.REFERENCE)
    assert (found.side, found.part) == (Side.REFERENCE, TILE)
    assert found.part_time == 7.5
    assert found.frame_time == pytest.approx(4.5)
    assert found.cosine == pytest.approx(1.0, abs=0.01)


def test_no_frame_takes_all_looks() -> None:
    many = [Sighting(Side.QUERY, TILE, float(k // 9), 0.0, 1.0 - k / 200) for k in range(90)]
    chosen = likeliest(many)
    assert len(chosen) == LOOKS
    assert max(sum(s.part_time == time for s in chosen) for time in range(10)) == A_FRAME


def _track(codes: np.ndarray, starts: np.ndarray, place: np.ndarray | None = None) -> Track:
    whole = np.array([0, 0, 1, 1, 0, 0], np.float32)
    return Track(
        DESCRIPTOR,
        spans=np.column_stack([starts, starts + 1.0]),
        codes=codes.astype(np.int8),
        quality=np.ones(len(codes), np.float32),
        places=np.tile(whole if place is None else place, (len(codes), 1)),
    )


def _segment(offset: float | None, transform: Transform | None) -> Segment:
    spans = Span(0, 8), Span(4, 12)
    return Segment(Channel.VISUAL, *spans, 0.9, support=8, offset=offset, transform=transform)


def test_a_small_inset_is_worth_a_window_and_a_letterbox_is_not() -> None:
    corner, middle = Box(0.5, 0.5, 0.5, 0.5), Box(0.0, 0.15, 1.0, 0.7)
    assert is_seen_in_part(_segment(4.0, Transform(inset=corner)))
    assert not is_seen_in_part(_segment(4.0, Transform(inset=middle)))
    assert not is_seen_in_part(_segment(4.0, Transform()))
    assert not is_seen_in_part(_segment(4.0, None))


def test_a_query_that_is_a_small_part_of_the_reference_is_worth_a_window() -> None:
    assert is_seen_in_part(_segment(4.0, Transform(cropped=Box(-1.0, -1.0, 2.0, 2.0))))
    assert not is_seen_in_part(_segment(4.0, Transform(cropped=Box(-0.1, -0.1, 1.2, 1.2))))


def test_without_a_clock_any_part_is_worth_a_window() -> None:
    assert is_seen_in_part(_segment(None, Transform(inset=Box(0.0, 0.15, 1.0, 0.7))))
    assert not is_seen_in_part(_segment(None, Transform()))
