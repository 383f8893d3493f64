"""What was asked of a server, by whom, and what came of it, as it is counted and told.

Days are those of UTC. What a job does is counted for whoever asked for it, where that is known:
uploads that are answered later are, media of a bulk ingest are not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Use(StrEnum):
    """What a call is for. ``OTHER``: lists, changes, review, and all else."""

    MATCH = "match"
    SEARCH = "search"
    UPLOAD = "upload"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Tally:
    """``failed`` of the ``calls`` were answered with an error. ``looked``: pairs, queries and
    uploads that were answered, of which so many ``matched``. ``media_ms``: how long the media were
    that were looked at, stills without any.
    """

    calls: int = 0
    failed: int = 0
    looked: int = 0
    matched: int = 0
    media_ms: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.calls + other.calls,
            self.failed + other.failed,
            self.looked + other.looked,
            self.matched + other.matched,
            self.media_ms + other.media_ms,
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What a key or a person spent on one day, for one use."""

    project_id: str
    caller_id: str
    day: date
    use: Use
    tally: Tally


@dataclass(frozen=True, slots=True)
class Ruled:
    """A decision in force, as numbers are made of it. ``copies``: uploads that it covers.
    ``by_match``: one of these was there before it and held back or removed because it matched.
    """

    decision_id: str
    by: str
    at: datetime
    opened_at: datetime
    harmful: bool
    copies: int
    by_match: bool


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` out of ``of``; ``value`` is ``None`` where there is nothing to divide by. ``low``
    and ``high`` hold the true share in 95 of 100 such cases.
    """

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Cases that wait now, by seconds since they were opened. ``ages`` counts those of up to each
    of these ages, the last without an end.
    """

    cases: int
    oldest_s: float | None
    median_s: float | None
    ages: tuple[tuple[float | None, int], ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What clustering spares. ``look_s`` is the measured pace of reviewers, ``None`` where too few
    decisions followed each other to measure it; then nobody knows ``seconds``.
    """

    decisions: int
    copies: int
    spared: int
    look_s: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class DayOfReview:
    """What was decided on a day; ``wait_s``: the median from a case's opening to its decision."""

    day: date
    decisions: int
    copies: int
    harmful: int
    wait_s: float | None
