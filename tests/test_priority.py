"""Bulk work gives way, and nobody else does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reseen.priority import NICENESS

AUTOGROUP = Path("/proc/self/autogroup")
CODE = """
import os, sys
from pathlib import Path
from reseen.priority import give_way
give_way()
group = Path("/proc/self/autogroup")
print(os.getpriority(os.PRIO_PROCESS, 0), *(group.read_text().split() if group.exists() else ()))
"""


def after_giving_way(*, own_session: bool) -> list[str]:
    """The niceness, and the line of the group: its name, the word nice, its niceness. No line where
    the kernel has no groups, or where the first of its groups is meant, that of no session.
    """
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        start_new_session=own_session,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_session_of_bulk_work_is_as_nice_as_its_processes() -> None:
    nice, *group = after_giving_way(own_session=True)
    assert int(nice) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    if not group or not os.access(AUTOGROUP, os.W_OK):
        pytest.skip("no autogroups here")
    assert group[-1] == str(NICENESS)


def test_a_session_of_others_stays_as_it_is() -> None:
    if not AUTOGROUP.exists():
        pytest.skip("no autogroups here")
    before = AUTOGROUP.read_text(encoding="ascii").split()
    _, *after = after_giving_way(own_session=False)
    assert after == before
