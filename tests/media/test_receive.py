import hashlib
import os
from pathlib import Path

import pytest

from reseen.domain.errors import InvalidValue, NotFound, PayloadTooLarge
from reseen.media.receive import local_file, spool

BODY = bytes(range(256)) * 10_000


def test_a_local_file_is_hashed_where_it_lies_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(BODY)
    with local_file(path) as found:
        assert found.path == path
        assert found.size == len(BODY)
        assert found.sha256 == hashlib.sha256(BODY).hexdigest()
        assert found.md5 == hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    assert path.exists()


def test_what_is_fetched_is_kept_privately_and_removed(tmp_path: Path) -> None:
    with spool([BODY[:1000], BODY[1000:]], folder=tmp_path) as found:
        assert found.path.read_bytes() == BODY
        assert found.path.stat().st_mode & 0o777 == 0o600
        assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert list(tmp_path.iterdir()) == []


def test_both_keep_the_limit_and_say_it(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(BODY)
    with pytest.raises(PayloadTooLarge) as caught, local_file(path, max_bytes=1000):
        pass
    assert (caught.value.limit, caught.value.actual) == (1000, len(BODY))
    path.unlink()
    with (
        pytest.raises(PayloadTooLarge),
        spool([BODY], max_bytes=1000, folder=tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_missing_path_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file" / "under"):
        with pytest.raises(NotFound, match="check the path"), local_file(path):
            pass


def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (
        tmp_path,
        tmp_path / "pipe",
        Path("/dev/null"),
        Path("nul\0byte"),
        Path("x" * 999),
    ):
        with pytest.raises(InvalidValue), local_file(path):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.touch(0o000)
    with pytest.raises(InvalidValue, match="ermission"), local_file(path):
        pass
