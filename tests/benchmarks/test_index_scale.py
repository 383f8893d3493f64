"""What is said of an index's cost is what was measured."""

import numpy as np
from benchmarks.index_churn import Event, quantiles
from benchmarks.index_data import flipped
from benchmarks.index_scale import IndexRow, costs
from benchmarks.rows import Stamp

STAMP = Stamp("set", "abc", "machine")


def row(system: str, rows: int, seconds: float, wanted: int, found: int) -> IndexRow:
    return IndexRow(system, "hashes", rows, 1, seconds, wanted, found, 10, 20, 5.0, STAMP)


def test_cost_is_told_by_system_and_size() -> None:
    rows = [
        *(row("a", 10, 0.001 * n, 2, 1) for n in range(1, 102)),
        row("a", 99, 1.0, 0, 0),
        row("b", 10, 0.5, 4, 4),
    ]
    found = costs(rows)
    assert set(found) == {("a", 10), ("a", 99), ("b", 10)}
    assert np.isclose(found["a", 10].p50, 0.051)
    assert np.isclose(found["a", 10].p95, 0.096)
    assert (found["a", 10].recall, found["a", 99].recall, found["b", 10].recall) == (0.5, 1.0, 1.0)
    assert (found["b", 10].queries, found["a", 10].queries) == (1, 101)


def test_quantiles_are_told_by_phase() -> None:
    events = [Event("idle", "search", float(n), STAMP) for n in range(101)]
    events.append(Event("ingest", "search", 3.0, STAMP))
    assert quantiles(events) == {
        ("idle", "search"): (101, 50.0, 99.0, 100.0),
        ("ingest", "search"): (1, 3.0, 3.0, 3.0),
    }


def test_bits_are_changed_in_every_band() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 256, 32, np.uint8)
    for bits in (0, 8, 20, 31, 40):
        apart = np.bitwise_count((code ^ flipped(code, bits, rng)).view(np.uint16))
        assert apart.sum() == bits
        assert apart.max() - apart.min() <= 1
