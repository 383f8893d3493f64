import math

import numpy as np
import pytest
from tests.evidence.reading import bounds, decode, near

from reseen.domain.match import Segment
from reseen.domain.media import Channel, Span
from reseen.evidence import timeline
from reseen.evidence.canvas import ACCENT, SECOND
from reseen.evidence.timeline import _BAR, _LEFT, _LOWER, _ROOM, _UPPER


def _segment(
    query: Span, reference: Span, channel: Channel = Channel.VISUAL, offset: float | None = 0.0
) -> Segment:
    return Segment(channel, query, reference, score=0.9, support=9, offset=offset)


def _extent(pixels: np.ndarray, top: int, colour: tuple[int, int, int]) -> tuple[float, float]:
    """From where to where a bar has a colour, as parts of its full width."""
    left, _, right, _ = bounds(near(pixels[top : top + _BAR, _LEFT:], colour))
    return left / _ROOM, right / _ROOM


def test_a_segment_lies_where_its_times_say_on_both_bars() -> None:
    pixels = decode(timeline(50.0, 100.0, [_segment(Span(10, 40), Span(60, 90))]))
    np.testing.assert_allclose(_extent(pixels, _UPPER, ACCENT), (0.1, 0.4), atol=0.003)
    np.testing.assert_allclose(_extent(pixels, _LOWER, ACCENT), (0.6, 0.9), atol=0.003)


def test_a_short_upload_fills_its_own_scale_beside_a_long_reference() -> None:
    pixels = decode(timeline(20.0, 7200.0, [_segment(Span(5, 20), Span(3600, 3615))]))
    np.testing.assert_allclose(_extent(pixels, _UPPER, ACCENT), (0.25, 1.0), atol=0.003)
    left, right = _extent(pixels, _LOWER, ACCENT)
    assert 0.498 < left < right < 0.505


def test_picture_and_sound_have_lanes_of_their_own() -> None:
    segments = [
        _segment(Span(0, 50), Span(0, 50)),
        _segment(Span(0, 50), Span(0, 50), Channel.AUDIO),
    ]
    bar = decode(timeline(50.0, 50.0, segments))[_UPPER : _UPPER + _BAR, _LEFT : _LEFT + 100]
    picture, sound = near(bar, ACCENT), near(bar, SECOND)
    assert bounds(picture)[3] <= bounds(sound)[1]
    assert picture.sum() == pytest.approx(sound.sum(), rel=0.05)


def test_a_scene_without_a_clock_is_paler() -> None:
    pixels = decode(timeline(50.0, 50.0, [_segment(Span(0, 50), Span(0, 50), offset=None)]))
    assert not near(pixels[_UPPER:, :], ACCENT).any()


def test_a_still_has_no_clock_to_lose() -> None:
    pixels = decode(timeline(None, 40.0, [_segment(Span.ALWAYS, Span(10, 20), offset=None)]))
    np.testing.assert_allclose(_extent(pixels, _UPPER, ACCENT), (0.0, 1.0), atol=0.003)
    np.testing.assert_allclose(_extent(pixels, _LOWER, ACCENT), (0.25, 0.5), atol=0.003)


@pytest.mark.parametrize("duration", [None, 0.0, 1e-6, 3.0, 1e6, math.inf, math.nan])
def test_any_duration_and_span_can_be_drawn(duration: float | None) -> None:
    spans = [
        Span(0, 1),
        Span(2, 2),
        Span(-5, 1e9),
        Span.ALWAYS,
        Span(math.nan, math.nan),
        Span(9, 1),
    ]
    segments = [_segment(a, b) for a in spans for b in spans]
    for query, reference in ((duration, 12.0), (12.0, duration)):
        assert decode(timeline(query, reference, segments[::3])).any()
        assert decode(timeline(query, reference, [])).any()


def test_a_thousand_segments_are_drawn_alike_each_time() -> None:
    rng = np.random.default_rng(1)
    starts = rng.uniform(0, 500, (1000, 2))
    segments = [_segment(Span(a, a + 1), Span(b, b + 1)) for a, b in starts]
    assert timeline(600.0, 600.0, segments) == timeline(600.0, 600.0, segments)
