"""The index, reached from outside its process; and, run as a program, that process itself.

``python -m reseen.wiring.index [IDLE]``: leaves when it had no client for ``IDLE`` seconds.
"""

import logging
import os
import sys
from contextlib import AbstractContextManager

from reseen.index.client import Start, open_index
from reseen.ports import IndexService
from reseen.settings import Settings
from reseen.wiring.truth import blobs_url, database_url, open_truth


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
    """Leave a process behind that serves the folder, and return at once."""
    if os.fork():
        return
    from reseen.index.process import IDLE, quiet, serve

    quiet()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    settings = Settings()
    with open_truth(settings) as truth:
        idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else IDLE
        serve(settings.index_folder, truth.references, idle_s=idle_s)


if __name__ == "__main__":
    main()
