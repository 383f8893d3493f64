"""Disks that are full, locked, closed, or lose what they held: said clearly, by the whole program.

Each trouble comes while a server runs, and goes: what was acknowledged before is there, what was
refused left no half, and the server goes on without a restart.
"""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.flows.conftest import save_picture
from tests.wiring.trouble import Home

from reseen.testing.pictures import scene

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process")

SEEDS = count(100)
HASHES = (f"{number:032x}" for number in count(1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("trouble") / "home"
    folder.mkdir(mode=0o700)
    home = Home(folder)
    with home.serving():
        assert home.ask("POST", "/v1/banks", json={"name": "known"}).status_code == 201
        yield home
    assert "Traceback" not in home.log.read_text()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_picture(tmp_path / "picture.png", scene(next(SEEDS), 320, 240))


@pytest.fixture
def held(home: Home, picture: Path) -> str:
    """The id of a reference that was acknowledged: the picture."""
    added = add(home, picture)
    assert added.status_code == 201, added.text
    reference: str = added.json()["id"]
    home.searchable(reference)
    return reference


def another(tmp_path: Path) -> Path:
    return save_picture(tmp_path / "another.png", scene(next(SEEDS), 320, 240))


def add(home: Home, picture: Path) -> httpx.Response:
    sent = {"file": (picture.name, picture.read_bytes())}
    return home.ask("POST", "/v1/references", files=sent, data={"bank": "known"})


def add_hash(home: Home) -> httpx.Response:
    sent = {"bank": "known", "hashes": {"md5": next(HASHES)}}
    return home.ask("POST", "/v1/references", json=sent)


def copy_of(picture: Path) -> bytes:
    """Other bytes that show the same."""
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    path = save_picture(picture.with_suffix(".copy.jpg"), pixels)
    return path.read_bytes()


def found(home: Home, picture: Path) -> list[str]:
    answer = home.ask("POST", "/v1/search", files={"file": copy_of(picture)})
    assert answer.status_code == 200, answer.text
    return [one["reference_id"] for one in answer.json()["matches"]]


def listed(home: Home) -> int:
    return len(home.ask("GET", "/v1/references?limit=1000").json()["data"])


def refused(answer: httpx.Response, *words: str) -> dict[str, Any]:
    """A problem that says what is wrong and what to do."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == "not_ready"
    for word in words:
        assert word in problem["detail"]
    return problem


def refused_by_command(home: Home, picture: Path, *words: str, is_full: bool = False) -> None:
    """``reseen ingest`` ends with status 1 and one sentence."""
    what = ("ingest", picture, "--bank", "known", "--json")
    said = home.run(*what, is_full=is_full)
    assert said.status == 1
    [error] = [line["error"] for line in said.lines if line.get("error")]
    assert error["code"] == "not_ready"
    for word in words:
        assert word in error["detail"]


@contextmanager
def closed(*folders: Path) -> Iterator[None]:
    """Nothing in these folders can be changed."""
    every = [one for top in folders for one in (top, *top.rglob("*"))]
    modes = {one: one.stat().st_mode for one in every}
    for one, mode in modes.items():
        one.chmod(mode & 0o555)
    try:
        yield
    finally:
        for one, mode in modes.items():
            one.chmod(mode)


def test_a_full_disk_refuses_and_keeps(
    home: Home, picture: Path, held: str, tmp_path: Path
) -> None:
    other, before = another(tmp_path), listed(home)
    with home.full():
        refused(add_hash(home), "room")
        refused(add(home, other), "full", "RESEEN_SCRATCH")
        refused(home.ask("DELETE", f"/v1/references/{held}"), "room")
        assert listed(home) == before
        refused_by_command(home, other, "room", is_full=True)
        wrong = home.doctor(is_full=True)
    assert wrong.keys() >= {"home", "scratch", "database", "fingerprints"}
    assert [one for one in wrong.values() if "oom" not in one["detail"] + one["advice"]] == []
    assert found(home, picture) == [held]
    added = add(home, other)
    assert added.status_code == 201
    home.searchable(added.json()["id"])
    assert listed(home) == before + 1
    assert home.doctor().keys() <= {"index"}  # which tries again half a minute later


def test_a_database_that_another_program_locks_is_waited_for_and_named(
    home: Home, picture: Path, held: str, tmp_path: Path
) -> None:
    before = listed(home)
    with closing(sqlite3.connect(home.folder / "reseen.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        problem = refused(add_hash(home), "locked by another program")
        assert problem["retry_after_s"] > 0
        assert found(home, picture) == [held]  # reading goes on
        assert "locked" in home.doctor()["database"]["detail"]
        other.execute("ROLLBACK")
    assert listed(home) == before
    assert add_hash(home).status_code == 201


def test_a_lost_fingerprint_is_told_and_comes_back_with_its_file(
    home: Home, picture: Path, held: str
) -> None:
    sha256 = home.ask("GET", f"/v1/references/{held}").json()["hashes"]["sha256"]
    [blob] = (home.folder / "blobs").rglob(f"{sha256}*")
    blob.unlink()
    answer = home.ask("POST", "/v1/search", files={"file": copy_of(picture)})
    assert answer.status_code == 200
    assert any("ingest its file again" in one for one in answer.json()["remarks"])
    told = home.doctor("warn", "fail")
    assert held in told["fingerprints"]["detail"]
    assert "Ingest" in told["fingerprints"]["advice"]
    assert "versions" not in told  # all that is held is made by this release
    done = home.run("ingest", picture, "--bank", "known", "--json")
    assert (done.status, done.lines[0]["state"]) == (0, "known")
    home.searchable(held)
    assert found(home, picture) == [held]


def test_fingerprints_that_may_not_be_written_are_refused(
    home: Home, picture: Path, held: str, tmp_path: Path
) -> None:
    other, before = another(tmp_path), listed(home)
    with closed(home.folder / "blobs"):
        refused(add(home, other), "Let this user read and write there")
        assert found(home, picture) == [held]
        assert "Let this user" in home.doctor()["fingerprints"]["detail"]
    assert listed(home) == before
    assert add(home, other).status_code == 201


def test_a_damaged_index_is_made_anew(home: Home, picture: Path, held: str) -> None:
    home.kill_index()
    for file in (home.folder / "index" / "projects").rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage" * 9)
    assert found(home, picture) == [held]
    home.kill_index()
    shutil.rmtree(home.folder / "index")
    (home.folder / "index").write_bytes(b"no folder")
    asked = home.ask("POST", "/v1/search", files={"file": copy_of(picture)})
    refused(asked, "index", "The folder must be writable")
    wrong = home.doctor()["index"]
    assert "made anew" in wrong["advice"]
    assert add_hash(home).status_code == 201  # the truth needs no index
    (home.folder / "index").unlink()
    assert found(home, picture) == [held]


def test_a_folder_that_may_only_be_read_is_named(tmp_path: Path, picture: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.run("banks", "create", "known").status == 0
    (home.folder / "blobs").mkdir()
    with closed(home.folder):
        refused_by_command(home, picture, "let this user write")
        assert home.run("search", "md5:" + "0" * 32, "--json").status == 1
        wrong = home.doctor()
    assert wrong.keys() >= {"home", "database", "fingerprints", "index"}
    assert "read-only" in wrong["database"]["detail"]
    assert home.run("ingest", picture, "--bank", "known").status == 0
