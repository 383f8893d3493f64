"""``reseen people``, and sessions over a server that is killed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.visiting import PASSWORD, Browser


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESEEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RESEEN_DESCRIPTOR", "none")
    return tmp_path / "home"


def reseen(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reseen", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    return done


@contextmanager
def served(port: str = "0") -> Iterator[str]:
    """All that a server said until it listened; it is killed in the end."""
    command = [sys.executable, "-m", "reseen", "serve", "--port", port]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stderr is not None
        said = ""
        try:
            for line in process.stderr:
                said += line
                if "Stop with" in line:
                    break
            yield said
        finally:
            process.kill()


def test_the_first_start_prints_a_link_and_a_killed_server_keeps_sessions(home: Path) -> None:
    with served() as said:
        link = re.search(r"(http://localhost:(\d+))/console/setup#(rs_default_[0-9a-f]+)", said)
        assert link, said
        olga = Browser(link[1])
        made = olga.enter("setup", key=link[3], name="Olga", password=PASSWORD)
        assert made.status_code == 200, made.text
    with served(link[2]) as said:
        assert "/console/setup" not in said
        assert olga.me["name"] == "Olga"
        assert olga.post("/v1/banks", {"name": "kept"}).status_code == 201
        locked = json.loads(reseen("people", "reset", "olga", "--json").stdout)
        assert locked["link"].startswith("http://localhost:8480/console/invited#")
        assert olga.get("/console/api/me").status_code == 401
        token = locked["link"].partition("#")[2]
        assert olga.enter("invited", token=token, password=PASSWORD).status_code == 200
        told = olga.get("/v1/audit", params={"subject": olga.me["id"]}).json()["data"]
        assert [(one["what"], one["who"]) for one in told][1:3] == [
            ("person.invited", "command line"),
            ("person.reset", "command line"),
        ]


def test_people_are_invited_and_listed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nobody yet" in reseen("people", "list").stderr
    monkeypatch.setenv("RESEEN_CONSOLE_ORIGIN", "https://reseen.example.org")
    done = reseen("people", "invite", "Rita", "--role", "admin")
    assert re.fullmatch(r"https://reseen\.example\.org/console/invited#\S{32}\n", done.stdout)
    assert "works once" in done.stderr
    (line,) = reseen("people", "list", "--json").stdout.splitlines()
    said = json.loads(line)
    assert (said["name"], said["role"], said["state"]) == ("Rita", "admin", "invited")
    assert "Rita" in reseen("people", "list").stderr
    for arguments in (
        ("invite", "rita"),
        ("invite", "Sam", "--role", "service"),
        ("reset", "nobody"),
    ):
        assert "error" in reseen("people", *arguments, status=1).stderr
