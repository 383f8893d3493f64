"""Maintenance of an index on a disk that takes no more, and takes more again."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from reseen.index import maintenance
from reseen.index.maintenance import Maintenance
from reseen.index.segmented import SegmentedIndex
from reseen.ports import Entry
from reseen.testing.index_contract import descriptors, hashes

PATIENCE_S = 30.0


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_tries_on_a_full_disk_leave_nothing_behind_and_one_succeeds_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_LOOK", 0.01), ("_AGE", 0.0), ("_PAUSE", 0.05)):
        monkeypatch.setattr(maintenance, name, seconds)
    rng = np.random.default_rng(5)
    index = SegmentedIndex(tmp_path)
    before = files(tmp_path)
    tracks = descriptors(rng, 1), hashes(rng, 5000)  # the first fit, the others do not
    index.apply("news", [Entry(1, 1, tracks)], 1)
    keeping = Maintenance(index)
    thread = Thread(target=keeping.run)
    project = index.project("news")
    try:
        with files_of_at_most(50_000):
            thread.start()
            tried = project._made
            until = time.monotonic() + PATIENCE_S
            while project._made < tried + 30:  # ten tries
                assert time.monotonic() < until
                time.sleep(0.01)
            assert keeping.error is not None
            assert "make room" in keeping.error
            assert len(files(tmp_path) - before) <= 5  # of the try at hand: current, log, segments
        while not project.is_flushed or keeping.error is not None:
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        keeping.stop()
        thread.join()
    assert SegmentedIndex(tmp_path).held("news") == project.held()
    assert not [name for name in files(tmp_path) if name.endswith(".part")]
