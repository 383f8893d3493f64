"""``reseen`` as people run it: real processes on one folder, whose disk can be taken away.

``RLIMIT_FSIZE`` of a running process is its disk: at 0 every write that makes a file longer fails,
as on a full one, and where it is raised there is room again. A process of root that may not
override permissions is kept out of a folder as any other user is. Linux only.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PATIENCE_S = 60.0
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1
_UNLIMITED = resource.RLIM_INFINITY


def heed_permissions() -> None:
    """Of this process and those that it becomes."""
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended. ``lines`` are what it printed for programs."""

    status: int
    lines: list[dict[str, Any]]
    people: str


@dataclass
class Home:
    """A data folder, and what runs on it."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    key: str = ""
    server: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        """Of the server."""
        return self.folder.with_suffix(".log")

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RESEEN_")}
        ours = {"RESEEN_HOME": str(self.folder), "RESEEN_WORKERS": "1", "OMP_NUM_THREADS": "1"}
        return {**kept, **ours, **self.settings}

    def run(self, *arguments: str | Path, is_full: bool = False) -> Said:
        """A command, to its end. What it says is no traceback. ``is_full``: it has no disk."""

        def prepare() -> None:
            heed_permissions()
            if is_full:
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, _UNLIMITED))

        done = subprocess.run(
            [sys.executable, "-m", "reseen", *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE_S,
            preexec_fn=prepare,
        )
        assert "Traceback" not in done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return Said(done.returncode, lines, done.stderr)

    def begun(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A command, while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "reseen", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def doctor(self, *states: str, is_full: bool = False) -> dict[str, dict[str, str]]:
        """What is wrong, or in one of these states, by what was looked at."""
        found = self.run("doctor", "--json", is_full=is_full).lines
        return {one["check"]: one for one in found if one["state"] in (states or ("fail",))}

    @contextmanager
    def serving(self) -> Iterator[None]:
        """``reseen serve``, until it answers."""
        with self.log.open("wb") as said:
            command = [sys.executable, "-m", "reseen", "serve", "--port", "0"]
            server = subprocess.Popen(
                command,
                env={**self.environment, "RESEEN_LOG_FORMAT": "json"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                preexec_fn=heed_permissions,  # noqa: PLW1509 no other thread runs
            )
        self.server = server
        try:
            self.address, self.key = _welcome(server, self.log, self.key)
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.kill()
                raise

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        url = self.address + path
        return httpx.request(method, url, headers=headers, timeout=PATIENCE_S, **more)

    def processes(self) -> list[int]:
        """The server, its children, and the index."""
        assert self.server is not None
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        found = [self.server.pid, *map(int, children.read_text().split())]
        with suppress(OSError, ValueError):
            found.append(int((self.folder / "index" / "lock").read_text()))
        return found

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing that runs can make a file longer."""
        self._limit(0)
        try:
            yield
        finally:
            self._limit(_UNLIMITED)

    def _limit(self, size: int) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, _UNLIMITED))

    def kill_index(self) -> None:
        """And wait until it is gone."""
        pid = int((self.folder / "index" / "lock").read_text())
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, signal.SIGKILL)
                time.sleep(0.02)

    def searchable(self, reference_id: str) -> None:
        """Wait until a search finds it."""
        until = time.monotonic() + PATIENCE_S
        while not self.ask("GET", f"/v1/references/{reference_id}").json()["searchable"]:
            assert time.monotonic() < until
            time.sleep(0.05)


def _welcome(server: "subprocess.Popen[bytes]", log: Path, known: str) -> tuple[str, str]:
    """The address, and the key that the very first start shows."""
    until = time.monotonic() + PATIENCE_S
    while True:
        said = log.read_text(errors="replace")
        if "Stop with Ctrl-C" in said:
            break
        assert server.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.05)
    words = said.split()
    address = words[words.index("listens") + 2]
    key = next((w for w in words if w.startswith("rs_")), known)
    return address, key
