"""What the search report says is what the rows say."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from benchmarks.index_churn import Event
from benchmarks.index_scale import IndexRow
from benchmarks.rows import Stamp
from benchmarks.run_ingest import Filled, doubled
from benchmarks.search_goals import (
    FAISS,
    HOURS,
    MILLION,
    OURS,
    WINDOWS,
    Killed,
    Measured,
    goals,
)
from benchmarks.search_measure import SIZES, Step, steps, told
from benchmarks.search_rows import events
from benchmarks.searched import Searched
from benchmarks.truth_scale import CallRow

from benchmarks import search_figures as figures

STAMP = Stamp("set", "abc", "machine")
SEARCHED = Searched(
    query="q",
    family="f",
    absent=False,
    size=100_000,
    pair=0.9,
    found=0.9,
    false=0.0,
    describe=0.1,
    search=0.2,
    index=0.02,
    truth=0.03,
    looked_at=8,
)
FILLED = Filled("media", 1, 100, 0, 4.0, 0.25, 1.0, 0.0, 0.1, 1, STAMP)


def row(system: str, rows: int, seconds: float, found: int = 1, resident: int = 10) -> IndexRow:
    return IndexRow(system, "x", rows, 1, seconds, 1, found, resident, 20, 5.0, STAMP)


def event(phase: str, what: str, value: float) -> Event:
    return Event(phase, what, value, STAMP)


def met(measured: Measured) -> list[tuple[float, bool]]:
    return [(round(one.measured, 6), one.reached) for one in goals(measured)]


def test_nothing_is_promised_of_what_was_not_measured() -> None:
    small = Measured(
        hashes=[row(OURS, 1000, 0.1)],
        descriptors=[row(OURS, 1000, 0.1)],
        sound=[row(OURS, 1000, 0.1)],
        searched=[replace(SEARCHED, size=1000)],
        load=[event("ingest", "search", 1.0)],
        filled=[FILLED],
    )
    assert goals(Measured()) == goals(small) == []


def test_recall_may_be_lower_than_that_of_pairs_by_a_hundredth() -> None:
    lost = replace(SEARCHED, found=0.1)
    assert met(Measured(searched=[SEARCHED] * 99 + [lost])) == [(0.01, True)]
    assert met(Measured(searched=[SEARCHED] * 98 + [lost] * 2)) == [(0.02, False)]


def test_films_and_sound_are_held_against_their_pairs_apart() -> None:
    film = replace(SEARCHED, what="film", windows=WINDOWS)
    sound, still = replace(film, what="dubbed film"), replace(film, what="still of a film")
    rows = [film, film, sound, replace(still, found=0.1, false=0.7)]
    assert met(Measured(media=rows)) == [(0.333333, False), (0.0, True), (1.0, False)]
    assert goals(Measured(media=[replace(film, windows=WINDOWS - 1)])) == []


def test_a_whole_search_includes_describing_the_query() -> None:
    [goal] = goals(Measured(searched=[replace(SEARCHED, size=MILLION)]))
    assert (round(goal.measured, 6), goal.reached) == (300.0, False)


def test_hashes_are_held_against_the_scan_of_the_same_size() -> None:
    rows = [
        row(OURS, 10 * MILLION, 0.01, resident=2 * 10**9),
        row(FAISS, 10 * MILLION, 0.015),
        row(FAISS, MILLION, 0.001),
    ]
    assert met(Measured(hashes=rows)) == [(1.0, True), (2.0, True), (1.5, True)]


def test_of_several_sizes_the_largest_counts() -> None:
    rows = [row(OURS, MILLION, 0.02), row(OURS, 2 * MILLION, 0.03)]
    assert met(Measured(descriptors=rows)) == [(30.0, False)]
    assert met(Measured(sound=[row(OURS, HOURS, 0.149)])) == [(149.0, True)]


def test_the_longest_wait_counts_and_memory_may_not_grow() -> None:
    churn = [
        event("idle", "searchable", 0.1),
        event("ingest", "searchable", 1.2),
        event("churn", "resident", 100.0),
        event("churn", "resident", 104.0),
    ]
    load = [event("ingest", "gone", 0.5)]
    expected = [(1.2, False), (0.5, True), (1.04, True)]
    assert met(Measured(churn=churn, load=load)) == expected


def test_load_is_told_in_times_of_rest() -> None:
    load = [event("idle", "search", 0.1), event("ingest", "search", 0.2)]
    load.append(event("rebuild", "search", 0.4))
    assert met(Measured(load=load)) == [(2.0, True), (4.0, False)]


def test_ingest_is_held_against_as_many_times_one_core() -> None:
    two = replace(FILLED, cores=2, rate=6.0)
    hashes = replace(FILLED, name="hashes", cores=2, rate=9000.0)
    assert met(Measured(filled=[FILLED, two, hashes])) == [(0.75, False)]
    assert figures.rates([FILLED, two, hashes]) == {
        "measured": [(1.0, 4.0), (2.0, 6.0)],
        "cores x one": [(0.0, 0.0), (1.0, 4.0), (2.0, 8.0)],
        "goal: four fifths of it": [(0.0, 0.0), (1.0, 3.2), (2.0, 6.4)],
    }
    assert met(Measured(faults=Killed(100, 1))) == [(1.0, False)]


def test_rows_of_an_earlier_commit_give_way() -> None:
    new = replace(row(OURS, 10, 2.0), stamp=replace(STAMP, commit="def"))
    other = row(OURS, 20, 3.0)
    assert figures.newest([row(OURS, 10, 1.0), other, new]) == [other, new]


def test_ours_is_drawn_first_and_a_tail_follows_its_line() -> None:
    rows = [row("a", 10, 0.1), row(OURS, 10, 0.2), row(OURS, 20, 0.4)]
    lines = figures.waits(rows, scale=0.5)
    assert list(lines) == [OURS, f"{OURS}, p95", "a", "a, p95"]
    assert lines[OURS] == [(5.0, 200.0), (10.0, 400.0)]


def test_parts_of_a_search_add_up() -> None:
    parts = figures.parts_of_search([SEARCHED, replace(SEARCHED, search=0.4)])
    assert {name: pytest.approx(values) for name, values in parts.items()} == {
        "describing the query": [100.0],
        "index": [20.0],
        "truth": [30.0],
        "looking closely": [250.0],
    }


def test_phases_come_in_their_order() -> None:
    rows = [event("rebuild", "search", 0.3), event("idle", "search", 0.1)]
    rows.append(event("idle", "searchable", 9.0))
    order = ["idle", "ingest", "rebuild"]
    assert figures.phases_of(rows, "search", order) == ["idle", "rebuild"]
    assert figures.by_phase(rows, "search", order)["median"] == [100.0, 300.0]


def test_calls_of_the_truth_are_told_by_size() -> None:
    wanted = CallRow("add one", 1000, 0.002, 0.001, 5, STAMP)
    rows = [wanted, replace(wanted, references=100, seconds=0.001), replace(wanted, what="get")]
    assert figures.calls(rows) == {"add one": [(100, 1.0), (1000, 2.0)]}


def test_events_of_an_earlier_run_are_left_out(tmp_path: Path) -> None:
    old, new = event("idle", "search", 1.0), event("idle", "search", 2.0)
    new = replace(new, stamp=replace(STAMP, commit="def"))
    file = tmp_path / "load.jsonl"
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in (old, new)))
    assert events(file) == [new]


def test_every_core_count_is_a_step() -> None:
    assert [doubled(n) for n in (1, 2, 3, 8)] == [[1], [1, 2], [1, 2, 3], [1, 2, 4, 8]]


def test_a_command_is_told_without_folders_of_this_machine(tmp_path: Path) -> None:
    for size in SIZES.values():
        for words in steps(size, tmp_path, [Path("/home/someone")]).values():
            said = told(words)
            assert said.startswith("python -m benchmarks.")
            assert "/" not in said
    assert Step.read(tmp_path) is None
