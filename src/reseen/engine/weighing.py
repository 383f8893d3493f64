"""What a policy makes of one match: regime by regime, in the channels that count, and what is
missing for it to act.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reseen.domain.bank import Bank
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence, Cuts, Match, Segment
from reseen.domain.media import Channel, Span
from reseen.domain.policy import PolicyDraft
from reseen.engine.coverage import Coverage, coverage
from reseen.engine.verdict import HARM, by_regime, explains, regime_of

RISING = (Action.PASS, Action.REVIEW, Action.REMOVE)
CLEARED = "an allowed reference shows all of this"


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


@dataclass(frozen=True, slots=True)
class View:
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


def views_of(
    one: Sighting, draft: PolicyDraft, usual: Cuts, allowed: Sequence[Segment]
) -> list[View]:
    """A match, by regime, in the channels that count: a weak likeness of the pictures lends no
    overlap to a sure one of the sound.
    """
    match, bank = one.match, one.bank
    counted = tuple(s for s in match.segments if counts(s.channel, draft))
    if match.segments and not counted:
        return []
    views: list[View] = []
    for regime, score in by_regime(replace(match, segments=counted), one.regime).items():
        confidence = bank.draft.cuts.get(regime, usual).confidence(score)
        if confidence is Confidence.NONE:
            continue
        is_one = one.regime is Regime.HASH
        shown = [s for s in counted if is_one or regime_of(s) is regime]
        asking, words = asked(bank, draft, regime, confidence, score)
        why, is_cleared = "", False
        if bank.role in HARM:
            is_cleared = bool(shown) and bool(allowed) and explains(allowed, shown)
            why = CLEARED if is_cleared else _short(shown, one, draft)
        views.append(View(regime, score, confidence, asking, words, why, is_cleared))
    return views


def counts(channel: Channel, draft: PolicyDraft) -> bool:
    return channel is Channel.FILE or channel in draft.channels


def asked(
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


def _short(segments: Sequence[Segment], one: Sighting, draft: PolicyDraft) -> str:
    """What is missing to the least overlap, in words; empty: nothing."""
    least = draft.overlap
    shown = _shown(segments, one)
    if one.upload_duration and _less(shown.seconds, least.seconds):
        return f"{shown.seconds:.4g} s overlap, and {least.seconds:g} are asked for"
    if _less(shown.query, least.upload_share):
        share = f"{100.0 * least.upload_share:.4g}%"
        return f"{100.0 * shown.query:.3g}% of the upload match, and {share} are asked for"
    if _less(shown.reference, least.reference_share):
        share = f"{100.0 * least.reference_share:.4g}%"
        return f"{100.0 * shown.reference:.3g}% of the reference match, and {share} are asked for"
    return ""


def _less(shown: float, least: float) -> bool:
    """To a thousandth, as it is told: spans that are just enough come out a little below."""
    return round(shown, 3) < round(least, 3)


def _shown(segments: Sequence[Segment], one: Sighting) -> Coverage:
    """A still shows a moment of a film at most: its share of that is one of the frame."""
    if one.upload_duration:
        return coverage(segments, one.upload_duration, one.reference_duration)
    moments = [replace(s, query=Span.ALWAYS, reference=Span.ALWAYS) for s in segments]
    return coverage(moments, None, None)
