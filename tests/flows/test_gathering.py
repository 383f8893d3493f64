"""A decision about harm holds together what it was made on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.flows.conftest import save_sound
from tests.flows.moderating import ANN, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.policy import Ruling
from reseen.domain.review import (
    CaseState,
    ConsequenceKind,
    Decision,
    DecisionDraft,
    Upload,
    Verdict,
)
from reseen.flows.fingerprint import Perception
from reseen.testing import sounds

SONG = sounds.music(24.0, seed=5)

type Send = Callable[[float, float], Upload]


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def send(here: Desk, tmp_path: Path) -> Send:
    """Upload a stretch of the song, in seconds."""

    def run(start: float, end: float) -> Upload:
        name = f"{start:g}-{end:g}"
        some = SONG[round(start * sounds.RATE) : round(end * sounds.RATE)]
        return here.upload(save_sound(tmp_path / f"{name}.wav", some), name)

    return run


def home(here: Desk, upload: Upload) -> str:
    cluster_id = here.again(upload).cluster_id
    assert cluster_id is not None
    return cluster_id


def decided(here: Desk, upload: Upload, verdict: Verdict) -> Decision:
    cluster = here.clusters.get(PROJECT, home(here, upload))
    case = here.reviewing.opened(PROJECT, cluster, Ruling(Action.REVIEW, severity=70), "reported")
    draft = DecisionDraft(verdict, policy="violence", reason="It incites.")
    return here.reviewing.decide(PROJECT, ANN, case.id, case.version, draft)


def test_a_second_piece_takes_the_first_out_of_a_cluster_that_nobody_decided(
    here: Desk, send: Send
) -> None:
    whole, first = send(0, 24), send(0, 9)
    assert home(here, first) == home(here, whole)
    second = send(14, 23)
    assert len({home(here, one) for one in (whole, first, second)}) == 3


def test_what_was_decided_with_its_whole_stays_with_it_and_the_next_piece_joins(
    here: Desk, send: Send
) -> None:
    whole, first = send(0, 24), send(0, 9)
    decision = decided(here, whole, Verdict.HARMFUL)
    second = send(14, 23)
    assert home(here, first) == home(here, second) == home(here, whole)
    assert here.again(first).decision_id == second.decision_id == decision.id
    assert second.action is Action.REMOVE
    case = here.cases.get(PROJECT, decision.case_id)
    assert case.state is CaseState.DECIDED
    kinds = [one.kind for one in here.decisions.consequences(decision.id)]
    assert kinds.count(ConsequenceKind.HELD) == 1


def test_with_the_decision_goes_what_it_held(here: Desk, send: Send) -> None:
    whole, first = send(0, 24), send(0, 9)
    decision = decided(here, whole, Verdict.HARMFUL)
    second = send(14, 23)
    here.reviewing.undo(PROJECT, ANN, decision.id, "it was satire")
    assert len({home(here, one) for one in (whole, first, second)}) == 3
    assert {here.again(one).decision_id for one in (whole, first, second)} == {None}


def test_another_decision_about_harm_holds_in_its_place(here: Desk, send: Send) -> None:
    whole, first = send(0, 24), send(0, 9)
    decided(here, whole, Verdict.HARMFUL)
    again = decided(here, whole, Verdict.HARMFUL)
    second = send(14, 23)
    assert home(here, first) == home(here, second) == home(here, whole)
    assert second.decision_id == again.id


def test_what_was_let_pass_holds_nothing_together(here: Desk, send: Send) -> None:
    whole, first = send(0, 24), send(0, 9)
    decided(here, whole, Verdict.ALLOWED)
    send(14, 23)
    assert home(here, first) != home(here, whole)
