"""Retention over the stores as they are, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import BankDraft, ReferenceDraft
from reseen.domain.choices import Action, BankRole
from reseen.domain.cluster import Node
from reseen.domain.errors import NotFound
from reseen.domain.media import Medium
from reseen.domain.record import Actor
from reseen.domain.review import Upload
from reseen.flows.holding import Holding
from reseen.flows.retention import Retaining, Windows
from reseen.ports import Blobs, Regrouped
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.store.decisions import SqlDecisionStore
from reseen.store.keeping import SqlLegalHolds
from reseen.store.outbox import SqlOutbox
from reseen.store.references import SqlReferenceStore
from reseen.store.uploads import SqlUploadStore
from reseen.store.vault import BlobVault
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import hashes
from reseen.testing.upload_store_contract import upload

DAY = timedelta(days=1)
ANN = Actor("key_ann", "admin")


@dataclass(frozen=True)
class World:
    retaining: Retaining
    holding: Holding
    removed: Callable[[int], Upload]


@pytest.fixture
def world(
    either: Database,
    blobs: Blobs,
    banks: SqlBankStore,
    references: SqlReferenceStore,
    clock: Clock,
    tmp_path: Path,
) -> World:
    uploads, clusters = SqlUploadStore(either, clock), SqlClusterStore(either, clock)
    cases, holds = SqlCaseStore(either), SqlLegalHolds(either, clock)
    audit, alone = SqlAuditLog(either, clock), alone_in(either)
    vault = BlobVault(blobs, bytes(32), lambda: tmp_path)
    seen = banks.create(PROJECT, BankDraft("seen", BankRole.SEEN))

    def removed(seed: int) -> Upload:
        """An upload that the policies removed, in a cluster of its own, with its media."""
        file = tmp_path / f"{seed}"
        file.write_bytes(b"x" * 100)
        held = references.add(seen, ReferenceDraft(f"post-{seed}"), hashes(seed)).reference
        clusters.add_nodes(PROJECT, [Node(held.number, Medium.IMAGE, seed)])
        made = uploads.add(
            replace(
                upload(f"post-{seed}"),
                content=held.number,
                reference_id=held.id,
                received_at=clock.now,
                action=Action.REMOVE,
                ruled=Action.REMOVE,
                media_key=vault.put(PROJECT, "ab" * 32, file),
            )
        )
        group = Regrouped(None, held.number, (held.number,), {})
        clusters.regroup(PROJECT, [group], clock.now)
        return uploads.get(PROJECT, made.id)

    retaining = Retaining(
        uploads=uploads,
        references=references,
        clusters=clusters,
        cases=cases,
        decisions=SqlDecisionStore(either),
        holds=holds,
        vault=vault,
        audit=audit,
        outbox=SqlOutbox(either, clock),
        alone=alone,
        clock=clock,
        windows=Windows(media=14 * DAY, uploads=100 * DAY, events=50 * DAY),
    )
    holding = Holding(holds, uploads, clusters, cases, audit, alone)
    return World(retaining, holding, removed)


def test_what_is_over_goes_and_what_is_held_stays(world: World, clock: Clock, blobs: Blobs) -> None:
    over, held = world.removed(1), world.removed(2)
    hold = world.holding.hold(PROJECT, ANN, held.cluster_id or "", "court order")
    clock.turn(days=15)
    retaining = world.retaining
    assert [one.id for one in retaining.delete_media(PROJECT)] == [over.id]
    clock.turn(days=100)
    assert list(retaining.delete_media(PROJECT)) == []
    assert retaining.forget_uploads(PROJECT) == 1
    with pytest.raises(NotFound):
        retaining.uploads.get(PROJECT, over.id)
    with pytest.raises(NotFound):
        retaining.references.get(PROJECT, over.reference_id or "")
    assert retaining.clusters.get(PROJECT, over.cluster_id or "").uploads == 0
    assert retaining.uploads.get(PROJECT, held.id) == held
    assert set(retaining.vault.keys(PROJECT)) == {held.media_key}
    world.holding.release(PROJECT, ANN, hold.id)
    assert [one.id for one in retaining.delete_media(PROJECT)] == [held.id]
    assert retaining.forget_uploads(PROJECT) == 1
    assert list(blobs.keys("media/")) == []
    told = [entry.draft.what for entry in retaining.audit.walk(PROJECT)]
    assert told == [
        "hold.placed",
        "media.deleted",
        "upload.forgotten",
        "hold.released",
        "media.deleted",
        "upload.forgotten",
    ]
    assert retaining.audit.verify(PROJECT).broken_at is None


def test_nothing_is_deleted_twice_by_two_that_do_it_at_once(world: World, clock: Clock) -> None:
    made = {world.removed(seed).id for seed in range(3)}
    clock.turn(days=15)
    one, other = (world.retaining.delete_media(PROJECT) for _ in range(2))
    first = next(one).id
    rest = {upload.id for upload in other}
    assert {first} | rest == made
    assert list(one) == []
    told = [entry.draft.subject for entry in world.retaining.audit.walk(PROJECT)]
    assert sorted(told) == sorted(made)
