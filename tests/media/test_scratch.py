import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reseen.domain.errors import NotReady
from reseen.media.scratch import Scratch

OWNER = """
import sys, time
from pathlib import Path
from reseen.media.scratch import Scratch
folder = Scratch(Path(sys.argv[1])).folder()
(folder / "upload").write_bytes(b"private")
print(folder, flush=True)
time.sleep(60)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def owner(root: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process with a file in its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        return process, Path(process.stdout.readline().strip())


def test_nothing_is_made_before_it_is_needed_and_nothing_stays(root: Path) -> None:
    scratch = Scratch(root)
    assert not root.exists()
    folder = scratch.folder()
    assert folder == scratch.folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "upload").write_bytes(b"private")
    scratch.close()
    assert list(root.iterdir()) == []


def test_what_a_killed_process_left_goes_when_the_next_one_comes(root: Path) -> None:
    process, left = owner(root)
    with process:
        process.send_signal(signal.SIGKILL)
    assert (left / "upload").exists()
    scratch = Scratch(root)
    scratch.folder()
    assert not left.exists()
    scratch.close()
    assert list(root.iterdir()) == []


def test_a_living_process_keeps_its_folder(root: Path) -> None:
    process, theirs = owner(root)
    with process:
        scratch = Scratch(root)
        scratch.folder()
        scratch.close()
        assert (theirs / "upload").read_bytes() == b"private"
        process.kill()


def test_after_closing_a_new_folder_can_be_had(root: Path) -> None:
    scratch = Scratch(root)
    first = scratch.folder()
    scratch.close()
    scratch.close()
    assert scratch.folder() != first
    scratch.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotReady, match="RESEEN_SCRATCH"):
        Scratch(tmp_path / "file" / "scratch").folder()
