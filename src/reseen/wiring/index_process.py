"""Starting the index process: ``python -m reseen.wiring.index_process [IDLE]`` with the settings of
the environment. The command returns at once; a child that nobody waits for goes on, until it had no
client for ``IDLE`` seconds.
"""

import os
import sys

from reseen.index.client import Start
from reseen.settings import Settings


def start_of(settings: Settings) -> Start:
    """The command and the environment that start the index process of these settings."""
    command = (sys.executable, "-m", "reseen.wiring.index_process")
    environment = {
        "RESEEN_HOME": str(settings.home),
        "RESEEN_DATABASE_URL": settings.database_url,
        "RESEEN_BLOBS_URL": settings.blobs_url,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return Start(command, environment)


def main() -> None:
    if os.fork():
        os._exit(0)
    import logging

    import cv2

    from reseen.index.process import IDLE, quiet, serve
    from reseen.wiring.truth import open_truth

    quiet()
    cv2.setNumThreads(1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings()
    with open_truth(settings) as truth:
        idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else IDLE
        serve(settings.index_folder, truth.references, idle_s=idle_s)


if __name__ == "__main__":
    main()
