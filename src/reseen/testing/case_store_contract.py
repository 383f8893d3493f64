# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.CaseStore`` must do: an adapter's test class inherits this."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.review import Case, CaseState, Lease
from reseen.ports import CaseStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=15)


def case(cluster_id: str, rank: float = 10.0) -> Case:
    return Case(
        id="",
        project_id=PROJECT,
        cluster_id=cluster_id,
        state=CaseState.OPEN,
        version=0,
        rank=rank,
        severity=50,
        why="a match asks for review",
        opened_at=NOON,
    )


class CaseStoreContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[CaseStore]:
        raise NotImplementedError

    def test_a_cluster_has_one_case(self, store: CaseStore) -> None:
        first = store.open(case("clu_1"))
        assert first.id.startswith("cas_")
        assert store.open(case("clu_1", rank=99.0)) == first
        assert store.get(PROJECT, first.id) == first
        assert store.of_cluster(PROJECT, "clu_1") == first
        assert store.of_cluster(PROJECT, "clu_2") is None
        with pytest.raises(NotFound):
            store.get(PROJECT, "cas_none")

    def test_a_change_of_an_older_version_is_refused(self, store: CaseStore) -> None:
        first = store.open(case("clu_1"))
        second = store.save(replace(first, severity=80))
        assert (second.severity, second.version) == (80, first.version + 1)
        with pytest.raises(Conflict, match="version"):
            store.save(replace(first, severity=10))
        assert store.get(PROJECT, first.id) == second

    def test_the_highest_is_given_first_and_nobody_else_gets_it(self, store: CaseStore) -> None:
        ids = {rank: store.open(case(f"clu_{rank}", rank)).id for rank in (1, 3, 2)}
        ann = store.claim(PROJECT, Lease("key_ann", LATER), NOON)
        bob = store.claim(PROJECT, Lease("key_bob", LATER), NOON)
        assert ann is not None
        assert bob is not None
        assert (ann.id, bob.id) == (ids[3], ids[2])
        again = store.claim(PROJECT, Lease("key_ann", LATER), NOON)
        assert again == ann
        with pytest.raises(Conflict, match="held"):
            store.claim(PROJECT, Lease("key_bob", LATER), NOON, ids[3])

    def test_a_lease_that_ended_or_was_given_back_is_free(self, store: CaseStore) -> None:
        only = store.open(case("clu_1"))
        store.claim(PROJECT, Lease("key_ann", LATER), NOON)
        assert store.claim(PROJECT, Lease("key_bob", LATER), NOON) is None
        taken = store.claim(PROJECT, Lease("key_bob", LATER + timedelta(minutes=15)), LATER)
        assert taken is not None
        assert taken.id == only.id
        with pytest.raises(Conflict, match="not yours"):
            store.release(PROJECT, only.id, "key_ann")
        assert store.release(PROJECT, only.id, "key_bob").lease is None

    def test_what_is_decided_is_in_no_queue(self, store: CaseStore) -> None:
        only = store.open(case("clu_1"))
        store.save(replace(only, state=CaseState.DECIDED))
        assert store.claim(PROJECT, Lease("key_ann", LATER), NOON) is None
        with pytest.raises(Conflict, match="decided"):
            store.claim(PROJECT, Lease("key_ann", LATER), NOON, only.id)
        present = store.get(PROJECT, only.id)
        store.save(replace(present, state=CaseState.APPEALED))
        assert store.claim(PROJECT, Lease("key_ann", LATER), NOON) is not None

    def test_no_case_is_given_to_two_people_who_ask_at_once(self, store: CaseStore) -> None:
        for number in range(6):
            store.open(case(f"clu_{number}", float(number)))
        given: list[str] = []

        def work(name: str) -> None:
            found = store.claim(PROJECT, Lease(name, LATER), NOON)
            if found is not None:
                given.append(found.id)

        threads = [threading.Thread(target=work, args=(f"key_{n}",)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(given) == len(set(given))
        left = 0
        while store.claim(PROJECT, Lease(f"key_late_{left}", LATER), NOON) is not None:
            left += 1
        assert len(given) + left == 6

    def test_lists_page_by_rank(self, store: CaseStore) -> None:
        for number in range(7):
            store.open(case(f"clu_{number}", float(number % 3)))
        found: list[float] = []
        seen: set[str] = set()
        cursor = None
        while True:
            page = store.list(PROJECT, state=CaseState.OPEN, cursor=cursor, limit=3)
            found += [one.rank for one in page.items]
            seen |= {one.id for one in page.items}
            cursor = page.next
            if cursor is None:
                break
        assert found == sorted(found, reverse=True)
        assert len(seen) == 7
        assert store.list(PROJECT, state=CaseState.DECIDED).items == ()
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor="cas_none")

    def test_a_list_goes_on_where_it_was_whatever_became_of_its_last_case(
        self, store: CaseStore
    ) -> None:
        made = [store.open(case(f"clu_{number}", -(number + 0.1))) for number in range(6)]
        first = store.list(PROJECT, limit=2)
        store.merge(PROJECT, "clu_0", ["clu_1"])
        store.save(replace(made[5], rank=9.0))
        assert first.next is not None
        rest = store.list(PROJECT, cursor=first.next)
        assert [one.id for one in rest.items] == [one.id for one in made[2:5]]

    @pytest.mark.parametrize("cursor", ["", ".", "x.cas_1", "inf.cas_1", "nan.cas_1", "0x1p9999.a"])
    def test_what_no_list_gave_is_no_cursor(self, store: CaseStore, cursor: str) -> None:
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor=cursor)

    def test_a_case_that_took_others_up_has_changed_and_asks_for_what_they_asked(
        self, store: CaseStore
    ) -> None:
        kept, other = store.open(case("clu_1", 1.0)), store.open(case("clu_2", 2.0))
        store.save(replace(other, severity=90, two_person=True, state=CaseState.APPEALED))
        found = store.merge(PROJECT, "clu_1", ["clu_2"])
        assert found is not None
        assert (found.id, found.version) == (kept.id, kept.version + 1)
        assert (found.rank, found.severity, found.two_person) == (2.0, 90, True)
        assert found.state is CaseState.APPEALED

    def test_cases_of_clusters_that_become_one_are_one(self, store: CaseStore) -> None:
        low, high = store.open(case("clu_low", 1.0)), store.open(case("clu_high", 9.0))
        store.merge(PROJECT, "clu_kept", ["clu_low", "clu_high"])
        kept = store.of_cluster(PROJECT, "clu_kept")
        assert kept is not None
        assert kept.id == high.id
        assert store.get(PROJECT, low.id) == kept
        assert [one.id for one in store.list(PROJECT).items] == [kept.id]
        assert store.of_cluster(PROJECT, "clu_low") is None
        claimed = store.claim(PROJECT, Lease("key_ann", LATER), NOON, low.id)
        assert claimed is not None
        assert claimed.id == kept.id
        assert store.release(PROJECT, low.id, "key_ann").id == kept.id
        third = store.open(case("clu_third", 20.0))
        store.merge(PROJECT, "clu_third", ["clu_kept"])
        assert store.get(PROJECT, low.id).id == store.get(PROJECT, high.id).id == third.id
        with pytest.raises(NotFound):
            store.get("elsewhere", low.id)

    def test_one_that_waits_makes_a_decided_one_wait_again(self, store: CaseStore) -> None:
        decided = store.open(case("clu_old", 1.0))
        store.save(replace(decided, state=CaseState.DECIDED))
        store.open(case("clu_new", 9.0))
        store.merge(PROJECT, "clu_old", ["clu_new", "clu_none"])
        kept = store.of_cluster(PROJECT, "clu_old")
        assert kept is not None
        assert (kept.id, kept.state, kept.rank) == (decided.id, CaseState.OPEN, 9.0)
