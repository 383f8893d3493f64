import os
from pathlib import Path

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import BlobMissing, NotReady
from reseen.ports import Blobs
from reseen.store.vault import BlobVault, master_key

MASTER = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "scratch"
    made.mkdir()
    return made


@pytest.fixture
def kept(blobs: Blobs, folder: Path) -> BlobVault:
    return BlobVault(blobs, MASTER, lambda: folder, piece=1000)


def file_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 5500])
def test_media_come_back_whole_and_leave_nothing_in_the_clear(
    kept: BlobVault, blobs: Blobs, tmp_path: Path, folder: Path, size: int
) -> None:
    data = os.urandom(size)
    key = kept.put(PROJECT, "upl_1", file_of(tmp_path, data))
    with kept.open(key) as path:
        assert path.read_bytes() == data
    assert list(folder.iterdir()) == []
    assert list(kept.keys(PROJECT)) == [key]
    if size > 100:
        assert all(data[:50] not in blobs.get(one) for one in list(blobs.keys()))


def test_what_was_deleted_cannot_be_opened_and_is_gone(
    kept: BlobVault, blobs: Blobs, tmp_path: Path
) -> None:
    first, other = (kept.put(PROJECT, "upl_1", file_of(tmp_path, b"x" * 50)) for _ in range(2))
    kept.delete([first])
    with pytest.raises(BlobMissing, match="not kept"), kept.open(first):
        pass
    with kept.open(other) as path:
        assert path.stat().st_size == 50
    kept.delete([other])
    assert list(blobs.keys()) == []
    kept.delete([first, other])


def test_no_piece_can_be_changed_left_out_or_exchanged_unseen(
    kept: BlobVault, blobs: Blobs, tmp_path: Path
) -> None:
    key = kept.put(PROJECT, "upl_1", file_of(tmp_path, os.urandom(2500)))
    pieces = {number: blobs.get(f"{key}.{number:06d}") for number in range(3)}
    changed = bytes([pieces[1][40] ^ 1])
    tampered: list[tuple[int, bytes | None]] = [
        (1, pieces[1][:40] + changed + pieces[1][41:]),
        (2, None),
        (2, pieces[0]),
        (1, pieces[0]),
        (0, b""),
    ]
    for number, data in tampered:
        name = f"{key}.{number:06d}"
        if data is None:
            blobs.delete([name])
        else:
            blobs.put(name, data)
        with pytest.raises(BlobMissing, match="damaged"), kept.open(key):
            pass
        blobs.put(name, pieces[number])
    with kept.open(key) as path:
        assert path.stat().st_size == 2500


def test_another_master_key_opens_nothing_and_another_project_has_another(
    kept: BlobVault, blobs: Blobs, tmp_path: Path, folder: Path
) -> None:
    key = kept.put(PROJECT, "upl_1", file_of(tmp_path, b"secret"))
    other = BlobVault(blobs, bytes(32), lambda: folder)
    with pytest.raises(BlobMissing, match="damaged"), other.open(key):
        pass
    moved = key.replace(PROJECT, "other")
    for end in ("key", "000000"):
        blobs.put(f"{moved}.{end}", blobs.get(f"{key}.{end}"))
    with pytest.raises(BlobMissing, match="damaged"), kept.open(moved):
        pass


def test_what_was_not_written_to_the_end_is_not_there(
    kept: BlobVault, blobs: Blobs, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        kept.put(PROJECT, "upl_1", tmp_path / "none")
    assert list(blobs.keys()) == []
    assert list(kept.keys(PROJECT)) == []


def test_the_master_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "media.key"
    first = master_key(path)
    assert master_key(path) == first
    assert len(first) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(NotReady, match="damaged"):
        master_key(path)


def test_what_a_killed_process_left_of_media_is_told_and_can_be_deleted(
    kept: BlobVault, blobs: Blobs, tmp_path: Path
) -> None:
    whole = kept.put(PROJECT, "upl_1", file_of(tmp_path, os.urandom(2500)))
    left = f"media/{PROJECT}/upl_2-0011"
    for number in range(2):
        blobs.put(f"{left}.{number:06d}", b"x")
    assert set(kept.keys(PROJECT)) == {whole, left}
    kept.delete([left, whole])
    assert list(kept.keys(PROJECT)) == []
    assert list(blobs.keys()) == []
