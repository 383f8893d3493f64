"""Statements of reasons, from histories made by hand."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain import statement
from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence
from reseen.domain.media import Medium
from reseen.domain.policy import Reason
from reseen.domain.review import (
    Decision,
    DecisionDraft,
    DecisionState,
    Upload,
    UploadDraft,
    UploadState,
    Verdict,
)
from reseen.domain.statement import Act, Background, Restricted, Statement, Terms, told
from reseen.engine.statements import removals, statements

UNKNOWN, PLAIN = Background(), Terms()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MATCHED = Reason(
    "ref_1",
    "bank_1",
    BankRole.KNOWN,
    0.971,
    Confidence.HIGH,
    Regime.STILL,
    Action.REMOVE,
    Action.REMOVE,
    "bank terror: high confidence: remove",
)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def upload(ruled: Action = Action.REVIEW, at: float = 0, *reasons: Reason) -> Upload:
    return Upload(
        id="upl_1",
        project_id=PROJECT,
        draft=UploadDraft("post-1", "user-1"),
        state=UploadState.DONE,
        received_at=hours(at),
        ruled=ruled,
        reasons=reasons,
    )


def decision(
    at: float, verdict: Verdict = Verdict.HARMFUL, name: str = "dec_1", **more: object
) -> Decision:
    draft = DecisionDraft(verdict, "violence", "It shows an attack.", ("attack",))
    made = Decision(
        name, PROJECT, "cas_1", "clu_1", draft, DecisionState.IN_FORCE, "key_ann", hours(at)
    )
    return replace(made, **more)  # type: ignore[arg-type]


def undone(one: Decision, at: float) -> Decision:
    return replace(
        one, state=DecisionState.UNDONE, ended_by="key_bob", ended_at=hours(at), end_reason="satire"
    )


def act(one: Decision, at: float, before: Action = Action.REVIEW) -> Act:
    return Act(one, hours(at), before, undone=one.state is DecisionState.UNDONE)


def stated(
    seen: Upload, *acts: Act, background: Background = UNKNOWN, terms: Terms = PLAIN
) -> list[Statement]:
    return list(statements(Restricted(seen, Medium.VIDEO, acts), background, terms))


def test_what_was_never_removed_needs_no_statement() -> None:
    assert stated(upload(Action.PASS)) == []
    assert stated(upload(), act(decision(1, Verdict.ALLOWED), 1)) == []


def test_a_person_removed_it() -> None:
    [said] = stated(upload(Action.REVIEW, 0, MATCHED), act(decision(30), 30))
    assert said.puid == "upl_1-dec_1"
    assert said.decision_visibility == ("DECISION_VISIBILITY_CONTENT_REMOVED",)
    assert said.decision_ground == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert said.incompatible_content_ground == "violence"
    assert said.incompatible_content_explanation == "It shows an attack."
    assert (said.illegal_content_legal_ground, said.illegal_content_explanation) == (None, None)
    assert (said.content_type, said.content_type_other) == (("CONTENT_TYPE_VIDEO",), None)
    assert (said.content_date, said.application_date) == ("2026-03-01", "2026-03-02")
    assert said.source_type == "SOURCE_VOLUNTARY"
    assert said.automated_detection == "Yes"
    assert said.automated_decision == "AUTOMATED_DECISION_PARTIALLY"
    assert len(set(said.territorial_scope)) == 30
    assert {"AT", "GR", "NO", "SK"} < set(said.territorial_scope)
    assert (said.platform_content_id, said.decision_id) == ("post-1", "dec_1")
    assert (said.end_date_visibility_restriction, said.withdrawn_at) == (None, None)
    assert "a person reviewed" in said.decision_facts
    assert "score of 0.97" in said.decision_facts


def test_the_policies_removed_it() -> None:
    origin = decision(-50, name="dec_0")
    background = Background(origin=origin, bank="terror")
    [said] = stated(upload(Action.REMOVE, 0, MATCHED), background=background)
    assert said.puid == "upl_1-policy"
    assert said.automated_decision == "AUTOMATED_DECISION_FULLY"
    assert said.automated_detection == "Yes"
    assert said.incompatible_content_ground == "violence"
    assert said.decision_id is None
    assert "compared automatically" in said.decision_facts
    [said] = stated(upload(Action.REMOVE, 0, MATCHED), background=Background(bank="terror"))
    assert said.incompatible_content_ground == "Content on the list 'terror'"
    assert said.incompatible_content_explanation


@pytest.mark.parametrize("ruled", [Action.PASS, Action.REVIEW, Action.REMOVE])
def test_a_copy_that_came_after_the_decision_inherits_it(ruled: Action) -> None:
    [said] = stated(upload(ruled, 5, MATCHED), act(decision(1), 5.001, ruled))
    assert said.decision_id == "dec_1"
    assert said.automated_decision == "AUTOMATED_DECISION_FULLY"
    assert "near-copy" in said.decision_facts


def test_what_was_reported_says_so() -> None:
    reported = Background(reported_at=hours(0.5))
    [said] = stated(upload(), act(decision(1), 1), background=reported)
    assert said.source_type == "SOURCE_TYPE_OTHER_NOTIFICATION"
    assert said.automated_detection == "No"
    assert said.automated_decision == "AUTOMATED_DECISION_NOT_AUTOMATED"
    laws = Terms(laws=frozenset({"violence"}))
    [said] = stated(upload(), act(decision(1), 1), background=reported, terms=laws)
    assert said.source_type == "SOURCE_ARTICLE_16"
    assert said.decision_ground == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert said.illegal_content_legal_ground == "violence"
    assert said.incompatible_content_ground is None
    late = Background(reported_at=hours(2))
    [said] = stated(upload(), act(decision(1), 1), background=late)
    assert said.source_type == "SOURCE_VOLUNTARY"


def test_an_undone_decision_is_a_withdrawn_statement() -> None:
    [said] = stated(upload(), act(undone(decision(1), 50), 1))
    assert said.end_date_visibility_restriction == "2026-03-03"
    assert said.withdrawn_at == hours(50)
    assert said.withdrawn_reason == "satire"


def test_another_decision_is_another_statement() -> None:
    first = undone(decision(1), 3)
    second = decision(3, name="dec_2")
    said = stated(upload(), act(first, 1), act(second, 3))
    assert [one.puid for one in said] == ["upl_1-dec_1", "upl_1-dec_2"]
    assert [one.withdrawn_at for one in said] == [hours(3), None]


def test_what_stays_removed_by_the_policies_is_stated_anew_when_its_decision_is_undone() -> None:
    inherited = undone(decision(1), 9)
    said = stated(upload(Action.REMOVE, 5), act(inherited, 5.1, Action.REMOVE))
    assert [one.puid for one in said] == ["upl_1-dec_1", "upl_1-policy"]
    assert [one.withdrawn_at for one in said] == [hours(9), None]


def test_a_removal_that_a_person_confirmed_is_one_statement() -> None:
    said = stated(upload(Action.REMOVE), act(decision(1), 1, Action.REMOVE))
    assert [one.puid for one in said] == ["upl_1-policy"]
    said = stated(upload(Action.REMOVE), act(undone(decision(1), 2), 1, Action.REMOVE))
    assert [(one.puid, one.withdrawn_at) for one in said] == [("upl_1-policy", None)]


def test_what_was_allowed_again_and_then_not_has_a_name_of_its_own() -> None:
    allowed = undone(decision(1, Verdict.ALLOWED), 2)
    said = stated(upload(Action.REMOVE), act(allowed, 1, Action.REMOVE))
    assert [one.puid for one in said] == ["upl_1-policy", "upl_1-policy-2"]
    assert [one.withdrawn_at for one in said] == [hours(1), None]
    assert said[0].withdrawn_reason == "It shows an attack."


def test_labels_say_the_category() -> None:
    labels = ("attack", "STATEMENT_CATEGORY_VIOLENCE", "KEYWORD_INCITEMENT_VIOLENCE_HATRED")
    made = decision(1)
    made = replace(made, draft=replace(made.draft, labels=labels))
    [said] = stated(upload(), act(made, 1))
    assert said.category == "STATEMENT_CATEGORY_VIOLENCE"
    assert said.category_specification == ("KEYWORD_INCITEMENT_VIOLENCE_HATRED",)
    [plain] = stated(upload(), act(decision(1), 1))
    assert plain.category == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"


def test_a_record_is_what_the_database_takes() -> None:
    long = decision(1)
    long = replace(long, draft=replace(long.draft, policy="p" * 900, reason="r" * 9000))
    [said] = stated(upload(Action.REVIEW, 0, MATCHED), act(long, 1))
    record = json.loads(json.dumps(told(said)))
    assert tuple(record) == statement.COLUMNS
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,500}", record["puid"])
    assert len(record["incompatible_content_ground"]) == 500
    assert len(record["incompatible_content_explanation"]) == 2000
    assert len(record["decision_facts"]) <= 5000
    assert record["applied_at"] == "2026-03-01T13:00:00.000Z"


def test_removals_do_not_overlap() -> None:
    first, second = undone(decision(1), 4), undone(decision(4, name="dec_2"), 6)
    third = decision(7, Verdict.NO_ACTION, "dec_3")
    acts = (act(first, 1), act(second, 4), act(third, 7))
    found = removals(Restricted(upload(Action.REMOVE), None, acts))
    ends = [(one.since, one.until) for one in found]
    assert all(until is not None for _, until in ends)
    assert ends == sorted(ends)
