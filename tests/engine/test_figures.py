"""The numbers of review, on cases small enough to check by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from reseen.domain.usage import Ruled, Tally
from reseen.engine.figures import by_day, match_rate, pace, precision, queue_age, saved, share

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
ONE = Ruled("dec_1", "ann", NOON, NOON, harmful=True, copies=1, by_match=True)


def after(seconds: float, by: str = "ann", copies: int = 1) -> Ruled:
    return replace(ONE, at=NOON + timedelta(seconds=seconds), by=by, copies=copies)


def test_a_share_of_nothing_is_unknown() -> None:
    told = share(0, 0)
    assert (told.value, told.low, told.high) == (None, None, None)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_that_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    """The last: Newcombe (1998), table I."""
    told = share(hits, of)
    assert told.low == pytest.approx(low, abs=1e-4)
    assert told.high == pytest.approx(high, abs=1e-4)


def test_the_match_rate_is_of_what_was_looked_at_not_of_calls() -> None:
    told = match_rate([Tally(calls=90, looked=3, matched=1), Tally(calls=1, looked=5, matched=1)])
    assert (told.hits, told.of, told.value) == (2, 8, 0.25)


def test_each_waiting_case_is_in_one_age() -> None:
    ages = (60, 3600, 3601, 5 * 86_400, 40 * 86_400)
    told = queue_age([NOON - timedelta(seconds=s) for s in ages], NOON)
    assert (told.cases, told.oldest_s, told.median_s) == (5, 40 * 86_400, 3601)
    assert [count for _, count in told.ages] == [2, 1, 0, 0, 1, 1]
    assert queue_age([], NOON).oldest_s is None


def test_the_pace_is_of_one_person_at_a_time_without_their_pauses() -> None:
    ann = [after(s) for s in (0, 10, 20, 32, 4000, 4010, 4030)]
    bob = [after(s, "bob") for s in (1, 2000)]
    assert pace(ann + bob) == 10
    assert pace(ann[:5]) is None


def test_all_copies_but_one_of_each_decision_are_spared() -> None:
    told = saved([after(0, copies=7), after(10, copies=0), after(20, copies=1)])
    assert (told.decisions, told.copies, told.spared) == (3, 8, 6)
    assert (told.look_s, told.seconds) == (None, None)
    measured = saved([after(10 * n, copies=4) for n in range(6)])
    assert (measured.spared, measured.look_s, measured.seconds) == (18, 10, 180)


def test_precision_is_of_what_was_reviewed_because_it_matched() -> None:
    harmless, reported = replace(ONE, harmful=False), replace(ONE, by_match=False)
    told = precision([ONE, ONE, ONE, harmless, reported, reported])
    assert (told.hits, told.of, told.value) == (3, 4, 0.75)


def test_every_day_is_told_those_without_decisions_too() -> None:
    late = replace(after(86_400, copies=3), opened_at=NOON, harmful=False)
    days = by_day([ONE, late], date(2030, 2, 28), date(2030, 3, 2))
    assert [day.day.day for day in days] == [28, 1, 2]
    assert [(day.decisions, day.copies, day.harmful) for day in days] == [
        (0, 0, 0),
        (1, 1, 1),
        (1, 3, 0),
    ]
    assert [day.wait_s for day in days] == [None, 0, 86_400]
