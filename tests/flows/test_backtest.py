"""Thresholds tried on past scores."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime
from reseen.domain.match import Confidence, Cuts
from reseen.flows.backtest import LaterLog, backtest

USUAL = Cuts(0.3, 0.6, 0.9)
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def score(
    value: float,
    query: str = "aa",
    *,
    day: int = 0,
    regime: Regime = Regime.STILL,
    reference: str = "ref_1",
) -> StoredScore:
    at = START + timedelta(days=day)
    return StoredScore(at, "default", query, reference, "bank_1", regime, value)


def test_a_higher_cut_loses_what_lies_between() -> None:
    scores = [score(0.7, "aa"), score(0.85, "bb"), score(0.95, "cc"), score(0.2, "dd")]
    told = backtest(scores, USUAL, {}, {Regime.STILL: Cuts(0.3, 0.8, 0.9)})
    [day] = told.days.values()
    assert (day.gained, day.lost) == (0, 1)
    assert [one.query_sha256 for one in told.lost] == ["aa"]
    assert day.present == {
        Confidence.MEDIUM: 2,
        Confidence.HIGH: 1,
        Confidence.NONE: 1,
    }


def test_an_upload_counts_once_a_day_by_its_best_reference() -> None:
    scores = [score(0.65, reference=f"ref_{k}") for k in range(5)] + [score(0.65, day=1)]
    told = backtest(scores, USUAL, {}, {Regime.STILL: Cuts(0.3, 0.9, 0.95)})
    assert [day.lost for day in told.days.values()] == [1, 1]


def test_a_cut_of_one_regime_leaves_the_others_alone() -> None:
    scores = [score(0.5, "aa"), score(0.5, "bb", regime=Regime.SOUND)]
    told = backtest(scores, USUAL, {}, {Regime.SOUND: Cuts(0.2, 0.4, 0.9)})
    assert [one.query_sha256 for one in told.gained] == ["bb"]


def test_an_upload_that_matches_by_sound_is_not_lost_by_its_pictures() -> None:
    scores = [score(0.7), score(0.7, regime=Regime.SOUND)]
    told = backtest(scores, USUAL, {}, {Regime.STILL: Cuts(0.8, 0.9, 0.95)})
    assert told.lost == ()


def test_present_cuts_are_those_of_the_bank() -> None:
    own = {Regime.STILL: Cuts(0.3, 0.8, 0.9)}
    told = backtest([score(0.7)], USUAL, own, {})
    assert [one.query_sha256 for one in told.gained] == ["aa"]


class _Slow:
    """A log that writes only when it is let."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.rows: list[StoredScore] = []

    def record(self, scores: Sequence[StoredScore]) -> None:
        self.gate.wait(10.0)
        self.rows += scores

    def since(self, project_id: str, bank_id: str, at: datetime) -> Iterator[StoredScore]:
        return (
            r
            for r in self.rows
            if (r.project_id, r.bank_id) == (project_id, bank_id) and r.at >= at
        )

    def forget(self, limit: int = 10_000) -> int:
        del self.rows[:limit]
        return 0


def test_nobody_waits_for_scores_to_be_written_and_all_are() -> None:
    slow = _Slow()
    log = LaterLog(slow)
    for k in range(100):
        log.record([score(k / 100)])
    assert slow.rows == []
    slow.gate.set()
    log.close()
    assert [one.score for one in slow.rows] == [k / 100 for k in range(100)]


def test_scores_that_no_queue_holds_are_left_out_and_answers_go_on() -> None:
    slow = _Slow()
    log = LaterLog(slow)
    for k in range(3000):
        log.record([score(k / 3000)])
    slow.gate.set()
    log.close()
    assert 1000 <= len(slow.rows) < 3000
