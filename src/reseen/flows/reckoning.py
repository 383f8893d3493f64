"""What was spent, and the numbers that a project judges its moderation by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from reseen.domain.errors import InvalidValue
from reseen.domain.usage import DayOfReview, Saved, Share, Spent, Waiting
from reseen.engine.figures import by_day, match_rate, precision, queue_age, saved
from reseen.flows.metering import Metering
from reseen.ports.usage import ReviewFacts

USUAL_DAYS = 30
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """Days of UTC, both ends included."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From when on, and before when."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Figures:
    """``waiting`` is of now, all else of the period."""

    matches: Share
    waiting: Waiting
    saved: Saved
    precision: Share
    days: tuple[DayOfReview, ...]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """All that it depends on. Any call may raise ``NotReady``."""

    metering: Metering
    facts: ReviewFacts
    clock: Callable[[], datetime]

    def period(self, first: date | None, last: date | None) -> Period:
        """The last days where nothing was asked for. Raises ``InvalidValue``."""
        last = last or self.clock().date()
        first = first or last - timedelta(days=USUAL_DAYS - 1)
        days = (last - first).days + 1
        if days < 1:
            raise InvalidValue("It ends before it begins.", field="until")
        if days > MOST_DAYS:
            raise InvalidValue(
                f"At most {MOST_DAYS} days are told at once.",
                field="since",
                limit=MOST_DAYS,
                actual=days,
            )
        return Period(first, last)

    def spent(self, project_id: str, period: Period) -> Sequence[Spent]:
        """By day, caller and use."""
        return self.metering.between(project_id, period.first, period.last)

    def figures(self, project_id: str, period: Period) -> Figures:
        decisions = self.facts.ruled(project_id, *period.bounds)
        return Figures(
            matches=match_rate(one.tally for one in self.spent(project_id, period)),
            waiting=queue_age(self.facts.waiting(project_id), self.clock()),
            saved=saved(decisions),
            precision=precision(decisions),
            days=by_day(decisions, period.first, period.last),
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
