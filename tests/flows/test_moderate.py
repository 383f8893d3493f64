"""Uploads, clusters, decisions and their undoing, over real pictures made from seeds."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import ANN, BOB, PLATFORM, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy
from reseen.domain.choices import Action, BankRole
from reseen.domain.errors import BlobMissing, Conflict, Forbidden, NotFound
from reseen.domain.media import Pixels
from reseen.domain.review import (
    AppealState,
    CaseState,
    ConsequenceKind,
    ConsequenceState,
    DecisionDraft,
    DecisionState,
    Upload,
    Verdict,
)
from reseen.flows.findings import Scope
from reseen.flows.fingerprint import Perception
from reseen.testing import pictures

type Picture = Callable[..., Path]


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """A photograph of a seed, disguised by a number."""

    def make(seed: int, disguise: int = 0) -> Path:
        pixels = pictures.scene(seed)
        path = tmp_path / f"{seed}-{disguise}.png"
        return save_picture(path, disguised(pixels, disguise))

    return make


def disguised(pixels: Pixels, number: int) -> Pixels:
    """Another crop, size and brightness for every number but 0."""
    if not number:
        return pixels
    height, width = pixels.shape[:2]
    cut = pixels[number % 7 + 4 : height - 6, number % 11 + 3 : width - 5]
    scale = 0.9 - 0.01 * (number % 9)
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lighter = np.clip(small.astype(np.float32) * (1.0 + 0.01 * (number % 13)), 0, 255)
    return np.asarray(lighter, np.uint8)


def test_what_matches_nothing_passes_and_is_a_cluster_of_its_own(
    here: Desk, picture: Picture
) -> None:
    one, other = here.upload(picture(1), "post-1"), here.upload(picture(2), "post-2")
    assert {one.action, other.action} == {Action.PASS}
    assert one.cluster_id != other.cluster_id
    assert here.cases.list(PROJECT).items == ()
    assert [event["content_id"] for event in here.events("upload.answered")] == ["post-1", "post-2"]


def test_an_upload_that_is_sent_again_is_answered_as_before(here: Desk, picture: Picture) -> None:
    one = here.upload(picture(1), "post-1")
    assert here.upload(picture(1), "post-1") == here.again(one)
    assert len(here.events("upload.answered")) == 1
    with pytest.raises(Conflict, match="another file"):
        here.upload(picture(2), "post-1")


def test_near_copies_are_one_cluster_and_the_same_bytes_one_content(
    here: Desk, picture: Picture
) -> None:
    first = here.upload(picture(1), "post-1", "user-1")
    copy = here.upload(picture(1, 3), "post-2", "user-2")
    same = here.upload(picture(1), "post-3", "user-3")
    assert first.cluster_id == copy.cluster_id == same.cluster_id
    assert same.content == first.content
    assert first.cluster_id is not None
    cluster = here.clusters.get(PROJECT, first.cluster_id)
    assert (cluster.members, cluster.uploads, cluster.accounts) == (2, 3, 3)


def test_a_known_bank_removes_and_every_reason_is_told(here: Desk, picture: Picture) -> None:
    strict = ActionPolicy(high=Action.REMOVE)
    bank = here.ground.bank("terror", policy=strict)
    reference = here.ground.add(bank, picture(1))
    upload = here.upload(picture(1, 5), "post-1")
    assert upload.action is Action.REMOVE
    assert upload.reasons[0].reference_id == reference.id
    assert upload.reasons[0].rule == "bank terror: high confidence: remove"
    assert upload.reasons[0].segments
    assert here.cases.list(PROJECT).items == ()


def test_one_decision_covers_the_cluster_and_what_comes_later(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    first = here.upload(picture(1, 1), "post-1", "user-1")
    second = here.upload(picture(1, 2), "post-2", "user-2")
    innocent = here.upload(picture(9), "post-9", "user-9")
    assert first.action is second.action is Action.REVIEW
    (case,) = here.cases.list(PROJECT).items
    decision = here.decide()
    assert decision.state is DecisionState.IN_FORCE
    assert [here.again(one).action for one in (first, second)] == [Action.REMOVE] * 2
    assert here.again(innocent).action is Action.PASS
    assert here.cases.get(PROJECT, case.id).state is CaseState.DECIDED
    later = [here.upload(picture(1, 3 + n), f"post-{3 + n}", f"user-{3 + n}") for n in range(4)]
    assert {one.action for one in later} == {Action.REMOVE}
    assert {one.decision_id for one in later} == {decision.id}
    assert here.reviewing.claim(PROJECT, BOB) is None
    changed = here.events("upload.action_changed")
    assert {one["content_id"] for one in changed} == {"post-1", "post-2"}


def test_the_representative_enters_a_bank_that_catches_the_next_copy_by_itself(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    here.upload(picture(1, 1), "post-1")
    decision = here.decide(labels=("attack",))
    consequences = here.decisions.consequences(decision.id)
    (entered,) = [one for one in consequences if one.kind is ConsequenceKind.REFERENCE]
    reference = here.ground.references.get(PROJECT, entered.subject)
    assert reference.draft.labels == ("attack",)
    assert here.ground.banks.get(PROJECT, reference.bank_id).role is BankRole.RECENT
    assert here.decisions.by_reference(PROJECT, reference.id) == decision


def test_undo_takes_back_each_consequence_and_says_so(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    first = here.upload(picture(1, 1), "post-1")
    decision = here.decide()
    later = here.upload(picture(1, 2), "post-2")
    undone, became = here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    assert (undone.state, undone.ended_by) == (DecisionState.UNDONE, BOB.id)
    assert {one.state for one in became} == {ConsequenceState.REVERSED}
    assert [here.again(one).action for one in (first, later)] == [Action.REVIEW] * 2
    assert here.again(later).decision_id is None
    (entered,) = [one for one in became if one.kind is ConsequenceKind.REFERENCE]
    with pytest.raises(NotFound):
        here.ground.references.get(PROJECT, entered.subject)
    compensating = [
        event
        for event in here.outbox.events(PROJECT, limit=1000).items
        if event.compensates is not None
    ]
    assert {event.type for event in compensating} == {"upload.action_changed", "decision.in_force"}
    (case,) = here.cases.list(PROJECT).items
    assert case.state is CaseState.OPEN
    with pytest.raises(Conflict, match="undone"):
        here.reviewing.undo(PROJECT, BOB, decision.id, "again")


def test_a_decision_on_an_older_state_of_a_case_is_refused(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    here.upload(picture(1, 1), "post-1")
    case = here.claimed()
    draft = DecisionDraft(Verdict.NO_ACTION, reason="Nothing to see.")
    with pytest.raises(Conflict, match="version"):
        here.reviewing.decide(PROJECT, ANN, case.id, case.version - 1, draft)
    with pytest.raises(Conflict, match="Somebody else"):
        here.reviewing.decide(PROJECT, BOB, case.id, case.version, draft)
    here.reviewing.decide(PROJECT, ANN, case.id, case.version, draft)
    with pytest.raises(Conflict):
        here.reviewing.decide(PROJECT, ANN, case.id, case.version, draft)


def test_an_appeal_is_answered_by_somebody_else_and_may_undo_the_decision(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    upload = here.upload(picture(1, 1), "post-1")
    decision = here.decide()
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "It is my own film.")
    (case,) = here.cases.list(PROJECT, state=CaseState.APPEALED).items
    with pytest.raises(Forbidden, match="somebody else"):
        here.appealing.answer(PROJECT, ANN, appeal.id, AppealState.OVERTURNED, "yes")
    here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.OVERTURNED, "It is.")
    assert here.decisions.get(PROJECT, decision.id).state is DecisionState.UNDONE
    assert here.again(upload).action is Action.REVIEW
    assert here.cases.get(PROJECT, case.id).state is CaseState.OPEN


def test_kept_media_open_while_a_case_needs_them(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    passed = here.upload(picture(5), "post-5")
    upload = here.upload(picture(1, 1), "post-1")
    assert passed.media_key is None
    assert upload.media_key is not None
    with here.vault.open(upload.media_key) as path:
        assert path.read_bytes() == picture(1, 1).read_bytes()
    here.vault.delete([upload.media_key])
    with pytest.raises(BlobMissing), here.vault.open(upload.media_key):
        pass


def test_everything_is_in_the_audit_and_the_chain_holds(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    here.upload(picture(1, 1), "post-1")
    decision = here.decide()
    here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    told = [(entry.draft.what, entry.draft.who.id) for entry in here.audit.walk(PROJECT)]
    assert told == [
        ("upload.answered", PLATFORM.id),
        ("case.claimed", ANN.id),
        ("case.decided", ANN.id),
        ("decision.undone", BOB.id),
    ]
    assert here.audit.verify(PROJECT).broken_at is None


def at_one_moment(here: Desk, *submit: tuple[Path, str]) -> list[Upload]:
    """Uploads all of which have searched before the first of them is written down."""
    met = threading.Barrier(len(submit))

    @contextmanager
    def alone(project_id: str) -> Iterator[None]:
        met.wait(60)
        with here.moderating.alone(project_id):
            yield

    desk_ = replace(here, moderating=replace(here.moderating, alone=alone))
    with ThreadPoolExecutor(len(submit)) as threads:
        return list(threads.map(lambda one: desk_.upload(*one), submit))


def test_copies_that_come_at_one_moment_are_brought_together(here: Desk, picture: Picture) -> None:
    one, other, innocent = at_one_moment(
        here, (picture(1), "post-1"), (picture(1, 3), "post-2"), (picture(7), "post-3")
    )
    assert here.again(one).cluster_id != here.again(other).cluster_id
    while here.revising.catch_up():
        pass
    assert here.again(one).cluster_id == here.again(other).cluster_id
    assert here.again(innocent).cluster_id != here.again(one).cluster_id
    assert here.uploads.late() == []


def test_a_copy_that_came_while_its_cluster_was_decided_is_covered(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    first = here.upload(picture(1, 1), "post-1")
    met = threading.Barrier(2)

    @contextmanager
    def late(project_id: str) -> Iterator[None]:
        met.wait(60)
        met.wait(60)
        with here.moderating.alone(project_id):
            yield

    desk_ = replace(here, moderating=replace(here.moderating, alone=late))
    with ThreadPoolExecutor(1) as threads:
        coming = threads.submit(desk_.upload, picture(1, 2), "post-2")
        met.wait(60)
        decision = here.decide()
        met.wait(60)
        second = coming.result(60)
    here.revising.catch_up()
    assert here.again(second).decision_id == here.again(first).decision_id == decision.id
    assert here.again(second).action is Action.REMOVE


def test_a_reference_that_comes_later_changes_what_is_done_and_says_so(
    here: Desk, picture: Picture
) -> None:
    upload = here.upload(picture(1, 2), "post-1")
    assert upload.action is Action.PASS
    bank = here.ground.bank("reported")
    known = here.ground.add(bank, picture(1))
    content = here.ground.references.get(PROJECT, upload.reference_id or "")
    kept = here.ground.references.fingerprint(known)
    assert kept is not None
    scope = Scope(roles=(BankRole.SEEN,))
    (found,) = here.ground.searching.by_fingerprint(PROJECT, kept, scope).matches
    for _ in range(2):
        here.revising.matched(content, known, bank, found.match)
    after = here.again(upload)
    assert after.action is Action.REVIEW
    assert [r.reference_id for r in after.reasons] == [known.id]
    assert len(here.cases.list(PROJECT).items) == 1
    (told,) = here.events("upload.action_changed")
    assert (told["content_id"], told["action"]) == ("post-1", "review")


def test_what_is_allowed_stays_so_when_a_reference_comes_later(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("fine", BankRole.ALLOWED), picture(1))
    upload = here.upload(picture(1, 2), "post-1")
    bank = here.ground.bank("reported", policy=ActionPolicy(high=Action.REMOVE))
    known = here.ground.add(bank, picture(1, 4))
    content = here.ground.references.get(PROJECT, upload.reference_id or "")
    kept = here.ground.references.fingerprint(known)
    assert kept is not None
    scope = Scope(roles=(BankRole.SEEN,))
    (found,) = here.ground.searching.by_fingerprint(PROJECT, kept, scope).matches
    here.revising.matched(content, known, bank, found.match)
    assert here.again(upload).action is Action.PASS


def test_undoing_tells_of_each_upload_and_ends_what_its_reference_removed(
    here: Desk, picture: Picture
) -> None:
    reported = here.ground.add(here.ground.bank("reported"), picture(1))
    here.upload(picture(1, 1), "post-1")
    strict = here.ground.bank("strict", BankRole.RECENT, policy=ActionPolicy(high=Action.REMOVE))
    decision = here.decide(bank_id=strict.id)
    later = here.upload(picture(1, 2), "post-2")
    own = [r for r in later.reasons if r.reference_id != reported.id and r.role is BankRole.RECENT]
    assert [r.action for r in own] == [Action.REMOVE]
    here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    after = here.again(later)
    assert after.action is Action.REVIEW
    assert {r.reference_id for r in after.reasons if r.role is not BankRole.SEEN} == {reported.id}
    told = here.events("upload.action_changed")
    last = {one["content_id"]: one["action"] for one in told}
    assert last == {"post-1": "review", "post-2": "review"}


def test_a_removal_that_nobody_decided_may_be_appealed(here: Desk, picture: Picture) -> None:
    here.ground.add(here.ground.bank("terror", policy=ActionPolicy(high=Action.REMOVE)), picture(1))
    removed, innocent = here.upload(picture(1, 1), "post-1"), here.upload(picture(5), "post-5")
    assert removed.action is Action.REMOVE
    with pytest.raises(Conflict, match="nothing removed it"):
        here.appealing.appeal(PROJECT, PLATFORM, innocent.id, "Why not?")
    appeal = here.appealing.appeal(PROJECT, PLATFORM, removed.id, "It is news.")
    assert appeal.decision_id is None
    (case,) = here.cases.list(PROJECT, state=CaseState.APPEALED).items
    here.appealing.answer(PROJECT, ANN, appeal.id, AppealState.OVERTURNED, "It is news.")
    assert here.again(removed).action is Action.PASS
    assert here.cases.get(PROJECT, case.id).state is CaseState.OPEN
    (told,) = here.events("upload.action_changed")
    assert (told["content_id"], told["action"]) == ("post-1", "pass")
