from datetime import UTC, datetime, timedelta

from reseen.engine.priority import is_burst, is_flood, rank

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_severity_reach_and_age_raise_a_case() -> None:
    usual = rank(50, 1, 10, NOON, bursting=False)
    assert rank(60, 1, 10, NOON, bursting=False) > usual
    assert rank(50, 40, 10, NOON, bursting=False) > usual
    assert rank(50, 1, 100_000, NOON, bursting=False) > usual
    assert rank(50, 1, 10, NOON, bursting=True) > usual
    assert rank(50, 1, 10, NOON - timedelta(hours=3), bursting=False) > usual


def test_nothing_waits_for_ever() -> None:
    old = rank(0, 1, 0, NOON - timedelta(days=5), bursting=False)
    assert old > rank(100, 1, 0, NOON, bursting=False)


def test_many_accounts_at_once_are_a_burst_and_a_few_are_not() -> None:
    assert is_burst(12, usual=1.1)
    assert not is_burst(4, usual=0.1)
    assert not is_burst(12, usual=8.0)


def test_a_reference_floods_when_unlike_things_match_it_and_not_when_copies_do() -> None:
    assert is_flood(40, every=100)
    assert not is_flood(1, every=2)
    assert not is_flood(40, every=1000)
