import errno
import itertools
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.store.between import Between, Way
from tests.store.conftest import CREDENTIALS

from reseen.domain.errors import BlobMissing, InvalidValue, NotReady
from reseen.domain.fingerprint import DESCRIPTOR, LOOKS, MOTION, Fingerprint, Track
from reseen.ports import Blobs
from reseen.store import kept, object_blobs
from reseen.store.blobs import open_blobs
from reseen.store.folder_blobs import FolderBlobs
from reseen.testing.blobs_contract import KEY, BlobsContract
from reseen.testing.reference_store_contract import film, same

LARGE = 3_000_000
_prefixes = (f"prefix{number}" for number in itertools.count())


class TestFolderBlobs(BlobsContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Blobs:
        return open_blobs((tmp_path / "deep" / "ü %20#?").as_uri())


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def between(s3: str) -> Iterator[Between]:
    opened = Between(int(s3.rpartition(":")[2]))
    yield opened
    opened.close()


def hour() -> Fingerprint:
    """What is kept of an hour of film, of random numbers: 45 MB."""
    rng = np.random.default_rng(3)
    short, tracks = film(1), []
    for signal, rows, width in (
        (DESCRIPTOR, 1800, 512),
        (LOOKS, 1800, 20_000),
        (MOTION, 7200, 1024),
    ):
        begins = np.linspace(0, 3600, rows, endpoint=False)
        codes = rng.integers(-100, 100, (rows, width), np.int8)
        tracks.append(
            Track(
                signal,
                np.stack([begins, begins + 3600 / rows], axis=1),
                codes if signal is not LOOKS else codes.view(np.uint8),
                np.ones(rows, np.float32),
                np.zeros((rows, 0), np.float32),
            )
        )
    return replace(short, tracks=tuple(tracks))


@pytest.mark.usefixtures("_credentials")
def test_a_look_at_a_moment_of_an_hour_brings_a_twentieth_of_it(s3: str, between: Between) -> None:
    whole = hour()
    data = kept.encode(whole)
    looks, motion = whole.track("looks"), whole.track("motion")
    assert looks is not None
    assert motion is not None
    prefix = next(_prefixes)
    open_blobs(f"s3://kept/{prefix}?endpoint={s3}").put(KEY, data)
    store = open_blobs(f"s3://kept/{prefix}?endpoint=http://127.0.0.1:{between.port}")
    found = kept.read(store.reader(KEY))
    kept_looks, kept_motion = found.track("looks"), found.track("motion")
    assert kept_looks is not None
    assert kept_motion is not None
    for row in (900, 901, 902):
        assert np.array_equal(kept_looks.codes[row], looks.codes[row])
    moved = kept_motion.rows(slice(3600, 3616))
    assert np.array_equal(moved.codes, motion.codes[3600:3616])
    assert len(data) > 44_000_000
    assert between.bytes < 3_500_000
    before = between.bytes
    assert np.array_equal(kept_looks.codes[903], looks.codes[903])
    assert between.bytes == before
    assert same(found, whole)


@pytest.mark.usefixtures("_credentials")
class TestObjectBlobs(BlobsContract):
    @pytest.fixture
    def store(self, s3: str) -> Blobs:
        return open_blobs(f"s3://kept/{next(_prefixes)}/ü?endpoint={s3}")

    def test_one_prefix_does_not_see_another(self, store: Blobs, s3: str) -> None:
        store.put(KEY, b"x")
        other = open_blobs(f"s3://kept/{next(_prefixes)}?endpoint={s3}")
        assert list(other.keys()) == []
        with pytest.raises(BlobMissing):
            other.get(KEY)

    def test_a_bucket_that_is_not_there_is_not_ready(self, s3: str) -> None:
        store = open_blobs(f"s3://nowhere/x?endpoint={s3}")
        for ask in (store.check, lambda: store.get(KEY), lambda: store.reader(KEY)):
            with pytest.raises(NotReady, match="no such bucket: s3://nowhere") as caught:
                ask()
            assert not isinstance(caught.value, BlobMissing)
        with pytest.raises(NotReady, match="no such bucket"):
            list(store.keys())
        with pytest.raises(NotReady, match="no such bucket"):
            store.delete([KEY])

    def test_a_store_that_is_not_reached_is_not_ready(self) -> None:
        store = open_blobs("s3://kept/x?endpoint=http://127.0.0.1:9")
        with pytest.raises(NotReady, match="check that it runs") as caught:
            store.put(KEY, b"x")
        assert caught.value.retry_after_s


READS: dict[str, Callable[[Blobs], object]] = {
    "get": lambda store: store.get(KEY),
    "part": lambda store: store.get(KEY, 5, 20),
    "rest": lambda store: store.get(KEY, 5),
    "behind": lambda store: store.get(KEY, 5000, 20),
    "reader": lambda store: store.reader(KEY),
}
LONG = ("get", "rest", "reader")
"""Those whose answers are longer than what is let through before the cut."""
WRITES: dict[str, Callable[[Blobs], object]] = {
    "put": lambda store: store.put("default/ab/new", b"x"),
    "large": lambda store: store.put("default/ab/new", bytes(LARGE * 2)),
    "delete": lambda store: store.delete([KEY]),
    "keys": lambda store: list(store.keys()),
    "check": lambda store: store.check(),
}


@pytest.mark.usefixtures("_credentials")
@pytest.mark.parametrize(
    "way", [Way.REFUSED, Way.SILENT, Way.SLOW_DOWN, Way.BROKEN, Way.CUT], ids=str
)
def test_a_store_that_is_away_is_not_ready_and_all_is_as_before_when_it_is_back(
    s3: str, between: Between, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    brief = timedelta(seconds=0.3)
    monkeypatch.setitem(object_blobs.CLIENT, "timeout", brief)
    monkeypatch.setitem(object_blobs.RETRIES, "retry_timeout", brief / 3)
    prefix, data = next(_prefixes), os.urandom(3000)
    behind = open_blobs(f"s3://kept/{prefix}?endpoint={s3}")
    store = open_blobs(f"s3://kept/{prefix}?endpoint=http://127.0.0.1:{between.port}")
    behind.put(KEY, data)
    between.bar(way)
    asks = {**READS, **WRITES} if way is not Way.CUT else {k: READS[k] for k in LONG}
    for name, ask in asks.items():
        before = between.connections
        with pytest.raises(NotReady, match="check that it runs") as caught:
            ask(store)
        assert not isinstance(caught.value, BlobMissing), name
        assert caught.value.retry_after_s, name
        assert str(between.port) not in caught.value.detail, name
        if way is Way.SILENT:
            assert between.connections == before + 1, name
    between.bar(Way.OPEN)
    assert store.get(KEY) == data
    assert list(behind.keys()) == [KEY]
    store.put("default/ab/new", b"x")
    store.check()
    assert set(store.keys()) == {KEY, "default/ab/new"}


@pytest.mark.parametrize(
    "url",
    [
        *("", "/data/blobs", "file:blobs", "file://host/blobs", "ftp://host/x", "s3://", "s3:///x"),
        *("s3://[", "s3://bucket?nonsense=1", "gopher:x"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        open_blobs(url)


@pytest.fixture
def folder(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def test_blobs_are_private(folder: FolderBlobs, tmp_path: Path) -> None:
    folder.put(KEY, b"x")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "blobs").rglob("*")}
    assert modes == {0o700, 0o600}


def test_a_large_blob_outlives_its_deletion_for_who_looks_at_it(folder: FolderBlobs) -> None:
    data = os.urandom(LARGE)
    folder.put(KEY, data)
    read = folder.reader(KEY)
    folder.put(KEY, b"another")
    folder.delete([KEY])
    seen = memoryview(read(0, LARGE))
    assert seen == data
    assert seen.readonly


def test_what_a_killed_process_was_writing_goes_with_its_key(
    folder: FolderBlobs, tmp_path: Path
) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from reseen.store.folder_blobs import FolderBlobs;"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
        "FolderBlobs(Path(sys.argv[1])).put(sys.argv[2], b'half')"
    )
    killed = subprocess.run([sys.executable, "-c", program, tmp_path / "blobs", KEY], check=False)
    assert killed.returncode == -9
    assert list(folder.keys()) == []
    assert any(path.is_file() for path in (tmp_path / "blobs").rglob("*"))
    folder.put("default/ab/abcdef.12", b"x")
    folder.delete([KEY])
    files = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert files == ["abcdef.12"]


def test_a_full_disk_is_not_ready_and_leaves_no_part(folder: FolderBlobs, tmp_path: Path) -> None:
    folder.put("default/ab/before", b"x")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, usual[1]))
    try:
        with pytest.raises(NotReady, match="make room"):
            folder.put(KEY, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(folder.keys()) == ["default/ab/before"]
    assert sum(path.is_file() for path in (tmp_path / "blobs").rglob("*")) == 1
    folder.check()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EROFS, "RESEEN_BLOBS_URL"),
        (errno.EACCES, "RESEEN_BLOBS_URL"),
        (errno.EIO, "check it"),
    ],
)
def test_what_a_disk_can_suffer_is_not_ready_and_says_what_to_do(
    folder: FolderBlobs, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(NotReady, match=advice):
        folder.put(KEY, b"x")
    assert list(folder.keys()) == []


def test_a_check_that_cannot_read_takes_away_what_it_wrote(tmp_path: Path) -> None:
    class Unread(FolderBlobs):
        def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
            raise NotReady(f"{key} from {start} for {length} cannot be read.")

    store = Unread(tmp_path / "blobs")
    with pytest.raises(NotReady, match="cannot be read"):
        store.check()
    assert list(store.keys()) == []


def test_a_file_in_place_of_the_folder_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")
    store = FolderBlobs(tmp_path / "blobs")
    with pytest.raises(NotReady, match="RESEEN_BLOBS_URL"):
        store.check()
    with pytest.raises(BlobMissing):
        store.get(KEY)
