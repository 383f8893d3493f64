# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.BankStore`` must do: an adapter's test class inherits this, with ``store``."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.match import Cuts
from reseen.ports import BankStore
from reseen.testing.key_store_contract import Clock

P = DEFAULT_PROJECT
OTHER_PROJECT = "news"

FULL = BankDraft(
    name="Known harm ü 😀",
    role=BankRole.RECENT,
    cuts={Regime.STILL: Cuts(0.25, 0.5, 0.75), Regime.SOUND: Cuts(0.1, 0.2, 1.0)},
    policy=ActionPolicy(Action.REMOVE, Action.REVIEW, Action.REVIEW),
    trust=0.4,
    retention_s=86_400.5,
    enabled=False,
)


class BankStoreContract:
    """``store`` gives a store without banks, with the projects ``default`` and ``OTHER_PROJECT``,
    that reads this clock.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, clock: Clock) -> Iterator[BankStore]:
        raise NotImplementedError

    def test_a_bank_comes_back_as_it_was_made(self, store: BankStore, clock: Clock) -> None:
        for draft in (FULL, BankDraft("plain")):
            made = store.create(P, draft)
            assert re.fullmatch(r"bank_[0-9a-f]+", made.id)
            assert made.draft == draft
            assert (made.project_id, made.created_at) == (P, clock.now)
            assert store.get(P, made.id) == made
            assert store.get(P, draft.name) == made

    @pytest.mark.parametrize("role", BankRole)
    def test_each_role_is_carried(self, store: BankStore, role: BankRole) -> None:
        assert store.get(P, store.create(P, BankDraft("b", role)).id).role is role

    def test_banks_are_listed_in_the_order_they_were_made(self, store: BankStore) -> None:
        made = [store.create(P, BankDraft(name)) for name in ("z", "a", "m")]
        assert store.of_project(P) == tuple(made)
        assert store.of_project(OTHER_PROJECT) == ()

    def test_a_name_is_taken_once_a_project(self, store: BankStore) -> None:
        store.create(P, BankDraft("same"))
        for name in ("same", " same "):
            with pytest.raises(Conflict):
                store.create(P, BankDraft(name))
        elsewhere = store.create(OTHER_PROJECT, BankDraft("same"))
        assert store.get(OTHER_PROJECT, "same") == elsewhere

    def test_of_many_that_take_a_name_at_once_one_gets_it(self, store: BankStore) -> None:
        made: list[Bank] = []
        refused: list[Conflict] = []
        ready = threading.Barrier(6, timeout=10)

        def take() -> None:
            ready.wait()
            try:
                made.append(store.create(P, BankDraft("same")))
            except Conflict as error:
                refused.append(error)

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert (len(made), len(refused)) == (1, 5)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 201, "two\nlines", "\0", "\ud800"])
    def test_a_name_is_one_short_line(self, store: BankStore, name: str) -> None:
        bank = store.create(P, BankDraft("fine"))
        with pytest.raises(InvalidValue):
            store.create(P, BankDraft(name))
        with pytest.raises(InvalidValue):
            store.update(P, bank.id, BankDraft(name))

    @pytest.mark.parametrize(
        "wrong",
        [
            *({"trust": value} for value in (-0.1, 1.1, float("nan"), float("inf"))),
            *({"retention_s": value} for value in (0.0, -1.0, float("nan"), float("inf"), 1e300)),
        ],
    )
    def test_a_number_that_cannot_be_is_refused(
        self, store: BankStore, wrong: dict[str, float]
    ) -> None:
        with pytest.raises(InvalidValue):
            store.create(P, replace(FULL, **wrong))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "unknown",
        [
            *(
                "",
                "nobody",
                "bank_",
                "bank_00ffff",
                "bank_ffffffff",
                "bank_7fffffff",
                "bank_zzzzzz",
            ),
            *("bank_00000001 ", "\ud800", "\0", "x" * 10_000, "' OR 1=1 --"),
        ],
    )
    def test_an_unknown_bank_is_not_found(self, store: BankStore, unknown: str) -> None:
        store.create(P, BankDraft("here"))
        with pytest.raises(NotFound):
            store.get(P, unknown)
        with pytest.raises(NotFound):
            store.update(P, unknown, BankDraft("new"))
        with pytest.raises(NotFound):
            store.delete(P, unknown)
        assert [bank.name for bank in store.of_project(P)] == ["here"]

    def test_a_project_that_does_not_exist_has_no_banks(self, store: BankStore) -> None:
        with pytest.raises(NotFound):
            store.create("nowhere", BankDraft("b"))
        assert store.of_project("nowhere") == ()
        assert store.counts("nowhere") == {}

    def test_one_project_does_not_reach_into_another(self, store: BankStore) -> None:
        bank = store.create(P, BankDraft("ours"))
        for reach in (store.get, store.delete):
            with pytest.raises(NotFound):
                reach(OTHER_PROJECT, bank.id)
        with pytest.raises(NotFound):
            store.update(OTHER_PROJECT, bank.id, BankDraft("theirs"))
        assert store.get(P, bank.id) == bank

    def test_an_update_replaces_all_that_is_said(self, store: BankStore, clock: Clock) -> None:
        bank = store.create(P, FULL)
        clock.turn(days=1)
        changed = store.update(P, bank.id, BankDraft("other"))
        assert changed == replace(bank, draft=BankDraft("other"))
        assert store.get(P, bank.id) == changed
        with pytest.raises(NotFound):
            store.get(P, FULL.name)

    def test_an_update_may_keep_its_name_and_not_take_anothers(self, store: BankStore) -> None:
        bank = store.create(P, BankDraft("one"))
        store.create(P, BankDraft("two"))
        assert store.update(P, bank.id, BankDraft("one", trust=0.5)).draft.trust == 0.5
        with pytest.raises(Conflict):
            store.update(P, bank.id, BankDraft("two"))
        assert store.get(P, "one").id == bank.id

    def test_a_bank_named_like_an_id_is_found_where_no_id_is_meant(self, store: BankStore) -> None:
        real = store.create(P, BankDraft("real"))
        named = store.create(P, BankDraft("bank_00abcd"))
        shadowed = store.create(P, BankDraft(real.id))
        assert store.get(P, "bank_00abcd") == named
        assert store.get(P, real.id) == real
        assert store.get(P, shadowed.id) == shadowed

    def test_a_deleted_bank_is_gone_and_its_number_is_not_used_again(
        self, store: BankStore
    ) -> None:
        bank = store.create(P, BankDraft("gone"))
        assert store.delete(P, bank.id) == 0
        for name in (bank.id, "gone"):
            with pytest.raises(NotFound):
                store.get(P, name)
        with pytest.raises(NotFound):
            store.update(P, bank.id, BankDraft("back"))
        with pytest.raises(NotFound):
            store.delete(P, bank.id)
        assert store.of_project(P) == ()
        again = store.create(P, BankDraft("gone"))
        assert again.number > bank.number
        assert store.counts(P) == {again.id: 0}
