"""The trial's figures on small cases worked out by hand, and the table made of them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from benchmarks.attacks.pictures import ATTACKS
from training.measure import UNSEEN, measured
from training.table import by_family, may_ship, newest, page, thinned
from training.trial import Shown

from training import columns

SHOWN = [
    Shown("a"),
    Shown("b"),
    Shown("stranger"),
    Shown("a", "jpeg 30", "codec"),
    Shown("b", "jpeg 30", "codec"),
    Shown("a", "noise", "degrade"),
    Shown("b", "random 2", "chain"),
    Shown("c", "noise", "degrade", absent=True),
]


def vectors(falsest: float) -> npt.NDArray[np.float32]:
    """References on three axes; queries at cosines .9, .8, .5 and .7 to their own; the absent one
    at ``falsest`` to the stranger.
    """
    rows = [np.eye(4)[0], np.eye(4)[1], np.eye(4)[2]]
    for axis, cosine in ((0, 0.9), (1, 0.8), (0, 0.5), (1, 0.7), (2, falsest)):
        rows.append(cosine * np.eye(4)[axis] + (1 - cosine**2) ** 0.5 * np.eye(4)[3])
    return np.array(rows, np.float32)


def test_recall_is_counted_above_the_best_false_pair_of_all_queries() -> None:
    found = measured("m", vectors(0.6), SHOWN)
    assert (found.references, found.queries, found.copies, found.width) == (3, 5, 4, 4)
    assert found.highest_false == pytest.approx(0.6, abs=0.01)
    assert found.clear == pytest.approx(3 / 4)
    assert found.low < found.clear < found.high
    assert (found.clear_seen, found.clear_unseen, found.clear_chains) == (1.0, 0.0, 1.0)
    # At .5 and above one of five answers is false; the lowest that is sure is at .7.
    assert found.sure == pytest.approx(3 / 4)
    assert found.families == {"chain": (1, 1), "codec": (2, 2), "degrade": (0, 1)}
    every = measured("m", vectors(0.1), SHOWN)
    assert every.sure == 1
    assert every.families == {"chain": (1, 1), "codec": (2, 2), "degrade": (1, 1)}
    assert measured("m", vectors(0.95), SHOWN).families["codec"] == (0, 2)


def test_precision_falls_with_the_false_pairs_above() -> None:
    assert measured("m", vectors(0.1), SHOWN).precision == pytest.approx(1.0)
    # Ranked: .95 false, then .9, .8, .7, .5: precisions 1/2 to 4/5, a quarter of recall each.
    found = measured("m", vectors(0.95), SHOWN)
    assert found.precision == pytest.approx((1 / 2 + 2 / 3 + 3 / 4 + 4 / 5) / 4)
    assert found.clear == 0
    # Of unknown kinds: the noisy copy at .5, below the absent one.
    assert found.precision_unseen == pytest.approx(1 / 2)


def test_codes_of_8_bits_change_little() -> None:
    rough = measured("m", vectors(0.6), SHOWN)
    fine = measured("m", vectors(0.6), SHOWN, codes=False)
    assert rough.precision == fine.precision
    assert rough.highest_false == pytest.approx(fine.highest_false, abs=0.01)


def test_unknown_kinds_are_attacks_that_there_are() -> None:
    assert {attack.name for attack in ATTACKS} >= UNSEEN


def row(model: str, **figures: float) -> dict[str, Any]:
    plain = dict.fromkeys(
        ("clear", "low", "high", "sure", "precision", "clear_unseen", "precision_unseen",
         "clear_seen", "precision_seen", "clear_chains"), 0.9,
    )  # fmt: skip
    sizes = {"width": 256, "references": 3000, "queries": 4000, "copies": 2700}
    return {"model": model, **sizes, "families": {"crop": [9, 10]}, **plain, **figures}


def test_a_student_ships_only_when_no_figure_is_below_the_peers() -> None:
    peer = row("sscd_distilled")
    assert may_ship(row("s"), peer)
    assert may_ship(row("s", clear=0.95), peer)
    for figure in ("clear", "precision", "clear_unseen", "precision_unseen"):
        assert not may_ship(row("s", **{figure: 0.899}), peer)


def test_the_page_says_so() -> None:
    peers = {"sscd": row("sscd"), "sscd_distilled": row("sscd_distilled")}
    weak = page({**peers, "w": row("w", clear=0.5)}, {}, {})
    assert "none ships" in weak
    assert "may ship" not in weak
    strong = page({**peers, "w": row("w", clear=0.5), "s": row("s", clear=0.99)}, {}, {})
    assert "`s` equals or beats" in strong
    assert "| crop | 10 | 0.90 | 0.90 | 0.90 |" in strong
    assert len(by_family([row("a"), row("b")])[0].split("|")) == 6


def test_collections_held_out_whole_count_as_well() -> None:
    rows = {name: row(name) for name in ("sscd", "sscd_distilled", "s")}
    assert "may ship" in page(rows, {}, rows)
    weaker = {**rows, "s": row("s", precision=0.8)}
    assert "none ships" in page(rows, {}, weaker)
    assert "none ships" in page(rows, {}, {k: rows[k] for k in ("sscd", "sscd_distilled")})


def test_runs_are_told_apart_by_what_they_were_told() -> None:
    def log(koleo: float, first: float) -> list[dict[str, Any]]:
        config = {"seed": 7, "loss": {"koleo": koleo}, "fit": {"steps": int(first * 100)}}
        tune = {"what": "tune", "step": 100, "of": "average", "first": first, "clear": 0.1}
        return [{"what": "config", "step": 0, "config": config}, tune]

    peers = {"sscd": row("sscd"), "sscd_distilled": row("sscd_distilled")}
    text = page(peers, {"full": log(0.3, 0.7), "flat": log(0.0, 0.6)}, {})
    assert "| full |  | 100 | average | 0.700 | 0.100 |" in text
    assert "| flat | loss.koleo = 0.0 | 100 | average | 0.600 | 0.100 |" in text


def test_the_newest_row_of_a_model_counts_and_logs_are_thinned() -> None:
    rows = newest([row("a", clear=0.1), row("b"), row("a", clear=0.2)])
    assert [rows["a"]["clear"], *rows] == [0.2, "a", "b"]
    steps = [{"what": "step", "step": k} for k in range(60)]
    assert [r["step"] for r in thinned([*steps, {"what": "tune", "step": 59}])] == [0, 25, 50, 59]


def test_rows_are_added_and_half_a_row_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "rows.f32"
    assert columns.read(file, 3, np.float32).shape == (0, 3)
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    columns.add(file, rows)
    columns.add(file, np.array([1.0], np.float32))
    assert columns.count(file, 3, np.float32) == 4
    columns.cut(file, 4, 3, np.float32)
    columns.add(file, rows[:1])
    assert columns.read(file, 3, np.float32).tolist() == [*rows.tolist(), rows[0].tolist()]
