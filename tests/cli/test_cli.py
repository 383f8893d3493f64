"""The program as people and programs call it: in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from reseen.cli import app
from reseen.cli.speak import people

SAMPLES = Path(str(files("reseen"))) / "samples"


class Program:
    """Most commands run in this process: importing takes longer than what they do."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in os.environ:
            if name.startswith("RESEEN_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("RESEEN_HOME", str(home))
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(people, "_width", 100)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, prog_name="reseen")

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reseen", *arguments],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """What it printed for programs; each line must be JSON."""
        return [json.loads(line) for line in self.run(*arguments).stdout.splitlines()]

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """A running server, and all that it said until it listened."""
        with subprocess.Popen(
            [sys.executable, "-m", "reseen", "serve", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = ""
            try:
                for line in process.stderr:
                    said += line
                    if "Stop with" in line:
                        break
                yield process, said
            finally:
                process.kill()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return Program(tmp_path / "home", monkeypatch)


def test_help_names_the_commands_and_loads_nothing_heavy(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    done = program.start("--help")
    assert done.returncode == 0
    for library in ("numpy", "cv2", "fastapi", "sqlalchemy", "onnxruntime"):
        assert f" {library}\n" not in done.stderr
    assert " typer\n" in done.stderr
    for command in ("serve", "match", "fingerprint", "doctor", "keys", "samples"):
        assert command in done.stdout


def test_match_prints_one_envelope_and_nothing_else(program: Program) -> None:
    done = program.start(
        "match", "--json", str(SAMPLES / "song-disguised.ogg"), str(SAMPLES / "song.m4a")
    )
    [said] = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert said["match"] is True
    assert said["matched_segments"][0]["pitch"] == pytest.approx(2.0, abs=0.2)


def test_match_tells_people_the_verdict_the_times_and_the_changes(program: Program) -> None:
    done = program.run("match", str(SAMPLES / "song-disguised.ogg"), str(SAMPLES / "song.m4a"))
    assert done.stdout == ""
    assert "It is a copy." in done.stderr
    assert re.search(r"00:0\d\.\d{3}-00:2\d\.\d{3}", done.stderr)
    assert "6% faster, 2.0 semitones higher" in done.stderr


def test_explain_writes_the_pictures_and_says_where(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pair = str(SAMPLES / "photo-disguised.jpg"), str(SAMPLES / "photo.jpg")
    done = program.run("match", "--explain", "--json", *pair)
    said = json.loads(done.stdout)
    [drawn] = said["evidence"]["pictures"]
    path = drawn["path"]
    assert Path(path).parent == Path("reseen-evidence") / said["request_id"]
    assert (tmp_path / path).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("nowhere.jpg", "not_found"),
        ("http://10.0.0.1/a.jpg", "url_not_allowed"),
        (str(SAMPLES / "README.md"), "unsupported_media"),
    ],
)
def test_an_error_is_one_object_for_programs_and_status_1(
    program: Program, source: str, code: str
) -> None:
    done = program.run("match", "--json", source, str(SAMPLES / "photo.jpg"))
    [said] = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert said["error"]["code"] == code
    assert said["error"]["title"]
    assert said["error"]["detail"]
    assert "Traceback" not in done.stderr


def test_an_error_is_a_sentence_for_people(program: Program) -> None:
    done = program.run("match", "nowhere.jpg", "nowhere.jpg")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "nowhere.jpg" in done.stderr


def test_wrong_use_is_status_2(program: Program) -> None:
    assert program.run("match", "one-side-only.jpg").exit_code == 2
    assert program.run("fly").exit_code == 2


def test_a_setting_that_cannot_be_is_named(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEEN_PORT", "many")
    done = program.run("doctor")
    assert done.exit_code == 2
    assert "RESEEN_PORT" in done.stderr


def test_fingerprint_tells_the_hashes_and_signals(program: Program) -> None:
    [said] = program.lines("fingerprint", "--json", str(SAMPLES / "photo.jpg"))
    assert (said["media_type"], said["width"], said["height"]) == ("image", 451, 300)
    assert re.fullmatch("[0-9a-f]{64}", said["pdq"])
    assert {"sha256/1", "md5/1", "pdq/1"} <= {row["signal"] for row in said["signals"]}


def test_samples_are_copied(program: Program, tmp_path: Path) -> None:
    done = program.run("samples", str(tmp_path / "here"))
    assert done.exit_code == 0
    assert (tmp_path / "here" / "film.mp4").is_file()


def test_keys_are_made_listed_rotated_and_revoked(program: Program) -> None:
    [made] = program.lines("keys", "create", "--role", "admin", "--label", "mine", "--json")
    assert made["key"].startswith("rs_")
    [listed] = program.lines("keys", "list", "--json")
    assert listed == {name: value for name, value in made.items() if name != "key"}
    [renewed] = program.lines("keys", "rotate", made["id"], "--linger-hours", "1", "--json")
    assert (renewed["role"], renewed["label"]) == ("admin", "mine")
    assert renewed["key"] != made["key"]
    old, new = program.lines("keys", "list", "--json")
    assert old["revoked_at"] is not None
    assert new["revoked_at"] is None
    [revoked] = program.lines("keys", "revoke", made["id"], "--json")
    assert revoked["revoked_at"] is not None
    assert program.run("keys", "revoke", "key_unknown").exit_code == 1


def test_doctor_finds_this_machine_well(program: Program) -> None:
    done = program.run("doctor", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0, done.stdout
    assert {"python", "codecs", "isolation", "model", "home", "database"} <= {
        one["check"] for one in found
    }
    assert all(one["advice"] for one in found if one["state"] != "ok")


def test_doctor_fails_where_the_home_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = Program(tmp_path / "file" / "home", monkeypatch).run("doctor")
    assert done.exit_code == 1
    assert "fail  home" in done.stderr
    assert "RESEEN_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_start_prints_a_key_that_works_and_the_second_does_not(
    program: Program,
) -> None:
    with program.serving() as (process, said):
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        secret = re.search(r"rs_default_[0-9a-f]+", said)
        assert address
        assert secret
        assert f"curl {address[0]}/match -H 'x-rapidapi-key: {secret[0]}'" in said
        photo = (SAMPLES / "photo.jpg").read_bytes()
        response = httpx.post(
            f"{address[0]}/match",
            headers={"x-rapidapi-key": secret[0]},
            files={"source": photo, "target": photo},
            timeout=60,
        )
        assert response.json()["match"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with program.serving() as (process, said):
        assert "rs_default_" not in said
        assert "reseen keys create" in said


def test_uploads_of_a_killed_server_are_gone_once_the_next_one_serves(
    program: Program, tmp_path: Path
) -> None:
    scratch = tmp_path / "home" / "scratch"

    def files_there() -> list[Path]:
        return [path for path in scratch.rglob("*") if path.name in {"source", "target"}]

    with program.serving() as (process, said):
        port = re.search(r"127\.0\.0\.1:(\d+)", said)
        secret = re.search(r"rs_default_[0-9a-f]+", said)
        assert port
        assert secret
        head = (
            "POST /match HTTP/1.1\r\nHost: reseen\r\nContent-Length: 9999\r\n"
            f"x-rapidapi-key: {secret[0]}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="source"; filename="a"\r\n\r\nbegun'
        )
        with socket.create_connection(("127.0.0.1", int(port[1]))) as sender:
            sender.sendall(head.encode())
            patience = time.monotonic() + 30
            while not files_there() and time.monotonic() < patience:
                time.sleep(0.05)
            process.kill()
            process.wait()
    assert files_there()
    with program.serving():
        assert not files_there()


def test_nobody_else_is_let_in_before_a_key_exists(program: Program) -> None:
    done = program.start("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "reseen keys create --role owner" in done.stderr


def test_a_taken_port_is_said(program: Program) -> None:
    with program.serving() as (_, said):
        port = re.search(r"127\.0\.0\.1:(\d+)", said)
        assert port
        done = program.start("serve", "--port", port[1])
    assert done.returncode == 1
    assert "RESEEN_PORT" in done.stderr


@pytest.mark.parametrize("arguments", [("match", "--explain-dir"), ("samples",)])
def test_a_folder_that_cannot_be_written_is_said(
    program: Program, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the way")
    pair = (str(SAMPLES / "photo.jpg"),) * 2 if arguments[0] == "match" else ()
    done = program.run(*arguments, str(tmp_path / "file" / "folder"), *pair)
    assert done.exit_code == 1
    assert str(tmp_path / "file" / "folder") in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
