"""The model is changed, and references move to it in the background, by the whole program."""

import sys
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture
from tests.flows.test_versions import blurred
from tests.wiring.trouble import Home

from reseen.domain.fingerprint import DESCRIPTOR, DESCRIPTOR_FULL
from reseen.testing.pictures import scene

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of a running process")


def held(home: Home) -> dict[str, int]:
    """Living references by the version of their descriptor."""
    [status] = home.run("index", "status", "--json").lines
    every = status["projects"]["default"]["held"]
    return {i: n for i, n in every.items() if i.startswith(DESCRIPTOR.name)}


def found(home: Home, copy: Path) -> list[str]:
    answer = home.ask("POST", "/v1/search", files={"file": copy.read_bytes()})
    assert answer.status_code == 200, answer.text
    assert not answer.json().get("remarks")
    return [Path(one["reference"]).name for one in answer.json()["matches"]]


def test_references_of_both_models_are_found_while_they_move(tmp_path: Path) -> None:
    folder, gone = tmp_path / "media", tmp_path / "media" / "1.png"
    folder.mkdir()
    copies = {}
    for seed in range(2):
        original = save_picture(folder / f"{seed}.png", scene(40 + seed))
        copies[original.name] = save_picture(
            tmp_path / f"{seed}.copy.png", blurred(scene(40 + seed))
        )
    before = Home(tmp_path / "home", {"RESEEN_DESCRIPTOR": "sscd"})
    assert before.run("ingest", folder, "--bank", "known").status == 0
    assert held(before) == {DESCRIPTOR_FULL.id: 2}
    now = Home(tmp_path / "home")
    with now.serving():
        added = now.ask(
            "POST",
            "/v1/references",
            files={"file": save_picture(tmp_path / "new.png", scene(50)).read_bytes()},
            data={"bank": "known", "name": "new.png"},
        )
        assert added.status_code == 201, added.text
        now.searchable(added.json()["id"])
        copies["new.png"] = save_picture(tmp_path / "new.copy.png", blurred(scene(50)))
        for name, copy in copies.items():
            assert found(now, copy)[:1] == [name]
        gone.unlink()
        moving = now.begun("ingest", "--again", "--json")
        while moving.poll() is None:
            assert found(now, copies["0.png"])[:1] == ["0.png"]
        assert moving.returncode == 1  # one cannot be made anew
        for name, copy in copies.items():
            assert found(now, copy)[:1] == [name]
        assert held(now) == {DESCRIPTOR.id: 2, DESCRIPTOR_FULL.id: 1}
