"""What is counted of calls, and the facts that numbers of the review are made of."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from reseen.domain.usage import Ruled, Spent


class UsageStore(Protocol):
    """Counters per project, caller, day and use. Any call may raise ``NotReady``."""

    def add(self, spent: Sequence[Spent]) -> None:
        """To what is counted already: all of it, or nothing."""
        ...

    def between(self, project_id: str, first: date, last: date) -> Sequence[Spent]:
        """All of these days, the last included, by day, caller and use."""
        ...


class ReviewFacts(Protocol):
    """What is known of the review of a project. Any call may raise ``NotReady``."""

    def waiting(self, project_id: str) -> Sequence[datetime]:
        """When the cases were opened that wait for a decision, oldest first."""
        ...

    def ruled(self, project_id: str, since: datetime, until: datetime) -> Sequence[Ruled]:
        """Decisions in force that were made from then on, and before then, oldest first."""
        ...
