"""What a replay is said to have reached is what its rows say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.rows import Stamp
from benchmarks.traffic_metrics import (
    by_size,
    clustered,
    intruders,
    looks_without_clusters,
    moved,
    ratio,
    removed_at_once,
    removed_in_the_end,
    removed_innocents,
    reviews_a_thing,
    strays,
)
from benchmarks.traffic_plan import (
    SHARES,
    SIZES,
    Role,
    Shows,
    attacks_of,
    in_another_order,
    traffic,
)
from benchmarks.traffic_rows import (
    AS_PLANNED,
    REVIEWS,
    UPLOADS,
    Reviewed,
    Uploaded,
    append,
    reviews,
    uploads,
)

STAMP = Stamp("set", "abc", "machine")


def row(number: int, thing: str, cluster: str, **more: object) -> Uploaded:
    usual = Uploaded(
        run=AS_PLANNED,
        number=number,
        at=float(number),
        thing=thing,
        beside="",
        kind="picture",
        role=Role.INNOCENT.value,
        alike="",
        attack="",
        family="",
        shows=Shows.WHOLE.value,
        account=f"account-{number}",
        content=number,
        cluster=cluster,
        joined=1,
        action="pass",
        ended="pass",
        decided=False,
        linked=True,
        reported=False,
        perceive=0.2,
        write=0.01,
        answer=0.3,
        stamp=STAMP,
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def look(thing: str, what: str = "decision", *, copies: bool = True) -> Reviewed:
    return Reviewed(
        run=AS_PLANNED,
        at=0.0,
        what=what,
        why="reported: by a user",
        thing=thing,
        role=Role.HARMFUL.value,
        verdict="harmful",
        cluster="c",
        members=1,
        uploads=1,
        copies=copies,
        stamp=STAMP,
    )


def test_one_of_four_in_the_wrong_cluster_is_impure_and_incomplete() -> None:
    rows = [row(1, "a", "x"), row(2, "a", "x"), row(3, "b", "x"), row(4, "b", "y")]
    found = clustered(rows)
    assert found.purity == 3 / 4
    assert found.purity_shared == pytest.approx(2 / 3)
    assert found.completeness == 3 / 4
    assert found.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert found.recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert (found.mixed, found.clusters, found.things) == (1, 2, 2)
    assert [(r.number, thing) for r, thing in intruders(rows)] == [(3, "a")]


def test_a_perfect_clustering_is_pure_and_complete_and_singles_make_it_no_better() -> None:
    rows = [row(1, "a", "x"), row(2, "a", "x"), row(3, "b", "y"), row(4, "c", "z")]
    found = clustered(rows)
    assert (found.purity, found.completeness, found.mixed) == (1.0, 1.0, 0)
    split = clustered([*rows, row(5, "a", "w")])
    assert split.completeness == 2 / 3
    assert [r.number for r in strays([*rows, row(5, "a", "w")])] == [5]


def test_what_shows_two_things_is_at_home_with_either() -> None:
    page = row(3, "b", "x", beside="a", shows=Shows.PART.value)
    found = clustered([row(1, "a", "x"), row(2, "a", "x"), page, row(4, "b", "y")])
    assert (found.purity, found.mixed) == (1.0, 0)


def test_a_bridge_between_two_things_makes_their_cluster_impure() -> None:
    page = row(3, "b", "x", beside="a", shows=Shows.PART.value)
    found = clustered([row(1, "a", "x"), row(2, "b", "x"), page])
    assert found.mixed == 1
    assert found.purity == pytest.approx(2 / 3)


def test_a_piece_may_stand_alone() -> None:
    piece = row(3, "a", "y", shows=Shows.PART.value)
    found = clustered([row(1, "a", "x"), row(2, "a", "x"), piece])
    assert (found.purity, found.completeness) == (1.0, 1.0)


def test_innocent_uploads_that_were_removed_at_any_time_are_counted() -> None:
    rows = [
        row(1, "a", "x", action="remove"),
        row(2, "b", "y", ended="remove"),
        row(3, "c", "z", role=Role.HARMFUL.value, action="remove", ended="remove"),
        row(4, "c", "z", role=Role.HARMFUL.value, ended="remove"),
    ]
    assert [r.number for r in removed_innocents(rows)] == [1, 2]
    assert removed_at_once(rows) == {"harmful, whole": 0.5}
    assert removed_in_the_end(rows) == 1.0


def test_reviews_are_counted_for_each_thing_and_splits_are_reviews() -> None:
    some = [look("a"), look("a", "split"), look("b"), look("b", copies=False)]
    assert reviews_a_thing(some) == 3 / 2
    rows = [
        row(1, "a", "x", action="review"),
        row(2, "a", "x", action="remove", decided=True),
        row(3, "a", "x", action="remove"),
        row(4, "z", "y"),
    ]
    assert looks_without_clusters(rows, some) == 2


def test_the_ratio_is_of_percentiles() -> None:
    rows = [row(n, "a", "x", perceive=0.1 * n, answer=0.2 * n) for n in range(1, 20)]
    assert ratio(rows) == pytest.approx(2.0)
    assert np.isnan(ratio([]))


def test_answers_are_told_by_the_size_of_their_cluster() -> None:
    rows = [row(n, "a", "x", joined=n, answer=0.1 * n, perceive=0.0, write=0.0) for n in (1, 2, 9)]
    told = by_size(rows, (1, 5))
    assert list(told) == ["1 to 4", "5 and more"]
    assert list(told["5 and more"]) == pytest.approx([1, 0.9, 0.9, 0.0])


def test_clusters_are_compared_by_their_members_and_not_by_their_names() -> None:
    one = [row(1, "a", "x"), row(2, "a", "x"), row(3, "b", "y")]
    other = [row(1, "a", "p"), row(2, "a", "p"), row(3, "b", "q")]
    assert moved(one, other) == []
    strayed = [*one[:1], row(2, "a", "y"), row(3, "b", "y"), row(4, "b", "y")]
    assert moved(strayed, [*other, row(4, "b", "q")]) == [2]


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    append(tmp_path / UPLOADS, [row(1, "a", "x", stamp=Stamp("older", "abc", "machine"))])
    append(tmp_path / UPLOADS, [row(2, "a", "x")])
    append(tmp_path / REVIEWS, [look("a")])
    assert uploads(tmp_path / UPLOADS) == [row(2, "a", "x")]
    assert reviews(tmp_path / REVIEWS) == [look("a")]
    assert uploads(tmp_path / "none") == []


def test_traffic_is_the_same_for_a_seed_and_its_bursts_are_of_many_accounts() -> None:
    acts = traffic(SIZES["small"])
    assert acts == traffic(SIZES["small"])
    assert acts != traffic(SIZES["small"], seed=1)
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert len({act.account for act in acts}) == len(acts)
    harmful = [act for act in acts if act.thing.role is Role.HARMFUL]
    first = min(harmful, key=lambda act: (act.thing.id, act.at))
    assert first.attack == ""
    assert {act.shows for act in acts} == set(Shows)


def test_another_order_has_the_same_uploads() -> None:
    acts = traffic(SIZES["small"])
    others = in_another_order(acts)
    assert {act.id for act in acts} == {act.id for act in others}
    assert [act.id for act in acts] != [act.id for act in others]
    assert sorted(act.at for act in others) == [act.at for act in acts]


@pytest.mark.parametrize("kind", SHARES)
def test_shares_name_families_of_attacks_and_add_up(kind: str) -> None:
    assert set(SHARES[kind]) <= set(attacks_of(kind))
    assert sum(SHARES[kind].values()) == pytest.approx(1.0, abs=0.03)
