from pathlib import Path

import numpy as np
import pytest
from benchmarks.negatives import Stranger, poisson, read, strangers, worst
from benchmarks.run_negatives import main, without
from benchmarks.synthetic import picture
from PIL import Image

ROWS = [
    Stranger("a.jpg", "", 1000, (("b.jpg", 0.95), ("c.jpg", 0.61))),
    Stranger("b.jpg", "", 1000, ()),
    Stranger("a.jpg", "caption", 500, (("d.jpg", 0.7),)),
]


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 2.996), (1, 0.0253, 5.572), (10, 4.795, 18.390)]
)
def test_the_interval_of_a_count_is_that_of_the_tables(
    events: int, low: float, high: float
) -> None:
    assert poisson(events) == pytest.approx((low, high), abs=2e-3)


def test_pairs_are_counted_by_frame_and_rates_follow_from_them() -> None:
    plain, framed = strangers(ROWS, 0.6)
    assert (plain.queries, plain.pairs, plain.false, plain.queries_hit) == (2, 2000, 2, 1)
    assert plain.rate.value == pytest.approx(0.001)
    assert plain.at_a_million.value == pytest.approx(1000.0)
    assert (framed.frame, framed.pairs, framed.false) == ("caption", 500, 1)
    assert strangers(ROWS, 0.9)[1].at_a_million.high == pytest.approx(2.996 / 500 * 1e6, rel=1e-3)


def test_the_worst_come_first_and_what_is_one_picture_is_left_out() -> None:
    assert [(score, name) for score, _, name in worst(ROWS, 2)] == [(0.95, "b.jpg"), (0.7, "d.jpg")]
    left = without(ROWS, frozenset({frozenset(("b.jpg", "a.jpg"))}))
    assert left[0].found == (("c.jpg", 0.61),)
    assert strangers(left, 0.9)[0].false == 0


def test_two_files_of_one_picture_are_found_and_strangers_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "rows.jsonl"
    corpus.mkdir()
    for seed in range(4):
        drawn = Image.fromarray(picture(np.random.default_rng(seed)))
        drawn.save(corpus / f"drawn-{seed}.png")
    Image.open(corpus / "drawn-0.png").save(corpus / "again.jpg", quality=60)
    main(["--corpus", str(corpus), "--out", str(out), "--sheet", str(tmp_path / "sheet")])
    rows = list(read(out))
    found = {Path(row.query).name: [Path(name).name for name, _ in row.found] for row in rows}
    assert found["again.jpg"] == ["drawn-0.png"]
    assert found["drawn-3.png"] == []
    assert {row.held_against for row in rows} == {4}
    assert '"false": 2' in capsys.readouterr().out
    assert len(list((tmp_path / "sheet").iterdir())) == 2
