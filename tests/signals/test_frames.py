"""Frames become rows: runs are merged, plain frames dropped, borders and halves found."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from reseen.domain.fingerprint import DESCRIPTOR, Signal, Track
from reseen.domain.media import Frame, Pixels
from reseen.signals.frames import CHUNK, QUERY, REFERENCE, DescriptorFrames, Plan
from reseen.signals.layout import borders, has_detail, thumb
from reseen.testing import videos
from reseen.testing.videos import Clip, Story, whole

SIZE = (160, 120)
MOVING = Story(seed=1, shots=4)


class Coarse:
    """A small real descriptor: a 16 x 16 picture without its mean, as a unit vector."""

    def __init__(self) -> None:
        self.largest_batch = 0

    @property
    def signal(self) -> Signal:
        return DESCRIPTOR

    def __call__(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        self.largest_batch = max(self.largest_batch, len(pictures))
        small = [
            cv2.resize(p, (16, 16), interpolation=cv2.INTER_AREA).mean(axis=2) for p in pictures
        ]
        flat = np.array([s.ravel() - s.mean() for s in small], np.float32)
        return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True), np.float32)


def sampled(frames: Iterable[Pixels], fps: float = 2.0) -> list[Frame]:
    return [Frame(k / fps, picture) for k, picture in enumerate(frames)]


def film(*clips: Clip) -> list[Pixels]:
    return list(videos.pictures(*clips, fps=2.0, size=SIZE))


def fold(frames: Sequence[Frame], plan: Plan = REFERENCE, duration: float | None = None) -> Track:
    folding = DescriptorFrames(Coarse(), plan)
    for frame in frames:
        folding.add(frame)
    last = frames[-1].time or 0.0
    [track] = folding.finish(last + 0.5 if duration is None else duration).found
    return track


def test_every_moving_frame_is_a_row_that_lasts_until_the_next() -> None:
    track = fold(sampled(film(whole(MOVING))))
    assert len(track) == 32
    assert track.spans[:, 0] == pytest.approx(np.arange(32) / 2)
    assert track.spans[:, 1] == pytest.approx(np.arange(1, 33) / 2)
    assert track.codes.dtype == np.int8
    assert np.linalg.norm(track.codes.astype(float), axis=1) == pytest.approx(127, rel=0.02)


def test_a_slide_is_one_row_however_long_it_is_shown() -> None:
    slides = film(whole(Story(seed=3, shots=3, seconds=10, pace=0)))
    noise = np.random.default_rng(1)
    noisy = [np.clip(p + noise.normal(0, 1, p.shape), 0, 255).astype(np.uint8) for p in slides]
    track = fold(sampled(noisy))
    assert track.spans.tolist() == [[0, 10], [10, 20], [20, 30]]


def test_black_and_blank_frames_leave_no_row_and_end_the_one_before() -> None:
    shown = film(Clip(MOVING, 0, 2))
    black = [np.zeros_like(shown[0])] * 4
    track = fold(sampled([*black, *shown, *black, *shown]))
    assert track.spans[:, 0].min() == 2.0
    assert [track.spans[3, 1], track.spans[4, 0]] == [4.0, 6.0]


@pytest.mark.parametrize("kind", ["black", "white", "bars", "gradient", "noisy grey"])
def test_a_film_without_detail_is_skipped_with_that_reason(kind: str) -> None:
    y, x = np.mgrid[0:120, 0:160]
    grey = {
        "black": np.zeros((120, 160)),
        "white": np.full((120, 160), 255.0),
        "bars": (x // 20) * 32.0,
        "gradient": x + y / 2.0,
        "noisy grey": 128 + np.random.default_rng(1).normal(0, 6, (120, 160)),
    }[kind]
    picture = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    folding = DescriptorFrames(Coarse(), QUERY)
    for frame in sampled([picture] * 10):
        folding.add(frame)
    tracks = folding.finish(5.0)
    assert tracks.found == ()
    assert [(s.signal, s.reason) for s in tracks.skipped] == [(DESCRIPTOR, "no detail")]


def test_no_frame_at_all_is_skipped_with_that_reason() -> None:
    tracks = DescriptorFrames(Coarse()).finish(5.0)
    assert [s.reason for s in tracks.skipped] == ["no picture"]


def test_every_fourth_frame_of_a_query_is_described_by_quarters_as_well() -> None:
    track = fold(sampled(film(whole(MOVING))), QUERY)
    quarters = track.rows(track.places[:, 2] == 0.5)
    assert len(track) - len(quarters) == 32
    assert sorted(set(quarters.spans[:, 0].tolist())) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert len(quarters) == 4 * 8


def test_a_letterboxed_film_is_described_inside_its_bars() -> None:
    plain = film(whole(MOVING))
    boxed = []
    for picture in plain:
        page = np.zeros((160, 160, 3), np.uint8)
        page[20:140] = picture
        boxed.append(page)
    track = fold(sampled(boxed))
    inner = track.places[:, 3] < 1
    assert inner.sum() == 32
    assert track.places[inner][0, :4] == pytest.approx((0, 0.125, 1, 0.75), abs=0.02)
    bare = fold(sampled(plain))
    same = (track.codes[inner].astype(float) * bare.codes.astype(float)).sum(axis=1) / 127**2
    assert same.min() > 0.9


def test_a_film_inside_a_still_page_is_described_inside_it() -> None:
    page = whole(Story(seed=7, shots=1, pace=0)).story.picture(0.0, (240, 200))
    boxed = []
    for picture in film(whole(MOVING)):
        shown = page.copy()
        shown[40:160, 40:200] = picture
        boxed.append(shown)
    track = fold(sampled(boxed))
    inner = track.places[:, 2] < 1
    assert inner.sum() == 32
    assert track.places[inner][0, :4] == pytest.approx((1 / 6, 0.2, 2 / 3, 0.6), abs=0.04)


def test_a_plain_film_has_no_borders() -> None:
    for seed in range(8):
        assert borders(np.stack([thumb(p) for p in film(Clip(Story(seed), 0, 8))])) is None


def test_work_is_done_in_batches_so_that_memory_is_bounded() -> None:
    describe = Coarse()
    folding = DescriptorFrames(describe, QUERY)
    for frame in sampled(film(whole(MOVING)) * 20):
        folding.add(frame)
    folding.finish(320.0)
    assert CHUNK <= describe.largest_batch <= 4 * CHUNK


def test_detail_is_seen_in_pictures_and_not_in_bars() -> None:
    assert has_detail(thumb(Story(seed=9).picture(0.0, (160, 120))))
    assert not has_detail(np.tile(np.arange(64, dtype=np.float32) * 4, (64, 1)))


def test_the_box_of_a_plain_chunk_is_none_even_when_nothing_moves() -> None:
    still = thumb(Story(seed=9).picture(0.0, (160, 120)))
    assert borders(np.stack([still] * 16)) is None
