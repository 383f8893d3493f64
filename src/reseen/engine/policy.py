"""What is done with an upload: the policies of a project on what a search found.

Pure: equal findings, policies and ``content_id`` give an equal ruling, with every reason in words.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reseen.domain.bank import Bank
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence, Cuts, Match, Segment
from reseen.domain.media import Channel, Span
from reseen.domain.policy import Basis, Policy, PolicyDraft, Reason, Ruling
from reseen.engine.coverage import Coverage, coverage
from reseen.engine.verdict import HARM, by_regime, explains, is_match, judged, regime_of

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
) -> Ruling:
    """The gravest action that any reason leads to. What allowed references show of the upload asks
    for nothing, and what lies beside it does: each match is cleared, or not, by itself.
    """
    allowed = _allowed(sightings, usual)
    judgements = (_reason(one, policies, usual, content_id, allowed) for one in sightings)
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
    is_heard = _counts(CHANNEL_OF.get(regime, Channel.VISUAL), draft)
    if confidence is Confidence.NONE or draft.dry_run or not is_heard:
        return Action.PASS
    return _asked(bank, draft, regime, confidence, score)[0]


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


@dataclass(frozen=True, slots=True)
class _View:
    """What a match is in one regime, and what is done about it. ``words``: by which rule; ``why``:
    what holds it back, empty: nothing does.
    """

    regime: Regime
    score: float
    confidence: Confidence
    asked: Action
    words: str
    why: str = ""
    is_cleared: bool = False

    @property
    def action(self) -> Action:
        return Action.PASS if self.why else self.asked

    @property
    def weight(self) -> tuple[int, int, int, float]:
        ranked = RISING.index(self.action), RISING.index(self.asked)
        return *ranked, -list(Confidence).index(self.confidence), self.score


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
    views = _views(one, draft, usual, allowed)
    if views:
        view = max(views, key=lambda v: v.weight)
    else:
        asked, words = _asked(bank, draft, regime, confidence, one.match.score)
        why = "it matches in a channel that does not count"
        view = _View(regime, one.match.score, confidence, asked, words, why)
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


def _views(
    one: Sighting, draft: PolicyDraft, usual: Cuts, allowed: Sequence[Segment]
) -> list[_View]:
    """A match, by regime, in the channels that count: a weak likeness of the pictures lends no
    overlap to a sure one of the sound.
    """
    match, bank = one.match, one.bank
    counted = tuple(s for s in match.segments if _counts(s.channel, draft))
    if match.segments and not counted:
        return []
    views: list[_View] = []
    for regime, score in by_regime(replace(match, segments=counted), one.regime).items():
        confidence = bank.draft.cuts.get(regime, usual).confidence(score)
        if confidence is Confidence.NONE:
            continue
        is_one = one.regime is Regime.HASH
        shown = [s for s in counted if is_one or regime_of(s) is regime]
        asked, words = _asked(bank, draft, regime, confidence, score)
        why, is_cleared = "", False
        if bank.role in HARM:
            is_cleared = bool(shown) and bool(allowed) and explains(allowed, shown)
            why = CLEARED if is_cleared else _short(shown, one, draft)
        views.append(_View(regime, score, confidence, asked, words, why, is_cleared))
    return views


CLEARED = "an allowed reference shows all of this"


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


def _short(segments: Sequence[Segment], one: Sighting, draft: PolicyDraft) -> str:
    """What is missing to the least overlap, in words; empty: nothing."""
    least = draft.overlap
    shown = _shown(segments, one)
    if one.upload_duration and shown.seconds < least.seconds:
        return f"{shown.seconds:.1f} s overlap, and {least.seconds:g} are asked for"
    if shown.query < least.upload_share:
        return f"{shown.query:.0%} of the upload match, and {least.upload_share:.0%} are asked for"
    if shown.reference < least.reference_share:
        share = f"{least.reference_share:.0%}"
        return f"{shown.reference:.0%} of the reference match, and {share} are asked for"
    return ""


def _shown(segments: Sequence[Segment], one: Sighting) -> Coverage:
    """A still shows a moment of a film at most: its share of that is one of the frame."""
    if one.upload_duration:
        return coverage(segments, one.upload_duration, one.reference_duration)
    moments = [replace(s, query=Span.ALWAYS, reference=Span.ALWAYS) for s in segments]
    return coverage(moments, None, None)
