"""What a search finds, and how it is told: ranked, cut, paged, and cleared by what is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.bank import Bank, Reference
from reseen.domain.choices import BankRole, Regime
from reseen.domain.fingerprint import Skip
from reseen.domain.match import Confidence, Match
from reseen.domain.media import Medium
from reseen.engine.verdict import HARM, explains, is_match


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search, and how much to tell. ``banks`` are ids or names, none: all. A reference is
    told of with one of the ``labels``, where any are given. ``min_score`` ``None``: all that a
    bank's cuts give some confidence; 0: all that were verified. ``since``: only references that
    entered then or later.
    """

    banks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    roles: tuple[BankRole, ...] = tuple(BankRole)
    limit: int = 20
    offset: int = 0
    min_score: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A reference that was looked at, and what its bank makes of it."""

    reference: Reference
    bank: Bank
    match: Match
    confidence: Confidence
    regime: Regime

    @property
    def is_match(self) -> bool:
        return is_match(self.confidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, best first; ``total`` before paging. ``medium`` is ``None`` for hashes.

    ``cleared``: an allowed reference matches, and explains all that references of harm match.
    ``reached``: the change of the truth up to which all was searched; ``None``: the index was
    behind, or not asked. ``duration``: of the query, in seconds, 0 of stills and hashes.
    """

    medium: Medium | None
    matches: tuple[Found, ...]
    cleared_by: tuple[Found, ...] = ()
    total: int = 0
    skipped: tuple[Skip, ...] = ()
    remarks: tuple[str, ...] = ()
    cleared: bool = False
    reached: int | None = None
    duration: float = 0.0

    @property
    def is_match(self) -> bool:
        """Whether something that means harm matches."""
        return any(one.is_match and one.bank.role in HARM for one in self.matches)


def told(
    medium: Medium | None,
    found: Sequence[Found],
    scope: Scope,
    skipped: tuple[Skip, ...],
    remarks: Sequence[str],
) -> Answer:
    """The answer to a query that found all of these, in any order."""
    ranked = sorted(found, key=lambda f: (-f.match.score, f.reference.number))
    listed = [f for f in ranked if _is_listed(f, scope.min_score)]
    allowed = [f for f in ranked if f.bank.role is BankRole.ALLOWED and f.is_match]
    explaining = [s for f in allowed for s in f.match.segments]
    harmful = [f for f in ranked if f.bank.role in HARM and f.is_match]
    return Answer(
        medium=medium,
        matches=tuple(listed[scope.offset : scope.offset + scope.limit]),
        cleared_by=tuple(allowed),
        total=len(listed),
        skipped=skipped,
        remarks=tuple(dict.fromkeys(remarks)),
        cleared=bool(allowed) and all(explains(explaining, f.match.segments) for f in harmful),
    )


def _is_listed(found: Found, least: float | None) -> bool:
    if least is None:
        return found.confidence is not Confidence.NONE
    return found.match.score >= least
