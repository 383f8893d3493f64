"""``/v1/usage``: what keys and people spent, what is left, and the numbers of review."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from reseen.domain.access import Caller
from reseen.domain.usage import Spent, Tally
from reseen.flows.reckoning import Period
from reseen.web.auth import Right
from reseen.web.banks import MOST_BANKS
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.reception import Reception
from reseen.web.schemas.model import said
from reseen.web.schemas.usage import (
    DaySchema,
    FiguresSchema,
    QuotaSchema,
    SpenderSchema,
    StoredSchema,
    TallySchema,
    UsageSchema,
    UseSchema,
    counted,
)

PERSON = "per_"


class Asked(BaseModel):
    """Of which days; both ends are told of."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        date | None, Field(description="The first day, in UTC; 30 days unless said.")
    ] = None
    until: Annotated[date | None, Field(description="The last day; today unless said.")] = None


def usage_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/usage", tags=["Usage"])
    reckoning = reception.services.desk.reckoning

    @router.get(
        "",
        summary="Read usage",
        description="What the keys and people of the project called, day by day, how much media "
        "that was, what is kept, and which quotas there are. A call is counted before it is "
        "answered, and written within a second.",
        operation_id="read_usage",
        response_model=UsageSchema,
        response_description="what was spent",
        responses=_problems(),
    )
    def usage(
        who: Annotated[Caller, Depends(reception.caller(Right.USAGE))],
        asked: Annotated[Asked, Query()],
    ) -> JSONResponse:
        period = reckoning.period(asked.since, asked.until)
        spent = reckoning.spent(who.project_id, period)
        counts = reception.services.banks.counts(who.project_id)
        banks = len(reception.services.banks.of_project(who.project_id))
        return JSONResponse(
            said(
                UsageSchema(
                    since=period.first.isoformat(),
                    until=period.last.isoformat(),
                    total=TallySchema(**counted(one.tally for one in spent)),
                    days=_days(spent, period),
                    uses=[
                        UseSchema(use=use, **counted(tallies))
                        for use, tallies in _by(spent, lambda one: one.use).items()
                    ],
                    callers=_callers(reception, who.project_id, spent),
                    stored=StoredSchema(references=sum(counts.values()), banks=banks),
                    quotas=_quotas(reception, banks, sum(counts.values())),
                )
            )
        )

    @router.get(
        "/review",
        summary="Read the numbers of review",
        description="Match rate, age of the queue, looks that clustering spared, and the precision "
        "that decisions show, each over facts that are kept.",
        operation_id="read_review_figures",
        response_model=FiguresSchema,
        response_description="the numbers",
        responses=_problems(),
    )
    def review(
        who: Annotated[Caller, Depends(reception.caller(Right.REVIEW))],
        asked: Annotated[Asked, Query()],
    ) -> JSONResponse:
        period = reckoning.period(asked.since, asked.until)
        figures = reckoning.figures(who.project_id, period)
        return JSONResponse(said(FiguresSchema.told(period, figures)))

    return router


def _by[K](spent: Sequence[Spent], key: Callable[[Spent], K]) -> dict[K, list[Tally]]:
    found: dict[K, list[Tally]] = defaultdict(list)
    for one in spent:
        found[key(one)].append(one.tally)
    return found


def _days(spent: Sequence[Spent], period: Period) -> list[DaySchema]:
    """Every day of the period."""
    of_day = _by(spent, lambda one: one.day)
    count = (period.last - period.first).days + 1
    days = (period.first + timedelta(days=n) for n in range(count))
    return [DaySchema(day=day.isoformat(), **counted(of_day.get(day, ()))) for day in days]


def _callers(reception: Reception, project_id: str, spent: Sequence[Spent]) -> list[SpenderSchema]:
    """Who called most first."""
    access = reception.services.access
    known = {one.id: (one.label, one.role) for one in access.keying.of_project(project_id)}
    known |= {one.id: (one.name, one.role) for one in access.people.of_project(project_id)}
    last = {one.caller_id: one.day for one in spent}

    def told(caller_id: str, tallies: Sequence[Tally]) -> SpenderSchema:
        name, role = known.get(caller_id, (None, None))
        kind: Literal["key", "person"] = "person" if caller_id.startswith(PERSON) else "key"
        return SpenderSchema(
            id=caller_id,
            kind=kind,
            name=name or None,
            role=role,
            last_day=last[caller_id].isoformat(),
            **counted(tallies),
        )

    every = [told(*one) for one in _by(spent, lambda one: one.caller_id).items()]
    return sorted(every, key=lambda one: (-one.calls, one.id))


def _quotas(reception: Reception, banks: int, references: int) -> list[QuotaSchema]:
    """What the server sets, and, said as well, what it does not."""
    rate = reception.settings.rate_per_minute or None
    unset = "This server sets no quota."
    return [
        QuotaSchema(
            name="requests_per_minute",
            of="key",
            limit=rate,
            used=None,
            left=None,
            note="Of each key and person; what is over is answered 429." if rate else unset,
        ),
        QuotaSchema(
            name="banks",
            of="project",
            limit=MOST_BANKS,
            used=banks,
            left=max(0, MOST_BANKS - banks),
            note="",
        ),
        QuotaSchema(
            name="references", of="project", limit=None, used=references, left=None, note=unset
        ),
        QuotaSchema(name="calls", of="project", limit=None, used=None, left=None, note=unset),
        QuotaSchema(
            name="media_seconds", of="project", limit=None, used=None, left=None, note=unset
        ),
    ]


def _problems() -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", path="/v1/usage")
