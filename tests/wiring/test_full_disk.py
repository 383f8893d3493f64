"""A disk that is full, for real: a file system of some megabytes, in mounts of a process's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_OWN_MOUNTS = (("--mount",), ("--map-root-user", "--mount"))
"""For root; and for anyone, where the kernel gives users namespaces."""


def _own_mounts(folder: Path) -> list[str] | None:
    """The beginning of a command that may mount; ``None`` where nobody lets us."""
    unshare = shutil.which("unshare")
    trial = ["mount", "-t", "tmpfs", "-o", "size=1m", "reseen", str(folder)]
    for options in _OWN_MOUNTS if unshare else ():
        begin = [str(unshare), *options]
        if subprocess.run([*begin, *trial], capture_output=True, check=False).returncode == 0:
            return begin
    return None


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux has mounts of a process's own")
def test_reseen_on_a_full_disk(tmp_path: Path) -> None:
    begin = _own_mounts(tmp_path)
    if begin is None:
        pytest.skip("this user may mount nothing here; test_trouble simulates a full disk")
    tests = Path(__file__).with_name("full_disk.py")
    done = subprocess.run(
        [*begin, sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", str(tests)],
        cwd=tests.parents[2],
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
