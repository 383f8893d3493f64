from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Cuts, Match, Segment
from reseen.domain.media import Channel, Span
from reseen.domain.policy import Band, Overlap, Policy, PolicyDraft, PolicyState
from reseen.engine.policy import Sighting, is_rolled_out, rule

CUTS = Cuts(0.3, 0.6, 0.9)
THEN = datetime(2026, 3, 1, tzinfo=UTC)
STRICT = ActionPolicy(high=Action.REMOVE, medium=Action.REVIEW, low=Action.PASS)


def bank(role: BankRole = BankRole.KNOWN, policy: ActionPolicy = STRICT) -> Bank:
    return Bank("bank_1", 1, "default", BankDraft("terror", role, policy=policy), THEN)


def seen(score: float, of: Bank | None = None, channel: Channel = Channel.VISUAL) -> Sighting:
    """Six of the upload's twenty seconds are ten seconds of a reference of sixty."""
    segment = Segment(channel, Span(2, 8), Span(20, 26), score=score, support=9)
    found = Match(score, (segment,))
    return Sighting("ref_1", of or bank(), found, Regime.SEQUENCE, 20.0, 60.0)


def live(draft: PolicyDraft) -> dict[str | None, Policy]:
    policy = Policy("pol_1", "default", 3, draft, PolicyState.LIVE, THEN, "key_1")
    return {draft.bank_id: policy}


@pytest.mark.parametrize(
    ("score", "action"),
    [(0.95, Action.REMOVE), (0.7, Action.REVIEW), (0.4, Action.PASS)],
)
def test_without_a_policy_the_bank_says_what_each_confidence_asks_for(
    score: float, action: Action
) -> None:
    told = rule([seen(score)], {}, CUTS, "post-1")
    assert told.action is action
    assert "bank terror" in told.reasons[0].rule


def test_nothing_found_passes() -> None:
    assert rule([], {}, CUTS, "post-1").action is Action.PASS
    assert not rule([seen(0.1)], {}, CUTS, "post-1").reasons


def test_bands_take_the_place_of_confidences() -> None:
    bands = (Band(0.5, Action.REVIEW), Band(0.65, Action.REMOVE))
    policy = live(PolicyDraft(bands={Regime.SEQUENCE: bands}))
    told = rule([seen(0.7)], policy, CUTS, "post-1")
    assert told.action is Action.REMOVE
    assert told.reasons[0].rule == "policy 3 of project: 0.700 reaches 0.65: remove"
    assert rule([seen(0.45)], policy, CUTS, "post-1").action is Action.PASS


def test_the_policy_of_a_bank_comes_before_that_of_its_project() -> None:
    policies = live(PolicyDraft(dry_run=True)) | live(PolicyDraft(bank_id="bank_1"))
    assert rule([seen(0.95)], policies, CUTS, "post-1").action is Action.REMOVE


@pytest.mark.parametrize(
    "overlap", [Overlap(seconds=7.0), Overlap(upload_share=0.4), Overlap(reference_share=0.2)]
)
def test_too_small_an_overlap_asks_for_nothing_and_says_so(overlap: Overlap) -> None:
    told = rule([seen(0.95)], live(PolicyDraft(overlap=overlap)), CUTS, "post-1")
    assert told.action is Action.PASS
    assert told.reasons[0].asked is Action.REMOVE
    assert "are asked for" in told.reasons[0].rule


def test_an_overlap_that_is_large_enough_does() -> None:
    enough = Overlap(seconds=6.0, upload_share=0.3, reference_share=0.1)
    told = rule([seen(0.95)], live(PolicyDraft(overlap=enough)), CUTS, "post-1")
    assert told.action is Action.REMOVE


def test_only_channels_that_count_are_heard() -> None:
    eyes = live(PolicyDraft(channels=frozenset({Channel.VISUAL})))
    assert rule([seen(0.95, channel=Channel.AUDIO)], eyes, CUTS, "post-1").action is Action.PASS
    assert rule([seen(0.95)], eyes, CUTS, "post-1").action is Action.REMOVE


def test_a_dry_run_says_what_it_would_do() -> None:
    told = rule([seen(0.95)], live(PolicyDraft(dry_run=True)), CUTS, "post-1")
    assert (told.action, told.reasons[0].asked) == (Action.PASS, Action.REMOVE)
    assert "runs dry" in told.reasons[0].rule


def test_outside_its_rollout_a_policy_asks_for_a_look_at_most() -> None:
    policies = live(PolicyDraft(rollout=0.25))
    actions = [rule([seen(0.95)], policies, CUTS, f"post-{n}").action for n in range(400)]
    assert set(actions) == {Action.REMOVE, Action.REVIEW}
    assert 0.17 < actions.count(Action.REMOVE) / 400 < 0.33


def test_a_wider_rollout_covers_all_that_a_smaller_one_did() -> None:
    narrow, wide = (live(PolicyDraft(rollout=share))[None] for share in (0.2, 0.5))
    covered = [n for n in range(200) if is_rolled_out(narrow, f"post-{n}")]
    assert covered
    assert all(is_rolled_out(wide, f"post-{n}") for n in covered)


def test_a_reference_in_quarantine_removes_nothing_by_itself() -> None:
    told = rule([replace(seen(0.95), is_quarantined=True)], {}, CUTS, "post-1")
    assert told.action is Action.REVIEW
    assert "quarantine" in told.reasons[0].rule


def test_what_an_allowed_bank_clears_passes_with_its_reasons() -> None:
    allowed = seen(0.97, bank(BankRole.ALLOWED))
    told = rule([seen(0.95), allowed], {}, CUTS, "post-1", cleared=True)
    assert told.action is Action.PASS
    assert told.cleared
    assert {r.role for r in told.reasons} == {BankRole.KNOWN, BankRole.ALLOWED}


def test_the_gravest_reason_comes_first_and_decides() -> None:
    lenient = replace(bank(policy=ActionPolicy()), id="bank_2")
    told = rule([seen(0.99, lenient), seen(0.91)], {}, CUTS, "post-1")
    assert told.action is Action.REMOVE
    assert told.reasons[0].bank_id == "bank_1"


def test_severity_and_a_second_person_come_from_rules_that_act() -> None:
    policies = live(PolicyDraft(severity=90, two_person=True))
    assert rule([seen(0.95)], policies, CUTS, "post-1").severity == 90
    assert rule([seen(0.95)], policies, CUTS, "post-1").two_person
    quiet = rule([seen(0.4)], policies, CUTS, "post-1")
    assert (quiet.severity, quiet.two_person) == (0, False)
