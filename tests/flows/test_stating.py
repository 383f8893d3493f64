"""Statements of reasons of what really happened: removed, inherited, appealed, undone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import BOB, PLATFORM, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy
from reseen.domain.choices import Action, BankRole
from reseen.domain.record import AuditDraft
from reseen.domain.review import AppealState, Verdict
from reseen.domain.statement import Statement, Terms
from reseen.flows.fingerprint import Perception
from reseen.flows.stating import Stating
from reseen.store.restrictions import SqlRestrictions
from reseen.testing import pictures

type Picture = Callable[[int], Path]


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    return lambda seed: save_picture(tmp_path / f"{seed}.png", pictures.scene(seed))


def stating(here: Desk) -> Stating:
    restrictions = SqlRestrictions(here.ground.database)
    return Stating(restrictions, here.decisions, here.ground.banks, here.audit, Terms())


def stated(here: Desk) -> dict[str, list[Statement]]:
    """By ``content_id``."""
    found: dict[str, list[Statement]] = {}
    for one in stating(here).walk(PROJECT):
        found.setdefault(one.platform_content_id, []).append(one)
    return found


def bank_of(here: Desk, path: Path, *actions: Action) -> None:
    bank = here.ground.bank("terror", role=BankRole.KNOWN, policy=ActionPolicy(*actions))
    here.ground.add(bank, path)


def test_a_decision_its_inheritance_and_its_undoing(here: Desk, picture: Picture) -> None:
    bank_of(here, picture(1), Action.REVIEW, Action.REVIEW, Action.REVIEW)
    here.upload(picture(1), "post-1")
    here.upload(picture(2), "post-2")
    decision = here.decide()
    here.upload(picture(1), "post-3", "user-2")
    told = stated(here)
    assert set(told) == {"post-1", "post-3"}
    [first], [copy] = told["post-1"], told["post-3"]
    assert first.incompatible_content_ground == "violence"
    assert first.automated_decision == "AUTOMATED_DECISION_PARTIALLY"
    assert copy.automated_decision == "AUTOMATED_DECISION_FULLY"
    assert copy.decision_id == first.decision_id == decision.id
    assert first.content_type == ("CONTENT_TYPE_IMAGE",)
    before = here.clock.now
    here.clock.now += timedelta(days=1)
    appeal = here.appealing.appeal(PROJECT, PLATFORM, here.uploads.list(PROJECT).items[0].id, "No.")
    here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.OVERTURNED, "It is satire.")
    told = stated(here)
    assert told["post-1"][0].withdrawn_reason == "It is satire."
    assert told["post-3"][0].withdrawn_at is not None
    puids = {one.puid for many in told.values() for one in many}
    assert puids >= {first.puid, copy.puid}
    assert {one.puid for one in stating(here).walk(PROJECT, since=before)} == puids
    assert {one.puid for one in stating(here).walk(PROJECT, until=before)} == puids
    later = here.clock.now + timedelta(days=1)
    assert list(stating(here).walk(PROJECT, since=later)) == []


def test_an_automatic_removal_names_the_list_or_the_decision_behind_it(
    here: Desk, picture: Picture
) -> None:
    bank_of(here, picture(1), Action.REMOVE, Action.REVIEW, Action.REVIEW)
    here.upload(picture(1), "post-1")
    [said] = stated(here)["post-1"]
    assert said.incompatible_content_ground == "Content on the list 'terror'"
    assert said.automated_decision == "AUTOMATED_DECISION_FULLY"
    assert said.puid.endswith("-policy")


def test_what_was_reported_says_so(here: Desk, picture: Picture) -> None:
    bank_of(here, picture(1), Action.REVIEW, Action.REVIEW, Action.REVIEW)
    upload = here.upload(picture(1), "post-1")
    here.audit.append(PROJECT, AuditDraft(PLATFORM, "upload.reported", upload.id, "violence"))
    here.decide()
    [said] = stated(here)["post-1"]
    assert said.source_type == "SOURCE_TYPE_OTHER_NOTIFICATION"
    assert said.automated_detection == "Yes"


def test_what_is_allowed_needs_no_statement(here: Desk, picture: Picture) -> None:
    bank_of(here, picture(1), Action.REVIEW, Action.REVIEW, Action.REVIEW)
    here.upload(picture(1), "post-1")
    here.decide(verdict=Verdict.ALLOWED)
    assert stated(here) == {}


def test_a_removal_that_nobody_decided_is_withdrawn_when_an_appeal_is_granted(
    here: Desk, picture: Picture
) -> None:
    bank_of(here, picture(1), Action.REMOVE)
    upload = here.upload(picture(1), "post-1")
    assert upload.action is Action.REMOVE
    appeal = here.appealing.appeal(PROJECT, PLATFORM, upload.id, "It is news.")
    (before,) = stated(here)["post-1"]
    assert before.withdrawn_at is None
    here.appealing.answer(PROJECT, BOB, appeal.id, AppealState.OVERTURNED, "It is news.")
    (after,) = stated(here)["post-1"]
    assert after.puid == before.puid
    assert after.withdrawn_at == here.decisions.appeal(PROJECT, appeal.id).answered_at
    assert after.withdrawn_reason == "It is news."
    assert after.end_date_visibility_restriction is not None
