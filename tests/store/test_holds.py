"""What a legal hold keeps, whatever becomes of the clusters and cases around it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.cluster import Node
from reseen.domain.media import Medium
from reseen.domain.review import ACCOUNT, Case, CaseState, Upload
from reseen.ports import Regrouped
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.store.keeping import SqlLegalHolds
from reseen.store.uploads import SqlUploadStore
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.upload_store_contract import NOON, upload

LATER = NOON + timedelta(days=400)


class World:
    """Contents 1 to 6, an upload of each, in the clusters that a test makes of them."""

    def __init__(self, database: Database) -> None:
        self.uploads = SqlUploadStore(database)
        self.clusters = SqlClusterStore(database)
        self.cases = SqlCaseStore(database)
        self.holds = SqlLegalHolds(database)
        nodes = [Node(number, Medium.IMAGE, number) for number in range(1, 7)]
        self.clusters.add_nodes(PROJECT, nodes)
        for node in nodes:
            account = f"user-{node.number}"
            one = replace(upload(f"post-{node.number}", account), content=node.number)
            self.uploads.add(one)

    def group(self, members: list[int], own: str | None = None, *absorbed: str) -> str:
        group = Regrouped(own, members[0], tuple(members), {}, absorbed)
        return self.clusters.regroup(PROJECT, [group], NOON)[0].id

    def case(self, cluster_id: str, state: CaseState = CaseState.DECIDED) -> Case:
        return self.cases.open(Case("", PROJECT, cluster_id, state, 0, 1.0, 50, "", NOON))

    def hold(self, subject: str) -> str:
        return self.holds.hold(PROJECT, subject, "court order", "key_ann").id

    def left(self) -> list[int]:
        """The contents of the uploads that are kept once all that may be is forgotten."""
        while self.uploads.forget(PROJECT, LATER, limit=2):
            pass
        return sorted(one.content or 0 for one in self.uploads.list(PROJECT).items)

    def upload(self, number: int) -> Upload:
        found = self.uploads.by_content_id(PROJECT, f"post-{number}")
        assert found is not None
        return found


@pytest.fixture
def world(either: Database) -> World:
    return World(either)


def test_an_upload_an_account_a_cluster_and_a_case_are_kept(world: World) -> None:
    first, second = world.group([1, 2]), world.group([3, 4])
    world.hold(first)
    world.hold(world.case(second).id)
    world.hold(world.upload(5).id)
    world.hold(f"{ACCOUNT}user-6")
    world.holds.hold(OTHER_PROJECT, world.upload(5).id, "another court", "key_bob")
    assert world.left() == [1, 2, 3, 4, 5, 6]


def test_what_nobody_holds_is_forgotten_and_so_is_what_was_released(world: World) -> None:
    cluster = world.group([1, 2])
    hold = world.hold(cluster)
    world.holds.hold(OTHER_PROJECT, cluster, "of another project", "key_bob")
    assert world.left() == [1, 2]
    world.holds.release(PROJECT, hold, "key_ann")
    assert world.left() == []


def test_an_open_case_keeps_its_cluster(world: World) -> None:
    world.case(world.group([1, 2]), CaseState.OPEN)
    world.case(world.group([3]), CaseState.APPEALED)
    world.case(world.group([4]))
    assert world.left() == [1, 2, 3]


def test_a_hold_follows_a_cluster_into_another_one(world: World) -> None:
    held, kept = world.group([1, 2]), world.group([3])
    world.hold(held)
    world.group([1, 2, 3], kept, held)
    assert world.holds.held(PROJECT, [kept]) == {kept}
    assert world.left() == [1, 2, 3]


def test_a_hold_follows_the_case_of_a_cluster_that_became_part_of_another(world: World) -> None:
    held, kept = world.group([1, 2]), world.group([3])
    world.case(kept)
    world.hold(world.case(held).id)
    world.group([1, 2, 3], kept, held)
    world.cases.merge(PROJECT, kept, [held])
    assert world.left() == [1, 2, 3]


def test_a_hold_stays_on_every_part_of_a_cluster_that_is_split(world: World) -> None:
    held, other = world.group([1, 2, 3, 4]), world.group([5])
    world.hold(held)
    apart = world.group([3])
    world.group([4, 5], other)
    world.group([1, 2], held)
    assert world.holds.held(PROJECT, [held, apart, other]) == {held, apart, other}
    world.group([3], apart)
    world.group([4, 5, 6], other)
    assert len(world.holds.list(PROJECT).items) == 3
    assert world.left() == [1, 2, 3, 4, 5, 6]


def test_a_hold_does_not_come_to_clusters_beside(world: World) -> None:
    held, other = world.group([1]), world.group([2])
    world.hold(held)
    world.group([2, 3], other)
    assert world.left() == [1]
