"""Two films on one clock: cuts, speeds, loops, scenes that stand still."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.engine.film.judging import judge
from reseen.engine.film.timeline import align, looks, tells_as_much
from reseen.engine.picture.geometry import Geometry
from reseen.testing.videos import Clip, Story, still, track, whole

type Codes = npt.NDArray[np.int8]

STORY = Story(seed=1)
OTHER = Story(seed=2)
REFERENCE = track(whole(STORY))


def ends(segment: Segment) -> tuple[float, float, float, float]:
    return (
        segment.query.start,
        segment.query.end,
        segment.reference.start,
        segment.reference.end,
    )


def copied(*clips: Clip) -> Track:
    return track(*clips, seed=5)


def test_a_trimmed_clip_lies_where_it_was_cut() -> None:
    [segment] = align(copied(Clip(STORY, 9.3, 20.2)), REFERENCE)
    assert ends(segment) == pytest.approx((0.0, 10.9, 9.3, 20.2), abs=0.4)
    assert segment.offset == pytest.approx(9.3, abs=0.2)
    assert segment.rate == 1.0
    assert segment.channel is Channel.VISUAL
    assert segment.score > 0.9


def test_a_clip_inside_another_video_is_told_apart_from_it() -> None:
    query = copied(Clip(OTHER, 0, 7.2), Clip(STORY, 9.3, 20.2), Clip(OTHER, 10, 15))
    [segment] = align(query, REFERENCE)
    assert ends(segment) == pytest.approx((7.2, 18.1, 9.3, 20.2), abs=0.6)


def test_a_montage_of_two_clips_is_two_segments() -> None:
    query = copied(Clip(STORY, 20, 27), Clip(OTHER, 0, 4), Clip(STORY, 3, 10))
    segments = sorted(align(query, REFERENCE), key=lambda s: s.query.start)
    assert [ends(s) for s in segments] == [
        pytest.approx((0, 7, 20, 27), abs=0.6),
        pytest.approx((11, 18, 3, 10), abs=0.6),
    ]


def test_a_loop_is_as_many_segments_as_it_repeats() -> None:
    clip = Clip(STORY, 5, 9)
    segments = sorted(align(copied(clip, clip, clip), REFERENCE), key=lambda s: s.query.start)
    assert [ends(s) for s in segments] == [
        pytest.approx((start, start + 4, 5, 9), abs=0.6) for start in (0, 4, 8)
    ]


def test_a_card_that_opens_and_ends_two_films_is_told_at_each_place_and_not_between() -> None:
    card = Clip(Story(seed=9, shots=1, seconds=4, pace=0.01), 0, 4)
    query = copied(card, Clip(OTHER, 0, 12), card)
    reference = track(card, Clip(STORY, 0, 20), card)
    segments = sorted(align(query, reference), key=lambda s: s.query.start)
    assert [(round(s.query.start), round(s.query.end)) for s in segments] == [(0, 4), (16, 20)]
    assert all(s.reference.duration < 5.0 for s in segments)


def test_a_clock_that_is_sure_of_a_little_takes_no_moments_of_a_scene_that_stands_still() -> None:
    calm = Clip(Story(seed=9, shots=1, seconds=20, pace=0.01), 0, 4)
    query = copied(Clip(OTHER, 0, 5), calm, Clip(STORY, 3, 5), Clip(OTHER, 9, 14))
    reference = track(Clip(calm.story, 0, 20), Clip(STORY, 0, 12))
    segments = sorted(align(query, reference), key=lambda s: s.query.start)
    assert [(s.query.start, s.query.end) for s in segments] == [
        pytest.approx((5, 9), abs=0.6),
        pytest.approx((9, 11), abs=0.6),
    ]
    assert segments[0].offset is None


def test_a_reference_that_repeats_is_reported_at_each_place() -> None:
    clip = Clip(STORY, 5, 11)
    segments = align(copied(clip), track(clip, Clip(OTHER, 0, 5), clip))
    assert sorted(round(s.reference.start) for s in segments) == [0, 11]


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 1.5, 2.0])
def test_a_change_of_speed_is_measured(rate: float) -> None:
    [segment] = align(copied(Clip(STORY, 2, 30, rate)), REFERENCE)
    assert segment.rate == pytest.approx(rate, rel=0.02)
    assert ends(segment) == pytest.approx((0, 28 / rate, 2, 30), abs=0.8)


def test_a_clip_played_backwards_is_placed_and_said_to_be() -> None:
    query = copied(Clip(OTHER, 0, 6), Clip(STORY, 22, 9, -1.0), Clip(OTHER, 10, 15))
    [segment] = align(query, REFERENCE)
    assert segment.rate == pytest.approx(-1.0, abs=0.01)
    assert ends(segment) == pytest.approx((6, 19, 9, 22), abs=0.8)


def test_a_backward_clip_is_looked_at_from_both_ends_towards_each_other() -> None:
    segment = Segment(
        Channel.VISUAL, Span(0, 8), Span(10, 18), score=1.0, support=8, offset=18.0, rate=-1.0
    )
    assert sorted(looks(segment, 2)) == [(2.0, 16.0), (6.0, 12.0)]


@pytest.mark.parametrize(
    ("story", "length", "distance"),
    [(Story(6, shots=4, seconds=6, pace=0.8), 4.0, 6.4), (Story(6, shots=8), 4.0, 6.0)],
)
def test_clips_cut_out_at_even_distances_are_not_taken_for_a_faster_film(
    story: Story, length: float, distance: float
) -> None:
    count = int((story.duration - length) / distance) + 1
    cuts = [Clip(story, k * distance, k * distance + length) for k in range(count)]
    segments = sorted(align(copied(*cuts), track(whole(story))), key=lambda s: s.query.start)
    assert [ends(s) for s in segments] == [
        pytest.approx((k * length, (k + 1) * length, cut.start, cut.end), abs=0.6)
        for k, cut in enumerate(cuts)
    ]


def test_slides_made_of_a_film_say_what_it_shows_and_claim_no_clock() -> None:
    shown = (2.0, 13.0, 21.0, 30.0)
    frozen = [Story(seed=1, shots=8) for _ in shown]
    still_rows = [track(Clip(s, at, at + 0.5)) for s, at in zip(frozen, shown, strict=True)]
    spans = np.array([[3.0 * k, 3.0 * k + 3.0] for k in range(len(shown))])
    slides = replace(
        REFERENCE.rows(slice(0, len(shown))),
        spans=spans,
        codes=np.concatenate([row.codes for row in still_rows]),
    )
    segments = sorted(align(slides, REFERENCE), key=lambda s: s.query.start)
    assert [(s.query.start, s.query.end) for s in segments] == [tuple(s) for s in spans.tolist()]
    for segment, at in zip(segments, shown, strict=True):
        assert segment.offset is None
        assert segment.reference.start - 0.5 <= at <= segment.reference.end + 0.5
        assert segment.reference.duration <= 4.0


def test_one_frozen_picture_tells_no_pace_of_a_moving_film() -> None:
    one = track(Clip(STORY, 9.0, 9.5))
    frozen = replace(one, spans=np.array([[0.0, 6.0]]))
    assert all(s.offset is None for s in align(frozen, REFERENCE))


def test_an_inset_is_found_by_quarters_described_less_often() -> None:
    around, inset = copied(whole(OTHER)), copied(Clip(STORY, 0, 32))
    some = inset.rows(slice(0, None, 4))
    quarters = replace(some, places=some.places * np.array([1, 1, 0.5, 0.5, 1, 1], np.float32))
    [segment] = align(around.joined(quarters), REFERENCE)
    assert ends(segment) == pytest.approx((0, 32, 0, 32), abs=1.0)


def test_a_scene_that_stands_still_is_matched_without_a_clock() -> None:
    quiet = Story(seed=3, shots=1, seconds=20, pace=0)
    reference = track(Clip(OTHER, 0, 8), whole(quiet))
    [segment] = align(copied(Clip(quiet, 5, 15)), reference)
    assert segment.offset is None
    assert segment.support == 1
    assert ends(segment) == pytest.approx((0, 10, 8, 28), abs=0.6)


def test_slides_keep_their_clock_by_when_they_change() -> None:
    slides = Story(seed=4, shots=6, seconds=7, pace=0)
    [segment] = align(copied(Clip(slides, 10, 33)), track(whole(slides)))
    assert ends(segment) == pytest.approx((0, 23, 10, 33), abs=0.6)
    assert segment.offset == pytest.approx(10, abs=0.5)
    assert segment.support <= 5


def test_unrelated_films_have_nothing_in_common() -> None:
    for seed in range(10, 20):
        assert align(track(whole(Story(seed))), REFERENCE) == ()


def test_a_still_is_found_in_a_video_without_a_clock() -> None:
    [segment] = align(still(STORY, at=13.0), REFERENCE)
    assert segment.query is Span.ALWAYS
    assert segment.offset is None
    assert 12.0 <= segment.reference.start <= 13.0 < segment.reference.end <= 16.0


def test_a_frame_of_the_query_is_found_to_be_a_known_still() -> None:
    [segment] = align(REFERENCE, still(STORY, at=13.0))
    assert segment.reference is Span.ALWAYS
    assert segment.query.start <= 13.0 < segment.query.end


def test_an_empty_track_matches_nothing() -> None:
    empty = REFERENCE.rows(slice(0, 0))
    assert align(empty, REFERENCE) == align(REFERENCE, empty) == align(empty, empty) == ()


def test_one_frame_is_enough_to_say_something_and_never_fails() -> None:
    assert all(s.score < 1.0 for s in align(REFERENCE.rows(slice(0, 1)), REFERENCE))


@pytest.mark.parametrize("seed", range(40))
def test_strange_tracks_give_segments_that_lie_within_them(seed: int) -> None:
    """Frames at one time, gaps, repeated pictures, empty descriptors, quarters without wholes."""
    rng = np.random.default_rng(seed)
    pool = np.vstack([REFERENCE.codes[:: rng.integers(4, 60)], np.zeros((1, 512), np.int8)])
    tracks = []
    for _ in range(2):
        rows = int(rng.choice([1, 2, 3, 20, 60]))
        starts = np.sort(rng.uniform(0, rows / 2, rows)).round(int(rng.integers(0, 3)))
        lengths = rng.choice([0.0, 0.1, 2.0], rows)
        places = np.tile(np.array([0, 0, 1, 1, 0, 0], np.float32), (rows, 1))
        places[rng.random(rows) < 0.2, 2:4] = 0.5
        tracks.append(
            Track(
                REFERENCE.signal,
                spans=np.column_stack([starts, starts + lengths]),
                codes=pool[rng.integers(len(pool), size=rows)],
                quality=np.ones(rows, np.float32),
                places=places,
            )
        )
    for segment in align(*tracks):
        for span, track_of in zip((segment.query, segment.reference), tracks, strict=True):
            assert track_of.spans.min() - 1e-6 <= span.start <= span.end
            assert span.end <= track_of.spans.max() + 2e-3
        assert 0.0 <= segment.score <= 1.0
        assert segment.support >= 1


def _geometry(evidence: float) -> Geometry:
    return Geometry(
        matrix=np.eye(3),
        inliers=20,
        evidence=evidence,
        support=0.95,
        query_area=0.6,
        reference_area=0.6,
        transform=Transform(inset=Box(0.1, 0.1, 0.5, 0.5)),
    )


def test_looks_fall_into_both_spans_and_follow_the_clock() -> None:
    segment = Segment(Channel.VISUAL, Span(10, 20), Span(30, 50), 0.5, 5, offset=10.0, rate=2.0)
    pairs = looks(segment, 4)
    assert len({q for q, _ in pairs}) == 4
    for here, there in pairs:
        assert here is not None
        assert there == pytest.approx(10.0 + 2.0 * here)
        assert 10 < here < 20


def test_a_still_is_looked_at_without_a_time() -> None:
    segment = Segment(Channel.VISUAL, Span.ALWAYS, Span(30, 32), 0.5, 1)
    assert {q for q, _ in looks(segment, 3)} == {None}


def test_looks_that_hold_raise_the_score_and_failed_ones_lower_it() -> None:
    segment = Segment(Channel.VISUAL, Span(0, 9), Span(0, 9), 0.5, 5, offset=0.0)
    good = judge(segment, [_geometry(30.0), _geometry(25.0), _geometry(40.0)])
    mixed = judge(segment, [_geometry(30.0), None, None])
    failed = judge(segment, [None, None, None])
    assert good.score > segment.score > mixed.score > failed.score
    assert good.score > 0.6
    assert failed.score < 0.1
    assert good.transform is not None
    assert good.transform.inset is not None
    assert judge(segment, []) == segment


def test_a_scene_that_stands_still_is_believed_where_every_look_shows_one_picture() -> None:
    scene = Segment(Channel.VISUAL, Span(0, 9), Span(0, 30), 0.05, 1)
    same = _geometry(200.0)
    corner = replace(same, query_area=0.3, reference_area=0.3)
    inset = replace(same, query_area=0.1)
    partly = replace(same, support=0.6)
    assert judge(scene, [same, same, same, same]).score > 0.6
    for other in (corner, inset, partly, None):
        assert judge(scene, [same, same, other, same]).score < 0.3


def test_a_still_that_no_look_bears_out_is_no_match_unless_it_is_the_very_frame() -> None:
    """As credits of one film: one background and one typeface, other words."""
    alike = replace(still(STORY, at=13.0), codes=_towards(REFERENCE.codes[26], 0.68))
    [template] = align(alike, REFERENCE)
    assert template.score > 0.9
    assert judge(template, [None, None]).score <= 0.5
    assert judge(template, [_geometry(30.0), _geometry(30.0)]).score > 0.9
    logo = replace(_geometry(30.0), query_area=0.05, reference_area=0.05)
    assert judge(template, [logo, logo]).score <= 0.5
    assert judge(template, [replace(logo, query_area=0.6), logo]).score > 0.9
    [frame] = align(still(STORY, at=13.0), REFERENCE)
    assert judge(frame, [None, None]).score > 0.6


def _towards(code: Codes, cosine: float) -> Codes:
    """A descriptor of this cosine with another, and no other likeness ``[1, D]``."""
    one = code.astype(np.float64) / np.linalg.norm(code)
    stray = np.random.default_rng(4).normal(size=len(one))
    stray -= (stray @ one) * one
    mixed = cosine * one + np.sqrt(1 - cosine**2) * stray / np.linalg.norm(stray)
    return np.asarray(np.rint(mixed * 127)[None], np.int8)


def test_a_window_is_believed_where_it_shows_the_seconds_that_were_known() -> None:
    known = [_at(0, 6), _at(10, 14)]
    assert tells_as_much([_at(0, 6.4), _at(10, 14)], known)
    assert tells_as_much([_at(0, 9)], known)
    assert not tells_as_much([_at(0, 6)], known)
    assert not tells_as_much([], known)


def test_a_window_that_lost_the_clock_is_not_believed() -> None:
    vague = replace(_at(0, 6), offset=None)
    assert not tells_as_much([vague], [_at(0, 6)])
    assert tells_as_much([_at(0, 6)], [vague])


def test_a_fade_that_two_takes_begin_with_tells_no_clock() -> None:
    """The rest is one scene in which all moments resemble each other about as much."""
    scene = Story(seed=9, shots=1, seconds=20, pace=0)
    fade = Clip(Story(seed=8, shots=1, seconds=0.5), 0, 0.5)
    takes = [track(fade, whole(scene), noise=0.5, seed=seed) for seed in (1, 2)]
    assert all(s.offset is None for s in align(*takes))


def _at(start: float, end: float) -> Segment:
    spans = Span(start, end), Span(start + 4, end + 4)
    return Segment(Channel.VISUAL, *spans, score=0.9, support=8, offset=4.0)
