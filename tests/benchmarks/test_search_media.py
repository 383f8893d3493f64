"""What a search for films and sound loses and costs, summed up from hand-made rows; and what its
bank is filled with.
"""

import json
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from benchmarks.index_data import recording
from benchmarks.localisation import Stretch
from benchmarks.media_bank import FRAMES, SCENES, film_blocks
from benchmarks.run_search_media import placed
from benchmarks.searched import Searched, summary

from reseen.index.quad_windows import quad_windows

ROW = Searched(
    query="a~trim",
    what="film",
    family="cut",
    absent=False,
    size=100,
    windows=10,
    pair=0.9,
    found=0.9,
    false=0.1,
    segments=2,
    placed_alone=2,
    placed=2,
    describe=0.1,
    search=0.2,
    index=0.02,
    truth=0.01,
    looked_at=8,
    wall=0.3,
)


def test_pairs_and_segments_that_the_search_loses_are_counted() -> None:
    rows = [ROW, replace(ROW, found=0.5, placed=0), replace(ROW, found=0.88, placed=1)]
    [one] = summary(rows)
    assert (one.lost, one.worse, one.queries) == (1, 2, 3)
    assert one.found == pytest.approx(2 / 3)
    assert (one.placed_alone, one.placed) == (1.0, 0.5)
    assert one.closely_p50 == pytest.approx(0.17)


def test_a_summary_is_told_as_a_line_of_json() -> None:
    [one] = summary([replace(ROW, search=1 / 3)])
    told = json.loads(one.line())
    assert (told["what"], told["queries"], told["search_p50"]) == ("film", 1, 0.3333)


def test_a_pair_that_is_faint_alone_is_not_said_to_be_told_worse() -> None:
    [one] = summary([replace(ROW, pair=0.1, found=0.0)])
    assert (one.lost, one.worse) == (0, 0)


def test_absent_queries_count_for_times_and_false_answers_only() -> None:
    absent = replace(ROW, absent=True, pair=0.0, found=0.0, false=0.7, segments=0, placed=0)
    [one] = summary([ROW, replace(absent, placed_alone=0, search=0.4)])
    assert (one.pairs, one.found, one.false, one.placed) == (1.0, 1.0, 1, 1.0)
    assert one.search_p50 == pytest.approx(0.3)


def test_each_kind_of_query_and_each_size_is_summed_by_itself() -> None:
    found = summary([ROW, replace(ROW, what="sound"), replace(ROW, size=1000)])
    assert [(one.what, one.size) for one in found] == [
        ("film", 100),
        ("film", 1000),
        ("sound", 100),
    ]


def test_a_segment_is_in_its_place_with_all_ends_true_to_a_second() -> None:
    truth = Stretch((2.0, 8.0), (12.0, 18.0))
    near = Stretch((2.9, 8.0), (12.9, 18.4))
    late = Stretch((3.2, 8.0), (13.2, 18.0))
    assert placed([truth], [near]) == 1
    assert placed([truth], [late]) == 0
    assert placed([truth], []) == 0


def test_a_still_is_in_its_place_at_its_moment() -> None:
    truth = Stretch((0.0, 0.0), (7.0, 7.0))
    assert placed([truth], [Stretch((0.0, 0.0), (6.5, 9.0))]) == 1
    assert placed([truth], [Stretch((0.0, 0.0), (8.5, 9.0))]) == 0


def test_frames_of_a_synthetic_film_look_like_their_scene_and_films_unlike_each_other() -> None:
    real = np.random.default_rng(1).integers(-90, 90, (40, 32)).astype(np.int8)
    one, other = (film.astype(np.float64) for film in islice(film_blocks(real), 2))
    one, other = (film / np.linalg.norm(film, axis=1, keepdims=True) for film in (one, other))
    scenes = one.reshape(SCENES, FRAMES, -1)
    within = np.einsum("sid,sjd->sij", scenes, scenes)
    assert within.mean() > 0.75
    assert (one @ other.T).mean() < 0.5


def test_windows_of_a_recording_are_those_that_it_was_made_of() -> None:
    windows = [np.array([[9, 60], [3, 1940]], np.uint32), np.array([[5, 903]], np.uint32)]
    numbers, keys = quad_windows(recording(windows))
    assert numbers.tolist() == [0, 1]
    assert [k.tolist() for k in keys] == [[[3, 1940], [9, 60]], [[5, 903]]]
