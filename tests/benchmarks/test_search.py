"""What a search loses and costs, summed up from hand-made rows."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.searched import Searched, read, summary

ROW = Searched(
    query="a~blur",
    family="degrade",
    absent=False,
    size=100,
    pair=0.9,
    found=0.9,
    false=0.1,
    describe=0.1,
    search=0.2,
    index=0.02,
    truth=0.01,
    looked_at=8,
)


def test_a_pair_that_only_one_way_finds_is_lost_or_gained() -> None:
    rows = [
        ROW,
        replace(ROW, found=0.5),
        replace(ROW, pair=0.5, found=0.7),
        replace(ROW, pair=0.1, found=0.0),
    ]
    [one] = summary(rows)
    assert (one.pairs, one.found, one.lost, one.gained) == (0.5, 0.5, 1, 1)


def test_absent_queries_count_for_times_and_false_answers_only() -> None:
    rows = [ROW, replace(ROW, absent=True, pair=0.0, found=0.0, false=0.7, search=0.4)]
    [one] = summary(rows)
    assert (one.pairs, one.found, one.false, one.queries) == (1.0, 1.0, 1, 2)
    assert one.search_p50 == pytest.approx(0.3)


def test_each_size_is_summed_by_itself() -> None:
    small, large = summary([replace(ROW, size=1000, found=0.2), ROW])
    assert (small.size, small.lost) == (100, 0)
    assert (large.size, large.lost) == (1000, 1)


def test_a_line_that_was_cut_off_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"query": "cut')
    assert read(file) == []
