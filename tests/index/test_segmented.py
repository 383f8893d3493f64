"""The index on disk keeps the contract, in memory and from its files, and outlives what happens."""

import itertools
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reseen.domain.fingerprint import DESCRIPTOR, DESCRIPTOR_FULL, PDQ, QUADS, Signal
from reseen.index.flat import FlatIndex
from reseen.index.merge import Merging, merge_in_child
from reseen.index.project import ProjectIndex
from reseen.index.segmented import SegmentedIndex
from reseen.ports import Entry, WritableIndex
from reseen.testing.index_contract import (
    PROJECT,
    IndexContract,
    asked_of,
    descriptors,
    flipped,
    hashes,
    quads,
    rows_of,
    track,
)


class TestSegmentsInMemory(IndexContract):
    recall = 0.97

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[WritableIndex]:
        index = SegmentedIndex(tmp_path)
        yield index
        index.close()


class _Reopened(SegmentedIndex):
    """Flushes, and reads all from the disk again, after each change."""

    def apply(self, project_id: str, entries: Sequence[Entry], position: int) -> None:
        super().apply(project_id, entries, position)
        self.project(project_id).flush()
        self._projects.pop(project_id)


class TestSegmentsOnDisk(TestSegmentsInMemory):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[WritableIndex]:
        index = _Reopened(tmp_path)
        yield index
        index.close()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def reference(rng: np.random.Generator, number: int, bank: int = 0) -> Entry:
    return Entry(number, bank, [descriptors(rng, 2), hashes(rng, 2), quads(rng, 15.0)])


def asked(entry: Entry) -> Iterator[tuple[Signal, npt.NDArray[Any]]]:
    assert entry.tracks is not None
    for one in entry.tracks:
        codes = asked_of(one) if one.signal == QUADS else one.codes
        yield one.signal, codes


def codes_of(entry: Entry) -> npt.NDArray[Any]:
    """Its descriptors."""
    assert entry.tracks is not None
    return entry.tracks[0].codes


def found(index: ProjectIndex, entry: Entry) -> list[bool]:
    return [
        entry.reference_number in index.nearest(signal, codes, 3).references
        for signal, codes in asked(entry)
    ]


def merge_all(index: ProjectIndex) -> int:
    for merges in itertools.count():
        merge = index.merge_due()
        if merge is None:
            return merges
        merge_in_child(index, merge)
    raise AssertionError


def test_what_was_flushed_is_there_after_a_kill_and_the_rest_is_followed_again(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    first, second = reference(rng, 1), reference(rng, 2)
    index = ProjectIndex(tmp_path)
    index.apply([first], 1)
    index.flush()
    index.apply([second, Entry(1, None)], 3)
    again = ProjectIndex(tmp_path)
    assert again.position == 1
    assert all(found(again, first))
    assert not any(found(again, second))
    again.apply([second, Entry(1, None)], 3)
    assert all(found(again, second))
    assert not any(found(again, first))


def test_a_reference_is_never_in_neither_version(tmp_path: Path, rng: np.random.Generator) -> None:
    codes = descriptors(rng, 150).codes
    index = ProjectIndex(tmp_path)
    index.apply([Entry(n, 0, [track(DESCRIPTOR, codes[n][None])]) for n in range(150)], 150)
    lost: list[int] = []
    turn, over = [0], threading.Event()

    def search() -> None:
        while not over.is_set():
            number = turn[0]
            hits = [
                index.nearest(signal, codes[number][None], 1).references.tolist()
                for signal in (DESCRIPTOR, DESCRIPTOR_FULL)  # today's last
            ]
            if [number] not in hits:
                lost.append(number)

    searchers = [threading.Thread(target=search) for _ in range(2)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads change places in the middle of everything
    try:
        for one in searchers:
            one.start()
        for number in range(150):
            turn[0] = number
            full = [Entry(number, 0, [track(DESCRIPTOR_FULL, codes[number][None])])]
            for position in range(5):
                index.apply(full, 151 + 3 * number + position)
        over.set()
        for one in searchers:
            one.join()
    finally:
        sys.setswitchinterval(usual)
    assert lost == []
    assert index.held() == {DESCRIPTOR_FULL.id: 150}


def test_thousands_of_references_are_there_after_a_restart(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    stored = hashes(rng, 5000)
    index = ProjectIndex(tmp_path)
    entries = [Entry(3 * n, n % 7, [stored.rows(slice(n, n + 1))]) for n in range(5000)]
    index.apply(entries, 5000)
    index.flush()
    index.apply([Entry(30, None), Entry(33, 9)], 5002)
    index.flush()
    again = ProjectIndex(tmp_path)
    assert again.stats()["references"] == 4999
    for number in (0, 12, 4999):
        hits = again.nearest(PDQ, stored.codes[number][None], 5, (number % 7,))
        assert hits.references.tolist() == [3 * number]
    assert not len(again.nearest(PDQ, stored.codes[10][None], 5).references)
    assert again.nearest(PDQ, stored.codes[11][None], 5, (9,)).references.tolist() == [33]
    again.apply([Entry(36, None)], 5003)
    assert not len(again.nearest(PDQ, stored.codes[12][None], 5).references)


def test_merges_in_a_child_keep_every_live_row_and_drop_the_dead(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    index, flat = ProjectIndex(tmp_path), FlatIndex()
    entries = [reference(rng, n, n % 3) for n in range(1, 41)]
    for n, entry in enumerate(entries):
        changes = [entry, Entry(n, None)] if n % 4 == 0 else [entry]
        index.apply(changes, n + 1)
        flat.apply(PROJECT, changes, n + 1)
        index.flush()
    assert merge_all(index) >= 3
    stats = index.stats()
    assert stats["segments"] < 12
    assert stats["rows"][DESCRIPTOR.id] < 80
    for one in (index, ProjectIndex(tmp_path)):
        for entry in entries:
            for signal, codes in asked(entry):
                for banks in (None, (1,)):
                    exact = flat.nearest(PROJECT, signal, codes, 4, banks)
                    assert rows_of(one.nearest(signal, codes, 4, banks)) == rows_of(exact)


def test_a_flush_leaves_the_file_of_a_merge_alone(tmp_path: Path, rng: np.random.Generator) -> None:
    index = ProjectIndex(tmp_path)
    entries = [reference(rng, n) for n in range(1, 6)]
    for n, entry in enumerate(entries[:4]):
        index.apply([entry], n + 1)
        index.flush()
    merge = index.merge_due()
    assert merge is not None
    merging = Merging(index, merge)
    while not merging.is_over():
        time.sleep(0.01)
    index.apply(entries[4:], 5)
    index.flush()
    merging.finish()
    for one in (index, ProjectIndex(tmp_path)):
        assert all(all(found(one, entry)) for entry in entries)
    assert len(list(tmp_path.glob("*.rows"))) == index.stats()["segments"]


def test_references_that_come_and_go_leave_nothing(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    index = ProjectIndex(tmp_path)
    for n in range(1, 9):
        entry = reference(rng, n)
        index.apply([entry, Entry(n, None)], n)
        assert not any(found(index, entry))
    index.flush()
    assert (index.stats()["references"], index.stats()["rows"]) == (0, {})
    assert not any(found(ProjectIndex(tmp_path), entry))


def test_what_changes_during_a_merge_is_not_lost(tmp_path: Path, rng: np.random.Generator) -> None:
    index = ProjectIndex(tmp_path)
    entries = [reference(rng, n) for n in range(1, 6)]
    for n, entry in enumerate(entries[:4]):
        index.apply([entry], n + 1)
        index.flush()
    merge = index.merge_due()
    assert merge is not None
    index.apply([entries[4], Entry(2, None), Entry(3, 9)], 7)
    merge_in_child(index, merge)
    index.flush()
    for one in (index, ProjectIndex(tmp_path)):
        assert all(found(one, entries[4]))
        assert not any(found(one, entries[1]))
        codes = codes_of(entries[2])
        assert one.nearest(DESCRIPTOR, codes, 5, (9,)).references.tolist() == [3] * 4


def test_large_segments_answer_as_the_exact_index(tmp_path: Path, rng: np.random.Generator) -> None:
    stored = hashes(rng, 40_000)
    stored.codes[:6000] = flipped(rng, stored.codes[0], 5)
    index, flat = ProjectIndex(tmp_path), FlatIndex()
    for one in (index.apply, lambda e, p: flat.apply(PROJECT, e, p)):
        one([Entry(1, 0, [stored]), Entry(2, 1, [hashes(rng, 10)])], 2)
    index.flush()
    queries = np.stack([flipped(rng, stored.codes[n], 31) for n in (0, 7000, 20_000, 39_999)])
    for count in (5, 10_000):
        hits = index.nearest(PDQ, queries, count)
        exact = flat.nearest(PROJECT, PDQ, queries, count)
        assert np.array_equal(hits.nearness, exact.nearness)
        assert np.array_equal(hits.reference_rows, exact.reference_rows)


def test_of_many_descriptors_near_ones_come_first(tmp_path: Path, rng: np.random.Generator) -> None:
    crowd = descriptors(rng, 30_000)
    query = descriptors(rng, 1)
    copies = descriptors(rng, 3, near=query.codes[0])
    index = ProjectIndex(tmp_path)
    index.apply([Entry(1, 0, [crowd]), Entry(2, 1, [copies]), Entry(3, 0, [copies])], 3)
    for banks, references in ((None, [2, 2, 2, 3, 3, 3]), ((1,), [2, 2, 2]), ((0,), [3, 3, 3])):
        hits = index.nearest(DESCRIPTOR, query.codes, len(references), banks)
        assert sorted(hits.references.tolist()) == references
    index.apply([Entry(3, None)], 4)
    hits = index.nearest(DESCRIPTOR, query.codes, 4)
    assert hits.references.tolist() == [2, 2, 2, 1]


def damages(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.rows"))
    yield from sorted(folder.rglob("slots-*"))
    yield from sorted(folder.rglob("manifest.json"))
    yield from sorted(folder.rglob("current"))


@pytest.mark.parametrize("how", ["cut", "emptied", "gone", "noise"])
@pytest.mark.parametrize("which", range(6))
def test_a_damaged_folder_is_set_aside_and_starts_anew(
    tmp_path: Path, rng: np.random.Generator, which: int, how: str
) -> None:
    index = SegmentedIndex(tmp_path)
    index.apply("a/b", [reference(rng, 1)], 1)
    index.apply("other", [reference(rng, 1)], 1)
    index.close()
    path = list(damages(tmp_path / "projects" / "a%2Fb"))[which]
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        noise = rng.bytes(max(1, len(data) // 2))
        path.write_bytes({"cut": data[: len(data) // 2], "emptied": b"", "noise": noise}[how])
    again = SegmentedIndex(tmp_path)
    assert again.position("other") == 1
    assert again.position("a/b") == 0
    entry = reference(rng, 5)
    again.apply("a/b", [entry], 1)
    again.close()
    assert all(found(SegmentedIndex(tmp_path).project("a/b"), entry))


def test_a_full_disk_leaves_all_as_it_was(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ProjectIndex(tmp_path)
    entries = [reference(rng, n) for n in (1, 2)]
    index.apply(entries[:1], 1)
    index.flush()
    index.apply([entries[1], Entry(1, 4)], 3)
    tmp_path.chmod(0o500)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", _full)
        with pytest.raises(OSError, match="No space"):
            index.flush()
    tmp_path.chmod(0o700)
    assert all(all(found(index, entry)) for entry in entries)
    assert ProjectIndex(tmp_path).position == 1
    index.flush()
    again = ProjectIndex(tmp_path)
    assert again.position == 3
    assert all(all(found(again, entry)) for entry in entries)
    assert 1 in again.nearest(DESCRIPTOR, codes_of(entries[0]), 2, (4,)).references


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")
