"""Kill reseen again and again, and ask whether it kept its word.

``python -m benchmarks.faults [--rounds 100]`` runs a real server on a folder of its own and, beside
it, ``reseen ingest``. Writers add hashes and pictures and delete some; at a random moment one of
the server, the index process, the workers and the ingesting program gets SIGKILL, sometimes all.
The server is started again where it was killed, else it serves on, and:

- every reference that was acknowledged is listed and found by its hash;
- every deletion that was acknowledged is neither;
- everything that is listed is found: no half is visible;
- what was asked for and not answered is asked for again with its Idempotency-Key, is answered as
  the first time, and done once: references, deletions, banks, jobs;
- the job of the killed ingest goes on, and in the end holds each of its lines once.

Linux only: processes are told by the folder in their environment. One JSON line a round.
"""

import argparse
import hashlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from reseen.testing.pictures import scene

type Hashes = dict[str, str]
"""Hexadecimal digits by kind, as HTTP tells them."""

VICTIMS = ("server", "index", "workers", "ingest", "all")
READY_S = 60.0
FOUND_S = 20.0
"""Seconds in which all that was acknowledged must be found after a restart."""
RETRIED_S = 40.0
"""A key that a killed server held is free after ten."""
VISIBLE = 60
LISTED = 400
"""Lines of each hash list that is ingested beside the server."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one kill did. ``lost``, ``risen`` (deleted and found again), ``half`` and ``doubled``
    must be 0. ``retried``: writes that were left without an answer and sent again.
    """

    number: int
    victim: str
    after_s: float
    ready_s: float
    found_s: float
    added: int
    deleted: int
    lost: int
    risen: int
    half: int
    retried: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Write:
    """One write with a key of its own, answered with ``status`` when it is done for the first time.
    ``hashes`` are those of the reference that it adds or deletes.
    """

    method: str
    path: str
    status: int
    sent: Mapping[str, Any] = field(default_factory=dict)
    hashes: Hashes = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    def send(self, client: httpx.Client) -> httpx.Response:
        headers = {"Idempotency-Key": self.key}
        return client.request(self.method, self.path, headers=headers, **self.sent)


@dataclass(slots=True)
class Ledger:
    """What the server acknowledged, as a client noted it: reference id to its hashes. ``open`` was
    sent and not answered.
    """

    held: dict[str, Hashes] = field(default_factory=dict)
    gone: dict[str, Hashes] = field(default_factory=dict)
    open: list[Write] = field(default_factory=list)

    def note(self, write: Write, answer: httpx.Response) -> None:
        if answer.is_success and write.hashes:
            place = self.gone if write.method == "DELETE" else self.held
            place[answer.json()["id"]] = write.hashes


class Installation:
    """One data folder and what runs on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "RESEEN_HOME": str(home), "RESEEN_RATE_PER_MINUTE": "0"}
        self._server: subprocess.Popen[str] | None = None
        self.client = httpx.Client()
        key = self.command("keys", "create", "--role", "owner", "--json")
        self._headers = {"Authorization": f"Bearer {json.loads(key.stdout)['key']}"}

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reseen", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start_server(self, program: str = "reseen") -> float:
        """Seconds until it answers that it is ready. ``program``: the module that is run."""
        if self._server is not None:
            self._server.wait()
        begun = time.monotonic()
        self._server = subprocess.Popen(
            [sys.executable, "-m", program, "serve", "--port", "0"],
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        address = ""
        for line in self._server.stderr or ():
            if "listens on" in line:
                address = line.split()[-1]
                break
        if not address:
            raise RuntimeError("the server did not start again")
        threading.Thread(target=self._drain, args=(self._server,), daemon=True).start()
        self.client = httpx.Client(base_url=address, headers=self._headers, timeout=30)
        while time.monotonic() - begun < READY_S:
            with suppress(httpx.TransportError):
                if self.client.get("/readyz").is_success:
                    return time.monotonic() - begun
            time.sleep(0.05)
        raise RuntimeError("the server did not become ready")

    def start_ingest(self, list_file: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "reseen", "ingest", str(list_file), "--bank", "listed"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, victim: str) -> None:
        for pid, name in list(self._processes()):
            if victim in {name, "all"}:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self.kill("all")
        if self._server is not None:
            self._server.wait()

    def _processes(self) -> Iterator[tuple[int, str]]:
        mine = f"RESEEN_HOME={self.home}".encode()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal() or int(folder.name) == os.getpid():
                continue
            with suppress(OSError):
                if mine not in (folder / "environ").read_bytes().split(b"\0"):
                    continue
                words = (folder / "cmdline").read_bytes().split(b"\0")
                yield int(folder.name), _role(words)

    @staticmethod
    def _drain(server: subprocess.Popen[str]) -> None:
        for _ in server.stderr or ():
            pass


def _role(words: Sequence[bytes]) -> str:
    line = b" ".join(words)
    if b"reseen.wiring.index" in line:
        return "index"
    if b"reseen serve" in line:
        return "server"
    if b"reseen ingest" in line:
        return "ingest"
    return "workers"


def write(installation: Installation, ledger: Ledger, seed: int, until: threading.Event) -> None:
    """Add and delete until told to stop, or until nobody answers; note what was acknowledged."""
    random_ = random.Random(seed)
    while not until.is_set():
        one = _any_write(ledger, random_)
        try:
            answer = one.send(installation.client)
        except httpx.TransportError:
            ledger.open.append(one)
            return
        ledger.note(one, answer)


def _any_write(ledger: Ledger, random_: random.Random) -> Write:
    chance = random_.random()
    if ledger.held and chance < 0.2:
        name = random_.choice(list(ledger.held))
        return Write("DELETE", f"/v1/references/{name}", 200, hashes=ledger.held.pop(name))
    if chance < 0.3:
        return Write("POST", "/v1/banks", 201, {"json": {"name": f"b{random_.getrandbits(64):x}"}})
    if chance < 0.4:
        since = datetime.fromtimestamp(random_.randrange(10**9), UTC).isoformat()
        cuts = {"still": {"low": 0.3, "medium": 0.6, "high": 0.9}}
        asked = {"kind": "backtest", "bank": "known", "thresholds": cuts, "since": since}
        return Write("POST", "/v1/jobs", 202, {"json": asked})
    if chance < 0.55:
        return _picture(random_.randrange(1 << 30))
    hashes = {"pdq": random_.randbytes(32).hex()}
    said = {"bank": "known", "name": hashes["pdq"], "hashes": hashes}
    return Write("POST", "/v1/references", 201, {"json": said}, hashes)


def _picture(seed: int) -> Write:
    out = BytesIO()
    Image.fromarray(scene(seed, 320, 240)).save(out, "JPEG")
    sent = {"data": {"bank": "known"}, "files": {"file": out.getvalue()}}
    hashes = {"sha256": hashlib.sha256(out.getvalue()).hexdigest()}
    return Write("POST", "/v1/references", 201, sent, hashes)


def again(client: httpx.Client, ledger: Ledger) -> tuple[int, int]:
    """Send what was not answered until it is; how many there were, and how many of them were
    answered otherwise than the first time, or are there twice.
    """
    retried, doubled = len(ledger.open), 0
    for one in ledger.open:
        until = time.monotonic() + RETRIED_S
        while True:
            answer = one.send(client)
            wait_s = answer.json().get("retry_after_s")
            if answer.is_success or wait_s is None or time.monotonic() > until:
                break
            time.sleep(min(float(wait_s), 1.0))
        ledger.note(one, answer)
        is_once = answer.status_code == one.status
        if one.path == "/v1/jobs" and is_once:
            asked = answer.json()["request"]
            is_once = sum(job["request"] == asked for job in listed(client, "/v1/jobs")) == 1
        doubled += not is_once
    ledger.open.clear()
    return retried, doubled


def found(client: httpx.Client, hashes: Hashes) -> set[str]:
    """Ids of the references that a search for hashes finds."""
    said = {"hashes": hashes, "limit": 100}
    answer = client.post("/v1/search", json=said).raise_for_status()
    return {match["reference_id"] for match in answer.json()["matches"]}


def listed(client: httpx.Client, path: str, **chosen: str) -> Iterator[dict[str, Any]]:
    asked = {**chosen, "limit": "100"}
    while True:
        page = client.get(path, params=asked).raise_for_status().json()
        yield from page["data"]
        if page["next_cursor"] is None:
            return
        asked["cursor"] = page["next_cursor"]


def hashes_of(client: httpx.Client, reference_id: str) -> Hashes:
    answer = client.get(f"/v1/references/{reference_id}").raise_for_status().json()
    return {kind: digits for kind, digits in answer["hashes"].items() if digits}


def missing(installation: Installation, ledger: Ledger, sample: Sequence[str]) -> set[str]:
    return {one for one in sample if one not in found(installation.client, ledger.held[one])}


def one_round(
    installation: Installation, ledger: Ledger, number: int, seed: int, list_file: Path
) -> Round:
    """Write, kill, start again, and ask."""
    random_ = random.Random(seed)
    before = len(ledger.held), len(ledger.gone)
    stopping = threading.Event()
    writer = threading.Thread(target=write, args=(installation, ledger, seed, stopping))
    ingest = installation.start_ingest(list_file)
    writer.start()
    victim = VICTIMS[number % len(VICTIMS)]
    after = random_.uniform(0.3, 4.0)
    time.sleep(after)
    installation.kill(victim)
    stopping.set()
    writer.join()
    ingest.kill()
    ingest.wait()
    ready = installation.start_server() if victim in {"server", "all"} else 0.0
    retried, doubled = again(installation.client, ledger)
    begun = time.monotonic()
    sample = random_.sample(sorted(ledger.held), min(len(ledger.held), 60))
    newest = list(ledger.held)[-20:]
    lost = missing(installation, ledger, [*sample, *newest])
    while lost and time.monotonic() - begun < FOUND_S:
        time.sleep(0.1)
        lost = missing(installation, ledger, sorted(lost))
    found_s = time.monotonic() - begun
    risen = [
        one
        for one in list(ledger.gone)[-40:]
        if one in found(installation.client, ledger.gone[one])
    ]
    half = [
        one["id"]
        for one in islice(listed(installation.client, "/v1/references", bank="known"), VISIBLE)
        if one["id"] not in found(installation.client, hashes_of(installation.client, one["id"]))
    ]
    return Round(
        number,
        victim,
        after,
        ready,
        found_s,
        added=len(ledger.held) + len(ledger.gone) - sum(before),
        deleted=len(ledger.gone) - before[1],
        lost=len(lost),
        risen=len(risen),
        half=len(half),
        retried=retried,
        doubled=doubled,
    )


def run(rounds: int, folder: Path, seed: int = 0) -> Iterator[Round]:
    """Rounds on one folder, which goes on from each to the next; a last look at the lists."""
    installation = Installation(folder / "home")
    installation.command("banks", "create", "known")
    installation.command("banks", "create", "listed")
    ledger, lines = Ledger(), 0
    try:
        installation.start_server()
        for number in range(rounds):
            list_file = folder / f"list-{number}.csv"
            lines += _write_list(list_file, number)
            yield one_round(installation, ledger, number, seed + 7919 * number, list_file)
        for number in range(rounds):
            installation.command("ingest", str(folder / f"list-{number}.csv"), "--bank", "listed")
        held = listed(installation.client, "/v1/references", bank="listed")
        names = [one["name"] for one in held]
        if len(names) != lines or len(set(names)) != lines:
            raise RuntimeError(f"{lines} lines were ingested, {len(names)} references are held")
    finally:
        installation.stop()


def _write_list(path: Path, number: int) -> int:
    codes = np.random.default_rng([41, number]).integers(0, 256, (LISTED, 32), np.uint8)
    rows = [f"list{number}-{k},{code.tobytes().hex()}" for k, code in enumerate(codes)]
    path.write_text("name,pdq\n" + "\n".join(rows) + "\n", encoding="ascii")
    return LISTED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a file for the rows, one JSON line a round")
    given = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory(prefix="reseen-faults-") as folder:
        for one in run(given.rounds, Path(folder), given.seed):
            line = json.dumps(asdict(one))
            print(line, flush=True)
            if given.out:
                with given.out.open("a", encoding="ascii") as rows:
                    rows.write(line + "\n")
            broken += one.lost + one.risen + one.half + one.doubled
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
