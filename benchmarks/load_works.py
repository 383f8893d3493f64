"""What runs beside the searches of ``benchmarks.run_load``, each on all cores."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle, islice
from pathlib import Path

import httpx

from benchmarks.faults import Installation
from reseen.domain.bank import BankDraft
from reseen.domain.choices import JobKind
from reseen.media.listings import listed
from reseen.wiring.truth import Truth

WARM_UP_S = 3.0
"""Seconds in which what runs beside starts its processes."""
BATCH_S = 600.0

type Work = Callable[[int], AbstractContextManager[Callable[[], bool]]]
"""What runs beside the searches, for the nth time; says whether it is over, and is ended."""


class Works:
    """What runs beside the searches, each on all cores."""

    def __init__(
        self,
        installation: Installation,
        truth: Truth,
        media: Sequence[Path],
        urls: Sequence[str],
    ) -> None:
        self.installation, self.truth, self.media, self.urls = installation, truth, media, urls

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "reseen", *arguments],
            env=self.installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def ingest(self, times: int) -> Iterator[Callable[[], bool]]:
        """``reseen ingest`` into a new bank; its job is cancelled, or the server would go on."""
        name = f"ingest{times}"
        with _ended(self.command("ingest", *map(str, self.media), "--bank", name)) as is_over:
            time.sleep(WARM_UP_S)
            yield is_over
            for job in self.truth.jobs.list(self.truth.project_id).items:
                if not job.is_over:
                    self.truth.jobs.cancel(self.truth.project_id, job.id)

    @contextmanager
    def job(self, times: int) -> Iterator[Callable[[], bool]]:
        """The same, by the server."""
        project, jobs = self.truth.project_id, self.truth.jobs
        bank = self.truth.banks.create(project, BankDraft(f"job{times}"))
        request = {"bank": bank.id, "paths": True}
        job = jobs.create(project, JobKind.INGEST, request, listed(tuple(map(str, self.media))))
        time.sleep(WARM_UP_S)
        try:
            yield lambda: jobs.get(project, job.id).is_over
        finally:
            if not jobs.get(project, job.id).is_over:
                jobs.cancel(project, job.id)

    @contextmanager
    def rebuild(self, _times: int) -> Iterator[Callable[[], bool]]:
        with _ended(self.command("index", "rebuild")) as is_over:
            yield is_over

    @contextmanager
    def batch(self, _times: int) -> Iterator[Callable[[], bool]]:
        """Another client sends batches, as fast as they are answered."""
        client = self.installation.client
        said = {"address": str(client.base_url), "headers": dict(client.headers), "urls": self.urls}
        command = [sys.executable, "-m", "benchmarks.load_works", json.dumps(said)]
        with _ended(subprocess.Popen(command)) as is_over:
            time.sleep(WARM_UP_S)
            yield is_over


def ask_many(said: str) -> None:
    """What that client does, until it is killed."""
    given = json.loads(said)
    queries = list(islice(cycle({"url": url} for url in given["urls"]), 100))
    with httpx.Client(
        base_url=given["address"], headers=given["headers"], timeout=BATCH_S
    ) as client:
        while True:
            client.post("/v1/search/batch", json={"queries": queries}).raise_for_status()


@contextmanager
def _ended(running: subprocess.Popen[bytes]) -> Iterator[Callable[[], bool]]:
    try:
        yield lambda: running.poll() is not None
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    ask_many(sys.argv[1])
