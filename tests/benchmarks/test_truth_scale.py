"""What is said of the cost of the truth is what was measured."""

from pathlib import Path

import numpy as np
from benchmarks.rows import Stamp
from benchmarks.truth_scale import CallRow, costs, run, table

STAMP = Stamp("set", "abc", "machine")


def row(what: str, references: int, seconds: float) -> CallRow:
    return CallRow(what, references, seconds, seconds / 2, 9, STAMP)


def test_cost_is_told_by_call_and_size() -> None:
    rows = [
        *(row("get", 10, 0.001 * n) for n in range(1, 102)),
        row("get", 99, 1),
        row("list", 10, 2),
    ]
    found = costs(rows)
    assert set(found) == {("get", 10), ("get", 99), ("list", 10)}
    assert np.isclose(found["get", 10].ms, 51)
    assert np.isclose(found["get", 10].cpu_ms, 25.5)
    assert np.isclose(found["get", 10].longest_ms, 101)
    assert found["get", 10].calls == 101
    assert table(found).splitlines() == [
        "| call | 10 | 99 |",
        "|---|---|---|",
        "| get | 25.5, 51.0, 101 | 500.0, 1000.0, 1000 |",
        "| list | 1000.0, 2000.0, 2000 |  |",
    ]


def test_every_call_of_a_run_is_measured(tmp_path: Path) -> None:
    rows = list(run(tmp_path, [2000]))
    asked = {row.what for row in rows}
    assert {"list: rare label", "delete one", "sweep 250", "add beside a sweep"} <= asked
    assert all(row.seconds > 0 and row.references == 2000 for row in rows)
