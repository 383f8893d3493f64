"""From raw rows to the numbers of the report, on rows that can be counted by hand."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.goals import goals
from benchmarks.localisation import Stretch
from benchmarks.rows import Row, Stamp, append, path_for
from benchmarks.run_speed import Timing
from benchmarks.summary import (
    at_cut,
    by_family,
    localised,
    quantile,
    ranking,
    segment_precision,
    within,
)

TRUE = Row(
    system="reseen",
    kind="sound",
    half="report",
    query="a~trim",
    source="a",
    reference="a",
    attack="trim",
    family="cut",
    truth=True,
    score=0.9,
    stamp=Stamp("set", "commit", "machine"),
    confidence="high",
    segments=(Stretch((0.0, 5.0), (10.1, 15.1), 0.9, offset=10.1, channel="audio"),),
    copied=(Stretch((0.0, 5.0), (10.0, 15.0)),),
)
WEAK = replace(
    TRUE, query="b~noise", source="b", reference="b", attack="noise", family="noise", score=0.2
)
FALSE = replace(
    TRUE, query="a~trim", reference="b", truth=False, score=0.4, confidence="low", segments=()
)
FALSE = replace(FALSE, copied=())
ROWS = [TRUE, replace(WEAK, confidence="none", segments=()), FALSE]


def test_a_ranking_counts_queries_pairs_and_what_lies_above_the_best_false_pair() -> None:
    found = ranking("reseen", ROWS)
    assert (found.queries, found.true_pairs, found.false_pairs) == (2, 2, 1)
    assert (found.at_zero_false.value, found.threshold) == (0.5, 0.4)


def test_families_name_the_attacks_that_were_missed() -> None:
    families = {family.name: family for family in by_family(ROWS)}
    assert families["cut"].recall.value == 1.0
    assert families["noise"].missed == ("noise",)


def test_at_its_own_cut_a_system_is_taken_at_its_word() -> None:
    recall, false = at_cut(ROWS)
    assert (recall.value, false) == (0.5, 0)
    recall, false = at_cut([replace(row, confidence="") for row in ROWS], cut=0.1)
    assert (recall.value, false) == (1.0, 1)


def test_only_pairs_above_the_best_false_one_are_localised() -> None:
    [item] = localised(ROWS)
    assert item.attack == "trim"
    assert item.iou == pytest.approx(4.9 / 5.1)
    assert item.offset == pytest.approx(0.1)
    assert item.start == pytest.approx(0.1)
    assert item.end == pytest.approx(0.1)


def test_a_true_stretch_without_a_finding_counts_against_us() -> None:
    twice = replace(TRUE, copied=(*TRUE.copied, Stretch((20.0, 25.0), (40.0, 45.0))))
    assert [item.iou > 0 for item in localised([twice])] == [True, False]
    assert within([twice], 1.0).value == 0.5
    assert segment_precision([twice]) == pytest.approx(0.5, abs=0.02)


def test_a_finding_without_a_clock_has_no_offset_error() -> None:
    [item] = localised([replace(TRUE, segments=(replace(TRUE.segments[0], offset=None),))])
    assert math.isnan(item.offset)
    assert math.isnan(quantile([item.offset], 0.5))
    assert quantile([1.0, math.nan, 3.0], 0.5) == 2.0


def test_the_report_states_recall_sizes_and_what_was_missed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the plots need the bench requirements")
    from benchmarks import report

    append(path_for("sound", "set", tmp_path), ROWS)
    page = report.build("set", tmp_path, tmp_path / "page", "python -m benchmarks").read_text()
    assert "| Sound | 2 | 2 | 2 | 0 | 1 |" in page
    assert "**0.500**" in page
    assert "| noise | 1 of 1 | 0.20 |" in page
    assert (tmp_path / "page" / "sound-iou.svg").stat().st_size > 1000


def test_the_same_rows_give_the_same_report(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the plots need the bench requirements")
    from benchmarks import report

    append(path_for("sound", "set", tmp_path), ROWS)
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        report.build("set", tmp_path, folder, "python -m benchmarks")
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]


def test_goals_are_held_against_what_was_measured() -> None:
    stamp = Stamp("set", "commit", "machine")
    timings = [
        Timing("video", 2.0, 2.5, 60.0, 3, stamp),
        Timing("vPDQ", 5.0, 6.0, 60.0, 3, stamp),
        Timing("server at rest", 0.0, 0.0, 0.0, 1, stamp, bytes=700_000_000),
    ]
    found = {goal.name: goal for goal in goals({"sound": ROWS}, timings)}
    assert found["sound: recall at zero false pairs"].measured == 0.5
    assert not found["sound: recall at zero false pairs"].reached
    assert found["video and its sound, times real time a core"].measured == 30.0
    assert found["the same, times as fast as vPDQ"].measured == 2.5
    assert not found["the same, times as fast as vPDQ"].reached
    assert found["server at rest, resident MB"].measured == 700.0
    assert "pictures: recall at zero false pairs" not in found
