"""Channels meet: agreement raises a score, disagreement stays two findings."""

import numpy as np
import pytest

from reseen.domain.fingerprint import DESCRIPTOR, PEAKS, Fingerprint, Skip, Track
from reseen.domain.match import Segment
from reseen.domain.media import Asset, Channel, Medium, Span
from reseen.engine.match import agree, fuse, is_same_file, whole


def _segment(
    channel: Channel, score: float, *, offset: float | None, start: float = 0.0
) -> Segment:
    span = Span(start, start + 10.0)
    moved = Span(start + (offset or 0.0), start + 10.0 + (offset or 0.0))
    return Segment(channel, span, moved, score=score, support=5, offset=offset)


def _fingerprint(sha: str = "aa", *signals: object, skipped: tuple[Skip, ...] = ()) -> Fingerprint:
    rows = [
        Track(
            signal,  # type: ignore[arg-type]
            spans=np.array([[0.0, 10.0]]),
            codes=np.zeros((1, 2), np.int8),
            quality=np.ones(1, np.float32),
            places=np.zeros((1, 0), np.float32),
        )
        for signal in signals
    ]
    asset = Asset(sha, "bb", 1, Medium.VIDEO, "mp4", duration=10.0)
    return Fingerprint(asset, tuple(rows), skipped)


def test_picture_and_sound_on_one_clock_raise_each_other() -> None:
    picture = _segment(Channel.VISUAL, 0.6, offset=4.0)
    sound = _segment(Channel.AUDIO, 0.9, offset=4.2)
    match = fuse(_fingerprint(), _fingerprint(), [picture, sound])
    assert match.score == pytest.approx(0.96)
    assert [s.score for s in match.segments] == pytest.approx([0.96, 0.96])


def test_picture_and_sound_on_different_clocks_are_two_findings() -> None:
    picture = _segment(Channel.VISUAL, 0.6, offset=4.0)
    sound = _segment(Channel.AUDIO, 0.9, offset=9.0)
    match = fuse(_fingerprint(), _fingerprint(), [picture, sound])
    assert {s.channel: s.score for s in match.segments} == {
        Channel.VISUAL: 0.6,
        Channel.AUDIO: 0.9,
    }


def test_a_scene_without_a_clock_agrees_with_sound_that_covers_it() -> None:
    scene = _segment(Channel.VISUAL, 0.5, offset=None)
    sound = _segment(Channel.AUDIO, 0.9, offset=2.0)
    assert agree(scene, sound)


def test_segments_of_one_channel_do_not_vouch_for_each_other() -> None:
    pair = [_segment(Channel.AUDIO, 0.5, offset=0.0), _segment(Channel.AUDIO, 0.5, offset=0.1)]
    assert fuse(_fingerprint(), _fingerprint(), pair).score == 0.5


def test_segments_are_ordered_by_their_start_in_the_query() -> None:
    late = _segment(Channel.VISUAL, 0.9, offset=0.0, start=20.0)
    early = _segment(Channel.VISUAL, 0.7, offset=40.0, start=1.0)
    match = fuse(_fingerprint(), _fingerprint(), [late, early])
    assert [s.query.start for s in match.segments] == [1.0, 20.0]


def test_equal_bytes_match_from_end_to_end_on_each_channel() -> None:
    file = _fingerprint("aa", DESCRIPTOR, PEAKS)
    assert is_same_file(file, file)
    assert [(s.channel, s.query) for s in whole(file, file)] == [
        (Channel.VISUAL, Span(0.0, 10.0)),
        (Channel.AUDIO, Span(0.0, 10.0)),
    ]


def test_equal_bytes_that_show_nothing_are_not_the_same_file() -> None:
    black = _fingerprint("aa", skipped=(Skip(DESCRIPTOR, "black"),))
    assert not is_same_file(black, black)


def test_a_reason_given_by_both_sides_is_reported_once() -> None:
    silent = _fingerprint("aa", skipped=(Skip(PEAKS, "silent"),))
    assert fuse(silent, silent, []).skipped == (Skip(PEAKS, "silent"),)
