import pytest

from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.engine.coverage import NOTHING, coverage


def clip(start: float, end: float, inset: Box | None = None) -> Segment:
    transform = Transform(inset=inset)
    spans = Span(start, end), Span(start, end)
    return Segment(Channel.VISUAL, *spans, score=0.9, support=5, transform=transform)


def test_seconds_that_two_segments_share_count_once() -> None:
    told = coverage([clip(0, 10), clip(5, 15)], 20.0, 60.0)
    assert told.seconds == pytest.approx(15.0)
    assert told.query == pytest.approx(0.75)
    assert told.reference == pytest.approx(0.25)


def test_a_film_in_a_quarter_of_the_frame_is_a_quarter_of_the_upload() -> None:
    told = coverage([clip(0, 10, inset=Box(0.5, 0.5, 0.5, 0.5))], 10.0, 10.0)
    assert told.seconds == pytest.approx(10.0)
    assert told.query == pytest.approx(0.25)
    assert told.reference == pytest.approx(1.0)


def test_a_crop_shows_its_part_of_the_reference() -> None:
    half = Transform(cropped=Box(-0.5, 0.0, 2.0, 1.0))
    found = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, 0.9, support=9, transform=half)
    told = coverage([found], None, None)
    assert told.query == 1.0
    assert told.reference == pytest.approx(0.5)


def test_of_a_page_that_lies_on_another_only_the_picture_that_both_show_counts() -> None:
    common = Transform(cropped=Box.WHOLE, inset=Box(0.0, 0.0, 0.4, 1.0))
    found = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, 0.9, support=9, transform=common)
    told = coverage([found], None, None)
    assert told.query == pytest.approx(0.4)
    assert told.reference == pytest.approx(0.4)


def test_a_still_of_a_film_is_all_of_the_one_and_a_moment_of_the_other() -> None:
    found = Segment(Channel.VISUAL, Span.ALWAYS, Span(3.0, 4.0), score=0.9, support=2)
    told = coverage([found], None, 100.0)
    assert told.query == 1.0
    assert told.reference == pytest.approx(0.01)


def test_the_better_channel_speaks_and_others_only_when_asked() -> None:
    heard = Segment(Channel.AUDIO, Span(0, 20), Span(0, 20), score=0.9, support=50)
    both = [clip(0, 5), heard]
    assert coverage(both, 20.0, 20.0).query == pytest.approx(1.0)
    assert coverage(both, 20.0, 20.0, [Channel.VISUAL]).query == pytest.approx(0.25)
    assert coverage([heard], 20.0, 20.0, [Channel.VISUAL]) == NOTHING
