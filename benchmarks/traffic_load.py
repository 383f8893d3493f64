"""How long uploads wait at a busy server: ``python -m benchmarks.traffic_load``.

A real ``reseen serve`` on a data folder of its own, with a bank of known references; this process
sends ``POST /v1/uploads`` with small pictures, every fifth a copy of an earlier one. First a few
clients send as fast as they are answered, more of them each time: the most that is answered in a
second is where the server is saturated. Then uploads come at half that rate, at times of their own
(a Poisson process), whether earlier ones are answered or not.

An answer takes from the moment when its request, made before, is handed to the network until all of
the response is there; how late this process hands it over is told apart, as is the share of the
machine that it takes. Fingerprinting is measured where it happens, in the server, of the same
uploads under the same load (``benchmarks.traffic_server``), and once more of the same pictures one
at a time with nothing beside. Rows go to ``traffic-load.jsonl``. Linux only.
"""

import argparse
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path

import cv2
import httpx
import numpy as np

from benchmarks.datasets import PICTURE, corpora_of, find
from benchmarks.faults import Installation
from benchmarks.load_bank import fill, kept_of, media_of, query_of
from benchmarks.rows import OUT, Stamp, commit, machine
from benchmarks.run_load import wait_for_index
from benchmarks.traffic_server import VARIABLE
from reseen.flows.fingerprint import perceive
from reseen.media.receive import local_file
from reseen.settings import Settings
from reseen.wiring.matching import assemble
from reseen.wiring.truth import open_truth

FILE = "traffic-load.jsonl"
CLIENTS = (1, 2, 4)
COPY_EACH = 5
REAL = 20
"""References of which the bank has real fingerprints; the others are drawn like them."""
WARM_UP = 6
SATURATED, HALF, ALONE = "saturated", "half", "alone"


@dataclass(frozen=True, slots=True)
class Waited:
    """One upload, in seconds by the clock. ``phase``: ``saturated`` with so many ``clients``,
    ``half`` of the rate of that, or ``alone``: fingerprinted with nothing beside. ``at`` since the
    phase began; ``late``: how late it was handed over. ``generator``: share of all cores that this
    process took in the phase.
    """

    phase: str
    clients: int
    at: float
    late: float
    answer: float
    perceive: float
    rate: float
    generator: float
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class _Sent:
    sha256: str
    at: float
    late: float
    answer: float


class Pictures:
    """Bodies of uploads, each of other bytes. Safe for many threads."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths, self._lock = iter(paths), threading.Lock()
        self._made: list[bytes] = []
        self._number = count()

    def next(self) -> tuple[int, bytes]:
        with self._lock:
            number = next(self._number)
            if number % COPY_EACH == COPY_EACH - 1:
                return number, _copy(self._made[number // 2 % len(self._made)], number)
            made = next(filter(None, map(query_of, self._paths)), None)
            if made is None:
                raise RuntimeError("the corpus has too few pictures for so long a run")
            self._made.append(made)
            return number, made


def _copy(picture: bytes, number: int) -> bytes:
    """Cropped a little and pressed, another way each time."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR))
    cut = pixels[number % 7 : -1 - number % 5, number % 6 : -1 - number % 4]
    quality = [cv2.IMWRITE_JPEG_QUALITY, 50 + number % 40]
    return bytes(cv2.imencode(".jpg", cut, quality)[1].data)


class Client:
    """Sends what was made before, and notes how long the answer took."""

    def __init__(self, http: httpx.Client, pictures: Pictures) -> None:
        self._http, self._pictures = http, pictures

    def made(self) -> tuple[str, httpx.Request]:
        number, picture = self._pictures.next()
        said = {"content_id": f"post-{number}", "account_id": f"account-{number}"}
        request = self._http.build_request(
            "POST", "/v1/uploads", data=said, files={"file": ("upload.jpg", picture)}
        )
        request.read()
        return hashlib.sha256(picture).hexdigest(), request

    def send(self, sha256: str, request: httpx.Request, due: float, began: float) -> _Sent:
        begun = time.perf_counter()
        self._http.send(request).raise_for_status()
        return _Sent(sha256, due - began, begun - due, time.perf_counter() - begun)

    def closed(self, clients: int, seconds: float) -> list[_Sent]:
        """So many, each sending the next as soon as the last is answered."""
        began = time.perf_counter()

        def work(_: int) -> list[_Sent]:
            sent = []
            while time.perf_counter() - began < seconds:
                made = self.made()
                sent.append(self.send(*made, time.perf_counter(), began))
            return sent

        with ThreadPoolExecutor(clients) as threads:
            return [one for some in threads.map(work, range(clients)) for one in some]

    def open(self, rate: float, seconds: float) -> list[_Sent]:
        """So many a second, whether earlier ones are answered or not."""
        rng = np.random.default_rng(7)
        waits = rng.exponential(1.0 / rate, round(rate * seconds))
        made = [self.made() for _ in waits]
        began = time.perf_counter()
        with ThreadPoolExecutor(64) as threads:
            sent = []
            for (sha256, request), at in zip(made, np.cumsum(waits).tolist(), strict=True):
                due = began + at
                time.sleep(max(0.0, due - time.perf_counter()))
                sent.append(threads.submit(self.send, sha256, request, due, began))
            return [one.result() for one in sent]


class Measured:
    """What a phase showed, with fingerprinting by the server's own stopwatch."""

    def __init__(self, stopwatch: Path, stamp: Stamp) -> None:
        self._stopwatch, self._stamp = stopwatch, stamp
        self.rows: list[Waited] = []

    def note(
        self, phase: str, clients: int, sent: Sequence[_Sent], seconds: float, cpu: float
    ) -> float:
        """The rate at which uploads were answered."""
        rate = len(sent) / seconds
        inside = dict(self._inside())
        self.rows += [
            Waited(
                phase=phase,
                clients=clients,
                at=one.at,
                late=one.late,
                answer=one.answer,
                perceive=inside[one.sha256],
                rate=rate,
                generator=cpu / seconds / (os.cpu_count() or 1),
                stamp=self._stamp,
            )
            for one in sent
        ]
        return rate

    def alone(self, pictures: Pictures, times: int) -> None:
        with tempfile.TemporaryDirectory() as folder, assemble(Settings()) as reseen:
            path = Path(folder) / "upload.jpg"
            for number in range(times):
                path.write_bytes(pictures.next()[1])
                begun = time.perf_counter()
                with local_file(path) as file:
                    perceive(reseen.long_perception, file)
                taken = time.perf_counter() - begun
                if number >= WARM_UP:
                    row = Waited(ALONE, 1, 0.0, 0.0, taken, taken, 0.0, 0.0, self._stamp)
                    self.rows.append(row)

    def _inside(self) -> Iterator[tuple[str, float]]:
        with self._stopwatch.open(encoding="utf-8") as lines:
            for line in lines:
                said = json.loads(line)
                yield said["sha256"], said["seconds"]


def measure(client: Client, measured: Measured, seconds: float) -> None:
    for _ in range(WARM_UP):
        client.send(*client.made(), time.perf_counter(), time.perf_counter())
    best = 0.0
    for clients in CLIENTS:
        closed = partial(client.closed, clients, seconds)
        best = max(best, _phase(measured, SATURATED, clients, closed))
    _phase(measured, HALF, 0, partial(client.open, best / 2, 2.5 * seconds))


def _phase(measured: Measured, phase: str, clients: int, work: Callable[[], list[_Sent]]) -> float:
    begun, cpu = time.perf_counter(), _own_cpu()
    sent = work()
    taken = time.perf_counter() - begun
    return measured.note(phase, clients, sent, taken, _own_cpu() - cpu)


def _own_cpu() -> float:
    times = os.times()
    return times.user + times.system


def read(path: Path) -> list[Waited]:
    """Rows of the last run that added to the file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        fields = [json.loads(line) for line in lines if line.endswith("\n")]
    rows = [Waited(**{**one, "stamp": Stamp(**one["stamp"])}) for one in fields]
    return [row for row in rows if row.stamp == rows[-1].stamp]


def told(rows: Sequence[Waited]) -> Iterator[str]:
    for phase, clients in dict.fromkeys((row.phase, row.clients) for row in rows):
        mine = [row for row in rows if (row.phase, row.clients) == (phase, clients)]
        answer, inside = (
            float(np.quantile([getattr(row, what) for row in mine], 0.95))
            for what in ("answer", "perceive")
        )
        late = max(row.late for row in mine)
        yield (
            f"{phase} {clients or ''}: {len(mine)} uploads, {mine[0].rate:.2f} a second; p95 of "
            f"answers {1000 * answer:.0f} ms, of fingerprinting {1000 * inside:.0f} ms: "
            f"{answer / inside:.2f}; sent {1000 * late:.0f} ms late at most, by "
            f"{mine[0].generator:.0%} of the machine"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    corpora = corpora_of(options.corpus)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if corpora:
            paths = [item.path for item in find(corpora, PICTURE)]
        else:
            paths = media_of((), folder / "media", 400, 0)
        stamp = Stamp(f"{options.references} references", commit(), machine())
        kept = [fingerprint for fingerprint, _ in islice(kept_of(paths[: 2 * REAL]), REAL)]
        pictures = Pictures(paths[2 * REAL :])
        measured = Measured(folder / "stopwatch.jsonl", stamp)
        measured.alone(pictures, options.alone + WARM_UP)
        with open_truth(Settings(home=folder / "home")) as truth:
            installation = Installation(folder / "home")
            installation.environment[VARIABLE] = str(folder / "stopwatch.jsonl")
            fill(truth, kept, options.references)
            try:
                installation.start_server("benchmarks.traffic_server")
                wait_for_index(installation, truth)
                installation.client.timeout = 60.0
                measure(Client(installation.client, pictures), measured, options.seconds)
            finally:
                installation.stop()
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / FILE).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row)) + "\n" for row in measured.rows)
    for line in told(measured.rows):
        print(line)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traffic_load", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--references", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase")
    parser.add_argument("--alone", type=int, default=40, help="pictures, with nothing beside")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
