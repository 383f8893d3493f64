import numpy as np

from reseen.domain.media import Frame
from reseen.media.gallery import JpegGallery


def _frame(time: float | None, level: int) -> Frame:
    return Frame(time, np.full((48, 64, 3), level, np.uint8))


def test_the_frame_nearest_in_time_is_given() -> None:
    gallery = JpegGallery()
    for i in range(10):
        gallery.add(_frame(i * 0.5, level=i * 20))
    for asked, expected in ((-1.0, 0.0), (0.2, 0.0), (0.3, 0.5), (2.0, 2.0), (99.0, 4.5)):
        frame = gallery.at(asked)
        assert frame is not None
        assert frame.time == expected
        assert abs(int(frame.pixels.mean()) - expected * 40) <= 2


def test_a_still_answers_every_time_with_its_own_pixels() -> None:
    gallery = JpegGallery()
    gallery.add(_frame(None, 77))
    frame = gallery.at(12.0)
    assert frame is not None
    assert frame.time is None
    assert (frame.pixels == 77).all()


def test_past_its_capacity_a_gallery_thins_evenly() -> None:
    gallery = JpegGallery(capacity=16)
    for i in range(1000):
        gallery.add(_frame(float(i), level=i % 200))
    times = [frame.time for t in range(0, 1000, 4) if (frame := gallery.at(float(t))) is not None]
    distinct = sorted({t for t in times if t is not None})
    assert 8 <= len(distinct) <= 16
    gaps = np.diff(distinct)
    assert gaps.max() == gaps.min()
    assert distinct[-1] > 850


def test_an_empty_gallery_shows_nothing() -> None:
    assert JpegGallery().at(0.0) is None


def test_frames_are_spread_evenly_over_what_was_kept() -> None:
    gallery = JpegGallery()
    for i in range(10):
        gallery.add(_frame(i * 0.5, level=i * 20))
    assert [frame.time for frame in gallery.spread(5)] == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert [frame.time for frame in gallery.spread(99)] == [i * 0.5 for i in range(10)]
    assert list(JpegGallery().spread(3)) == []


def test_a_still_is_spread_once() -> None:
    gallery = JpegGallery()
    gallery.add(_frame(None, 77))
    assert [frame.time for frame in gallery.spread(5)] == [None]
