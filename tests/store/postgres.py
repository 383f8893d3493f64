"""A real PostgreSQL for the tests: one server a session, in a temporary folder of its own.

It listens on a Unix socket in that folder and nowhere else, does not wait for the disk, and ends
with the process that started it, however that one ends. PostgreSQL refuses to run as root, so root
starts it as ``postgres`` or ``nobody``.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

ROOT = Path(__file__).parents[2]
OPTIONS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"),
    *("listen_addresses=", "shared_buffers=64MB", "autovacuum=off", "logging_collector=off"),
)
PATIENCE_S = 60.0


def wanted() -> bool:
    """Whether tests run on PostgreSQL, too: unless the environment says ``skip``."""
    return os.environ.get("RESEEN_TEST_POSTGRES") != "skip"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs. ``folder`` holds its socket."""

    folder: Path

    def url(self, name: str) -> str:
        """As a user would write it, without the driver's name."""
        url = sa.URL.create("postgresql", "reseen", database=name, query={"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    def make(self, name: str) -> str:
        """A new database; its URL."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        with psycopg.connect(self._connect(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _connect(self) -> str:
        return f"host={self.folder} user=reseen dbname=postgres"

    def wait(self, server: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self._connect()).close()
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > until:
                    said = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{said}") from None
                time.sleep(0.05)
            else:
                return


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Raises ``RuntimeError`` where there is no PostgreSQL, with how to get one."""
    programs = _programs()
    # The folder of pytest is closed to other users, and its path is too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="reseen-pg-"))
    try:
        owner = _owner(folder)
        data = folder / "data"
        _run(
            [
                *(programs / "initdb", "--pgdata", data, "--username=reseen", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            owner,
            folder,
        )
        serve = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
        for option in OPTIONS:
            serve += ["-c", option]
        # The shell sees its input end when we end, however we do, and then tidies up.
        script = (
            '"$@" >log 2>&1 & server=$!; read -r _; kill -INT $server; wait $server;'
            ' folder=$PWD; cd /; rm -rf "$folder"'
        )
        with subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *serve],
            stdin=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,
            **owner,
        ) as server:
            postgres = Postgres(folder)
            postgres.wait(server)
            yield postgres
            server.communicate(timeout=PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = subprocess.run(
        [ROOT / "scripts/find-postgres"], check=False, capture_output=True, text=True
    )
    if found.returncode:
        raise RuntimeError(found.stderr)
    return Path(found.stdout.strip())


def _owner(folder: Path) -> dict[str, Any]:
    """As whom to run; the folder becomes theirs."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is no other user to run it as.")


def _run(command: list[Any], owner: dict[str, Any], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, **owner)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
