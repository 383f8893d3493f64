"""What is over is deleted, and nothing else: over real stores, real search, real media."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import ANN, BOB, PLATFORM, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy
from reseen.domain.choices import Action, BankRole
from reseen.domain.errors import BlobMissing, NotFound
from reseen.domain.review import (
    AppealState,
    ConsequenceKind,
    ConsequenceState,
    Upload,
    Verdict,
)
from reseen.flows.fingerprint import Perception
from reseen.flows.holding import Holding
from reseen.flows.looking import Looking
from reseen.flows.retention import Retainer, Retaining, Windows
from reseen.store.alone import alone_in
from reseen.store.keeping import SqlLegalHolds
from reseen.store.outbox import SqlOutbox
from reseen.store.vault import BlobVault
from reseen.testing import pictures

DAY = timedelta(days=1)
WINDOWS = Windows(media=14 * DAY, uploads=100 * DAY, events=50 * DAY)
REVIEW = ActionPolicy(Action.REVIEW, Action.REVIEW, Action.REVIEW)
REMOVE = ActionPolicy(Action.REMOVE, Action.REVIEW, Action.REVIEW)

type Picture = Callable[[int], Path]


@dataclass(frozen=True)
class World:
    desk: Desk
    retaining: Retaining
    holding: Holding
    looking: Looking
    picture: Picture

    def wait(self, **ahead: float) -> None:
        self.desk.clock.now += timedelta(**ahead)

    def under_review(self, seed: int = 1, account: str = "user-1") -> Upload:
        """An upload whose media are kept, as somebody is to look at it."""
        return self._matched(seed, account, REVIEW)

    def removed(self, seed: int) -> Upload:
        """An upload that was removed without anybody's looking."""
        return self._matched(seed, "user-1", REMOVE)

    def _matched(self, seed: int, account: str, policy: ActionPolicy) -> Upload:
        bank = self.desk.ground.bank(f"bank-{seed}", role=BankRole.KNOWN, policy=policy)
        self.desk.ground.add(bank, self.picture(seed))
        return self.desk.upload(self.picture(seed), f"post-{seed}", account)

    def deleted(self) -> list[str]:
        """Ids of the uploads whose media are deleted now."""
        return [one.id for one in self.retaining.delete_media(PROJECT)]

    def forget(self) -> int:
        return self.retaining.forget_uploads(PROJECT)

    def blobs(self) -> list[str]:
        return list(self.desk.ground.blobs.keys("media/"))

    def audited(self, subject: str) -> list[str]:
        return [e.draft.what for e in self.desk.audit.entries(PROJECT, subject=subject).items]


@pytest.fixture
def world(tmp_path: Path, perception: Perception) -> Iterator[World]:
    with desk(tmp_path, perception) as here:
        holds = SqlLegalHolds(here.ground.database, here.clock)
        alone = alone_in(here.ground.database)
        retaining = Retaining(
            uploads=here.uploads,
            references=here.ground.references,
            clusters=here.clusters,
            cases=here.cases,
            decisions=here.decisions,
            holds=holds,
            vault=here.vault,
            audit=here.audit,
            outbox=here.outbox,
            alone=alone,
            clock=here.clock,
            windows=WINDOWS,
        )
        holding = Holding(holds, here.uploads, here.clusters, here.cases, here.audit, alone)
        looking = Looking(here.uploads, here.vault, here.audit)

        def picture(seed: int) -> Path:
            return save_picture(tmp_path / f"{seed}.png", pictures.scene(seed))

        yield World(here, retaining, holding, looking, picture)


def test_media_stay_until_their_case_is_decided_and_two_weeks_longer(world: World) -> None:
    upload = world.under_review()
    world.wait(days=60)
    assert world.deleted() == []
    decision = world.desk.decide()
    world.wait(days=13)
    assert world.deleted() == []
    with world.looking.at(PROJECT, ANN, upload.id) as path:
        assert path.read_bytes() == world.picture(1).read_bytes()
    world.wait(days=2)
    assert world.deleted() == [upload.id]
    assert world.blobs() == []
    assert world.audited(upload.id)[:2] == ["media.deleted", "media.read"]
    [gone] = [
        one
        for one in world.desk.decisions.consequences(decision.id)
        if one.kind is ConsequenceKind.MEDIA
    ]
    assert gone.subject == upload.id
    with pytest.raises(NotFound, match="No media"), world.looking.at(PROJECT, ANN, upload.id):
        pass
    assert world.deleted() == []


def test_an_undone_decision_says_that_the_media_are_gone(world: World) -> None:
    world.under_review()
    decision = world.desk.decide()
    world.wait(days=15)
    world.deleted()
    _, became = world.desk.reviewing.undo(PROJECT, BOB, decision.id, "a mistake")
    [gone] = [one for one in became if one.kind is ConsequenceKind.MEDIA]
    assert gone.state is ConsequenceState.IRREVERSIBLE


def test_an_appeal_keeps_media_until_two_weeks_after_its_answer(world: World) -> None:
    upload = world.under_review()
    world.desk.decide()
    world.wait(days=10)
    appeal = world.desk.appealing.appeal(PROJECT, PLATFORM, upload.id, "It is satire.")
    world.wait(days=30)
    assert world.deleted() == []
    world.desk.appealing.answer(PROJECT, BOB, appeal.id, AppealState.UPHELD, "It is not.")
    world.wait(days=13)
    assert world.deleted() == []
    world.wait(days=2)
    assert world.deleted() == [upload.id]


def test_what_was_removed_without_a_case_is_kept_for_two_weeks(world: World) -> None:
    upload = world.removed(2)
    assert upload.action is Action.REMOVE
    assert len(world.blobs()) == 2
    world.wait(days=13)
    assert world.deleted() == []
    world.wait(days=2)
    assert world.deleted() == [upload.id]
    assert world.blobs() == []


def test_a_server_that_keeps_no_media_deletes_those_that_are_there(world: World) -> None:
    upload, held = world.under_review(), world.under_review(2)
    world.holding.hold(PROJECT, ANN, held.id, "court order")
    none = replace(world.retaining, keeps_media=False)
    assert [one.id for one in none.delete_media(PROJECT)] == [upload.id]


@pytest.mark.parametrize("what", ["upload", "cluster", "case", "account"])
def test_a_legal_hold_keeps_media_and_uploads_until_it_is_released(world: World, what: str) -> None:
    upload = world.under_review()
    world.desk.decide(verdict=Verdict.NO_ACTION)
    if what == "account":
        held = world.holding.hold_account(PROJECT, ANN, upload.draft.account_id, "court order")
    else:
        [case] = world.desk.cases.list(PROJECT).items
        subject = {"upload": upload.id, "cluster": case.cluster_id, "case": case.id}[what]
        held = world.holding.hold(PROJECT, ANN, subject, "court order")
    world.wait(days=400)
    assert (world.deleted(), world.forget()) == ([], 0)
    world.holding.release(PROJECT, ANN, held.id)
    assert world.audited(held.id) == ["hold.released", "hold.placed"]
    assert (world.deleted(), world.forget()) == ([upload.id], 1)


def test_what_is_forgotten_leaves_no_blob_no_key_and_no_fingerprint(world: World) -> None:
    uploads = [world.under_review(1), world.desk.upload(world.picture(2), "post-2")]
    world.desk.decide(verdict=Verdict.NO_ACTION)
    world.wait(days=101)
    world.deleted()
    assert world.forget() == 2
    assert world.forget() == 0
    references = world.desk.ground.references
    for upload in uploads:
        with pytest.raises(NotFound):
            world.desk.again(upload)
        assert upload.reference_id is not None
        with pytest.raises(NotFound):
            references.get(PROJECT, upload.reference_id)
        assert world.audited(upload.id)[0] == "upload.forgotten"
        cluster = world.desk.clusters.get(PROJECT, upload.cluster_id or "")
        assert (cluster.uploads, cluster.accounts) == (0, 0)
    assert world.blobs() == []
    assert world.desk.audit.verify(PROJECT).broken_at is None
    later = world.desk.upload(world.picture(2), "post-3")
    assert later.action is Action.PASS
    assert later.reasons == ()


def test_a_fingerprint_stays_as_long_as_an_upload_of_it(world: World) -> None:
    first = world.desk.upload(world.picture(1), "post-1", "user-1")
    world.wait(days=60)
    again = world.desk.upload(world.picture(1), "post-2", "user-2")
    assert again.reference_id == first.reference_id
    world.wait(days=50)
    assert world.forget() == 1
    references = world.desk.ground.references
    assert references.get(PROJECT, first.reference_id or "").id == first.reference_id
    cluster = world.desk.clusters.get(PROJECT, again.cluster_id or "")
    assert (cluster.uploads, cluster.accounts) == (1, 1)
    world.wait(days=60)
    assert world.forget() == 1
    with pytest.raises(NotFound):
        references.get(PROJECT, first.reference_id or "")


def test_what_an_open_case_needs_is_not_forgotten(world: World) -> None:
    upload = world.under_review()
    world.wait(days=1000)
    assert (world.deleted(), world.forget()) == ([], 0)
    assert world.desk.again(upload).media_key is not None


def test_media_that_no_upload_names_are_swept_after_an_hour(world: World) -> None:
    kept = world.under_review()
    vault, path = world.desk.vault, world.picture(1)
    orphan = vault.put(PROJECT, "ab" * 32, path)
    world.desk.ground.blobs.put(f"media/{PROJECT}/half-01.000000", b"x")
    assert world.retaining.sweep_vault(PROJECT) == 0
    world.wait(minutes=59)
    late = vault.put(PROJECT, "cd" * 32, path)
    assert world.retaining.sweep_vault(PROJECT) == 0
    world.wait(minutes=2)
    assert world.retaining.sweep_vault(PROJECT) == 2
    with pytest.raises(BlobMissing), vault.open(orphan):
        pass
    assert set(vault.keys(PROJECT)) == {late, world.desk.again(kept).media_key}


def test_media_whose_deletion_was_cut_short_are_swept(world: World) -> None:
    upload = world.under_review()
    world.desk.decide(verdict=Verdict.NO_ACTION)
    world.wait(days=15)

    class Killed(Exception):
        pass

    class Dying(BlobVault):
        def delete(self, keys: Sequence[str]) -> None:
            raise Killed(keys)

    dying = Dying(world.desk.ground.blobs, bytes(32), Path)
    with pytest.raises(Killed):
        list(replace(world.retaining, vault=dying).delete_media(PROJECT))
    assert world.desk.again(upload).media_key is None
    assert len(world.blobs()) == 2
    world.retaining.sweep_vault(PROJECT)
    world.wait(hours=2)
    assert world.retaining.sweep_vault(PROJECT) == 1
    assert world.blobs() == []


def test_events_are_forgotten_when_they_are_over(world: World) -> None:
    world.desk.upload(world.picture(1), "post-1")
    world.wait(days=49)
    assert world.retaining.forget_events() == 0
    world.wait(days=2)
    assert world.retaining.forget_events() == 1
    assert world.desk.events() == []


def test_a_thread_does_all_of_it_and_ends_when_it_is_told_to(world: World) -> None:
    upload = world.under_review()
    world.desk.decide(verdict=Verdict.NO_ACTION)
    world.wait(days=150)
    done = threading.Event()

    class Told(SqlOutbox):
        """Says that the last step was reached."""

        def forget(self, before: datetime, limit: int = 1000) -> int:
            done.set()
            return super().forget(before, limit)

    told = Told(world.desk.ground.database)
    retainer = Retainer(replace(world.retaining, outbox=told), lambda: (PROJECT,))
    retainer.start()
    assert done.wait(30)
    retainer.stop()
    with pytest.raises(NotFound):
        world.desk.again(upload)
    assert world.blobs() == []


def test_a_hold_on_an_account_keeps_the_media_of_what_it_uploads_later(world: World) -> None:
    held = world.holding.hold_account(PROJECT, ANN, "user-9", "a court asks")
    kept = world.desk.upload(world.picture(3), "post-kept", "user-9")
    other = world.desk.upload(world.picture(4), "post-other", "user-8")
    assert (kept.action, other.action) == (Action.PASS, Action.PASS)
    assert kept.media_key is not None
    assert other.media_key is None
    world.wait(days=60)
    assert world.deleted() == []
    world.holding.release(PROJECT, ANN, held.id)
    assert world.deleted() == [kept.id]
