"""Past scores, counted: what a cut would have matched."""

from datetime import UTC, datetime, timedelta

from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime
from reseen.flows.past_scores import STEPS, spread

BEGUN = datetime(2026, 5, 4, tzinfo=UTC)


def score(query: str, value: float, regime: Regime = Regime.STILL, hours: int = 0) -> StoredScore:
    return StoredScore(
        at=BEGUN + timedelta(hours=hours),
        project_id="p",
        query_sha256=query,
        reference_id="r",
        bank_id="b",
        regime=regime,
        score=value,
    )


def test_of_each_query_and_regime_the_best_score_counts() -> None:
    past = spread(
        [
            score("a", 0.4, hours=2),
            score("a", 0.71, hours=1),
            score("a", 0.5, Regime.SOUND, hours=3),
            score("b", 1.0, hours=4),
        ]
    )
    still = past.bins[Regime.STILL]
    assert [step for step, number in enumerate(still) if number] == [71, STEPS]
    assert sum(past.bins[Regime.SOUND]) == past.bins[Regime.SOUND][50] == 1
    assert (past.queries, past.first) == (2, BEGUN + timedelta(hours=1))


def test_a_score_on_a_hundredth_counts_from_its_own_cut_up() -> None:
    for step in range(STEPS + 1):
        (bins,) = spread([score("a", step / STEPS)]).bins.values()
        assert bins.index(1) == step


def test_without_a_score_nothing_is_told() -> None:
    past = spread([])
    assert (past.queries, dict(past.bins), past.first) == (0, {}, None)
