"""Statements of reasons (Digital Services Act, Article 17), from what was done with an upload.

What is done with it is told again from the beginning: what the policies ruled on arrival, what each
decision changed, what was restored when one was undone. Each stretch of time for which it was
removed is one statement; one whose ground fell away is withdrawn, and where the upload stays
removed on another ground, that is another statement.

An upload is removed fully automatically where no person looked at it: the policies ruled so, or it
came after a decision on its near-copies. Where a person decided on what had been brought together
automatically, that is in part; not at all where somebody had reported what nothing had found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reseen.domain.choices import Action
from reseen.domain.policy import Reason
from reseen.domain.review import Decision, Upload, Verdict
from reseen.domain.statement import (
    CATEGORY,
    CONTENT_TYPES,
    FULLY,
    ILLEGAL,
    INCOMPATIBLE,
    KEYWORD,
    NOT_AUTOMATED,
    NOTICE,
    OTHER_NOTICE,
    OTHER_VIOLATION,
    OWN_INITIATIVE,
    PARTIALLY,
    REMOVED,
    Act,
    Background,
    Restricted,
    Statement,
    Terms,
)

LONGEST_GROUND, LONGEST_EXPLANATION, LONGEST_FACTS = 500, 2000, 5000
"""Characters that the Transparency Database takes."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A stretch of time for which an upload was removed; ``decision`` ``None``: by the policies.
    ``until`` ``None``: it is still.
    """

    since: datetime
    decision: Decision | None
    until: datetime | None = None
    why_ended: str = ""


def removals(restricted: Restricted) -> tuple[Removal, ...]:
    """Oldest first."""
    found: list[Removal] = []
    for change in _changes(restricted):
        current = found[-1] if found and found[-1].until is None else None
        if current is not None and _is_by_policy(current, change, restricted.upload):
            found[-1] = replace(current, decision=change.decision)
        elif current is not None and _ends(current, change):
            found[-1] = replace(current, until=change.at, why_ended=change.why)
            current = None
        if current is None and change.action is Action.REMOVE:
            found.append(Removal(change.at, None if change.is_undone else change.decision))
    return tuple(found)


def statements(restricted: Restricted, background: Background, terms: Terms) -> Iterator[Statement]:
    """One for each removal, oldest first."""
    used: dict[str, int] = {}
    for removal in removals(restricted):
        cause = "policy" if removal.decision is None else removal.decision.id
        used[cause] = used.get(cause, 0) + 1
        again = "" if used[cause] == 1 else f"-{used[cause]}"
        puid = f"{restricted.upload.id}-{cause}{again}"
        yield _statement(puid, restricted, removal, background, terms)


@dataclass(frozen=True, slots=True)
class _Change:
    """What was done with an upload from a moment on, and why."""

    at: datetime
    action: Action | None
    decision: Decision | None = None
    is_undone: bool = False
    why: str = ""


def _changes(restricted: Restricted) -> list[_Change]:
    """In the order of time; at the same moment, what was restored comes before what took its place,
    and the policies before all.
    """
    upload = restricted.upload
    changes = [_Change(upload.received_at, upload.ruled)]
    for act in restricted.acts:
        changes.append(_Change(act.at, _action(act.decision), act.decision, why=_said(act)))
        ended = act.decision.ended_at
        if act.undone and ended is not None:
            restored = upload.ruled if act.before is None else act.before
            why = act.decision.end_reason
            changes.append(_Change(ended, restored, act.decision, is_undone=True, why=why))
    changes += [_Change(one.at, Action.PASS, why=one.answer) for one in restricted.overturned]
    return sorted(changes, key=lambda one: (one.at, not one.is_undone, one.decision is not None))


def _action(decision: Decision) -> Action:
    return Action.REMOVE if decision.draft.verdict is Verdict.HARMFUL else Action.PASS


def _said(act: Act) -> str:
    return act.decision.draft.reason or f"it was decided: {act.decision.draft.verdict}"


def _is_by_policy(current: Removal, change: _Change, upload: Upload) -> bool:
    """The policies removed on arrival what a decision covers that was there before: it is the
    decision that is inherited.
    """
    decision = change.decision
    return (
        current.decision is None
        and change.action is Action.REMOVE
        and not change.is_undone
        and decision is not None
        and decision.at <= upload.received_at
    )


def _ends(current: Removal, change: _Change) -> bool:
    """The upload is shown again, or what it was removed for is undone."""
    if change.action is not Action.REMOVE:
        return True
    return (
        change.is_undone
        and current.decision is not None
        and change.decision is not None
        and current.decision.id == change.decision.id
    )


def _statement(
    puid: str, restricted: Restricted, removal: Removal, background: Background, terms: Terms
) -> Statement:
    upload, decision = restricted.upload, removal.decision
    ground, explanation = _ground(removal, background)
    is_illegal = ground in terms.laws
    ground, explanation = _cut(ground, LONGEST_GROUND), _cut(explanation, LONGEST_EXPLANATION)
    is_seen_by_nobody = decision is None or decision.at <= upload.received_at
    is_reported = (
        not is_seen_by_nobody
        and background.reported_at is not None
        and background.reported_at <= removal.since
    )
    is_found = is_seen_by_nobody or not is_reported or bool(upload.reasons)
    behind = decision or background.origin
    labels = () if behind is None else behind.draft.labels
    notice = NOTICE if is_illegal else OTHER_NOTICE
    by_person = PARTIALLY if is_found else NOT_AUTOMATED
    return Statement(
        puid=puid,
        decision_visibility=(REMOVED,),
        decision_ground=ILLEGAL if is_illegal else INCOMPATIBLE,
        illegal_content_legal_ground=ground if is_illegal else None,
        illegal_content_explanation=explanation if is_illegal else None,
        incompatible_content_ground=None if is_illegal else ground,
        incompatible_content_explanation=None if is_illegal else explanation,
        content_type=(CONTENT_TYPES[restricted.medium],),
        content_type_other="unknown" if restricted.medium is None else None,
        category=next((one for one in labels if one.startswith(CATEGORY)), OTHER_VIOLATION),
        category_specification=tuple(one for one in labels if one.startswith(KEYWORD)),
        territorial_scope=terms.territory,
        content_date=_day(upload.received_at),
        application_date=_day(removal.since),
        end_date_visibility_restriction=None if removal.until is None else _day(removal.until),
        decision_facts=_cut(_facts(upload, removal, explanation), LONGEST_FACTS),
        source_type=notice if is_reported else OWN_INITIATIVE,
        automated_detection="Yes" if is_found else "No",
        automated_decision=FULLY if is_seen_by_nobody else by_person,
        upload_id=upload.id,
        platform_content_id=upload.draft.content_id,
        platform_account_id=upload.draft.account_id,
        decision_id=None if decision is None else decision.id,
        applied_at=removal.since,
        withdrawn_at=removal.until,
        withdrawn_reason=removal.why_ended,
        redress=terms.redress,
    )


def _ground(removal: Removal, background: Background) -> tuple[str, str]:
    """The rule that was broken, and why it was."""
    behind = removal.decision or background.origin
    if behind is not None:
        repeated = "It repeats content that was found to break this rule."
        return behind.draft.policy or "unspecified", behind.draft.reason or repeated
    name = f"the list {background.bank!r}" if background.bank else "a list"
    return f"Content on {name}", "It repeats content on this list, which may not be shown."


def _facts(upload: Upload, removal: Removal, explanation: str) -> str:
    """What was found, by whom and how."""
    decision = removal.decision
    if decision is None:
        how = f"On {_day(removal.since)} the file was compared automatically with known content."
    elif decision.at <= upload.received_at:
        how = (
            f"The file is a near-copy of content that a person reviewed on {_day(decision.at)};"
            " that decision covers its copies."
        )
    else:
        how = f"On {_day(decision.at)} a person reviewed the content, or near-copies of it."
    return " ".join(filter(None, (how, explanation, *map(_match, upload.reasons[:1]))))


def _match(reason: Reason) -> str:
    return (
        f"It matches {reason.reference_id} with a score of {reason.score:.2f} ({reason.confidence}"
        f" confidence; {reason.rule})."
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
