"""Kill reseen again and again, and ask whether it kept its word.

``python -m benchmarks.faults [--rounds 100]`` runs a real server on a folder of its own and, beside
it, ``reseen ingest``. Writers add hashes and pictures and delete some; at a random moment one of
the server, the index process, the workers and the ingesting program gets SIGKILL, sometimes all.
The server is started again where it was killed, else it serves on, and:

- every reference that was acknowledged is listed and found by its hash;
- every deletion that was acknowledged is neither;
- everything that is listed is found: no half is visible;
- the job of the killed ingest goes on, and in the end holds each of its lines once.

Linux only: processes are told by the folder in their environment. One JSON line a round.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
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
VISIBLE = 60
LISTED = 400
"""Lines of each hash list that is ingested beside the server."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one kill did. ``lost``, ``risen`` (deleted and found again) and ``half`` must be 0."""

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


@dataclass(slots=True)
class Ledger:
    """What the server acknowledged, as a client noted it: reference id to its hashes."""

    held: dict[str, Hashes] = field(default_factory=dict)
    gone: dict[str, Hashes] = field(default_factory=dict)


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

    def start_server(self) -> float:
        """Seconds until it answers that it is ready."""
        if self._server is not None:
            self._server.wait()
        begun = time.monotonic()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "reseen", "serve", "--port", "0"],
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
        try:
            if ledger.held and random_.random() < 0.25:
                _delete(installation.client, ledger, random_.choice(list(ledger.held)))
            elif random_.random() < 0.2:
                _add_picture(installation.client, ledger, random_.randrange(1 << 30))
            else:
                _add_hash(installation.client, ledger, {"pdq": random_.randbytes(32).hex()})
        except httpx.TransportError:
            return


def _add_hash(client: httpx.Client, ledger: Ledger, hashes: Hashes) -> None:
    said = {"bank": "known", "name": hashes["pdq"], "hashes": hashes}
    answer = client.post("/v1/references", json=said)
    if answer.status_code == 201:
        ledger.held[answer.json()["id"]] = hashes


def _add_picture(client: httpx.Client, ledger: Ledger, seed: int) -> None:
    out = BytesIO()
    Image.fromarray(scene(seed, 320, 240)).save(out, "JPEG")
    answer = client.post("/v1/references", data={"bank": "known"}, files={"file": out.getvalue()})
    if answer.status_code == 201:
        sha256 = hashlib.sha256(out.getvalue()).hexdigest()
        ledger.held[answer.json()["id"]] = {"sha256": sha256}


def _delete(client: httpx.Client, ledger: Ledger, reference_id: str) -> None:
    hashes = ledger.held.pop(reference_id)
    answer = client.delete(f"/v1/references/{reference_id}")
    if answer.is_success:
        ledger.gone[reference_id] = hashes


def found(client: httpx.Client, hashes: Hashes) -> set[str]:
    """Ids of the references that a search for hashes finds."""
    said = {"hashes": hashes, "limit": 100}
    answer = client.post("/v1/search", json=said).raise_for_status()
    return {match["reference_id"] for match in answer.json()["matches"]}


def listed(client: httpx.Client, bank: str) -> Iterator[dict[str, Any]]:
    asked = {"bank": bank, "limit": "100"}
    while True:
        page = client.get("/v1/references", params=asked).raise_for_status().json()
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
        for one in islice(listed(installation.client, "known"), VISIBLE)
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
        names = [one["name"] for one in listed(installation.client, "listed")]
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
            broken += one.lost + one.risen + one.half
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
