"""Reasons hold all that a rule is told: ruled on again, an upload is answered as it was."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Cuts, Match, Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.domain.policy import Band, Overlap, Policy, PolicyDraft, PolicyState
from reseen.engine.policy import Sighting, rule
from reseen.engine.replay import sightings_of, with_candidate

CUTS = Cuts(0.3, 0.6, 0.9)
THEN = datetime(2026, 3, 1, tzinfo=UTC)
SCORES = st.floats(0.01, 1.0)
SHARES = st.sampled_from((0.0, 0.2, 0.5, 1.0))


def _bank(number: int, role: BankRole) -> Bank:
    draft = BankDraft(f"bank {number}", role, policy=ActionPolicy(high=Action.REMOVE))
    return Bank(f"bank_{number}", number, "default", draft, THEN)


BANKS = {
    bank.id: bank
    for bank in (
        _bank(1, BankRole.KNOWN),
        _bank(2, BankRole.RECENT),
        _bank(3, BankRole.ALLOWED),
        _bank(4, BankRole.SEEN),
    )
}


@st.composite
def spans(draw: st.DrawFn) -> Span:
    if draw(st.booleans()):
        return Span.ALWAYS
    start = draw(st.floats(0.0, 15.0))
    return Span(start, start + draw(st.floats(0.5, 20.0)))


TRANSFORMS = st.none() | st.builds(
    Transform,
    inset=st.none() | st.builds(Box, SCORES, SCORES, SCORES, SCORES),
    mirrored=st.booleans(),
)
SEGMENTS = st.builds(
    Segment,
    channel=st.sampled_from(Channel),
    query=spans(),
    reference=spans(),
    score=SCORES,
    support=st.integers(1, 20),
    transform=TRANSFORMS,
)
DURATIONS = st.none() | st.floats(1.0, 60.0)
SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        reference_id=st.sampled_from([f"ref_{n}" for n in range(9)]),
        bank=st.sampled_from(list(BANKS.values())),
        match=st.builds(Match, SCORES, st.lists(SEGMENTS, max_size=4).map(tuple)),
        regime=st.sampled_from(Regime),
        upload_duration=DURATIONS,
        reference_duration=DURATIONS,
        is_quarantined=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: one.reference_id,
)
BANDS = st.sampled_from(
    [(), (Band(0.8, Action.REMOVE), Band(0.4, Action.REVIEW)), (Band(0.35, Action.REMOVE),)]
)
DRAFTS = st.builds(
    PolicyDraft,
    bank_id=st.none() | st.sampled_from(list(BANKS)),
    bands=st.dictionaries(st.sampled_from(Regime), BANDS, max_size=3),
    overlap=st.builds(Overlap, st.sampled_from((0.0, 2.0, 10.0)), SHARES, SHARES),
    channels=st.frozensets(st.sampled_from(Channel)),
    rollout=SHARES,
    dry_run=st.booleans(),
    severity=st.integers(0, 100),
    two_person=st.booleans(),
)
POLICIES = st.lists(DRAFTS, max_size=3, unique_by=lambda d: d.bank_id).map(
    lambda drafts: {
        draft.bank_id: Policy(f"pol_{n}", "default", 1, draft, PolicyState.LIVE, THEN, "key_1")
        for n, draft in enumerate(drafts)
    }
)


@given(found=SIGHTINGS, then=POLICIES, other=POLICIES)
def test_other_policies_rule_on_reasons_as_they_would_have_on_the_search(
    found: list[Sighting],
    then: dict[str | None, Policy],
    other: dict[str | None, Policy],
) -> None:
    answered = rule(found, then, CUTS, "post-1")
    again = sightings_of(answered.reasons, BANKS)
    assert again is not None
    assert rule(again, then, CUTS, "post-1") == answered
    assert rule(again, other, CUTS, "post-1") == rule(found, other, CUTS, "post-1")


def test_what_is_not_kept_is_not_guessed() -> None:
    whole = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, score=0.95, support=9)
    one = Sighting("ref_1", BANKS["bank_1"], Match(0.95, (whole,)), Regime.STILL)
    reasons = rule([one], {}, CUTS, "post-1").reasons
    assert sightings_of(reasons, BANKS) == (one,)
    assert sightings_of(reasons, {}) is None
    assert sightings_of([replace(r, basis=None) for r in reasons], BANKS) is None


def test_a_version_is_tried_as_if_it_were_live() -> None:
    draft = PolicyDraft(bank_id="bank_1", dry_run=True)
    policy = Policy("pol_1", "default", 1, draft, PolicyState.DRAFT, THEN, "key_1")
    other = replace(policy, id="pol_2", draft=PolicyDraft())
    tried = with_candidate({None: other, "bank_1": other}, policy)
    assert tried[None] is other
    assert (tried["bank_1"].id, tried["bank_1"].state) == ("pol_1", PolicyState.LIVE)
    assert not tried["bank_1"].draft.dry_run
