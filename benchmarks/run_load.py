"""What one client waits for while the machine works: ``python -m benchmarks.run_load``.

A real ``reseen serve`` on a data folder of its own, with a bank of kept references; this process
sends it ``POST /v1/search`` with small pictures, one after the other. First nothing else runs; then
``reseen ingest`` works through a folder on all cores; then a job of the server does; then
``reseen index rebuild`` runs again and again. Between any two of these the machine is at rest again
(``idle``), so that what others do to it shows. Now and then a hash is added until it is found, and
disabled until it is not.

Rows, one a search or an addition, go to ``load.jsonl``: seconds by the clock. Without ``--corpus``
the media are drawn from seeds. Linux only (``benchmarks.faults``).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from itertools import count, cycle, islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.datasets import PICTURE, VIDEO, corpora_of, find
from benchmarks.faults import Installation, found
from benchmarks.index_churn import Event, quantiles
from benchmarks.index_data import descriptor_blocks
from benchmarks.rows import OUT, Stamp, commit, machine
from benchmarks.search_bank import described, digest
from reseen.domain.bank import Bank, BankDraft, Content, ReferenceDraft
from reseen.domain.choices import JobKind
from reseen.domain.fingerprint import Fingerprint, Track
from reseen.domain.media import Pixels
from reseen.media.listings import listed
from reseen.media.receive import local_file
from reseen.settings import Settings
from reseen.testing.films import Film
from reseen.testing.pictures import scene
from reseen.wiring.crew import remembering
from reseen.wiring.matching import assemble
from reseen.wiring.truth import Truth, open_truth

SIDE = 640
"""The longer side of the pictures that are searched for."""
REAL, QUERIES = 60, 40
A_FILM_EACH = 12
"""Pictures between two films."""
BATCH = 100
EACH = 12
"""After so many searches, something is added and disabled."""
PATIENCE = 30.0
WARM_UP_S = 3.0
"""Seconds in which the work beside starts its processes."""

SETTLE_S = 8.0
"""Seconds in which a server notices that its job was cancelled (a quarter of its lease), and its
processes end."""

type Work = Callable[[int], AbstractContextManager[Callable[[], bool]]]
"""What runs beside the searches, for the nth time; says whether it is over, and is ended."""


class Load:
    """One server, and the client that measures what it waits for."""

    def __init__(self, home: Path, queries: Sequence[bytes], stamp: Stamp) -> None:
        self.installation = Installation(home)
        self.queries = cycle(queries)
        self.stamp = stamp
        self.events: list[Event] = []
        self.asked = 0

    def note(self, phase: str, what: str, value: float) -> None:
        self.events.append(Event(phase, what, value, self.stamp))

    def searches(self, phase: str, seconds: float) -> None:
        client, end = self.installation.client, time.monotonic() + seconds
        while time.monotonic() < end:
            picture = next(self.queries)
            begun = time.perf_counter()
            answer = client.post("/v1/search", files={"file": ("query.jpg", picture)})
            self.note(phase, "search", time.perf_counter() - begun)
            inside = answer.raise_for_status().json()["processing_time_ms"]
            self.note(phase, "inside", inside / 1000)
            self.asked += 1
            if self.asked % EACH == 0:
                self.add_and_disable(phase)

    def add_and_disable(self, phase: str) -> None:
        client = self.installation.client
        hashes = {"pdq": np.random.default_rng().bytes(32).hex()}
        said = {"bank": "known", "name": "hash", "hashes": hashes}
        added = client.post("/v1/references", json=said).raise_for_status().json()["id"]
        self.note(phase, "searchable", _until(lambda: added in found(client, hashes)))
        change = {"disabled_until": "2999-01-01T00:00:00Z"}
        client.patch(f"/v1/references/{added}", json=change).raise_for_status()
        self.note(phase, "gone", _until(lambda: added not in found(client, hashes)))

    def beside(self, phase: str, seconds: float, work: Work) -> None:
        """Search while the work runs; it is begun again where it ends earlier."""
        end = time.monotonic() + seconds
        for times in count():
            with work(times) as is_over:
                while not is_over() and time.monotonic() < end:
                    self.searches(phase, 1.0)
            if time.monotonic() >= end:
                return


def _until(holds: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    while not holds():
        if time.perf_counter() - begun > PATIENCE:
            raise RuntimeError(f"not so within {PATIENCE:.0f} s")
        time.sleep(0.005)
    return time.perf_counter() - begun


def media_of(corpora: Sequence[Path], folder: Path, pictures: int, films: int) -> list[Path]:
    """Pictures and films, mixed: of the corpus, else drawn."""
    if corpora:
        shown = [item.path for item in find(corpora, PICTURE)][:pictures]
        played = [item.path for item in find(corpora, VIDEO)][:films]
    else:
        folder.mkdir()
        shown = [folder / f"{seed:05}.jpg" for seed in range(pictures)]
        for seed, path in enumerate(shown):
            _write(path, scene(seed, 1600, 1200))
        sizes = [Film(seconds=20.0 + seed, size=(1280, 720)) for seed in range(films)]
        played = [film.write(folder / f"{seed}.mp4") for seed, film in enumerate(sizes)]
    for at, path in enumerate(played):
        shown.insert(2 * REAL + at * (A_FILM_EACH + 1), path)
    return shown


def _write(path: Path, pixels: Pixels) -> None:
    cv2.imwrite(str(path), np.ascontiguousarray(pixels[:, :, ::-1]))


def query_of(path: Path) -> bytes | None:
    """A picture as it comes back: smaller, cropped, pressed."""
    pixels = cv2.imread(str(path))
    if pixels is None or min(pixels.shape[:2]) < 100:
        return None
    height, width = pixels.shape[:2]
    pixels = pixels[height // 20 : -(height // 20), width // 20 :]
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].data)


def fill(truth: Truth, kept: Sequence[Fingerprint], count: int) -> Bank:
    """Real references, and synthetic ones up to this number: a descriptor and a hash of their own,
    the other tracks of a real one.
    """
    bank = truth.banks.create(truth.project_id, BankDraft("known"))
    every = islice(_alike(kept), count)
    while some := list(islice(every, BATCH)):
        items = [(ReferenceDraft(one.asset.sha256), Content(one)) for one in some]
        truth.references.add_many(bank, items)
    return bank


def _alike(kept: Sequence[Fingerprint]) -> Iterator[Fingerprint]:
    yield from kept
    rng = np.random.default_rng(3)
    described_ = [t.codes for one in kept if (t := one.track("descriptor")) is not None]
    for at, code in enumerate(c for b in descriptor_blocks(np.concatenate(described_)) for c in b):
        like = kept[at % len(kept)]
        tracks = tuple(_own(track, code, rng) for track in like.tracks)
        yield replace(like, asset=replace(like.asset, sha256=digest(code)), tracks=tracks)


def _own(track: Track, code: np.ndarray, rng: np.random.Generator) -> Track:
    name = track.signal.name
    if name == "descriptor":
        return described(code)
    if name in {"pdq", "sha256", "md5"}:
        return replace(track, codes=rng.integers(0, 256, track.codes.shape, np.uint8))
    return track


class Works:
    """What runs beside the searches, each on all cores."""

    def __init__(self, installation: Installation, truth: Truth, media: Sequence[Path]) -> None:
        self.installation, self.truth, self.media = installation, truth, media

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
def _ended(running: subprocess.Popen[bytes]) -> Iterator[Callable[[], bool]]:
    try:
        yield lambda: running.poll() is not None
    finally:
        running.terminate()
        running.wait()


def _kept(paths: Sequence[Path]) -> Iterator[tuple[Fingerprint, bytes]]:
    """References as an ingest keeps them, and a query made of each."""
    with assemble(Settings()) as reseen:
        remember = remembering(reseen)
        for path in paths:
            query = query_of(path)
            if query is not None:
                with local_file(path) as file:
                    yield remember(file), query


def measure(load: Load, works: Works, seconds: float) -> None:
    load.searches("warm-up", 3.0)
    for phase, work in (("ingest", works.ingest), ("job", works.job), ("rebuild", works.rebuild)):
        load.searches("idle", seconds / 2)
        before = works.truth.banks.counts(works.truth.project_id), time.monotonic()
        load.beside(phase, seconds, work)
        counts = works.truth.banks.counts(works.truth.project_id)
        added = sum(counts.values()) - sum(before[0].values())
        load.note(phase, "added", added / (time.monotonic() - before[1]))
        time.sleep(SETTLE_S)
    load.searches("idle", seconds / 2)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, home = Path(name), Path(name) / "home"
        media = media_of(
            corpora_of(options.corpus), folder / "media", options.pictures, options.films
        )
        made = list(islice(_kept(media[: 2 * REAL]), REAL))
        stamp = Stamp(f"{options.references} references", commit(), machine())
        with open_truth(Settings(home=home)) as truth:
            load = Load(home, [query for _, query in made[:QUERIES]], stamp)
            fill(truth, [fingerprint for fingerprint, _ in made[::2]], options.references)
            try:
                load.installation.start_server()
                wait_for_index(load.installation, truth)
                works = Works(load.installation, truth, media[2 * REAL :])
                measure(load, works, options.seconds)
            finally:
                load.installation.stop()
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "load.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(e)) + "\n" for e in load.events)
    for (phase, what), (times, median, p99, largest) in quantiles(load.events).items():
        if what == "added":
            print(f"{phase:8} {what:10} {median:.1f} a second")
        else:
            print(
                f"{phase:8} {what:10} {times:6} times: median {1e3 * median:.0f}, "
                f"p99 {1e3 * p99:.0f}, largest {1e3 * largest:.0f} ms"
            )


def wait_for_index(installation: Installation, truth: Truth) -> None:
    last = truth.references.last_change(truth.project_id)
    said = "0"
    while int(said) < last:
        time.sleep(0.2)
        status = json.loads(installation.command("index", "status", "--json").stdout)
        said = str(status["projects"].get(truth.project_id, {}).get("position", 0))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_load", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--references", type=int, default=3000)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
