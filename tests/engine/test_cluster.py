import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.domain.cluster import Edge, Node, Pin, Tie, Wish
from reseen.domain.media import Channel, Medium
from reseen.engine.cluster import binds, grouping, representative, shown

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stills(*numbers: int) -> list[Node]:
    return [Node(number, Medium.IMAGE, order=number) for number in numbers]


def films(*numbers: int) -> list[Node]:
    return [Node(number, Medium.VIDEO, order=number) for number in numbers]


def near(one: int, other: int, score: float = 0.97) -> Edge:
    return Edge(one, other, score, 0.9, 0.9, Channel.VISUAL)


def shows(larger: int, smaller: int, part: float = 0.3) -> Edge:
    """``larger`` shows all of ``smaller`` as this part of itself."""
    if larger < smaller:
        return Edge(larger, smaller, 0.95, part, 1.0, Channel.VISUAL)
    return Edge(smaller, larger, 0.95, 1.0, part, Channel.VISUAL)


def pin(one: int, other: int, wish: Wish, minutes: int = 0) -> Pin:
    return Pin(one, other, wish, "key_1", NOON + timedelta(minutes=minutes))


def test_what_shows_most_of_each_other_is_one_group() -> None:
    told = grouping(stills(1, 2, 3, 4), [near(1, 2), near(2, 3)], [])
    assert told.groups == ((1, 2, 3), (4,))
    assert not told.links


def test_a_shared_opening_links_films_and_joins_none_of_them() -> None:
    opening = [
        Edge(one, other, 0.99, 0.1, 0.12, Channel.VISUAL)
        for one in range(1, 6)
        for other in range(one + 1, 6)
    ]
    told = grouping(films(*range(1, 6)), opening, [])
    assert len(told.groups) == 5
    assert set(told.links.values()) == {Tie.PART}


def test_the_opening_alone_does_not_swallow_the_films_that_begin_with_it() -> None:
    told = grouping(films(1, 2, 3, 9), [shows(n, 9, part=0.1) for n in (1, 2, 3)], [])
    assert len(told.groups) == 4


def test_a_screenshot_of_a_picture_belongs_to_it() -> None:
    told = grouping(stills(1, 2, 3), [shows(2, 1), shows(3, 1)], [])
    assert told.groups == ((1, 2, 3),)


def test_what_is_not_surely_shown_within_another_is_linked_to_it() -> None:
    """One place, in the one picture from nearer."""
    unsure = replace(shows(2, 1), score=0.86)
    told = grouping(stills(1, 2), [unsure], [])
    assert told.groups == ((1,), (2,))
    assert told.links == {(0, 1): Tie.WITHIN}
    assert not binds(unsure, is_still=True)


def test_a_collage_of_two_pictures_belongs_to_neither_and_makes_no_bridge() -> None:
    told = grouping(stills(1, 2, 3), [shows(3, 1), shows(3, 2)], [])
    assert told.groups == ((1,), (2,), (3,))
    assert told.links == {(0, 2): Tie.WITHIN, (1, 2): Tie.WITHIN}


def test_a_screenshot_of_a_picture_of_which_two_pieces_are_known_belongs_to_it() -> None:
    """And to it alone: a screenshot of a collage makes no bridge, either."""
    pieces = [shows(1, 2, part=0.3), shows(1, 3, part=0.4)]
    screenshot = [shows(4, 1, part=0.5), shows(4, 2, part=0.15), shows(4, 3, part=0.2)]
    told = grouping(stills(1, 2, 3, 4), [*pieces, *screenshot], [])
    assert told.groups == ((1, 4), (2,), (3,))


def test_what_shows_one_picture_beside_most_of_another_makes_no_bridge() -> None:
    """An inset, or two pictures of two sizes side by side."""
    for share in (0.58, 0.8):
        page = Edge(1, 3, 0.97, 0.95, share, Channel.VISUAL)
        told = grouping(stills(1, 2, 3), [page, shows(3, 2, part=1.0 - share)], [])
        assert told.groups == ((1, 3), (2,))
        assert told.links == {(0, 1): Tie.WITHIN}


def test_two_pictures_of_one_size_side_by_side_make_no_bridge() -> None:
    halves = [Edge(n, 3, 0.97, 0.95, half, Channel.VISUAL) for n, half in ((1, 0.48), (2, 0.53))]
    assert grouping(stills(1, 2, 3), halves, []).groups == ((1,), (2,), (3,))


def test_a_small_crop_belongs_to_copies_of_all_that_it_is_cut_out_of() -> None:
    copies = [near(1, 2), near(2, 3), near(1, 3)]
    larger_crop = [Edge(n, 4, 0.97, 0.6, 1.0, Channel.VISUAL) for n in (1, 2, 3)]
    smaller_crop = [shows(n, 5, part=0.3) for n in (1, 2, 3)]
    told = grouping(stills(1, 2, 3, 4, 5), copies + larger_crop + smaller_crop, [])
    assert told.groups == ((1, 2, 3, 4, 5),)


def test_two_crops_that_overlap_belong_to_what_they_are_cut_out_of() -> None:
    cut = [Edge(1, 2, 0.97, 0.6, 1.0, Channel.VISUAL), shows(1, 3, part=0.3)]
    overlap = Edge(2, 3, 0.8, 0.1, 0.2, Channel.VISUAL)
    assert grouping(stills(1, 2, 3), [*cut, overlap], []).groups == ((1, 2, 3),)
    assert grouping(stills(1, 2, 3), cut, []).groups == ((1, 2), (3,))


def test_pieces_that_overlap_belong_to_what_they_are_cut_out_of() -> None:
    """Halves of a recording, each a little later than the one before."""
    halves = [shows(1, n, part=0.5) for n in (2, 3, 4)]
    told = grouping(films(1, 2, 3, 4), halves, [])
    assert told.groups == ((1,), (2,), (3,), (4,))
    overlaps = [Edge(n, n + 1, 0.9, 0.6, 0.5, Channel.AUDIO) for n in (2, 3)]
    told = grouping(films(1, 2, 3, 4), [*halves, *overlaps], [])
    assert told.groups == ((1, 2, 3, 4),)


def test_a_screenshot_of_two_copies_of_one_picture_belongs_to_them() -> None:
    told = grouping(stills(1, 2, 3), [near(1, 2), shows(3, 1), shows(3, 2)], [])
    assert told.groups == ((1, 2, 3),)


def test_a_still_of_a_film_is_linked_across_media() -> None:
    across = Edge(1, 2, 0.99, 1.0, 0.01, Channel.VISUAL, is_across=True)
    told = grouping([*stills(1), *films(2)], [across], [])
    assert told.groups == ((1,), (2,))
    assert told.links == {(0, 1): Tie.ACROSS}


def test_a_score_below_a_match_ties_nothing() -> None:
    told = grouping(stills(1, 2), [near(1, 2, score=0.59)], [])
    assert told.groups == ((1,), (2,))
    assert not told.links


def test_what_a_reviewer_set_apart_is_cut_where_it_hangs_together_least() -> None:
    chain = [near(1, 2, 0.99), near(2, 3, 0.7), near(3, 4, 0.98)]
    told = grouping(stills(1, 2, 3, 4), chain, [pin(1, 4, Wish.APART)])
    assert told.groups == ((1, 2), (3, 4))
    assert told.links == {(0, 1): Tie.NEAR}


def test_what_a_reviewer_put_together_stays_so_whatever_is_found() -> None:
    told = grouping(stills(1, 2), [], [pin(1, 2, Wish.TOGETHER)])
    assert told.groups == ((1, 2),)


def test_the_latest_word_on_a_pair_holds() -> None:
    words = [pin(1, 2, Wish.APART, 5), pin(1, 2, Wish.TOGETHER, 1)]
    assert grouping(stills(1, 2), [near(1, 2)], words).groups == ((1,), (2,))
    words.append(pin(1, 2, Wish.TOGETHER, 9))
    assert grouping(stills(1, 2), [near(1, 2)], words).groups == ((1, 2),)


EDGES = st.builds(
    lambda pair, score, one, other, across: Edge(
        min(pair), max(pair), score, one, other, Channel.VISUAL, is_across=across
    ),
    st.sets(st.integers(1, 9), min_size=2, max_size=2),
    st.sampled_from([0.3, 0.61, 0.7, 0.8, 0.9, 0.99]),
    st.sampled_from([0.05, 0.2, 0.4, 0.6, 0.8, 1.0]),
    st.sampled_from([0.05, 0.2, 0.4, 0.6, 0.8, 1.0]),
    st.booleans(),
)


@given(st.lists(EDGES, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_the_outcome(
    edges: list[Edge], chance: random.Random
) -> None:
    nodes = stills(*range(1, 10))
    shuffled_nodes, shuffled = list(nodes), list(edges)
    chance.shuffle(shuffled_nodes)
    chance.shuffle(shuffled)
    assert grouping(shuffled_nodes, shuffled, []) == grouping(nodes, edges, [])


@given(
    st.lists(EDGES, max_size=20),
    st.lists(st.sets(st.integers(1, 9), min_size=2, max_size=2).map(sorted), max_size=3),
)
def test_what_was_set_apart_is_never_in_one_group(
    edges: list[Edge], pairs: list[list[int]]
) -> None:
    pins = [pin(one, other, Wish.APART) for one, other in pairs]
    told = grouping(stills(*range(1, 10)), edges, pins)
    for group in told.groups:
        assert not any({one, other} <= set(group) for one, other in pairs)


@given(st.lists(EDGES, max_size=20))
def test_numbers_are_names_and_decide_nothing(edges: list[Edge]) -> None:
    """Contents are numbered as they arrive: another order gives them other numbers."""
    turned = [
        replace(
            e, one=10 - e.other, other=10 - e.one, one_share=e.other_share, other_share=e.one_share
        )
        for e in edges
    ]
    usual = {frozenset(g) for g in grouping(stills(*range(1, 10)), edges, []).groups}
    others = grouping(stills(*range(1, 10)), turned, []).groups
    assert {frozenset(10 - n for n in g) for g in others} == usual


def test_the_original_stands_for_its_disguises() -> None:
    nodes = stills(1, 2, 3, 4)
    edges = [Edge(1, 2, 0.9, 0.6, 0.9, Channel.VISUAL), shows(3, 2), shows(4, 2)]
    how_much = shown([1, 2, 3, 4], edges)
    assert representative(replace(node, shown=how_much[node.number]) for node in nodes) == 2


def test_of_equal_ones_the_finer_stands_for_the_rest() -> None:
    nodes = [replace(node, quality=float(node.number)) for node in stills(1, 2)]
    assert representative(nodes) == 2
    kept = [nodes[0], replace(nodes[1], is_upload=False)]
    assert representative(kept) == 1


def test_how_much_is_shown_counts_what_is_of_the_same_group() -> None:
    assert shown([1, 2], [near(1, 2), near(2, 3)]) == {
        1: pytest.approx(0.97 * 0.9),
        2: pytest.approx(0.97 * 0.9),
    }
