# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Blobs`` must do: an adapter's test class inherits this, with ``store``."""

import os
import threading
from collections.abc import Iterator

import pytest

from reseen.domain.errors import BlobMissing, InvalidValue
from reseen.ports import Blobs

KEY = "default/ab/abcdef.1"


class BlobsContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[Blobs]:
        raise NotImplementedError

    @pytest.mark.parametrize("size", [0, 1, 70_000, 9_000_000])
    def test_bytes_come_back_whole(self, store: Blobs, size: int) -> None:
        data = os.urandom(size)
        store.put(KEY, data)
        assert store.get(KEY) == data

    @pytest.mark.parametrize("size", [0, 70_000, 3_000_000])
    def test_parts_of_it_can_be_looked_at(self, store: Blobs, size: int) -> None:
        with pytest.raises(BlobMissing, match=KEY):
            store.reader(KEY)
        data = os.urandom(size)
        store.put(KEY, data)
        read = store.reader(KEY)
        assert read.size == size
        starts = {min(start, size) for start in (0, 9, 1_048_570, 1_048_576, 1_310_719, 2_999_999)}
        for start in sorted(starts):
            for length in (0, 1, 20, 5_000, 300_000, 4_000_000):
                assert bytes(read(start, length)) == data[start : start + length]

    def test_parts_are_read_and_end_where_the_bytes_end(self, store: Blobs) -> None:
        data = bytes(range(256)) * 40
        store.put(KEY, data)
        for start, length in ((0, 1), (0, 0), (100, 1000), (0, 99_999), (10_000, None)):
            wanted = data[start:] if length is None else data[start : start + length]
            assert store.get(KEY, start, length) == wanted
        assert store.get(KEY, 10_239, 5) == data[-1:]
        assert store.get(KEY, 10_240, 5) == b""
        assert store.get(KEY, 99_999) == b""

    def test_a_part_of_nothing_is_missing_too(self, store: Blobs) -> None:
        for start, length in ((0, None), (0, 10), (5, 10), (5, None)):
            with pytest.raises(BlobMissing, match=KEY):
                store.get(KEY, start, length)

    def test_the_last_that_was_put_counts(self, store: Blobs) -> None:
        store.put(KEY, b"first, and longer")
        store.put(KEY, b"second")
        assert store.get(KEY) == b"second"
        assert list(store.keys()) == [KEY]

    def test_what_was_deleted_is_gone_and_deleting_it_again_is_no_error(self, store: Blobs) -> None:
        store.put(KEY, b"x")
        store.put("default/ab/kept", b"y")
        store.delete([KEY, "default/zz/never"])
        store.delete([KEY])
        store.delete([])
        with pytest.raises(BlobMissing):
            store.get(KEY)
        assert list(store.keys()) == ["default/ab/kept"]

    def test_many_are_deleted_at_once(self, store: Blobs) -> None:
        keys = [f"default/{k % 3}/{k}" for k in range(60)]
        for key in keys:
            store.put(key, b"x")
        store.delete(keys[:-1])
        assert list(store.keys()) == [keys[-1]]

    def test_keys_are_listed_by_how_they_begin(self, store: Blobs) -> None:
        assert list(store.keys()) == []
        keys = {"default/ab/1", "default/ab/2", "default/ac/1", "default2/ab/1"}
        for key in keys:
            store.put(key, b"x")
        assert set(store.keys()) == keys
        for prefix in ("default/", "default/ab/", "default/a", "default", "default/ab/1", "none/"):
            assert set(store.keys(prefix)) == {key for key in keys if key.startswith(prefix)}

    @pytest.mark.parametrize(
        "key",
        [
            *("", "/etc/passwd", "../up", "a/../../up", "a/..", ".", "a//b", "a/", "./a"),
            *("ü", "a\0b", "a\nb", "a" * 201, "a\\..\\b", ".part-x", "a/.part-x"),
        ],
    )
    def test_what_is_no_key_reaches_nothing(self, store: Blobs, key: str) -> None:
        with pytest.raises(InvalidValue):
            store.put(key, b"x")
        with pytest.raises(InvalidValue):
            store.get(key)
        with pytest.raises(InvalidValue):
            store.delete([key])

    def test_a_reader_sees_the_old_or_the_new_and_nothing_between(self, store: Blobs) -> None:
        versions = [bytes([k]) * 100_000 for k in range(8)]
        store.put(KEY, versions[0])
        seen: set[bytes] = set()
        ended = threading.Event()

        def read() -> None:
            while not ended.is_set():
                seen.add(store.get(KEY))

        reader = threading.Thread(target=read)
        reader.start()
        for version in versions:
            store.put(KEY, version)
        ended.set()
        reader.join(30)
        assert seen <= set(versions)

    def test_writers_in_the_same_place_do_not_disturb_each_other(self, store: Blobs) -> None:
        def work(name: int) -> None:
            for turn in range(10):
                key = f"default/ab/{name}-{turn}"
                store.put(key, key.encode())
                if turn % 2:
                    store.delete([key])

        threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        kept = {f"default/ab/{name}-{turn}" for name in range(6) for turn in range(0, 10, 2)}
        assert set(store.keys()) == kept
        assert all(store.get(key) == key.encode() for key in kept)

    def test_a_check_leaves_nothing_behind(self, store: Blobs) -> None:
        store.check()
        assert list(store.keys()) == []
