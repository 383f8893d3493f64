"""The envelope, from matches made by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reseen.domain.fingerprint import DESCRIPTOR, PDQ, PEAKS, Skip
from reseen.domain.match import Cuts, Match, Segment, Transform
from reseen.domain.media import Box, Channel, Medium, Span
from reseen.flows.answer import Verdict
from reseen.web.schemas import Envelope, MatchRequest, envelope

CUTS = Cuts(low=0.3, medium=0.6, high=0.9)


def segment(start: float = 1.0, score: float = 0.95, **more: object) -> Segment:
    settled = {
        "channel": Channel.VISUAL,
        "query": Span(start, start + 2.00049),
        "reference": Span(start + 7.0, start + 9.0),
        "support": 9,
        "offset": 7.0,
        **more,
    }
    return Segment(score=score, **settled)  # type: ignore[arg-type]


def said(match: Match, source: Medium = Medium.VIDEO, target: Medium = Medium.VIDEO) -> Envelope:
    verdict = Verdict(match, CUTS, source, target)
    return envelope(verdict, elapsed_ms=12, request_id="r-1")


@pytest.mark.parametrize(
    ("score", "confidence", "match"),
    [
        (0.95, "high", True),
        (0.9, "high", True),
        (0.6, "medium", True),
        (0.5999, "low", False),
        (0.3, "low", False),
        (0.1, "none", False),
        (0.0, "none", False),
    ],
)
def test_a_score_is_cut_into_confidence_and_verdict(
    score: float, confidence: str, match: bool
) -> None:
    one = said(Match(score, ()))
    assert (one.confidence, one.match) == (confidence, match)


def test_segments_are_sorted_by_the_source_and_weak_ones_left_out() -> None:
    match = Match(0.95, (segment(5.0), segment(1.0), segment(3.0, score=0.2)))
    assert [s.source_start for s in said(match).matched_segments] == [1.0, 5.0]


def test_seconds_have_three_decimals() -> None:
    [one] = said(Match(0.95, (segment(1.23456),))).matched_segments
    assert (one.source_start, one.source_end) == (1.235, 3.235)


def test_two_stills_have_a_transform_and_no_segment() -> None:
    still = segment(
        query=Span.ALWAYS,
        reference=Span.ALWAYS,
        offset=None,
        transform=Transform(mirrored=True, rotated=-0.04, inset=Box(0.1, 0.2, 0.5, 0.33333)),
    )
    one = said(Match(0.95, (still,)), Medium.IMAGE, Medium.IMAGE).model_dump(exclude_none=True)
    assert one["matched_segments"] == []
    assert one["transform"] == {
        "mirrored": True,
        "rotated": 0.0,
        "inset": (0.1, 0.2, 0.5, 0.3333),
    }


def test_a_still_in_a_film_starts_and_ends_at_nought() -> None:
    one = segment(query=Span.ALWAYS, offset=None)
    [told] = said(Match(0.95, (one,)), Medium.IMAGE).matched_segments
    assert (told.source_start, told.source_end, told.clock) == (0.0, 0.0, "still")
    assert told.rate is None


def test_a_static_scene_says_that_its_time_is_unknown() -> None:
    [told] = said(Match(0.95, (segment(offset=None),))).matched_segments
    assert told.clock == "unknown"


@pytest.mark.parametrize(
    ("turned", "told"), [(-90.0, -90.0), (270.0, -90.0), (180.0, 180.0), (0.2, 0.2), (-0.04, 0.0)]
)
def test_a_rotation_is_told_the_shorter_way_round(turned: float, told: float) -> None:
    [one] = said(Match(0.95, (segment(transform=Transform(rotated=turned)),))).matched_segments
    assert one.transform is not None
    assert one.transform.rotated == told


def test_a_signal_that_could_not_be_there_is_not_missed() -> None:
    skips = (Skip(PDQ, "no picture"), Skip(PEAKS, "no sound"), Skip(DESCRIPTOR, "switched off"))
    one = said(Match(0.0, (), skips), Medium.AUDIO, Medium.AUDIO)
    assert one.skipped is not None
    assert [skip.signal for skip in one.skipped] == ["peaks"]
    assert said(Match(0.0, (), skips), Medium.IMAGE, Medium.AUDIO).skipped is None


@given(
    score=st.floats(0, 1),
    start=st.floats(0, 1e5),
    length=st.floats(0.001, 1e4),
    pitch=st.floats(-24, 24),
    rate=st.floats(0.1, 10),
)
def test_every_answer_is_plain_json_with_its_seven_fields_first(
    score: float, start: float, length: float, pitch: float, rate: float
) -> None:
    one = segment(score=score, query=Span(start, start + length), pitch=pitch, rate=rate)
    body = said(Match(score, (one,))).model_dump(exclude_none=True)
    again = json.loads(json.dumps(body, allow_nan=False))
    assert list(again)[:7] == [
        "match",
        "confidence",
        "similarity_score",
        "processing_time_ms",
        "media_type",
        "matched_segments",
        "request_id",
    ]
    for told in again["matched_segments"]:
        assert list(told)[:5] == [
            "source_start",
            "source_end",
            "target_start",
            "target_end",
            "score",
        ]
        assert told["source_start"] <= told["source_end"]


@pytest.mark.parametrize(
    "body",
    [
        {"source_url": "a"},
        {"source_url": 1, "target_url": "b"},
        {"source_url": "a" * 9000, "target_url": "b"},
        {"source_url": "a", "target_url": "b", "more": 1},
    ],
)
def test_a_request_is_exactly_two_addresses(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MatchRequest.model_validate(body)
