from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Cuts, Match, Segment, Transform
from reseen.domain.media import Box, Channel, Span
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


@pytest.mark.parametrize(("span", "is_enough"), [(Span(1.6, 4.6), True), (Span(1.6, 4.599), False)])
def test_an_overlap_that_is_just_enough_is_enough(span: Span, is_enough: bool) -> None:
    assert 4.6 - 1.6 < 3.0  # as floats are subtracted
    segment = Segment(Channel.VISUAL, span, span, 0.95, 9)
    policies = live(PolicyDraft(overlap=Overlap(seconds=3.0)))
    told = rule([replace(seen(0.95), match=Match(0.95, (segment,)))], policies, CUTS, "post-1")
    assert (told.action is not Action.PASS) is is_enough


def test_only_channels_that_count_are_heard() -> None:
    eyes = live(PolicyDraft(channels=frozenset({Channel.VISUAL})))
    assert rule([seen(0.95, channel=Channel.AUDIO)], eyes, CUTS, "post-1").action is Action.PASS
    assert rule([seen(0.95)], eyes, CUTS, "post-1").action is Action.REMOVE


def test_a_dry_run_says_what_it_would_do() -> None:
    told = rule([seen(0.95)], live(PolicyDraft(dry_run=True)), CUTS, "post-1")
    assert (told.action, told.reasons[0].asked) == (Action.PASS, Action.REMOVE)
    assert "runs dry" in told.reasons[0].rule


def test_a_dry_run_beside_what_acts_changes_nothing_but_what_is_said() -> None:
    trial = replace(live(PolicyDraft(dry_run=True, severity=99))[None], id="pol_dry")
    acting = live(PolicyDraft(bands={Regime.SEQUENCE: (Band(0.9, Action.REVIEW),)}))
    plain = rule([seen(0.95)], acting, CUTS, "post-1")
    told = rule([seen(0.95)], acting, CUTS, "post-1", {None: trial})
    (reason,) = told.reasons
    assert reason.trial is not None
    assert (reason.trial.policy_id, reason.trial.action) == ("pol_dry", Action.REMOVE)
    assert replace(told, reasons=(replace(reason, trial=None),)) == plain
    own = live(PolicyDraft(bank_id="bank_1"))
    assert rule([seen(0.95)], own, CUTS, "post-1", {None: trial}).reasons[0].trial is None


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
    told = rule([seen(0.95), allowed], {}, CUTS, "post-1")
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


def test_a_dry_run_does_nothing_inside_its_rollout_and_outside() -> None:
    policies = live(PolicyDraft(rollout=0.5, dry_run=True))
    told = [rule([seen(0.95)], policies, CUTS, f"post-{n}") for n in range(50)]
    assert {one.action for one in told} == {Action.PASS}
    assert {one.reasons[0].asked for one in told} == {Action.REMOVE}
    assert {one.severity for one in told} == {0}


def test_every_version_draws_the_same_uploads() -> None:
    first = live(PolicyDraft(rollout=0.3))[None]
    second = replace(first, id="pol_2", number=9, draft=replace(first.draft, severity=3))
    drawn = [[is_rolled_out(one, f"post-{n}") for n in range(300)] for one in (first, second)]
    assert drawn[0] == drawn[1]
    whole, none = (replace(first, draft=PolicyDraft(rollout=share)) for share in (1.0, 0.0))
    assert all(is_rolled_out(whole, f"post-{n}") for n in range(300))
    assert not any(is_rolled_out(none, f"post-{n}") for n in range(300))


def both(picture: float, sound: float) -> Sighting:
    """All of an upload of twenty seconds looks like a reference, and two seconds sound like it."""
    pictures = Segment(Channel.VISUAL, Span(0, 20), Span(0, 20), score=picture, support=9)
    tune = Segment(Channel.AUDIO, Span(0, 2), Span(0, 2), score=sound, support=9)
    found = Match(max(picture, sound), (pictures, tune))
    return Sighting("ref_1", bank(), found, Regime.SEQUENCE, 20.0, 20.0)


def test_the_bands_of_each_regime_are_held_against_its_own_score() -> None:
    bands = {
        Regime.SEQUENCE: (Band(0.65, Action.REMOVE),),
        Regime.SOUND: (Band(0.99, Action.REVIEW),),
    }
    policies = live(PolicyDraft(bands=bands))
    told = rule([both(0.7, 0.95)], policies, CUTS, "post-1")
    assert told.action is Action.REMOVE
    assert (told.reasons[0].regime, told.reasons[0].score) == (Regime.SEQUENCE, 0.7)
    assert rule([both(0.62, 0.95)], policies, CUTS, "post-1").action is Action.PASS


def test_a_weak_likeness_of_pictures_lends_no_overlap_to_a_sure_one_of_sound() -> None:
    policies = live(PolicyDraft(overlap=Overlap(seconds=10.0)))
    told = rule([both(0.4, 0.95)], policies, CUTS, "post-1")
    assert told.action is Action.PASS
    assert told.reasons[0].rule.endswith("2 s overlap, and 10 are asked for")
    assert rule([both(0.95, 0.4)], policies, CUTS, "post-1").action is Action.REMOVE


def test_what_matches_only_where_nobody_listens_is_told_and_does_nothing() -> None:
    ears = live(PolicyDraft(channels=frozenset({Channel.AUDIO})))
    told = rule([both(0.95, 0.1)], ears, CUTS, "post-1")
    assert told.action is Action.PASS
    assert told.reasons[0].rule.endswith("it matches in a channel that does not count")


STILL = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, score=0.95, support=9)
INSET = replace(STILL, transform=Transform(inset=Box(0.0, 0.0, 0.5, 0.5)))
MOMENT = replace(STILL, reference=Span(41.0, 42.0))


@pytest.mark.parametrize(
    ("segment", "overlap", "action"),
    [
        (STILL, Overlap(seconds=5.0), Action.REMOVE),
        (STILL, Overlap(upload_share=0.9, reference_share=0.9), Action.REMOVE),
        (INSET, Overlap(upload_share=0.2), Action.REMOVE),
        (INSET, Overlap(upload_share=0.3), Action.PASS),
        (MOMENT, Overlap(seconds=5.0, reference_share=0.5), Action.REMOVE),
    ],
)
def test_of_stills_overlap_is_a_share_of_the_frame(
    segment: Segment, overlap: Overlap, action: Action
) -> None:
    length = 60.0 if segment is MOMENT else None
    one = Sighting("ref_1", bank(), Match(0.95, (segment,)), Regime.STILL, None, length)
    assert rule([one], live(PolicyDraft(overlap=overlap)), CUTS, "post-1").action is action


def test_a_still_that_a_film_shows_briefly_covers_little_of_the_upload() -> None:
    shown = replace(STILL, query=Span(3.0, 5.0))
    one = Sighting("ref_1", bank(), Match(0.95, (shown,)), Regime.STILL_IN_SEQUENCE, 20.0, None)
    little, more = (live(PolicyDraft(overlap=Overlap(upload_share=s))) for s in (0.1, 0.2))
    assert rule([one], little, CUTS, "post-1").action is Action.REMOVE
    assert rule([one], more, CUTS, "post-1").action is Action.PASS


def allowing(span: Span, channel: Channel = Channel.VISUAL, score: float = 0.97) -> Sighting:
    """An allowed reference that the upload shows within a span."""
    segment = Segment(channel, span, span, score=score, support=9)
    of = replace(bank(BankRole.ALLOWED), id="bank_9")
    return Sighting("ref_9", of, Match(score, (segment,)), Regime.SEQUENCE, 20.0, 60.0)


@pytest.mark.parametrize(
    ("allowed", "action"),
    [
        (allowing(Span(0, 20)), Action.PASS),
        (allowing(Span(2, 7.5)), Action.PASS),
        (allowing(Span(0, 4)), Action.REMOVE),
        (allowing(Span(8, 20)), Action.REMOVE),
        (allowing(Span(0, 20), Channel.AUDIO), Action.REMOVE),
        (allowing(Span(0, 20), score=0.4), Action.REMOVE),
    ],
)
def test_an_allowed_reference_clears_what_it_covers_and_nothing_else(
    allowed: Sighting, action: Action
) -> None:
    told = rule([seen(0.95), allowed], {}, CUTS, "post-1")
    assert (told.action, told.cleared) == (action, action is Action.PASS)


def test_each_match_is_cleared_by_itself() -> None:
    late = Segment(Channel.VISUAL, Span(10, 20), Span(10, 20), score=0.7, support=9)
    beside = Sighting("ref_2", bank(), Match(0.7, (late,)), Regime.SEQUENCE, 20.0, 60.0)
    told = rule([seen(0.95), beside, allowing(Span(0, 9))], {}, CUTS, "post-1")
    assert told.action is Action.REVIEW
    assert {r.reference_id: r.action for r in told.reasons} == {
        "ref_1": Action.PASS,
        "ref_2": Action.REVIEW,
        "ref_9": Action.PASS,
    }
    assert not told.cleared


def test_what_is_allowed_clears_no_unsure_match_beside_it() -> None:
    bands = {Regime.SEQUENCE: (Band(0.35, Action.REVIEW),)}
    told = rule([seen(0.4), allowing(Span(9, 20))], live(PolicyDraft(bands=bands)), CUTS, "post-1")
    assert told.action is Action.REVIEW


def test_a_match_that_shows_no_segment_is_cleared_by_nothing() -> None:
    hashes = Sighting("ref_1", bank(), Match(0.95, ()), Regime.HASH, 20.0, None)
    told = rule([hashes, allowing(Span(0, 20))], {}, CUTS, "post-1")
    assert told.action is Action.REMOVE
