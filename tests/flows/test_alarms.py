"""Bursts and floods, over real stores, search and media made from seeds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import PLATFORM, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy
from reseen.domain.choices import Action
from reseen.engine.priority import BURSTING, FLOODING
from reseen.flows.alarms import QUARANTINE, WINDOW
from reseen.flows.fingerprint import Perception
from reseen.testing import pictures, videos


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


def spread(here: Desk, path: Path, accounts: int) -> None:
    for number in range(accounts):
        here.upload(path, f"copy-{number}", f"user-{number}")


def test_a_burst_is_told_once_and_raises_its_case(here: Desk, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", pictures.scene(1))
    here.ground.add(here.ground.bank("reported"), path)
    here.upload(path, "first", "user-0")
    (before,) = here.cases.list(PROJECT).items
    spread(here, path, 4 * BURSTING)
    (told,) = here.events("cluster.bursting")
    assert told["cluster_id"] == before.cluster_id
    assert told["accounts"] >= BURSTING
    (after,) = here.cases.list(PROJECT).items
    assert after.rank > before.rank
    (bursting,) = here.clusters.list(PROJECT, bursting=True).items
    assert bursting.id == before.cluster_id
    assert here.alarms.calm(PROJECT) == 0
    here.clock.now += WINDOW + timedelta(seconds=1)
    assert here.alarms.calm(PROJECT) == 1
    assert here.clusters.list(PROJECT, bursting=True).items == ()


def test_one_account_that_uploads_a_thing_often_is_no_burst(here: Desk, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", pictures.scene(1))
    for number in range(4 * BURSTING):
        here.upload(path, f"copy-{number}", "user-1")
    assert here.events("cluster.bursting") == []


def test_copies_of_one_thing_are_no_flood_however_many_they_are(here: Desk, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", pictures.scene(1))
    here.ground.add(here.ground.bank("terror", policy=ActionPolicy(high=Action.REMOVE)), path)
    for number in range(FLOODING + 4):
        copy = pictures.scene(1)[number % 6 :, number // 6 :]
        save_picture(tmp_path / "copy.png", copy)
        upload = here.upload(tmp_path / "copy.png", f"copy-{number}", f"user-{number}")
        assert upload.action is Action.REMOVE
    assert here.quarantines.active(PROJECT, here.clock()) == {}


def test_a_reference_that_matches_many_different_things_removes_none_of_them(
    here: Desk, tmp_path: Path
) -> None:
    scenes = [pictures.scene(seed) for seed in range(FLOODING + 1)]
    frames = [np.asarray(scene) for scene in scenes for _ in range(10)]
    film = videos.encode(tmp_path / "everything.mp4", frames, fps=10.0)
    strict = ActionPolicy(high=Action.REMOVE, medium=Action.REMOVE)
    reference = here.ground.add(here.ground.bank("terror", policy=strict), film)
    uploads = [
        here.upload(save_picture(tmp_path / f"{n}.png", scene), f"post-{n}", f"user-{n}")
        for n, scene in enumerate(scenes)
    ]
    assert uploads[0].action is Action.REMOVE
    active = here.quarantines.active(PROJECT, here.clock())
    assert list(active) == [reference.id]
    assert {here.again(one).action for one in uploads} == {Action.REVIEW}
    (told,) = here.events("reference.quarantined")
    assert told["reference_id"] == reference.id
    assert len(here.cases.list(PROJECT).items) == len(scenes)
    assert here.audit.verify(PROJECT).broken_at is None
    here.clock.now += QUARANTINE
    assert here.quarantines.active(PROJECT, here.clock()) == {}
    save_picture(tmp_path / "later.png", scenes[2][4:, 3:])
    assert here.upload(tmp_path / "later.png", "later", PLATFORM.id).action is Action.REMOVE


def test_the_upload_that_a_flood_is_told_by_is_itself_answered_as_what_waits(
    here: Desk, tmp_path: Path
) -> None:
    scenes = [pictures.scene(seed) for seed in range(FLOODING)]
    frames = [np.asarray(scene) for scene in scenes for _ in range(10)]
    film = videos.encode(tmp_path / "everything.mp4", frames, fps=10.0)
    strict = ActionPolicy(high=Action.REMOVE, medium=Action.REMOVE)
    here.ground.add(here.ground.bank("terror", policy=strict), film)
    for number, scene in enumerate(scenes):
        path = save_picture(tmp_path / f"{number}.png", scene)
        last = here.upload(path, f"post-{number}", f"user-{number}")
    assert here.events("reference.quarantined") != []
    assert last.action is here.again(last).action is Action.REVIEW
    told = [one for one in here.events() if one.get("upload_id") == last.id]
    assert [one["action"] for one in told] == ["review"]
