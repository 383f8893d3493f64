"""Who plays which part, and that runs go on where they stopped."""

from pathlib import Path

import pytest
from benchmarks.datasets import (
    CALIBRATION,
    PICTURE,
    REPORT,
    SOUND,
    Counts,
    Item,
    corpora_of,
    deal,
    find,
    half_of,
)
from benchmarks.localisation import Stretch
from benchmarks.pool import Query, plan, run
from benchmarks.rows import ATTACK_SOURCES, ROOT, Row, Stamp, append, measured, read

ROW = Row(
    system="reseen",
    kind=SOUND,
    half=REPORT,
    query="a~trim",
    source="a",
    reference="a",
    attack="trim",
    family="cut",
    truth=True,
    score=0.9,
    stamp=Stamp("set", "commit", "machine"),
    segments=(Stretch((0.0, 5.0), (10.0, 15.0), 0.9, offset=10.0, channel="audio"),),
    copied=(Stretch((0.0, 5.0), (10.0, 15.0)),),
)


def items(count: int) -> list[Item]:
    return [Item(Path(f"{i}.png"), PICTURE, group=str(i), origin=str(i)) for i in range(count)]


def test_parts_do_not_overlap_and_come_from_one_half() -> None:
    dataset = deal(items(80), "set", REPORT, Counts(10, 8, 20, 4))
    parts = (dataset.originals, dataset.absent, dataset.distractors, dataset.fillers)
    assert [len(part) for part in parts] == [10, 8, 20, 4]
    assert len({item.path for part in parts for item in part}) == 42
    disguised = dataset.originals + dataset.absent + dataset.fillers
    assert {half_of(item.group) for item in disguised} == {REPORT}


def test_a_small_corpus_still_has_every_part() -> None:
    dataset = deal(items(20), "set", CALIBRATION, Counts(60, 60, 1000, 20))
    assert dataset.originals
    assert dataset.absent
    assert dataset.fillers


def test_every_source_gives_one_file_before_any_gives_two() -> None:
    one = [Item(Path(f"a{i}.png"), PICTURE, group="a", origin="a") for i in range(9)]
    other = [Item(Path("b.png"), PICTURE, group="a", origin="b")]
    dataset = deal([*one, *other], "set", half_of("a"), Counts(2, 0, 0, 0))
    assert {item.origin for item in dataset.originals} == {"a", "b"}


def test_a_manifest_names_kind_role_and_source(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.ogg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "manifest.csv").write_text(
        "path,kind,role,package\n"
        "a.jpg,image,original,deb:one\n"
        "b.jpg,image,distractor,deb:two\n"
        "c.ogg,audio,original,deb:one\n"
        "gone.jpg,image,original,deb:one\n"
    )
    pictures = {item.id: item for item in find([tmp_path], PICTURE)}
    assert set(pictures) == {"a.jpg", "b.jpg"}
    assert pictures["b.jpg"].distractor
    assert pictures["a.jpg"].origin == "deb:one"
    assert [item.id for item in find([tmp_path], SOUND)] == ["c.ogg"]


def test_a_plain_folder_is_told_by_file_endings(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.PNG").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    assert [item.id for item in find([tmp_path], PICTURE)] == ["a.PNG"]


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_CORPUS", "one:two")
    assert corpora_of([Path("three")]) == (Path("three"),)
    assert corpora_of([]) == (Path("one"), Path("two"))


def test_a_row_is_read_as_it_was_written(tmp_path: Path) -> None:
    append(tmp_path / "rows.jsonl", [ROW])
    assert read(tmp_path / "rows.jsonl") == [ROW]


def test_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    append(path, [ROW])
    with path.open("a") as file:
        file.write(ROW.line().replace("a~trim", "b~trim")[:40])
    assert measured(path) == {"a~trim"}
    append(path, [ROW])
    assert read(path) == [ROW, ROW]


class Counting:
    """A bench that answers with one row a query and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def measure(self, query: Query) -> list[Row]:
        self.asked.append(query.id)
        return [Row.parse(ROW.line().replace("a~trim", query.id))]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    dataset = deal(items(12), "set", REPORT, Counts(2, 1, 0, 0))
    queries = plan(dataset, ["x", "y", "z"], per_absent=2)
    assert len(queries) == 8
    path, first, second = tmp_path / "rows.jsonl", Counting(), Counting()
    ticks: list[str] = []
    run(lambda: first, queries[:3], path, workers=1, tick=ticks.append)
    run(lambda: second, queries, path, workers=1, tick=ticks.append)
    assert first.asked + second.asked == [query.id for query in queries]
    assert len(ticks) == 3 + 8


def test_every_module_of_attacks_counts_for_some_kind() -> None:
    modules = {path.name for path in (ROOT / "benchmarks" / "attacks").glob("*.py")}
    assert modules == {name for names in ATTACK_SOURCES.values() for name in names}
