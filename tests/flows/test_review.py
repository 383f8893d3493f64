"""Proposals, answers and what is left of a case: over real stores, without media."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.flows.moderating import ANN, BOB, PLATFORM, Desk, desk
from tests.flows.test_sorting import case_of, cluster_of

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.cluster import Edge, Node
from reseen.domain.errors import Conflict, Forbidden, InvalidValue
from reseen.domain.match import Confidence
from reseen.domain.media import Channel, Medium
from reseen.domain.policy import Basis, PolicyDraft, Reason, Ruling
from reseen.domain.record import Actor
from reseen.domain.review import (
    AppealState,
    Case,
    CaseState,
    Decision,
    DecisionDraft,
    DecisionState,
    Upload,
    UploadDraft,
    UploadState,
    Verdict,
)
from reseen.flows.fingerprint import Perception
from reseen.flows.sorting import Seen

HARM = DecisionDraft(Verdict.HARMFUL, policy="violence")
NOTHING = DecisionDraft(Verdict.NO_ACTION)
CAROL = Actor("key_carol", "reviewer")
REMOVED = Reason(
    reference_id="ref",
    bank_id="bank",
    role=BankRole.KNOWN,
    score=0.97,
    confidence=Confidence.HIGH,
    regime=Regime.STILL,
    asked=Action.REMOVE,
    action=Action.REMOVE,
    rule="high confidence: remove",
)


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


def waiting(here: Desk, *, two_person: bool = False, uploads: int = 1) -> tuple[Case, Upload]:
    """The case of a cluster of one content, uploaded so many times, and the first upload."""
    with here.ground.database.together():
        made = [
            here.uploads.add(
                Upload(
                    id="",
                    project_id=PROJECT,
                    draft=UploadDraft(f"post-{n}", f"user-{n}"),
                    state=UploadState.DONE,
                    received_at=here.clock(),
                    content=7,
                    action=Action.REVIEW,
                    ruled=Action.REVIEW,
                )
            )
            for n in range(uploads)
        ]
        here.sorting.clustering.arrive(PROJECT, Node(7, Medium.IMAGE, 1), [], [])
        ruling = Ruling(Action.REVIEW, severity=50, two_person=two_person)
        case = here.reviewing.opened(PROJECT, cluster_of(here, made[0]), ruling, "reported")
    return case, made[0]


def resembling(here: Desk, *, sure_of: int, action: Action = Action.PASS) -> Upload:
    """An upload of content 8 that resembles content 7, and matches another one surely; as the
    decision on its cluster leaves it.
    """
    (reference_id,) = here.clusters.named([sure_of])
    reason = Reason(
        reference_id=reference_id,
        bank_id="bank_seen",
        role=BankRole.SEEN,
        score=0.97,
        confidence=Confidence.HIGH,
        regime=Regime.STILL,
        asked=Action.PASS,
        action=Action.PASS,
        rule="an earlier upload",
    )
    with here.ground.database.together():
        upload = here.uploads.add(
            Upload(
                id="",
                project_id=PROJECT,
                draft=UploadDraft("post-8", "user-8"),
                state=UploadState.DONE,
                received_at=here.clock(),
                content=8,
                action=action,
                ruled=action,
                reasons=(reason,),
            )
        )
        one, new, other = (Node(number, Medium.IMAGE, number) for number in (7, 8, 9))
        here.sorting.clustering.arrive(PROJECT, other, [], [])
        edge = Edge(7, 8, 0.7, 0.9, 0.9, Channel.VISUAL)
        told = here.sorting.clustering.arrive(PROJECT, new, [one], [edge])
        (cluster,) = told.clusters
        assert cluster.members == 2
        return here.inheriting.cover(here.again(upload), cluster, Ruling(action))


@pytest.mark.parametrize(
    ("draft", "before", "sure_of", "after"),
    [
        (HARM, Action.PASS, 7, Action.REMOVE),
        (HARM, Action.PASS, 9, Action.REVIEW),
        (HARM, Action.REMOVE, 9, Action.REMOVE),
        (NOTHING, Action.REVIEW, 9, Action.PASS),
        (NOTHING, Action.REMOVE, 7, Action.PASS),
        (NOTHING, Action.REMOVE, 9, Action.REMOVE),
    ],
)
def test_a_decision_is_heeded_where_the_match_with_what_it_covers_is_sure(
    here: Desk, draft: DecisionDraft, before: Action, sure_of: int, after: Action
) -> None:
    case, _ = waiting(here)
    decision = decide(here, ANN, draft)
    found = resembling(here, sure_of=sure_of, action=before)
    assert found.action is after
    is_covered = found.decision_id == decision.id
    state = here.cases.get(PROJECT, case.id).state
    assert is_covered is (state is CaseState.DECIDED)
    assert is_covered is (sure_of == 7 or (before is Action.REMOVE) is (draft is HARM))


def decide(here: Desk, who: Actor, draft: DecisionDraft = HARM) -> Decision:
    (case,) = here.cases.list(PROJECT).items
    return here.reviewing.decide(PROJECT, who, case.id, case.version, draft)


def test_a_decision_holds_until_a_second_person_agrees_to_another(here: Desk) -> None:
    case, upload = waiting(here)
    first = decide(here, ANN)
    present = here.cases.get(PROJECT, case.id)
    here.cases.save(replace(present, state=CaseState.OPEN, two_person=True))
    second = decide(here, ANN, NOTHING)
    assert second.state is DecisionState.PROPOSED
    assert here.decisions.get(PROJECT, first.id).state is DecisionState.IN_FORCE
    assert here.again(upload).action is Action.REMOVE
    here.reviewing.approve(PROJECT, BOB, second.id)
    assert here.decisions.get(PROJECT, first.id).state is DecisionState.UNDONE
    assert (here.again(upload).action, here.again(upload).decision_id) == (Action.PASS, second.id)


def test_a_proposal_gives_way_to_another_one_and_cannot_be_agreed_to(here: Desk) -> None:
    waiting(here, two_person=True)
    first, second = decide(here, ANN), decide(here, ANN, NOTHING)
    declined = here.decisions.get(PROJECT, first.id)
    assert (declined.state, declined.ended_by) == (DecisionState.DECLINED, ANN.id)
    with pytest.raises(Conflict, match="declined"):
        here.reviewing.approve(PROJECT, BOB, first.id)
    here.reviewing.approve(PROJECT, BOB, second.id)


def test_what_is_declined_leaves_the_decision_that_holds(here: Desk) -> None:
    case, upload = waiting(here)
    first = decide(here, ANN)
    here.cases.save(
        replace(here.cases.get(PROJECT, case.id), state=CaseState.OPEN, two_person=True)
    )
    second = decide(here, ANN, NOTHING)
    here.reviewing.decline(PROJECT, BOB, second.id, "It does.")
    left = here.cases.get(PROJECT, case.id)
    assert (left.state, left.decision_id) == (CaseState.OPEN, first.id)
    assert here.again(upload).decision_id == first.id


def test_a_case_is_appealed_until_the_last_appeal_is_answered(here: Desk) -> None:
    case, upload = waiting(here, uploads=2)
    decide(here, ANN)
    every = here.uploads.list(PROJECT).items
    some = [here.appealing.appeal(PROJECT, PLATFORM, one.id, "Mine.") for one in every]
    for appeal, state in zip(some, (CaseState.APPEALED, CaseState.DECIDED), strict=True):
        here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.UPHELD, "It stays.")
        assert here.cases.get(PROJECT, case.id).state is state
    assert here.again(upload).action is Action.REMOVE


def test_an_appeal_on_what_was_undone_since_leaves_the_case_to_whoever_looks(here: Desk) -> None:
    case, upload = waiting(here)
    decision = decide(here, ANN)
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "Mine.")
    here.reviewing.undo(PROJECT, BOB, decision.id, "A mistake.")
    here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.UPHELD, "It is undone.")
    assert here.cases.get(PROJECT, case.id).state is CaseState.OPEN
    assert case_of(here, cluster_of(here, upload)).decision_id is None


def test_who_agreed_to_a_decision_does_not_answer_an_appeal_against_it(here: Desk) -> None:
    _, upload = waiting(here, two_person=True)
    decision = decide(here, ANN)
    here.reviewing.approve(PROJECT, BOB, decision.id)
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "Mine.")
    for one in (ANN, BOB):
        with pytest.raises(Forbidden):
            here.appealing.answer(PROJECT, one, appeal.id, AppealState.UPHELD, "It stays.")
    here.appealing.answer(PROJECT, CAROL, appeal.id, AppealState.UPHELD, "It stays.")


def test_who_proposed_is_given_other_cases_next(here: Desk) -> None:
    case, _ = waiting(here, two_person=True)
    decide(here, ANN)
    assert here.reviewing.claim(PROJECT, ANN) is None
    given = here.reviewing.claim(PROJECT, BOB)
    assert given is not None
    assert given.id == case.id
    here.reviewing.release(PROJECT, BOB, case.id)
    assert here.reviewing.claim(PROJECT, ANN, case.id) is not None


def test_a_proposal_from_before_an_undo_cannot_outlive_the_next_one(here: Desk) -> None:
    waiting(here, two_person=True)
    first = decide(here, ANN)
    here.reviewing.approve(PROJECT, BOB, first.id)
    (case,) = here.cases.list(PROJECT).items
    here.cases.save(replace(case, state=CaseState.OPEN))
    older = decide(here, ANN, NOTHING)
    here.reviewing.undo(PROJECT, BOB, first.id, "A mistake.")
    newer = decide(here, CAROL)
    here.reviewing.approve(PROJECT, BOB, newer.id)
    with pytest.raises(Conflict):
        here.reviewing.approve(PROJECT, BOB, older.id)
    assert here.decisions.get(PROJECT, older.id).state is DecisionState.DECLINED
    assert here.decisions.get(PROJECT, newer.id).state is DecisionState.IN_FORCE


def test_a_proposal_is_not_agreed_to_once_the_case_is_decided_otherwise(here: Desk) -> None:
    case, _ = waiting(here, two_person=True)
    proposed = decide(here, ANN)
    here.cases.save(replace(here.cases.get(PROJECT, case.id), state=CaseState.DECIDED))
    with pytest.raises(Conflict, match="meanwhile"):
        here.reviewing.approve(PROJECT, BOB, proposed.id)


@pytest.mark.parametrize(
    ("draft", "role"),
    [
        (HARM, BankRole.ALLOWED),
        (HARM, BankRole.SEEN),
        (DecisionDraft(Verdict.ALLOWED), BankRole.KNOWN),
        (NOTHING, BankRole.ALLOWED),
        (NOTHING, BankRole.KNOWN),
    ],
)
def test_a_decision_enters_no_bank_that_says_otherwise(
    here: Desk, draft: DecisionDraft, role: BankRole
) -> None:
    waiting(here)
    bank = here.ground.bank("elsewhere", role)
    with pytest.raises(InvalidValue) as refused:
        decide(here, ANN, replace(draft, bank_id=bank.id))
    assert refused.value.field == "bank"
    assert here.decisions.list(PROJECT).items == ()


def test_an_appeal_against_an_automatic_removal_needs_two_where_the_policy_does(here: Desk) -> None:
    policy = here.policies.add(PROJECT, PolicyDraft(two_person=True), "key_boss")
    here.policies.go_live(PROJECT, policy.id, here.clock())
    with here.ground.database.together():
        reason = replace(REMOVED, policy_id=policy.id)
        upload = here.uploads.add(
            Upload(
                id="",
                project_id=PROJECT,
                draft=UploadDraft("post", "user"),
                state=UploadState.DONE,
                received_at=here.clock(),
                content=7,
                action=Action.REMOVE,
                ruled=Action.REMOVE,
                reasons=(reason,),
            )
        )
        here.sorting.clustering.arrive(PROJECT, Node(7, Medium.IMAGE, 1), [], [])
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "Mine.")
    assert here.cases.get(PROJECT, appeal.case_id).two_person


def test_what_is_in_quarantine_removes_nothing_by_a_decision_either(here: Desk) -> None:
    case, _ = waiting(here)
    decide(here, ANN)
    upload = resembling(here, sure_of=7)
    assert upload.action is Action.REMOVE
    (reason,) = upload.reasons
    held = Basis(reason.score, reason.regime, is_quarantined=True)
    again = replace(upload, content=10, action=Action.PASS, reasons=(replace(reason, basis=held),))
    cluster = here.clusters.get(PROJECT, case.cluster_id)
    found = here.inheriting.cover(again, cluster, Ruling(Action.REVIEW))
    assert found.action is Action.REVIEW


def test_an_appeal_and_a_stale_decision_find_the_case_that_theirs_became_part_of(
    here: Desk,
) -> None:
    case, _ = waiting(here)
    with here.ground.database.together():
        upload = here.uploads.add(
            Upload(
                id="",
                project_id=PROJECT,
                draft=UploadDraft("removed", "user"),
                state=UploadState.DONE,
                received_at=here.clock(),
                content=9,
                action=Action.REMOVE,
                ruled=Action.REMOVE,
                reasons=(REMOVED,),
            )
        )
        here.sorting.clustering.arrive(PROJECT, Node(9, Medium.IMAGE, 9), [], [])
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "Mine.")
    gone = here.cases.get(PROJECT, appeal.case_id)
    clusters = [here.clusters.get(PROJECT, one.cluster_id) for one in (case, gone)]
    here.sorting.merge(PROJECT, BOB, [Seen(one.id, one.version) for one in clusters])
    kept = here.cases.get(PROJECT, gone.id)
    assert kept.id != gone.id
    assert kept.state is CaseState.APPEALED
    with pytest.raises(Conflict, match=kept.id):
        here.reviewing.decide(PROJECT, BOB, gone.id, kept.version, HARM)
    here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.OVERTURNED, "It is yours.")
    assert here.again(upload).action is Action.PASS
    assert here.decisions.appeals(PROJECT, case_id=kept.id).items[0].id == appeal.id
