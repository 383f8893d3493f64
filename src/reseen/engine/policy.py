"""What is done with an upload: the policies of a project on what a search found.

Pure: equal findings, policies and ``content_id`` give an equal ruling, with every reason in words.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reseen.domain.bank import Bank
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence, Cuts, Match
from reseen.domain.media import Channel
from reseen.domain.policy import Policy, PolicyDraft, Reason, Ruling
from reseen.engine.coverage import Coverage, coverage
from reseen.engine.verdict import HARM, judged

RISING = (Action.PASS, Action.REVIEW, Action.REMOVE)
UNSAID = PolicyDraft()
"""Where no policy is live, the bank's own actions hold."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A reference that a search found. Durations are in seconds, ``None`` of stills and hashes.
    ``regime`` is that of both media.
    """

    reference_id: str
    bank: Bank
    match: Match
    regime: Regime
    upload_duration: float | None = None
    reference_duration: float | None = None
    is_quarantined: bool = False


def rule(
    sightings: Sequence[Sighting],
    policies: Mapping[str | None, Policy],
    usual: Cuts,
    content_id: str,
    *,
    cleared: bool = False,
) -> Ruling:
    """The gravest action that any reason leads to; ``PASS`` when an allowed reference ``cleared``
    the upload, with the reasons that it would have had.
    """
    reasons = sorted(
        (
            reason
            for one in sightings
            if (reason := _reason(one, policies, usual, content_id)) is not None
        ),
        key=gravity,
    )
    if cleared:
        said = "an allowed reference shows all of this"
        reasons = [replace(r, action=Action.PASS, rule=f"{r.rule}; {said}") for r in reasons]
    acting = [r for r in reasons if r.action is not Action.PASS]
    drafts = [_policy_of(r.bank_id, policies) for r in acting]
    known = [p.draft if p is not None else UNSAID for p in drafts]
    return Ruling(
        action=max((r.action for r in acting), key=RISING.index, default=Action.PASS),
        reasons=tuple(reasons),
        severity=max((draft.severity for draft in known), default=0),
        two_person=any(draft.two_person for draft in known),
        cleared=cleared,
    )


def gravity(reason: Reason) -> tuple[int, int, float, str]:
    """Sorts reasons, gravest first."""
    action, asked = RISING.index(reason.action), RISING.index(reason.asked)
    return -action, -asked, -reason.score, reason.reference_id


def is_rolled_out(policy: Policy, content_id: str) -> bool:
    """Whether the policy acts on this upload: by a hash, so that the same upload is always told the
    same, and what a smaller rollout covered a larger one does.
    """
    family = f"{policy.project_id}/{policy.draft.bank_id}/{content_id}"
    drawn = int.from_bytes(hashlib.sha256(family.encode()).digest()[:8]) / 2**64
    return drawn < policy.draft.rollout


def _policy_of(bank_id: str, policies: Mapping[str | None, Policy]) -> Policy | None:
    return policies.get(bank_id) or policies.get(None)


def _reason(
    one: Sighting, policies: Mapping[str | None, Policy], usual: Cuts, content_id: str
) -> Reason | None:
    bank = one.bank
    policy = _policy_of(bank.id, policies)
    draft = UNSAID if policy is None else policy.draft
    counted = tuple(s for s in one.match.segments if _counts(s.channel, draft))
    is_silent = bool(one.match.segments) and not counted
    score = max((s.score for s in counted), default=one.match.score)
    match = replace(one.match, score=score, segments=counted)
    confidence, regime = judged(match, usual, bank.draft.cuts, one.regime)
    if confidence is Confidence.NONE:
        return None
    asked, words = _asked(bank, draft, regime, confidence, score)
    action, why = asked, ""
    if bank.role in HARM and not is_silent:
        shown = coverage(counted, one.upload_duration, one.reference_duration)
        short = _short(shown, draft, is_timed=bool(one.upload_duration))
        if short:
            action, why = Action.PASS, short
    if is_silent:
        action, why = Action.PASS, "it matches in a channel that does not count"
    if action is not Action.PASS and policy is not None:
        if draft.dry_run:
            action, why = Action.PASS, "the policy runs dry"
        elif asked is Action.REMOVE and not is_rolled_out(policy, content_id):
            action, why = Action.REVIEW, f"outside the rollout of {draft.rollout:.0%}"
    if action is Action.REMOVE and one.is_quarantined:
        action, why = Action.REVIEW, "the reference is in quarantine: it matches far too much"
    return Reason(
        reference_id=one.reference_id,
        bank_id=bank.id,
        role=bank.role,
        score=score,
        confidence=confidence,
        regime=regime,
        asked=asked,
        action=action,
        rule="; ".join(part for part in (_named(bank, policy, words), why) if part),
        policy_id=None if policy is None else policy.id,
        segments=one.match.segments,
    )


def _counts(channel: Channel, draft: PolicyDraft) -> bool:
    return channel is Channel.FILE or channel in draft.channels


def _asked(
    bank: Bank, draft: PolicyDraft, regime: Regime, confidence: Confidence, score: float
) -> tuple[Action, str]:
    """What is asked for, and by which words."""
    if bank.role not in HARM:
        return Action.PASS, f"a match in {_ROLES[bank.role]} asks for nothing"
    bands = draft.bands.get(regime)
    if bands:
        reached = [band for band in bands if score >= band.min_score]
        if not reached:
            return Action.PASS, f"{score:.3f} reaches no band"
        band = max(reached, key=lambda b: b.min_score)
        return band.action, f"{score:.3f} reaches {band.min_score:g}: {band.action}"
    action = {
        Confidence.HIGH: bank.draft.policy.high,
        Confidence.MEDIUM: bank.draft.policy.medium,
        Confidence.LOW: bank.draft.policy.low,
    }[confidence]
    return action, f"{confidence} confidence: {action}"


_ROLES = {BankRole.ALLOWED: "an allowed bank", BankRole.SEEN: "what was uploaded before"}


def _named(bank: Bank, policy: Policy | None, words: str) -> str:
    if policy is None:
        return f"bank {bank.name}: {words}"
    whose = f"bank {bank.name}" if policy.draft.bank_id else "project"
    return f"policy {policy.number} of {whose}: {words}"


def _short(shown: Coverage, draft: PolicyDraft, *, is_timed: bool) -> str:
    """What is missing to the least overlap, in words; empty: nothing."""
    least = draft.overlap
    if is_timed and shown.seconds < least.seconds:
        return f"{shown.seconds:.1f} s overlap, and {least.seconds:g} are asked for"
    if shown.query < least.upload_share:
        return f"{shown.query:.0%} of the upload match, and {least.upload_share:.0%} are asked for"
    if shown.reference < least.reference_share:
        share = f"{least.reference_share:.0%}"
        return f"{shown.reference:.0%} of the reference match, and {share} are asked for"
    return ""
