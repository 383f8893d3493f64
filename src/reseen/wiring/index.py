"""The index, reached from outside its process; and, run as a program, that process itself.

``python -m reseen.wiring.index [IDLE]``: leaves when it had no client for ``IDLE`` seconds.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from reseen.domain.errors import ReseenError
from reseen.index.client import Start, open_index
from reseen.index.wire import CANNOT
from reseen.ports import IndexService
from reseen.settings import Settings
from reseen.wiring.truth import blobs_url, database_url, open_truth

_log = logging.getLogger(__name__)


def reach_index(settings: Settings) -> AbstractContextManager[IndexService]:
    """The index of the data folder, started where nobody has yet."""
    return open_index(settings.index_folder, start_of(settings))


def start_of(settings: Settings) -> Start:
    """How the index process of these settings is started."""
    return Start(
        command=(sys.executable, "-P", "-m", "reseen.wiring.index"),
        environment={
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OMP_NUM_THREADS": "1",
            "RESEEN_HOME": str(settings.home),
            "RESEEN_DATABASE_URL": database_url(settings),  # may hold a password: not an argument
            "RESEEN_BLOBS_URL": blobs_url(settings),
        },
    )


def main() -> None:
    """Leave a process behind that serves the folder, and return when it listens. Where it cannot
    serve, status 1, and why on standard output.
    """
    heard, told = os.pipe()
    if os.fork():
        os.close(told)
        with os.fdopen(heard, encoding="utf-8") as said:
            why = said.read()
        sys.stdout.write(why)
        sys.exit(1 if why else 0)
    os.close(heard)
    os.dup2(2, 1)  # nobody waits for the end of what this process says
    tell = os.fdopen(told, "w", encoding="utf-8")
    try:
        _serve(tell.close)
    except (ReseenError, OSError) as error:
        why = CANNOT.format(error.strerror) if isinstance(error, OSError) else error.detail
        _log.error("the index process ends: %s", why)
        if not tell.closed:
            tell.write(why)
            tell.close()
        sys.exit(1)


def _serve(ready: Callable[[], object]) -> None:
    from reseen.index.process import IDLE, quiet, serve

    quiet()
    logging.raiseExceptions = False  # the log lies on a disk that may be full
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    settings = Settings()
    with open_truth(settings) as truth:
        idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else IDLE
        serve(settings.index_folder, truth.references, idle_s=idle_s, ready=ready)


if __name__ == "__main__":
    main()
