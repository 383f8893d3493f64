"""From two files to one verdict: real bytes, the real decoder, the real model."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flows.conftest import CUTS, SAMPLES, Compare, save_picture, save_sound

from reseen.domain.errors import MediaUnreadable, UnsupportedMedia
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Frame, Medium
from reseen.flows.fingerprint import Perception
from reseen.flows.match import match_pair
from reseen.media.gallery import JpegGallery
from reseen.media.receive import local_file
from reseen.testing import pictures, sounds, videos
from reseen.testing.videos import Clip, Story

SONG = sounds.music(20.0, seed=5)
STORY = Story(seed=3, shots=6, seconds=4.0)


def _film(path: Path, *clips: Clip) -> Path:
    return videos.encode(path, videos.pictures(*clips))


def _visual(segments: tuple[Segment, ...]) -> list[Segment]:
    return [s for s in segments if s.channel is Channel.VISUAL]


def test_a_mirrored_captioned_photo_is_recognised_and_said_to_be_mirrored(compare: Compare) -> None:
    match = compare(SAMPLES / "photo-disguised.jpg", SAMPLES / "photo.jpg").match
    assert match.score > 0.9
    [segment] = match.segments
    assert segment.query.is_timeless
    assert segment.transform is not None
    assert segment.transform.mirrored


def test_a_pencil_sketch_is_known_by_its_edges_and_another_is_not(
    compare: Compare, tmp_path: Path
) -> None:
    original = pictures.scene(11)
    grey = cv2.cvtColor(original, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = 255.0 - cv2.GaussianBlur(255.0 - grey, (0, 0), 4)
    drawn = np.clip(grey * 255.0 / np.maximum(light, 1.0), 0, 255).astype(np.uint8)
    sketch = save_picture(tmp_path / "sketch.png", np.repeat(drawn[:, ::-1, None], 3, axis=2))
    same = compare(sketch, save_picture(tmp_path / "same.png", original)).match
    assert same.score > CUTS.medium
    assert same.segments[0].transform is not None
    assert same.segments[0].transform.mirrored
    other = compare(sketch, save_picture(tmp_path / "other.png", pictures.scene(12))).match
    assert other.score < CUTS.low


def test_another_thing_in_one_place_is_never_sure_and_a_copy_that_is_covered_is(
    compare: Compare, tmp_path: Path
) -> None:
    kept = save_picture(tmp_path / "kept.png", _placed(7))
    covered = compare(save_picture(tmp_path / "covered.png", _placed(8)), kept).match
    assert covered.score > CUTS.high
    retaken = compare(save_picture(tmp_path / "retaken.png", _photographed(_placed(8))), kept).match
    assert CUTS.low < retaken.score < CUTS.high
    again = compare(save_picture(tmp_path / "again.png", _photographed(_placed(7))), kept).match
    assert again.score > CUTS.high


def _placed(thing: int) -> np.ndarray:
    """A thing that fills half of a place."""
    place = pictures.scene(1, 640, 480).copy()
    inside = cv2.ellipse(np.zeros((480, 640), np.uint8), (320, 240), (225, 175), 0, 0, 360, 1, -1)
    place[inside > 0] = pictures.scene(thing, 640, 480)[::-1][inside > 0]
    return place


def _photographed(place: np.ndarray) -> np.ndarray:
    """Once more, from almost the same point: everything moves by about a pixel, each part its own
    way.
    """
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:480, :640].astype(np.float32)
    moved = [
        where + cv2.resize(rng.normal(0, 1.2, (6, 8)).astype(np.float32), (640, 480), None, 0, 0, 2)
        for where in (x, y)
    ]
    return cv2.remap(place, moved[0], moved[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def test_a_clip_trimmed_out_of_a_video_is_placed_in_picture_and_sound(compare: Compare) -> None:
    match = compare(SAMPLES / "film-clip.webm", SAMPLES / "film.mp4").match
    assert match.score > 0.9
    best = {
        channel: max((s for s in match.segments if s.channel is channel), key=lambda s: s.score)
        for channel in (Channel.VISUAL, Channel.AUDIO)
    }
    for channel, within in ((Channel.VISUAL, 1.0), (Channel.AUDIO, 0.25)):
        segment = best[channel]
        assert segment.query.start == pytest.approx(0.0, abs=within)
        assert segment.query.end == pytest.approx(12.0, abs=within)
        assert segment.reference.start == pytest.approx(9.0, abs=within)
        assert segment.reference.end == pytest.approx(21.0, abs=within)


def test_a_song_played_higher_and_faster_is_recognised_with_both_changes(compare: Compare) -> None:
    match = compare(SAMPLES / "song-disguised.ogg", SAMPLES / "song.m4a").match
    best = max(match.segments, key=lambda s: s.score)
    assert match.score > 0.9
    assert best.pitch == pytest.approx(2.0, abs=0.2)
    assert best.rate == pytest.approx(1.06, abs=0.005)
    assert best.reference.start == pytest.approx(4.0, abs=0.25)
    assert best.reference.end == pytest.approx(28.0, abs=0.25)


def test_the_same_file_matches_itself_surely_from_end_to_end(compare: Compare) -> None:
    match = compare(SAMPLES / "film.mp4", SAMPLES / "film.mp4").match
    assert match.score == 1.0
    assert {(s.query.start, s.query.end == s.reference.end) for s in match.segments} == {(0, True)}


def test_a_still_is_found_in_the_video_that_shows_it(compare: Compare, tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4", videos.whole(STORY))
    still = save_picture(tmp_path / "still.png", STORY.picture(13.9, (320, 240)))
    match = compare(still, film).match
    best = max(match.segments, key=lambda s: s.score)
    assert match.score > 0.6
    assert best.query.is_timeless
    assert best.offset is None
    assert best.reference.start - 0.5 <= 13.9 <= best.reference.end + 0.5
    turned = compare(film, still)
    assert turned.match.score > 0.6
    assert turned.source.asset.medium is Medium.VIDEO


def test_sound_cut_from_a_video_is_found_in_it_by_sound_alone(
    compare: Compare, tmp_path: Path
) -> None:
    excerpt = save_sound(tmp_path / "clip.wav", SONG[5 * sounds.RATE : 15 * sounds.RATE])
    whole = save_sound(tmp_path / "song.wav", SONG)
    match = compare(excerpt, whole).match
    [segment] = match.segments
    assert segment.channel is Channel.AUDIO
    assert segment.offset == pytest.approx(5.0, abs=0.02)
    assert segment.query.start == pytest.approx(0.0, abs=0.25)
    assert segment.query.end == pytest.approx(10.0, abs=0.25)


def test_two_clips_of_one_film_in_other_order_are_two_segments(
    compare: Compare, tmp_path: Path
) -> None:
    film = _film(tmp_path / "film.mp4", videos.whole(STORY))
    montage = _film(tmp_path / "montage.mp4", Clip(STORY, 12.0, 20.0), Clip(STORY, 0.0, 8.0))
    segments = _visual(compare(montage, film).match.segments)
    starts = sorted((round(s.query.start), round(s.reference.start)) for s in segments)
    assert starts == [(0, 12), (8, 0)]


def test_unrelated_films_songs_and_pictures_do_not_match(compare: Compare, tmp_path: Path) -> None:
    other = Story(seed=44, shots=5, seconds=4.0)
    pairs = (
        (
            _film(tmp_path / "one.mp4", videos.whole(STORY)),
            _film(tmp_path / "two.mp4", videos.whole(other)),
        ),
        (
            save_sound(tmp_path / "one.wav", SONG),
            save_sound(tmp_path / "two.wav", sounds.music(20.0, seed=6)),
        ),
        (
            save_picture(tmp_path / "one.png", STORY.picture(1.0, (320, 240))),
            save_picture(tmp_path / "two.png", other.picture(1.0, (320, 240))),
        ),
    )
    for source, target in pairs:
        match = compare(source, target).match
        assert match.score < 0.3, source.name
        assert match.segments == ()


@pytest.mark.parametrize("name", sorted(sounds.tones(8.0)))
def test_sound_without_content_never_matches_and_says_why(
    compare: Compare, tmp_path: Path, name: str
) -> None:
    tone = sounds.tones(8.0)[name]
    one = save_sound(tmp_path / "one.wav", tone)
    two = save_sound(tmp_path / "two.wav", tone[: len(tone) * 3 // 4])
    for source, target in ((one, two), (one, one)):
        match = compare(source, target).match
        assert match.score < 0.3
        assert {skip.signal.name for skip in match.skipped} >= {"peaks"}
        assert all(skip.reason for skip in match.skipped)


def _plain() -> dict[str, np.ndarray]:
    ramp = np.tile(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 1, 3))
    bars = np.repeat(np.eye(8, 3, dtype=np.uint8) * 255, 40, axis=0)
    return {
        "black": np.zeros((240, 320, 3), np.uint8),
        "white": np.full((240, 320, 3), 255, np.uint8),
        "gradient": ramp,
        "colour bars": np.tile(bars[None], (240, 1, 1)),
    }


@pytest.mark.parametrize("name", sorted(_plain()))
def test_pictures_without_detail_never_match_and_say_why(
    compare: Compare, tmp_path: Path, name: str
) -> None:
    pixels = _plain()[name]
    one = save_picture(tmp_path / "one.png", pixels)
    two = save_picture(tmp_path / "two.jpg", pixels[:200])
    film = videos.encode(tmp_path / "film.mp4", [pixels] * 30)
    for source, target in ((one, two), (one, one), (one, film), (film, film)):
        match = compare(source, target).match
        assert match.score < 0.3
        assert match.segments == ()
        assert "no detail" in {skip.reason for skip in match.skipped}


def test_a_scene_that_does_not_change_has_no_clock(compare: Compare, tmp_path: Path) -> None:
    scene = Story(seed=9, shots=1, seconds=20.0, pace=0.0)
    film = _film(tmp_path / "film.mp4", videos.whole(scene))
    clip = _film(tmp_path / "clip.mp4", Clip(scene, 6.0, 14.0))
    match = compare(clip, film).match
    [segment] = match.segments
    assert segment.offset is None
    assert segment.reference.duration == pytest.approx(20.0, abs=1.0)


def test_an_error_names_the_side_that_caused_it(compare: Compare, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jpg"
    torn.write_bytes((SAMPLES / "photo.jpg").read_bytes()[:300])
    with pytest.raises(MediaUnreadable) as error:
        compare(SAMPLES / "photo.jpg", torn)
    assert error.value.field == "target"
    words = tmp_path / "words.jpg"
    words.write_text("not a picture")
    with pytest.raises(UnsupportedMedia) as refused:
        compare(words, SAMPLES / "photo.jpg")
    assert refused.value.field == "source"


@pytest.mark.parametrize("bad_first", [True, False])
def test_when_one_side_cannot_be_compared_the_other_is_decoded_no_further(
    perception: Perception, tmp_path: Path, bad_first: bool
) -> None:
    shown: list[Frame] = []

    class Recording(JpegGallery):
        def add(self, frame: Frame) -> None:
            shown.append(frame)
            super().add(frame)

    long = _film(tmp_path / "long.mp4", videos.whole(Story(seed=4, shots=20, seconds=5.0)))
    words = tmp_path / "words.jpg"
    words.write_text("not a picture")
    recording = replace(perception, gallery=Recording)
    with local_file(words) as bad, local_file(long) as good:
        sides = (bad, good) if bad_first else (good, bad)
        with pytest.raises(UnsupportedMedia) as refused:
            match_pair(recording, CUTS, *sides)
    assert refused.value.field == ("source" if bad_first else "target")
    assert len(shown) < 50
