"""Bursts and floods, over real stores, search and media made from seeds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import BOB, PLATFORM, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy, Bank, Reference
from reseen.domain.choices import Action, Regime
from reseen.domain.cluster import Edge, Node
from reseen.domain.match import Confidence
from reseen.domain.media import Channel, Medium
from reseen.domain.policy import Reason
from reseen.domain.review import Upload, UploadDraft, UploadState
from reseen.engine.priority import BURSTING, FLOODING
from reseen.flows.alarms import EVERY, MOST, QUARANTINE, WINDOW
from reseen.flows.fingerprint import Perception
from reseen.flows.quarantine import Quarantining
from reseen.store.alone import alone_in
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


def flooded(here: Desk, bank: Bank, reference: Reference, things: int) -> Upload:
    """So many things that have nothing in common but this reference; the last upload of them."""
    number = reference.number
    with here.ground.database.together():
        for content in range(10**6, 10**6 + things):
            upload = here.uploads.add(
                Upload(
                    id="",
                    project_id=PROJECT,
                    draft=UploadDraft(f"thing-{content}", "user"),
                    state=UploadState.DONE,
                    received_at=here.clock(),
                    content=content,
                    action=Action.REMOVE,
                    ruled=Action.REMOVE,
                    reasons=(reason_by(reference, bank),),
                )
            )
            nodes = Node(content, Medium.IMAGE, content), Node(number, Medium.IMAGE, 1)
            edge = Edge(number, content, 0.9, 0.2, 0.2, Channel.VISUAL)
            here.moderating.clustering.arrive(PROJECT, nodes[0], nodes[1:], [edge])
    return here.again(upload)


def reason_by(reference: Reference, bank: Bank) -> Reason:
    removes = Action.REMOVE
    return Reason(
        reference.id, bank.id, bank.role, 0.9, Confidence.HIGH, Regime.STILL, removes, removes, "it"
    )


def test_a_flood_is_noticed_however_many_came_before_somebody_looked(
    here: Desk, tmp_path: Path
) -> None:
    bank = here.ground.bank("terror")
    reference = here.ground.add(bank, save_picture(tmp_path / "a.png", pictures.scene(1)))
    last = flooded(here, bank, reference, MOST + 1)
    cluster = here.clusters.get(PROJECT, last.cluster_id or "")
    with here.ground.database.together():
        here.alarms.heed(last, cluster)
    assert list(here.quarantines.active(PROJECT, here.clock())) == [reference.id]
    page = here.uploads.list(PROJECT, action=Action.REMOVE)
    assert page.items == ()  # whatever it removed in the window waits for somebody


def test_every_so_many_removals_by_a_reference_are_looked_at(here: Desk) -> None:
    looks = [here.alarms._is_due("ref") for _ in range(2000)]
    assert all(looks[: EVERY * EVERY - 1])
    assert sum(looks[1000:]) == 1000 // EVERY


def test_a_quarantine_that_somebody_lifted_does_not_come_back_for_what_was_before(
    here: Desk, tmp_path: Path
) -> None:
    bank = here.ground.bank("terror")
    reference = here.ground.add(bank, save_picture(tmp_path / "a.png", pictures.scene(1)))
    last = flooded(here, bank, reference, FLOODING + 2)
    cluster = here.clusters.get(PROJECT, last.cluster_id or "")
    with here.ground.database.together():
        here.alarms.heed(last, cluster)
    assert reference.id in here.quarantines.active(PROJECT, here.clock())
    alone = alone_in(here.ground.database)
    quarantining = Quarantining(
        here.quarantines, here.ground.references, here.audit, alone, here.clock
    )
    here.clock.now += timedelta(minutes=1)
    quarantining.lift(PROJECT, BOB, reference.id)
    with here.ground.database.together():
        here.alarms.heed(last, cluster)
    assert here.quarantines.active(PROJECT, here.clock()) == {}
