"""Films that lie small or turned in others: real bytes, the real decoder, the real model."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flows.conftest import Compare, save_picture

from reseen.domain.match import Match, Segment
from reseen.domain.media import Box, Pixels
from reseen.flows.fingerprint import Perception
from reseen.flows.match import WORTH, glance
from reseen.testing import videos
from reseen.testing.videos import Clip, Story

STORY = Story(seed=3, shots=6, seconds=2.5)
BEHIND = Story(seed=44, shots=6, seconds=2.5)
SIZE = (480, 360)
INSET = Box(0.3, 0.4, 1 / 3, 1 / 3)


def _inset(clip: Clip) -> Iterator[Pixels]:
    """The clip at a third of each side, in the midst of another film."""
    behind = Clip(BEHIND, 0.0, clip.duration)
    shown = zip(videos.pictures(behind), videos.pictures(clip), strict=True)
    x, y = round(INSET.x * SIZE[0]), round(INSET.y * SIZE[1])
    for page, picture in shown:
        whole = np.asarray(cv2.resize(page, SIZE), np.uint8)
        tall, wide = picture.shape[:2]
        whole[y : y + tall, x : x + wide] = picture
        yield whole


def _turned(clip: Clip) -> Iterator[Pixels]:
    """The clip turned clockwise by a quarter, in the left half of another film."""
    behind = Clip(BEHIND, 0.0, clip.duration)
    for page, picture in zip(videos.pictures(behind), videos.pictures(clip), strict=True):
        left = cv2.resize(np.rot90(picture, -1).astype(np.uint8), (240, 320))
        right = cv2.resize(page, (240, 320))
        yield np.hstack([left, right]).astype(np.uint8)


def _best(match: Match) -> Segment:
    return max(match.segments, key=lambda s: s.score)


def _is_placed(
    segment: Segment, query: tuple[float, float], reference: tuple[float, float]
) -> None:
    assert (segment.query.start, segment.query.end) == pytest.approx(query, abs=1.0)
    assert (segment.reference.start, segment.reference.end) == pytest.approx(reference, abs=1.0)


def _is_near(box: Box | None, truth: Box) -> bool:
    assert box is not None
    sides = [(b.x, b.y, b.width, b.height) for b in (box, truth)]
    return sides[0] == pytest.approx(sides[1], abs=0.04)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = videos.pictures(videos.whole(STORY))
    return videos.encode(tmp_path_factory.mktemp("films") / "film.mp4", whole)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seconds 4 to 12 of the story, small in another."""
    frames = _inset(Clip(STORY, 4.0, 12.0))
    return videos.encode(tmp_path_factory.mktemp("films") / "page.mp4", frames)


def test_a_film_small_in_the_midst_of_another_is_placed_with_its_box(
    compare: Compare, perception: Perception, film: Path, page: Path
) -> None:
    pair = compare(page, film)
    match = pair.match
    assert match.score > 0.6
    assert glance(perception.visual, pair.source, pair.target).score >= WORTH
    best = _best(match)
    _is_placed(best, (0.0, 8.0), (4.0, 12.0))
    assert best.transform is not None
    assert _is_near(best.transform.inset, INSET)


def test_a_query_that_the_reference_shows_small_is_placed_too(
    compare: Compare, film: Path, page: Path
) -> None:
    match = compare(film, page).match
    assert match.score > 0.6
    best = _best(match)
    _is_placed(best, (4.0, 12.0), (0.0, 8.0))
    assert best.transform is not None
    assert best.transform.inset is None
    assert best.transform.cropped is not None


def test_a_film_turned_in_half_of_another_is_placed_and_said_to_be_turned(
    compare: Compare, film: Path, tmp_path: Path
) -> None:
    half = videos.encode(tmp_path / "half.mp4", _turned(Clip(STORY, 4.0, 12.0)))
    match = compare(half, film).match
    assert match.score > 0.6
    best = _best(match)
    _is_placed(best, (0.0, 8.0), (4.0, 12.0))
    assert best.transform is not None
    assert best.transform.rotated == pytest.approx(90.0, abs=2.0)
    assert _is_near(best.transform.inset, Box(0.0, 0.0, 0.5, 1.0))


def test_a_still_is_found_where_a_film_shows_it_small(
    compare: Compare, page: Path, tmp_path: Path
) -> None:
    still = save_picture(tmp_path / "still.png", STORY.picture(6.9, (160, 120)))
    for source, target in ((still, page), (page, still)):
        match = compare(source, target).match
        assert match.score > 0.6
        best = _best(match)
        shown = best.reference if source == still else best.query
        assert shown.start - 0.6 <= 6.9 - 4.0 <= shown.end + 0.6


def test_the_film_around_is_not_taken_for_another(
    compare: Compare, page: Path, tmp_path: Path
) -> None:
    other = Story(seed=45, shots=4, seconds=2.5)
    film = videos.encode(tmp_path / "other.mp4", videos.pictures(videos.whole(other)))
    assert compare(page, film).match.score < 0.3
