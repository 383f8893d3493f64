"""Proposals, answers and what is left of a case: over real stores, without media."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.flows.moderating import ANN, BOB, PLATFORM, Desk, desk
from tests.flows.test_sorting import case_of, cluster_of

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.cluster import Node
from reseen.domain.errors import Conflict
from reseen.domain.media import Medium
from reseen.domain.policy import Ruling
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

HARM = DecisionDraft(Verdict.HARMFUL, policy="violence")
NOTHING = DecisionDraft(Verdict.NO_ACTION)


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
        case = here.reviewing.open(PROJECT, cluster_of(here, made[0]), ruling, "reported")
    return case, made[0]


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
    some = [here.reviewing.appeal(PROJECT, PLATFORM, one.id, "Mine.") for one in every]
    for appeal, state in zip(some, (CaseState.APPEALED, CaseState.DECIDED), strict=True):
        here.reviewing.answer(PROJECT, BOB, appeal.id, AppealState.UPHELD, "It stays.")
        assert here.cases.get(PROJECT, case.id).state is state
    assert here.again(upload).action is Action.REMOVE


def test_an_appeal_on_what_was_undone_since_leaves_the_case_to_whoever_looks(here: Desk) -> None:
    case, upload = waiting(here)
    decision = decide(here, ANN)
    appeal = here.reviewing.appeal(PROJECT, PLATFORM, upload.id, "Mine.")
    here.reviewing.undo(PROJECT, BOB, decision.id, "A mistake.")
    here.reviewing.answer(PROJECT, BOB, appeal.id, AppealState.UPHELD, "It is undone.")
    assert here.cases.get(PROJECT, case.id).state is CaseState.OPEN
    assert case_of(here, cluster_of(here, upload)).decision_id is None
