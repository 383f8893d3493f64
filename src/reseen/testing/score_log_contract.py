# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.ScoreLog`` must do: an adapter's test class inherits this, with ``store``."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime
from reseen.ports import ScoreLog
from reseen.testing.key_store_contract import Clock

P, BANK = DEFAULT_PROJECT, "bank_000001"
KEPT = timedelta(days=30)


def score_at(clock: Clock, **ago: float) -> StoredScore:
    return StoredScore(
        at=clock.now - timedelta(**ago),
        project_id=P,
        query_sha256="ab" * 32,
        reference_id="ref_0000000001",
        bank_id=BANK,
        regime=Regime.STILL_IN_SEQUENCE,
        score=0.123456789,
    )


class ScoreLogContract:
    """``store`` gives an empty log that keeps scores for ``KEPT`` and reads this clock."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, clock: Clock) -> Iterator[ScoreLog]:
        raise NotImplementedError

    @pytest.mark.parametrize("regime", Regime)
    def test_a_score_comes_back_as_it_was(
        self, store: ScoreLog, clock: Clock, regime: Regime
    ) -> None:
        one = replace(score_at(clock, microseconds=7), regime=regime)
        store.record([one])
        assert list(store.since(P, BANK, one.at)) == [one]

    def test_only_those_of_the_bank_since_then_are_told(
        self, store: ScoreLog, clock: Clock
    ) -> None:
        old, new = score_at(clock, days=2), score_at(clock, days=1)
        others = [replace(new, bank_id="bank_000002"), replace(new, project_id="news")]
        store.record([old, *others])
        store.record([new])
        store.record([])
        assert list(store.since(P, BANK, old.at)) == [old, new]
        assert list(store.since(P, BANK, old.at + timedelta(microseconds=1))) == [new]
        assert list(store.since("news", BANK, old.at)) == [others[1]]
        assert list(store.since(P, BANK, clock.now)) == []

    def test_many_are_told_once_each_while_more_come(self, store: ScoreLog, clock: Clock) -> None:
        many = [replace(score_at(clock), score=k / 12_000) for k in range(12_000)]
        store.record(many)
        told = store.since(P, BANK, clock.now)
        first = next(told)
        store.record([replace(many[0], score=1.0)])
        assert [one.score for one in (first, *told)][:12_000] == [one.score for one in many]

    def test_what_was_kept_long_enough_is_forgotten_in_slices(
        self, store: ScoreLog, clock: Clock
    ) -> None:
        kept = score_at(clock, days=29)
        store.record([*[score_at(clock, days=31)] * 5, kept])
        assert [store.forget(limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert list(store.since(P, BANK, clock.now - 2 * KEPT)) == [kept]
