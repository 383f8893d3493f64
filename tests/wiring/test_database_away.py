"""PostgreSQL stops and comes back while a server runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.store import postgres as pg
from tests.wiring.trouble import Home

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="of a running process"),
    pytest.mark.skipif(not pg.wanted(), reason="RESEEN_TEST_POSTGRES=skip"),
]


def stop(server: pg.Postgres) -> None:
    """As its operator does, who does not wait for clients."""
    file = server.folder / "data" / "postmaster.pid"
    os.kill(int(file.read_text().split()[0]), signal.SIGINT)
    while file.exists():
        time.sleep(0.05)


@contextmanager
def started(server: pg.Postgres) -> Iterator[None]:
    """The same folder, by another process."""
    owner = (server.folder / "data").stat()
    as_owner: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    options = [part for option in pg.OPTIONS for part in ("-c", option)]
    other: dict[str, Any] = as_owner if os.getuid() == 0 else {}
    with subprocess.Popen(
        [pg._programs() / "postgres", "-D", server.folder / "data", "-k", server.folder, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=server.folder,
        **other,
    ) as again:
        try:
            server.wait(again)
            yield
        finally:
            again.send_signal(signal.SIGINT)
            again.wait(pg.PATIENCE_S)


def test_a_database_that_stops_is_named_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    def add(code: str) -> httpx.Response:
        return home.ask("POST", "/v1/references", json={"bank": "known", "hashes": {"md5": code}})

    def found(code: str) -> int:
        asked = {"hashes": {"md5": code}}
        return len(home.ask("POST", "/v1/search", json=asked).json()["matches"])

    with pg.running() as server:
        (tmp_path / "home").mkdir(mode=0o700)
        home = Home(tmp_path / "home", {"RESEEN_DATABASE_URL": server.make("reseen")})
        with home.serving():
            assert home.ask("POST", "/v1/banks", json={"name": "known"}).status_code == 201
            kept = add("a" * 32)
            assert kept.status_code == 201
            stop(server)
            for answer in (add("b" * 32), home.ask("GET", "/v1/references")):
                assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
                assert "check that it runs" in answer.json()["detail"]
            assert home.ask("GET", "/readyz").status_code == 503
            assert home.ask("GET", "/healthz").status_code == 200
            said = home.run("search", "md5:" + "a" * 32, "--json")
            assert said.status == 1
            assert "check that it runs" in home.doctor()["database"]["detail"]
            with started(server):
                assert found("a" * 32) == 1
                assert found("b" * 32) == 0
                assert add("b" * 32).status_code == 201
                assert found("b" * 32) == 1
        assert "Traceback" not in home.log.read_text()
