import inspect

import numpy as np
import pytest
from tests.evidence.reading import bounds, decode, near, noise, plain

from reseen import evidence
from reseen.domain.match import Confidence, Segment, Transform
from reseen.domain.media import Channel, Frame, Span
from reseen.evidence import filmstrip
from reseen.evidence.canvas import LARGEST_PNG
from reseen.ports import Illustrator

SEGMENT = Segment(
    Channel.VISUAL,
    Span(3, 9),
    Span(43, 49),
    score=0.9,
    support=6,
    offset=40.0,
    transform=Transform(mirrored=True, rotated=350.0),
)
RED, BLUE = (200, 40, 40), (40, 60, 200)


def _pairs(count: int, width: int = 160, height: int = 90) -> list[tuple[Frame, Frame]]:
    return [
        (Frame(3.0 + i, plain(width, height, RED)), Frame(43.0 + i, plain(320, 180, BLUE)))
        for i in range(count)
    ]


@pytest.mark.parametrize(("given", "shown"), [(1, 1), (3, 3), (8, 8), (30, 8)])
def test_each_pair_is_a_column_with_the_upload_above(given: int, shown: int) -> None:
    pixels = decode(filmstrip(_pairs(given), SEGMENT, Confidence.HIGH))
    for colour in (RED, BLUE):
        row = near(pixels, colour).any(axis=0).astype(int)
        assert (np.diff(row, prepend=0) == 1).sum() == shown
    assert bounds(near(pixels, RED))[3] < bounds(near(pixels, BLUE))[1]
    assert bounds(near(pixels, RED))[::2] == bounds(near(pixels, BLUE))[::2]


def test_the_first_and_the_last_of_many_pairs_are_shown() -> None:
    pairs = _pairs(30)
    pairs[0] = (Frame(3.0, plain(160, 90, (0, 250, 0))), pairs[0][1])
    pairs[-1] = (pairs[-1][0], Frame(3.0, plain(160, 90, (0, 250, 0))))
    green = near(decode(filmstrip(pairs, SEGMENT, Confidence.HIGH)), (0, 250, 0))
    assert green[:, : green.shape[1] // 8].any()
    assert green[:, -green.shape[1] // 8 :].any()


def test_without_a_frame_it_says_so_in_a_small_picture() -> None:
    assert decode(filmstrip([], SEGMENT, Confidence.LOW)).shape[0] < 200


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 900), (900, 1), (3000, 2000)])
def test_frames_of_any_shape_can_be_drawn(width: int, height: int) -> None:
    frame = Frame(None, noise(width, height, 1))
    png = filmstrip([(frame, frame)] * 8, SEGMENT, Confidence.HIGH)
    assert len(png) <= LARGEST_PNG
    assert png == filmstrip([(frame, frame)] * 8, SEGMENT, Confidence.HIGH)


def test_the_package_draws_whatever_the_flows_ask_an_illustrator_for() -> None:
    illustrator: Illustrator = evidence
    for name in ("picture_evidence", "filmstrip", "sound_evidence", "timeline"):
        asked = list(inspect.signature(getattr(Illustrator, name)).parameters)[1:]
        assert set(asked) <= set(inspect.signature(getattr(illustrator, name)).parameters)
