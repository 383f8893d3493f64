"""The benchmark from drawn media to raw rows, through reseen itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.datasets import PICTURE, REPORT, SOUND, Counts, Dataset, deal, find
from benchmarks.pool import Query
from benchmarks.processes import cpu_seconds, processes, resident_bytes, tree
from benchmarks.shortlist import Breadth
from benchmarks.subject import Subject, standard

from benchmarks import run_pictures, run_sound, synthetic

COUNTS = Counts(originals=1, absent=1, distractors=2, fillers=1)


@pytest.fixture(scope="module")
def subject() -> Subject:
    return standard()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = {PICTURE: COUNTS, SOUND: COUNTS}
    return synthetic.corpus(tmp_path_factory.mktemp("media"), REPORT, wanted)


def dealt(folder: Path, kind: str) -> Dataset:
    return deal(find([folder], kind), "drawn", REPORT, COUNTS)


def test_a_disguised_picture_meets_its_original_and_the_nearest_others(
    folder: Path, subject: Subject, tmp_path: Path
) -> None:
    dataset = dealt(folder, PICTURE)
    bench = run_pictures.PictureBench(dataset, Breadth(1, 1), tmp_path, subject)
    [original] = dataset.originals
    rows = bench.measure(Query(original, "jpeg 8", absent=False))
    ours = [row for row in rows if row.system == "reseen"]
    [true] = [row for row in ours if row.truth]
    assert true.score > max(row.score for row in ours if not row.truth)
    assert true.confidence == "high"
    assert {row.system for row in rows} >= {"reseen", "PDQ", "PDQ dihedral"}


def test_every_answer_to_an_absent_picture_is_false(
    folder: Path, subject: Subject, tmp_path: Path
) -> None:
    dataset = dealt(folder, PICTURE)
    bench = run_pictures.PictureBench(dataset, Breadth(3, 0), tmp_path, subject)
    [absent] = dataset.absent
    rows = bench.measure(Query(absent, "jpeg 8", absent=True))
    assert not any(row.truth for row in rows)
    assert all(row.confidence == "none" for row in rows if row.system == "reseen")


def test_a_disguised_track_keeps_its_truth_and_its_segments(
    folder: Path, subject: Subject, tmp_path: Path
) -> None:
    dataset = dealt(folder, SOUND)
    bench = run_sound.SoundBench(dataset, Breadth(1, 1), tmp_path, subject)
    [original] = dataset.originals
    rows = bench.measure(Query(original, "mp3 64", absent=False))
    [true] = [row for row in rows if row.truth and row.system == "reseen"]
    [copied] = true.copied
    assert true.segments[0].query[0] == pytest.approx(copied.query[0], abs=0.5)
    assert true.segments[0].reference[0] == pytest.approx(copied.reference[0], abs=0.5)


def test_the_same_seed_gives_the_same_media(folder: Path, tmp_path: Path) -> None:
    again = synthetic.corpus(tmp_path, REPORT, {PICTURE: Counts(1, 0, 0, 0)})
    for path in again.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_processor_time_and_memory_count_children() -> None:
    before = cpu_seconds()
    work = "x = bytearray(80_000_000); print('ready', flush=True); input(); sum(range(3_000_000))"
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert resident_bytes(child.pid) > 80_000_000
        assert child.pid in {process.pid for process in tree(os.getpid(), processes())}
        child.communicate(b"\n")
    assert cpu_seconds() > before
