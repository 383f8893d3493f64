# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.PolicyStore`` must do: an adapter's test class inherits this."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action, Regime
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.media import Channel
from reseen.domain.policy import Band, Overlap, PolicyDraft, PolicyState
from reseen.ports import PolicyStore
from reseen.testing.bank_store_contract import OTHER_PROJECT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STRICT = PolicyDraft(
    bank_id="bank_1",
    bands={Regime.SOUND: (Band(0.5, Action.REVIEW), Band(0.95, Action.REMOVE))},
    overlap=Overlap(seconds=3.0, upload_share=0.2),
    channels=frozenset({Channel.AUDIO}),
    rollout=0.25,
    dry_run=True,
    severity=90,
    two_person=True,
    note="a trial",
)


class PolicyStoreContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[PolicyStore]:
        raise NotImplementedError

    def test_a_policy_comes_back_as_a_numbered_draft(self, store: PolicyStore) -> None:
        first, second = (store.add(PROJECT, STRICT, "key_ann") for _ in range(2))
        other = store.add(PROJECT, PolicyDraft(), "key_ann")
        assert (first.number, second.number, other.number) == (1, 2, 1)
        assert (first.draft, first.state) == (STRICT, PolicyState.DRAFT)
        assert store.get(PROJECT, first.id) == first
        with pytest.raises(NotFound):
            store.get(OTHER_PROJECT, first.id)

    def test_one_version_of_each_bank_is_live(self, store: PolicyStore) -> None:
        acting = replace(STRICT, dry_run=False)
        first, second = (store.add(PROJECT, acting, "key_ann") for _ in range(2))
        whole = store.add(PROJECT, PolicyDraft(severity=10), "key_ann")
        assert store.live(PROJECT) == {}
        for one in (first, whole, second):
            store.go_live(PROJECT, one.id, NOON)
        live = store.live(PROJECT)
        assert {bank: policy.id for bank, policy in live.items()} == {
            "bank_1": second.id,
            None: whole.id,
        }
        assert store.get(PROJECT, first.id).state is PolicyState.RETIRED
        assert store.go_live(PROJECT, first.id, NOON).state is PolicyState.LIVE
        assert store.live(PROJECT)["bank_1"].id == first.id
        assert store.live(OTHER_PROJECT) == {}

    def test_what_runs_dry_runs_beside_what_acts(self, store: PolicyStore) -> None:
        acting, next_one = (
            store.add(PROJECT, replace(STRICT, dry_run=False), "key_ann") for _ in range(2)
        )
        dry, drier = (store.add(PROJECT, STRICT, "key_ann") for _ in range(2))
        for one in (acting, dry, drier):
            store.go_live(PROJECT, one.id, NOON)
        assert store.live(PROJECT)["bank_1"].id == acting.id
        assert {bank: one.id for bank, one in store.trials(PROJECT).items()} == {"bank_1": drier.id}
        assert store.get(PROJECT, dry.id).state is PolicyState.RETIRED
        store.go_live(PROJECT, next_one.id, NOON)
        assert store.live(PROJECT)["bank_1"].id == next_one.id
        assert store.trials(PROJECT) == {}
        states = [store.get(PROJECT, one.id).state for one in (acting, dry, drier)]
        assert states == [PolicyState.RETIRED] * 3

    def test_its_backtest_is_remembered(self, store: PolicyStore) -> None:
        first = store.add(PROJECT, STRICT, "key_ann")
        assert store.tried(PROJECT, first.id, "job_7").backtest_id == "job_7"
        with pytest.raises(NotFound):
            store.tried(PROJECT, "pol_none", "job_7")

    def test_versions_that_are_made_at_once_have_no_holes(self, store: PolicyStore) -> None:
        numbers: list[int] = []

        def work() -> None:
            numbers.extend(store.add(PROJECT, STRICT, "key_ann").number for _ in range(3))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(numbers) == list(range(1, 13))

    def test_of_versions_that_go_live_at_once_one_is(self, store: PolicyStore) -> None:
        made = [store.add(PROJECT, STRICT, "key_ann").id for _ in range(4)]
        threads = [
            threading.Thread(target=store.go_live, args=(PROJECT, one, NOON)) for one in made
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        states = sorted(store.get(PROJECT, one).state for one in made)
        assert states == [PolicyState.LIVE, *[PolicyState.RETIRED] * 3]

    def test_lists_page_newest_first(self, store: PolicyStore) -> None:
        made = {store.add(PROJECT, STRICT, "key_ann").id for _ in range(5)}
        first = store.list(PROJECT, bank_id="bank_1", limit=3)
        rest = store.list(PROJECT, bank_id="bank_1", cursor=first.next, limit=3)
        assert {one.id for one in (*first.items, *rest.items)} == made
        assert store.list(PROJECT, bank_id="bank_2").items == ()
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor="pol_none")
