"""An index with its follower and its maintenance: what was acknowledged is found."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.index.memory import MemoryTruth

from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import DESCRIPTOR, PDQ
from reseen.index.host import IndexHost
from reseen.testing.index_contract import descriptors, hashes

PROJECT = "default"


@contextmanager
def running(folder: Path, truth: MemoryTruth) -> Iterator[IndexHost]:
    host = IndexHost(folder, truth.store)
    try:
        yield host
    finally:
        host.close()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_change_is_followed_without_a_nudge(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    one = descriptors(rng, 1)
    with running(tmp_path, truth) as host:
        position = truth.put(7, [one])
        assert host.wait_for(PROJECT, position, 10)
        assert host.nearest(PROJECT, DESCRIPTOR, one.codes, 2).references.tolist() == [7]
        position = truth.put(7, bank=None)
        assert host.wait_for(PROJECT, position, 10)
        assert not len(host.nearest(PROJECT, DESCRIPTOR, one.codes, 2).references)
        assert not host.wait_for(PROJECT, position + 1, 0.05)


def test_it_goes_on_where_it_was(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    one = hashes(rng, 1)
    for number in range(1, 500):
        truth.put(number, [hashes(rng, 1)])
    last = truth.put(500, [one], bank=3)
    with running(tmp_path, truth) as host:
        assert host.wait_for(PROJECT, last, 10)
    truth.is_away = True
    with running(tmp_path, truth) as host:
        assert host.position(PROJECT) == last
        assert host.nearest(PROJECT, PDQ, one.codes, 2, (3,)).references.tolist() == [500]


def test_when_the_truth_was_away_nothing_is_lost(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    truth.is_away = True
    last = truth.put(1, [hashes(rng, 1)])
    with running(tmp_path, truth) as host:
        assert not host.wait_for(PROJECT, last, 0.3)
        assert "away" in host.check()["error"]
        truth.is_away = False
        assert host.wait_for(PROJECT, last, 10)
        assert host.check()["error"] is None


def test_all_is_followed_before_the_first_question(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    truth = MemoryTruth()
    stored = hashes(rng, 450)
    for number in range(450):
        truth.put(number, [stored.rows(slice(number, number + 1))])
    with running(tmp_path, truth) as host:
        assert host.position(PROJECT) == 450
        assert host.nearest(PROJECT, PDQ, stored.codes[449:], 2).references.tolist() == [449]


def test_an_older_truth_that_was_put_back_is_followed_anew(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    truth, older = MemoryTruth(), MemoryTruth()
    one, other = hashes(rng, 1), hashes(rng, 1)
    for number in range(5):
        last = truth.put(number, [one])
    with running(tmp_path, truth) as host:
        assert host.wait_for(PROJECT, last, 10)
    older.put(3, [other])
    with running(tmp_path, older) as host:
        assert host.wait_for(PROJECT, 1, 10)
        assert not len(host.nearest(PROJECT, PDQ, one.codes, 2).references)
        older.put(4, [one])
        assert host.wait_for(PROJECT, 2, 10)
        assert host.nearest(PROJECT, PDQ, one.codes, 2).references.tolist() == [4]
        assert host.nearest(PROJECT, PDQ, other.codes, 2).references.tolist() == [3]


def test_a_new_project_is_noticed(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    with running(tmp_path, truth) as host:
        last = truth.put(1, [hashes(rng, 1)], project_id="acme")
        assert host.wait_for("acme", last, 10)
        assert host.check()["projects"]["acme"]["lag"] == 0


def test_what_was_rebuilt_serves_and_is_kept(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    stored = {n: descriptors(rng, 1) for n in range(1, 900)}
    for number, track in stored.items():
        truth.put(number, [track])
    last = truth.put(4, bank=None)
    with running(tmp_path, truth) as host:
        assert host.wait_for(PROJECT, last, 10)
        added = descriptors(rng, 1)
        with host.rebuild() as steps:
            seen = []
            for share in steps:
                seen.append(share)
                if len(seen) == 2:
                    last = truth.put(1000, [added])
                assert len(host.nearest(PROJECT, DESCRIPTOR, stored[9].codes, 2).references)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0
        assert len(seen) > 3
        assert host.wait_for(PROJECT, last, 10)
    with running(tmp_path, truth) as host:
        assert host.check()["projects"][PROJECT]["rows"] == {DESCRIPTOR.id: 899}
        for number, track in ((9, stored[9]), (1000, added)):
            assert number in host.nearest(PROJECT, DESCRIPTOR, track.codes, 1).references
        assert 4 not in host.nearest(PROJECT, DESCRIPTOR, stored[4].codes, 1).references


def test_a_rebuild_that_is_left_changes_nothing(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    for number in range(1, 900):
        last = truth.put(number, [hashes(rng, 1)])
    with running(tmp_path, truth) as host:
        assert host.wait_for(PROJECT, last, 10)
        with host.rebuild() as steps:
            next(steps)
            with pytest.raises(NotReady, match="already"), host.rebuild():
                pass
        folder = tmp_path / "projects" / PROJECT
        assert [p.name for p in folder.iterdir() if p.is_dir()] == ["000001"]
        assert host.check()["projects"][PROJECT]["references"] == 899
        with host.rebuild(PROJECT) as steps:
            assert list(steps)[-1] == 1.0


def test_searches_go_on_while_all_changes(tmp_path: Path, rng: np.random.Generator) -> None:
    truth = MemoryTruth()
    kept = descriptors(rng, 1)
    first = truth.put(1, [kept], bank=2)
    failures: list[BaseException] = []
    over = threading.Event()

    def search() -> None:
        try:
            while not over.is_set():
                for banks in (None, (2,)):
                    hits = host.nearest(PROJECT, DESCRIPTOR, kept.codes, 1, banks)
                    assert hits.references.tolist() == [1]
        except BaseException as e:  # noqa: BLE001 told to the test's own thread
            failures.append(e)

    with running(tmp_path, truth) as host:
        assert host.wait_for(PROJECT, first, 10)
        searcher = threading.Thread(target=search)
        searcher.start()
        for number in range(2, 600):
            truth.put(number, [descriptors(rng, 2)], bank=number % 3)
            if number % 2:
                truth.put(number, bank=None if number % 3 else 5)
            if number % 150 == 0:
                with host.rebuild() as steps:
                    list(steps)
        assert host.wait_for(PROJECT, truth.last_change(PROJECT), 20)
        over.set()
        searcher.join()
    assert not failures
