"""``reseen`` with a stopwatch around fingerprinting, for ``benchmarks.traffic_load``.

The program is the same but for one line a file, to the file that ``RESEEN_STOPWATCH`` names: what
was fingerprinted, and the seconds by the clock that it took under the load of that moment.
"""

import json
import os
import threading
import time
from pathlib import Path

from reseen import cli
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.fingerprint import Perception, Rendition, perceive
from reseen.ports import Fetched
from reseen.wiring import moderation

VARIABLE = "RESEEN_STOPWATCH"


def main() -> None:
    path, lock = Path(os.environ[VARIABLE]), threading.Lock()

    def timed(perception: Perception, file: Fetched) -> tuple[Rendition, Fingerprint]:
        begun = time.perf_counter()
        found = perceive(perception, file)
        line = json.dumps({"sha256": file.sha256, "seconds": time.perf_counter() - begun})
        with lock, path.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
        return found

    vars(moderation)["perceive"] = timed
    cli.main()


if __name__ == "__main__":
    main()
