"""What was spent, and the numbers of review."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypedDict

from pydantic import WithJsonSchema

from reseen.domain.usage import DayOfReview, Saved, Share, Tally, Use, Waiting
from reseen.flows.reckoning import Figures, Period
from reseen.web.schemas.model import Answer

Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


class TallySchema(Answer):
    """What was counted."""

    calls: int
    failed: int
    """Calls that were answered with an error."""

    looked: int
    """Pairs, queries and uploads that were looked at."""

    matched: int
    """Those of these that matched something that means harm, or each other."""

    media_seconds: float
    """How long the media were that were looked at; stills count nothing."""


class DaySchema(TallySchema):
    """One day, in UTC."""

    day: Day


class UseSchema(TallySchema):
    """All calls of one use."""

    use: Use


class SpenderSchema(TallySchema):
    """What one key or person spent."""

    id: str
    kind: Literal["key", "person"]
    name: str | None
    """The label of the key, or the name of the person."""

    role: str | None
    last_day: Day
    """When it called last, in the period."""


class QuotaSchema(Answer):
    """How much a project or a key may have."""

    name: str
    of: Literal["key", "project"]
    limit: int | None
    """`null`: this server sets none."""

    used: int | None
    left: int | None
    note: str


class StoredSchema(Answer):
    """What the project keeps now."""

    references: int
    banks: int


class UsageSchema(Answer):
    """What a project spent in a period, and has left."""

    since: Day
    until: Day
    """The last day that is counted."""

    total: TallySchema
    days: list[DaySchema]
    uses: list[UseSchema]
    callers: list[SpenderSchema]
    stored: StoredSchema
    quotas: list[QuotaSchema]


class ShareSchema(Answer):
    """Some out of all."""

    hits: int
    of: int
    value: float | None
    """`hits / of`; `null` where there is none."""

    low: float | None
    """With `high`: 95 of 100 such intervals hold the true share (Wilson)."""

    high: float | None

    @classmethod
    def told(cls, share: Share) -> Self:
        return cls(hits=share.hits, of=share.of, value=share.value, low=share.low, high=share.high)


class AgeSchema(Answer):
    """Cases that wait for about as long."""

    up_to_s: float | None
    """`null`: any longer."""

    cases: int


class WaitingSchema(Answer):
    """The queue as it is now."""

    cases: int
    oldest_s: float | None
    median_s: float | None
    ages: list[AgeSchema]

    @classmethod
    def told(cls, waiting: Waiting) -> Self:
        ages = [AgeSchema(up_to_s=limit, cases=cases) for limit, cases in waiting.ages]
        return cls(
            cases=waiting.cases, oldest_s=waiting.oldest_s, median_s=waiting.median_s, ages=ages
        )


class SavedSchema(Answer):
    """What clustering spared."""

    decisions: int
    copies: int
    """Uploads that these decisions cover."""

    spared: int
    """Looks that nobody had to take: all copies but one of each decision."""

    look_s: float | None
    """How long a look took: the median between two decisions of one person that followed each other
    within ten minutes; `null` where there were fewer than five such."""

    seconds: float | None
    """`spared` times `look_s`."""

    @classmethod
    def told(cls, saved: Saved) -> Self:
        return cls(
            decisions=saved.decisions,
            copies=saved.copies,
            spared=saved.spared,
            look_s=saved.look_s,
            seconds=saved.seconds,
        )


class ReviewDaySchema(Answer):
    """What was decided on one day, in UTC."""

    day: Day
    decisions: int
    copies: int
    harmful: int
    wait_s: float | None
    """The median from the opening of a case to its decision."""

    @classmethod
    def told(cls, one: DayOfReview) -> Self:
        return cls(
            day=one.day.isoformat(),
            decisions=one.decisions,
            copies=one.copies,
            harmful=one.harmful,
            wait_s=one.wait_s,
        )


class FiguresSchema(Answer):
    """The numbers of review in a period."""

    since: Day
    until: Day
    match_rate: ShareSchema
    """Of all that was looked at, what matched."""

    queue: WaitingSchema
    saved: SavedSchema
    precision: ShareSchema
    """Of what was decided because it matched, what was found harmful. What was removed or passed
    without a look is not in it."""

    days: list[ReviewDaySchema]

    @classmethod
    def told(cls, period: Period, figures: Figures) -> Self:
        return cls(
            since=period.first.isoformat(),
            until=period.last.isoformat(),
            match_rate=ShareSchema.told(figures.matches),
            queue=WaitingSchema.told(figures.waiting),
            saved=SavedSchema.told(figures.saved),
            precision=ShareSchema.told(figures.precision),
            days=[ReviewDaySchema.told(one) for one in figures.days],
        )


class Counts(TypedDict):
    """The fields of ``TallySchema``."""

    calls: int
    failed: int
    looked: int
    matched: int
    media_seconds: float


def counted(tallies: Iterable[Tally]) -> Counts:
    """Added up."""
    total = sum(tallies, Tally())
    return {
        "calls": total.calls,
        "failed": total.failed,
        "looked": total.looked,
        "matched": total.matched,
        "media_seconds": total.media_ms / 1000,
    }
