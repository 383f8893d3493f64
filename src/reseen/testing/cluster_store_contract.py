# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.ClusterStore`` must do: an adapter's test class inherits this."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.cluster import Edge, Node, Pin, Tie, Wish
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.media import Channel, Medium
from reseen.engine.cluster import grouping, representative, shown
from reseen.flows.clustering import EDGES_A_CLUSTER, Clustering
from reseen.ports import Alone, ClusterStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def still(number: int) -> Node:
    return Node(number, Medium.IMAGE, order=number * 1000)


def near(one: int, other: int, score: float = 0.97, share: float = 0.9) -> Edge:
    return Edge(min(one, other), max(one, other), score, share, share, Channel.VISUAL)


def shows(larger: int, smaller: int) -> Edge:
    if larger < smaller:
        return Edge(larger, smaller, 0.95, 0.3, 1.0, Channel.VISUAL)
    return Edge(smaller, larger, 0.95, 1.0, 0.3, Channel.VISUAL)


def ends(number: int, edges: Sequence[Edge]) -> list[Node]:
    """What the edges of a content lead to."""
    return [still(n) for n in sorted({n for e in edges for n in (e.one, e.other)} - {number})]


def pin(one: int, other: int, wish: Wish, minutes: int = 0) -> Pin:
    return Pin(one, other, wish, "key_1", NOON + timedelta(minutes=minutes))


class ClusterStoreContract:
    """``store`` gives an empty store, ``alone`` the transaction that spans its calls."""

    @pytest.fixture
    def store(self) -> Iterator[ClusterStore]:
        raise NotImplementedError

    @pytest.fixture
    def alone(self) -> Alone:
        raise NotImplementedError

    @pytest.fixture
    def arrive(self, store: ClusterStore, alone: Alone) -> Callable[[int, Sequence[Edge]], str]:
        flow = Clustering(store, lambda: NOON)

        def run(number: int, edges: Sequence[Edge] = ()) -> str:
            with alone(PROJECT):
                return (
                    flow.arrive(PROJECT, still(number), ends(number, edges), edges).clusters[0].id
                )

        return run

    def test_near_copies_come_into_one_cluster_and_others_do_not(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        first = arrive(1)
        assert arrive(2, [near(1, 2)]) == first
        assert arrive(3) != first
        cluster = store.get(PROJECT, first)
        assert (cluster.members, cluster.representative) == (2, 1)
        assert store.contents(PROJECT, first) == (1, 2)
        assert cluster.opened_at == NOON

    def test_of_two_clusters_that_become_one_the_older_name_stays(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        first, second = arrive(1), arrive(2)
        assert arrive(3, [near(1, 3), near(2, 3)]) == min(first, second)
        kept = store.get(PROJECT, first)
        assert store.get(PROJECT, second) == kept
        assert kept.members == 3
        assert [one.id for one in store.list(PROJECT).items] == [kept.id]

    def test_the_order_of_arrival_does_not_change_what_is_together(
        self, store: ClusterStore, alone: Alone
    ) -> None:
        rng = random.Random(5)
        flow = Clustering(store, lambda: NOON)
        for turn in range(6):
            base = 100 * turn
            numbers = [base + n for n in range(12)]
            edges = []
            for _ in range(16):
                one, other = rng.sample(numbers, 2)
                score = rng.choice([0.4, 0.7, 0.9])
                kinds = [near(one, other, score), near(one, other, score, 0.2), shows(one, other)]
                edges.append(rng.choice(kinds))
            arrived: set[int] = set()
            for number in rng.sample(numbers, len(numbers)):
                arrived.add(number)
                mine = [e for e in edges if number in {e.one, e.other} <= arrived]
                with alone(PROJECT):
                    flow.arrive(PROJECT, still(number), ends(number, mine), mine)
            strongest: dict[tuple[int, int], Edge] = {}
            for edge in edges:
                key = edge.one, edge.other
                if key not in strongest or strongest[key].score < edge.score:
                    strongest[key] = edge
            wanted = grouping([still(n) for n in numbers], strongest.values(), [])
            around = store.around(PROJECT, numbers)
            found: dict[str, set[int]] = {}
            for number in numbers:
                found.setdefault(around.cluster_of[number], set()).add(number)
            assert {frozenset(g) for g in found.values()} == set(map(frozenset, wanted.groups))
            by_number = {node.number: node for node in around.nodes}
            for cluster_id, group in found.items():
                assert set(store.contents(PROJECT, cluster_id)) == group
                how_much = shown(group, strongest.values())
                assert {n: by_number[n].shown for n in group} == pytest.approx(how_much)
                best = representative(by_number[n] for n in group)
                cluster = store.get(PROJECT, cluster_id)
                assert (cluster.representative, cluster.members) == (best, len(group))

    def test_a_collage_that_comes_first_lets_go_when_it_shows_a_second_picture(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        collage = arrive(1)
        assert arrive(2, [shows(1, 2)]) == collage
        other = arrive(3, [shows(1, 3)])
        ids = {number: store.around(PROJECT, [number]).cluster_of[number] for number in (1, 2, 3)}
        assert len(set(ids.values())) == 3
        assert ids[1] == collage
        assert ids[3] == other
        links = store.links(PROJECT, collage)
        assert {(link.other, link.tie) for link in links} == {
            (ids[2], Tie.WITHIN),
            (ids[3], Tie.WITHIN),
        }

    def test_a_word_of_a_reviewer_cuts_and_joins_and_can_be_taken_back(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        flow = Clustering(store, lambda: NOON)
        whole = arrive(1)
        arrive(2, [near(1, 2)])
        word = pin(1, 2, Wish.APART)
        with alone(PROJECT):
            flow.say(PROJECT, [word])
        assert store.contents(PROJECT, whole) == (1,)
        with alone(PROJECT):
            flow.unsay(PROJECT, [word])
        assert store.contents(PROJECT, whole) == (1, 2)
        arrive(3)
        with alone(PROJECT):
            flow.say(PROJECT, [pin(1, 3, Wish.TOGETHER, 5)])
        assert store.contents(PROJECT, whole) == (1, 2, 3)

    def test_a_version_rises_with_every_change_and_only_then(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        first = arrive(1)
        before = store.get(PROJECT, first).version
        arrive(2)
        assert store.get(PROJECT, first).version == before
        arrive(3, [near(1, 3)])
        assert store.get(PROJECT, first).version == before + 1

    def test_of_many_edges_into_a_cluster_the_surest_are_kept(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        first = arrive(1)
        for number in range(2, 41):
            arrive(number, [near(1, number)])
        last = [near(number, 41, 0.7 + number / 200) for number in range(1, 41)]
        assert arrive(41, last) == first
        kept = [e for e in store.around(PROJECT, [41]).edges if e.other == 41]
        assert sorted(e.one for e in kept) == list(range(41 - EDGES_A_CLUSTER, 41))
        assert store.get(PROJECT, first).members == 41

    def test_what_lost_members_to_another_has_changed_too(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        flow = Clustering(store, lambda: NOON)
        first, second = arrive(1), arrive(2, [near(1, 2)])
        third = arrive(3)
        assert first == second != third
        before = store.get(PROJECT, first)
        words = [pin(1, 2, Wish.APART), pin(2, 3, Wish.TOGETHER, 1)]
        with alone(PROJECT):
            flow.say(PROJECT, words)
        homes = store.homes(PROJECT, [1, 2, 3])
        assert homes[2] == homes[3] != homes[1]
        after = store.get(PROJECT, homes[1])
        assert after.members == 1
        assert after.version > before.version or after.id != before.id

    def test_a_word_that_holds_apart_is_known_of_both_sides(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        one, other = arrive(1), arrive(2)
        assert not store.is_cut(PROJECT, one)
        with alone(PROJECT):
            Clustering(store, lambda: NOON).say(PROJECT, [pin(1, 2, Wish.APART)])
        assert store.is_cut(PROJECT, one)
        assert store.is_cut(PROJECT, other)
        assert arrive(3, [near(1, 3, 0.9), near(2, 3, 0.8)]) == one
        assert arrive(4, [near(2, 4, 0.9), near(1, 4, 0.8)]) == other

    def test_a_late_finding_brings_two_clusters_together(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        one, other = arrive(1), arrive(2)
        with alone(PROJECT):
            told = Clustering(store, lambda: NOON).found(
                PROJECT, still(2), [still(1)], [near(1, 2)]
            )
        assert told.absorbed in ({one: other}, {other: one})
        assert store.contents(PROJECT, one) == (1, 2)

    def test_the_stronger_of_two_edges_stays(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        arrive(1)
        arrive(2, [near(1, 2, 0.7)])
        store.add_edges(PROJECT, [near(1, 2, 0.65), near(1, 2, 0.8), near(1, 2, 0.75)])
        (edge,) = store.around(PROJECT, [1]).edges
        assert edge.score == pytest.approx(0.8)

    def test_members_are_told_with_what_ties_them(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        whole = arrive(1)
        arrive(2, [near(1, 2, 0.8)])
        arrive(3, [near(2, 3, 0.9)])
        page = store.members(PROJECT, whole, limit=2)
        rest = store.members(PROJECT, whole, cursor=page.next)
        told = {one.content: one.score for one in (*page.items, *rest.items)}
        assert told == {1: pytest.approx(0.8), 2: pytest.approx(0.9), 3: pytest.approx(0.9)}
        assert rest.next is None
        with pytest.raises(InvalidValue, match="cursor"):
            store.members(PROJECT, whole, cursor="x")
        with pytest.raises(InvalidValue, match="cursor"):
            store.members(PROJECT, whole, cursor="9" * 19)

    def test_lists_page_last_upload_first(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        ids = {arrive(number) for number in range(1, 8)}
        found: list[str] = []
        cursor = None
        while True:
            page = store.list(PROJECT, cursor=cursor, limit=3)
            found += [one.id for one in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(found) == sorted(ids)
        assert store.list(PROJECT, bursting=True).items == ()
        store.set_burst(PROJECT, found[0], NOON)
        assert [one.id for one in store.list(PROJECT, bursting=True).items] == found[:1]

    def test_a_list_goes_on_where_it_was_whatever_became_of_its_last_cluster(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        for number in range(1, 7):
            arrive(number)
        every = [one.id for one in store.list(PROJECT).items]
        first = store.list(PROJECT, limit=3)
        flow = Clustering(store, lambda: NOON)
        last = store.get(PROJECT, every[2]).representative
        other = 1 if last != 1 else 2
        with alone(PROJECT):
            flow.say(PROJECT, [pin(min(last, other), max(last, other), Wish.TOGETHER)])
            store.uploaded(PROJECT, every[1], "user-1", 0)
        assert first.next is not None
        rest = store.list(PROJECT, cursor=first.next, limit=3)
        present = {one.id for one in store.list(PROJECT).items}
        assert [one.id for one in rest.items] == [c for c in every[3:] if c in present]
        assert rest.next is None

    def test_words_are_told_whole_on_each_cluster_that_they_name(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        flow = Clustering(store, lambda: NOON)
        for number in range(1, 5):
            arrive(number)
        split = [pin(1, 2, Wish.APART), pin(2, 3, Wish.TOGETHER)]
        with alone(PROJECT):
            flow.say(PROJECT, split)
            flow.say(PROJECT, [pin(1, 2, Wish.TOGETHER, 5)])
        homes = store.homes(PROJECT, [1, 3, 4])
        older, newer = store.words(PROJECT, homes[1])
        assert (older.by, older.at, set(older.pins)) == ("key_1", NOON, set(split))
        assert older.holds
        assert newer.pins == (pin(1, 2, Wish.TOGETHER, 5),)
        assert older.id != newer.id
        assert store.words(PROJECT, homes[4]) == ()
        with alone(PROJECT):
            flow.say(PROJECT, [pin(2, 3, Wish.APART, 6)])
        outweighed = store.words(PROJECT, store.homes(PROJECT, [3])[3])[0]
        assert (outweighed.id, outweighed.holds) == (older.id, False)
        with pytest.raises(NotFound):
            store.words(PROJECT, "clu_none")

    def test_contents_and_references_name_each_other(self, store: ClusterStore) -> None:
        named = store.named([1, 70000])
        assert store.numbered([*named, "clu_1", ""]) == (1, 70000, None, None)

    def test_the_part_that_is_to_stay_keeps_the_name(
        self, store: ClusterStore, alone: Alone, arrive: Callable[..., str]
    ) -> None:
        whole = arrive(1)
        arrive(2, [near(1, 2)])
        with alone(PROJECT):
            told = Clustering(store, lambda: NOON).say(PROJECT, [pin(1, 2, Wish.APART)], stays=2)
        assert store.contents(PROJECT, whole) == (2,)
        assert told.parted == {(whole, told.clusters[0].id): (1,)}

    @pytest.mark.parametrize("cursor", ["", ".", "x.clu_1", "1", "9" * 30 + ".clu_1", "clu_1"])
    def test_what_no_list_gave_is_no_cursor(self, store: ClusterStore, cursor: str) -> None:
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor=cursor)

    def test_what_is_not_there_is_not_found_and_no_cursor_is_none(
        self, store: ClusterStore
    ) -> None:
        with pytest.raises(NotFound):
            store.get(PROJECT, "clu_none")
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor="clu_none")
        assert store.around(PROJECT, [4]).nodes == ()

    def test_writers_at_once_end_in_one_cluster(
        self, store: ClusterStore, arrive: Callable[..., str]
    ) -> None:
        arrive(1)
        failed: list[BaseException] = []

        def work(number: int) -> None:
            try:
                arrive(number, [near(1, number)])
            except BaseException as error:  # noqa: BLE001 told below
                failed.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(2, 10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failed
        (cluster,) = store.list(PROJECT).items
        assert cluster.members == 9
        assert store.contents(PROJECT, cluster.id) == tuple(range(1, 10))
