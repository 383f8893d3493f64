"""Bulk work gives way: what nobody waits for leaves the processor to what somebody waits for.

Niceness alone does not do it. Where autogroups are on (as Linux is built by most, and no control
group with a share of its own is above), the kernel shares the processor between *sessions* first: a
process in a session of its own takes as much as a whole server, however nice it is. So the group of
the session gets the niceness too.

Nice by 10, not 19: a tenth of the processor is left to bulk work when everything else is busy, so
that it goes on and no file is given up as too slow.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

NICENESS = 10
_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES, _PAUSE = 20, 0.05
"""The kernel takes one change, of any group, in a tenth of a second."""


def give_way() -> None:
    """This process and all that it starts from now on. The session should be its own: others in it
    would become nice as well. Where the system knows none of this, nothing happens.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # so that waking up takes the processor from nobody
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if os.getsid(0) == os.getpid():
        _give_way_as_group()


def _give_way_as_group() -> None:
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(NICENESS), encoding="ascii")
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
