"""A verdict in words."""

import pytest

from reseen.cli.report import clock, how, transform_words


def test_times_are_minutes_seconds_and_thousandths() -> None:
    assert clock(0.0) == "00:00.000"
    assert clock(62.3456) == "01:02.346"
    assert clock(59.9996) == "01:00.000"
    assert clock(3723.5) == "1:02:03.500"


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        ({"mirrored": False, "rotated": 0.0}, ""),
        ({"mirrored": True, "rotated": 90.0}, "mirrored, rotated 90°"),
        ({"mirrored": False, "rotated": 355.0}, "rotated -5°"),
        ({"mirrored": False, "rotated": 0.0, "inverted": True}, "as a negative"),
        (
            {"mirrored": False, "rotated": 0.0, "cropped": (-0.5, 0.0, 2.0, 1.0)},
            "cropped to 50%",
        ),
        (
            {"mirrored": False, "rotated": 0.0, "inset": (0.7, 0.7, 0.25, 0.25)},
            "inset at the bottom right (6%)",
        ),
        (
            {"mirrored": False, "rotated": 0.0, "inset": (0.25, 0.25, 0.5, 0.5)},
            "inset at the centre (25%)",
        ),
        (
            {"mirrored": False, "rotated": 0.0, "inset": (0.0, 0.25, 0.5, 0.5)},
            "inset at the left (25%)",
        ),
        (
            {"mirrored": True, "rotated": 0.0, "inset": (0.0, 0.0, 1.0, 0.8)},
            "mirrored, with 20% of the frame added around it",
        ),
    ],
)
def test_a_transform_is_told_in_words(transform: dict[str, object], words: str) -> None:
    assert transform_words(transform) == words


def test_changes_of_sound_are_told() -> None:
    assert how({"clock": "aligned", "rate": 1.06, "pitch": 2.0}) == [
        "6% faster",
        "2.0 semitones higher",
    ]
    assert how({"clock": "aligned", "rate": 1.0, "pitch": 0.0}) == []
    assert how({"clock": "unknown"}) == ["same scene, time unknown"]


@pytest.mark.parametrize(
    ("rate", "words"),
    [(-1.0, ["backwards"]), (-2.0, ["backwards", "100% faster"]), (0.5, ["50% slower"]), (1.0, [])],
)
def test_a_rate_is_told_in_words(rate: float, words: list[str]) -> None:
    assert how({"rate": rate, "clock": "aligned"}) == words
