"""``reseen`` on a disk that is full: a small file system that these tests mount.

Run by ``test_full_disk`` in mounts of its own. ``test_trouble`` does without a mount what it can.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

MIB = 1 << 20
SEEDS = count(500)
HASHES = (f"{number:032x}" for number in count(1))


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All of it is gone with the mounts of this process."""
    disk = tmp_path_factory.mktemp("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "reseen", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(scope="module")
def home(disk: Path) -> Iterator[Home]:
    home = Home(disk / "home", {"RESEEN_DESCRIPTOR": "none"})
    home.folder.mkdir(mode=0o700)
    with home.serving():
        assert home.ask("POST", "/v1/banks", json={"name": "known"}).status_code == 201
        yield home
    assert "Traceback" not in home.log.read_text()
    assert "Logging error" not in home.log.read_text()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    try:
        yield
    finally:
        filler.unlink()


def picture(folder: Path) -> Path:
    seed = next(SEEDS)
    return save_picture(folder / f"{seed}.png", scene(seed, 320, 240))


def add(home: Home, path: Path) -> httpx.Response:
    sent = {"file": (path.name, path.read_bytes())}
    return home.ask("POST", "/v1/references", files=sent, data={"bank": "known"})


def added(home: Home, path: Path) -> str:
    """A reference that was acknowledged, and is found."""
    answer = add(home, path)
    assert answer.status_code == 201, answer.text
    reference: str = answer.json()["id"]
    home.searchable(reference)
    return reference


def refused(answer: httpx.Response) -> None:
    """It says that there is no room, and when to come back."""
    assert answer.status_code == 503, answer.text
    said = answer.json()
    assert said["code"] == "not_ready"
    assert "room" in said["detail"]
    assert said["retry_after_s"] > 0
    assert int(answer.headers["retry-after"]) > 0


def found_by_command(home: Home, path: Path) -> list[str]:
    copy = save_picture(path.with_suffix(".jpg"), np.asarray(Image.open(path).convert("RGB")))
    said = home.run("search", copy, "--json")
    assert said.status == 0, said.people
    return [one["reference_id"] for one in said.lines[0]["matches"]]


def error_of(home: Home, *command: str | Path) -> dict[str, Any]:
    """Of a command that ends with status 1."""
    said = home.run(*command, "--json")
    assert said.status == 1, said.people
    [error] = [line["error"] for line in said.lines if line.get("error")]
    assert isinstance(error, dict)
    return error


def test_all_that_writes_is_refused_and_comes_back(home: Home, disk: Path, tmp_path: Path) -> None:
    first, later = picture(tmp_path), picture(tmp_path)
    held = added(home, first)
    lists = [{"hashes": {"md5": next(HASHES)}} for _ in range(500)]
    writes = {
        "/v1/references": {"bank": "known", **lists[0]},
        "/v1/references/batch": {"bank": "known", "items": lists},
        "/v1/banks": {"name": "another"},
    }
    with full(disk):
        for path, sent in writes.items():
            refused(home.ask("POST", path, json=sent))
        refused(add(home, later))
        refused(home.ask("POST", "/v1/search", files={"file": first.read_bytes()}))
        refused(home.ask("DELETE", f"/v1/references/{held}"))
        assert "room" in error_of(home, "ingest", later, "--bank", "known")["detail"]
        by_hash = home.ask("GET", f"/v1/references/{held}").json()["hashes"]["sha256"]
        known = home.ask("POST", "/v1/search", json={"hashes": {"sha256": by_hash}})
        assert [one["reference_id"] for one in known.json()["matches"]] == [held]
    for path, sent in writes.items():
        assert home.ask("POST", path, json=sent).status_code in {200, 201}
    assert added(home, later)
    assert home.ask("GET", f"/v1/references/{held}").status_code == 200


def test_the_index_starts_serves_and_is_not_rebuilt_while_there_is_no_room(
    home: Home, disk: Path, tmp_path: Path
) -> None:
    first = picture(tmp_path)
    held = added(home, first)
    with full(disk):
        home.kill_index()
        assert found_by_command(home, first) == [held]
        rebuilt = home.run("index", "rebuild")
        assert rebuilt.status == 1
        assert "room" in rebuilt.people
        wrong = home.doctor()
        assert wrong.keys() >= {"home", "scratch", "database", "fingerprints"}
        assert [one for one in wrong.values() if "oom" not in one["advice"] + one["detail"]] == []
    assert added(home, picture(tmp_path))
    assert found_by_command(home, first) == [held]
    assert list((home.folder / "index" / "projects").rglob("*.part")) == []


def test_output_to_a_full_disk_is_one_sentence(disk: Path) -> None:
    home = Home(disk / "home")
    with Path("/dev/full").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "reseen", "doctor", "--json"],
            env=home.environment,
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"error The output cannot be written")
    assert done.stderr.count(b"\n") == 1
