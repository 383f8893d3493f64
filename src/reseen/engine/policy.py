"""What is done with an upload: the policies of a project on what a search found.

Pure: equal findings, policies and ``content_id`` give an equal ruling, with every reason in words.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reseen.domain.bank import Bank
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence, Cuts, Segment
from reseen.domain.media import Channel
from reseen.domain.policy import Basis, Policy, PolicyDraft, Reason, Ruling, Trial
from reseen.engine.verdict import HARM, is_match, judged
from reseen.engine.weighing import CLEARED, RISING, Sighting, View, asked, counts, views_of

__all__ = [
    "CLEARED",
    "RISING",
    "Sighting",
    "as_acting",
    "asked_of",
    "gravity",
    "is_rolled_out",
    "policy_of",
    "rule",
]

NOTHING: Mapping[str | None, Policy] = {}
UNSAID = PolicyDraft()
"""Where no policy is live, the bank's own actions hold."""


def rule(
    sightings: Sequence[Sighting],
    policies: Mapping[str | None, Policy],
    usual: Cuts,
    content_id: str,
    trials: Mapping[str | None, Policy] = NOTHING,
) -> Ruling:
    """The gravest action that any reason leads to. What allowed references show of the upload asks
    for nothing, and what lies beside it does: each match is cleared, or not, by itself. ``trials``
    run dry: each reason says what they would do, and nothing else is another.
    """
    allowed = _allowed(sightings, usual)
    judgements = [_reason(one, policies, usual, content_id, allowed) for one in sightings]
    if trials:
        proposed = {**policies, **{b: as_acting(trial) for b, trial in trials.items()}}
        tried = (_reason(one, proposed, usual, content_id, allowed) for one in sightings)
        judgements = [
            _beside(now, then, trials) for now, then in zip(judgements, tried, strict=True)
        ]
    found = sorted((j for j in judgements if j is not None), key=lambda j: gravity(j[0]))
    reasons = tuple(reason for reason, _ in found)
    acting = [r for r in reasons if r.action is not Action.PASS]
    drafts = [_draft_of(r.bank_id, policies) for r in acting]
    return Ruling(
        action=max((r.action for r in acting), key=RISING.index, default=Action.PASS),
        reasons=reasons,
        severity=max((draft.severity for draft in drafts), default=0),
        two_person=any(draft.two_person for draft in drafts),
        cleared=bool(allowed) and all(c for reason, c in found if reason.role in HARM),
    )


def gravity(reason: Reason) -> tuple[int, int, float, str]:
    """Sorts reasons, gravest first."""
    action, asked = RISING.index(reason.action), RISING.index(reason.asked)
    return -action, -asked, -reason.score, reason.reference_id


def is_rolled_out(policy: Policy, content_id: str) -> bool:
    """Whether the policy acts on this upload: by a hash, so that the same upload is always told the
    same, and what a smaller rollout covered a larger one does, of any version.
    """
    if policy.draft.rollout >= 1.0:
        return True
    family = f"{policy.project_id}/{policy.draft.bank_id}/{content_id}"
    drawn = int.from_bytes(hashlib.sha256(family.encode()).digest()[:8]) / 2**64
    return drawn < policy.draft.rollout


def asked_of(
    bank: Bank, policies: Mapping[str | None, Policy], regime: Regime, score: float, usual: Cuts
) -> Action:
    """What is asked for at a score alone: without a look at overlap, rollout or quarantine."""
    draft = _draft_of(bank.id, policies)
    confidence = bank.draft.cuts.get(regime, usual).confidence(score)
    is_heard = counts(CHANNEL_OF.get(regime, Channel.VISUAL), draft)
    if confidence is Confidence.NONE or draft.dry_run or not is_heard:
        return Action.PASS
    return asked(bank, draft, regime, confidence, score)[0]


CHANNEL_OF = {Regime.SOUND: Channel.AUDIO, Regime.HASH: Channel.FILE}
"""Of regimes that are not of pictures."""


def policy_of(bank_id: str, policies: Mapping[str | None, Policy]) -> Policy | None:
    """The one that holds for a bank: its own, else that of the project."""
    return policies.get(bank_id) or policies.get(None)


def _draft_of(bank_id: str, policies: Mapping[str | None, Policy]) -> PolicyDraft:
    policy = policy_of(bank_id, policies)
    return UNSAID if policy is None else policy.draft


def _allowed(sightings: Sequence[Sighting], usual: Cuts) -> list[Segment]:
    """What allowed references show of the upload."""
    found = (one for one in sightings if one.bank.role is BankRole.ALLOWED)
    sure = (
        one
        for one in found
        if is_match(judged(one.match, usual, one.bank.draft.cuts, one.regime)[0])
    )
    return [segment for one in sure for segment in one.match.segments]


def _reason(
    one: Sighting,
    policies: Mapping[str | None, Policy],
    usual: Cuts,
    content_id: str,
    allowed: Sequence[Segment],
) -> tuple[Reason, bool] | None:
    """The reason, and whether what is allowed clears it; ``None`` for what is no match at all,
    whatever the policy.
    """
    bank, policy = one.bank, policy_of(one.bank.id, policies)
    draft = UNSAID if policy is None else policy.draft
    confidence, regime = judged(one.match, usual, bank.draft.cuts, one.regime)
    if confidence is Confidence.NONE:
        return None
    views = views_of(one, draft, usual, allowed)
    if views:
        view = max(views, key=lambda v: v.weight)
    else:
        asking, words = asked(bank, draft, regime, confidence, one.match.score)
        why = "it matches in a channel that does not count"
        view = View(regime, one.match.score, confidence, asking, words, why)
    action, why = view.action, view.why
    if action is not Action.PASS and policy is not None:
        if draft.dry_run:
            action, why = Action.PASS, "the policy runs dry"
        elif action is Action.REMOVE and not is_rolled_out(policy, content_id):
            action, why = Action.REVIEW, f"outside the rollout of {draft.rollout:.0%}"
    if action is Action.REMOVE and one.is_quarantined:
        action, why = Action.REVIEW, "the reference is in quarantine: it matches far too much"
    reason = Reason(
        reference_id=one.reference_id,
        bank_id=bank.id,
        role=bank.role,
        score=view.score,
        confidence=view.confidence,
        regime=view.regime,
        asked=view.asked,
        action=action,
        rule="; ".join(part for part in (_named(bank, policy, view.words), why) if part),
        policy_id=None if policy is None else policy.id,
        segments=one.match.segments,
        basis=Basis(
            score=one.match.score,
            media=one.regime,
            upload_duration=one.upload_duration,
            reference_duration=one.reference_duration,
            is_quarantined=one.is_quarantined,
        ),
    )
    return reason, view.is_cleared


def as_acting(trial: Policy) -> Policy:
    """The version as if it did not run dry."""
    return replace(trial, draft=replace(trial.draft, dry_run=False))


def _beside(
    now: tuple[Reason, bool] | None,
    then: tuple[Reason, bool] | None,
    trials: Mapping[str | None, Policy],
) -> tuple[Reason, bool] | None:
    """The reason that holds, with what a version that runs dry makes of it."""
    if now is None or then is None:
        return now
    reason, is_cleared = now
    tried, _ = then
    if tried.policy_id is None or tried.policy_id not in {one.id for one in trials.values()}:
        return now
    trial = Trial(tried.policy_id, tried.action, tried.rule)
    return replace(reason, trial=trial), is_cleared


def _named(bank: Bank, policy: Policy | None, words: str) -> str:
    if policy is None:
        return f"bank {bank.name}: {words}"
    whose = f"bank {bank.name}" if policy.draft.bank_id else "project"
    return f"policy {policy.number} of {whose}: {words}"
