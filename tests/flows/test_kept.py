"""References kept without pixels: remembered from real bytes, compared as if pixels were there."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.engine.layouts import form
from tests.flows.conftest import CUTS, SAMPLES, save_picture

from reseen.domain.fingerprint import LOOKS, Fingerprint
from reseen.domain.match import Match, Segment
from reseen.domain.media import Channel, Pixels, Span
from reseen.engine.film.timeline import looks
from reseen.flows.fingerprint import Perception, fingerprint, perceive, remember
from reseen.flows.kept import Kept
from reseen.flows.match import compare
from reseen.flows.second_look import moment_of
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.store.kept import encode
from reseen.testing import pictures, videos
from reseen.testing.videos import Clip, Story

type Ask = Callable[[Path, Path], Match]

STORY = Story(seed=3, shots=6, seconds=2.5)
BEHIND = Story(seed=44, shots=6, seconds=2.5)


@pytest.fixture
def keep(perception: Perception) -> Callable[[Path], Fingerprint]:
    def run(path: Path) -> Fingerprint:
        with local_file(path) as file:
            return remember(perception, file)

    return run


@pytest.fixture
def ask(perception: Perception, keep: Callable[[Path], Fingerprint]) -> Ask:
    def run(query: Path, reference: Path) -> Match:
        with local_file(query) as file:
            seen = fingerprint(perception, file, Side.QUERY)
        return compare(perception.visual, CUTS, seen, keep(reference))

    return run


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = videos.pictures(videos.whole(STORY))
    return videos.encode(tmp_path_factory.mktemp("films") / "film.mp4", whole)


def _sketch(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = 255.0 - cv2.GaussianBlur(255.0 - grey, (0, 0), 4)
    drawn = np.clip(grey * 255.0 / np.maximum(light, 1.0), 0, 255).astype(np.uint8)
    return np.repeat(drawn[:, ::-1, None], 3, axis=2)


def test_a_mirrored_captioned_photo_is_known_and_said_to_be_mirrored(ask: Ask) -> None:
    match = ask(SAMPLES / "photo-disguised.jpg", SAMPLES / "photo.jpg")
    assert match.score > 0.9
    [segment] = match.segments
    assert segment.transform is not None
    assert segment.transform.mirrored


def test_a_sketch_is_known_by_kept_edges_and_another_is_not(ask: Ask, tmp_path: Path) -> None:
    sketch = save_picture(tmp_path / "sketch.png", _sketch(pictures.scene(11)))
    assert ask(sketch, save_picture(tmp_path / "same.png", pictures.scene(11))).score > CUTS.medium
    other = save_picture(tmp_path / "other.png", pictures.scene(12))
    assert ask(sketch, other).score < CUTS.low


def test_a_form_filled_in_otherwise_is_not_taken_for_the_kept_one(ask: Ask, tmp_path: Path) -> None:
    kept = save_picture(tmp_path / "kept.png", form(1))
    copy = save_picture(tmp_path / "copy.jpg", form(1))
    other = save_picture(tmp_path / "other.png", form(2))
    assert ask(copy, kept).score > CUTS.medium
    assert ask(other, kept).score < CUTS.medium


def test_a_clip_is_placed_in_a_kept_film_in_picture_and_sound(ask: Ask) -> None:
    match = ask(SAMPLES / "film-clip.webm", SAMPLES / "film.mp4")
    assert match.score > 0.9
    assert {s.channel for s in match.segments} == {Channel.VISUAL, Channel.AUDIO}
    for segment in match.segments:
        assert segment.query.end == pytest.approx(12.0, abs=1.0)
        assert segment.reference.start == pytest.approx(9.0, abs=1.0)
        assert segment.reference.end == pytest.approx(21.0, abs=1.0)


def test_a_still_is_found_in_a_kept_film_and_a_film_by_a_kept_still(
    ask: Ask, film: Path, tmp_path: Path
) -> None:
    still = save_picture(tmp_path / "still.png", STORY.picture(6.9, (320, 240)))
    for query, reference in ((still, film), (film, still)):
        match = ask(query, reference)
        assert match.score > 0.6
        best = max(match.segments, key=lambda s: s.score)
        shown = best.reference if query == still else best.query
        assert shown.start - 0.6 <= 6.9 <= shown.end + 0.6


def test_a_film_small_in_another_is_placed_against_the_kept_one(
    ask: Ask, film: Path, tmp_path: Path
) -> None:
    frames = []
    pairs = (videos.pictures(Clip(one, 4.0, 12.0)) for one in (BEHIND, STORY))
    for page, picture in zip(*pairs, strict=True):
        whole = np.asarray(cv2.resize(page, (480, 360)), np.uint8)
        tall, wide = picture.shape[:2]
        whole[100 : 100 + tall, 140 : 140 + wide] = picture
        frames.append(whole)
    page = videos.encode(tmp_path / "page.mp4", frames)
    match = ask(page, film)
    assert match.score > 0.6
    best = max(match.segments, key=lambda s: s.score)
    assert (best.query.start, best.query.end) == pytest.approx((0.0, 8.0), abs=1.0)
    assert (best.reference.start, best.reference.end) == pytest.approx((4.0, 12.0), abs=1.0)


def test_unrelated_films_and_pictures_do_not_match_what_is_kept(
    ask: Ask, film: Path, tmp_path: Path
) -> None:
    other = videos.encode(tmp_path / "other.mp4", videos.pictures(videos.whole(BEHIND)))
    one = save_picture(tmp_path / "one.png", pictures.scene(1))
    two = save_picture(tmp_path / "two.png", pictures.scene(2))
    for query, reference in ((other, film), (one, two), (one, film), (other, two)):
        match = ask(query, reference)
        assert match.score < CUTS.low
        assert match.segments == ()


def test_a_still_is_kept_in_less_than_a_hundred_thousand_bytes(
    keep: Callable[[Path], Fingerprint],
) -> None:
    kept = keep(SAMPLES / "photo.jpg")
    columns = [c for t in kept.tracks for c in (t.spans, t.codes, t.quality, t.places)]
    assert sum(column.nbytes for column in columns) < 100_000
    assert kept.track("keypoints") is None


@pytest.mark.parametrize("name", ["film.mp4", "photo.jpg", "song.m4a"])
def test_what_is_searched_with_and_what_is_kept_come_of_one_decoding(
    perception: Perception, name: str
) -> None:
    with local_file(SAMPLES / name) as file:
        decoded: list[None] = []
        rendition, kept = perceive(perception, file, heed=lambda: decoded.append(None))
        once = len(decoded)
        alone = fingerprint(perception, file, Side.QUERY, heed=lambda: decoded.append(None))
        assert len(decoded) == 2 * once
        assert encode(rendition.fingerprint) == encode(alone.fingerprint)
        assert encode(kept) == encode(remember(perception, file))


def test_a_black_picture_is_kept_as_its_hashes_and_why(
    ask: Ask, keep: Callable[[Path], Fingerprint], tmp_path: Path
) -> None:
    black = save_picture(tmp_path / "black.png", np.zeros((120, 160, 3), np.uint8))
    kept = keep(black)
    assert {t.signal.name for t in kept.tracks} == {"sha256", "md5"}
    assert {skip.reason for skip in kept.skipped} == {"no detail", "no sound"}
    assert ask(SAMPLES / "photo.jpg", black).score < CUTS.low


def test_looks_at_a_short_clip_of_a_kept_film_stay_within_the_clip(
    keep: Callable[[Path], Fingerprint], film: Path
) -> None:
    reference = Kept(keep(film))
    track = reference.kept.track(LOOKS.name)
    assert track is not None
    starts = np.unique(track.spans[:, 0])
    widest = int(np.diff(starts).argmax())
    length = float(starts[widest + 1] - starts[widest]) / 2
    start = float(starts[widest]) + length / 2
    there = Span(start, start + length)
    clip = Segment(Channel.VISUAL, Span(20.0, 20.0 + length), there, 0.5, 1, offset=start - 20.0)
    for times in looks(clip, 4):
        moved, shown = moment_of(reference, clip, times)
        assert moved is not None
        assert shown is not None
        assert 20.0 < moved < 20.0 + length
        assert reference.moment(shown, Span(0.0, 99.0)) == shown
