"""What other thresholds would have matched: told from the scores of past searches.

Nothing is searched again. A search keeps the score of what it looked at, by reference and regime;
here these meet the present cuts of a bank and the proposed ones. How many of the matches would be
right is not told by scores: examples are listed for people to look at.
"""

import logging
import queue
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from reseen.domain.bank import Job, StoredScore
from reseen.domain.choices import Regime
from reseen.domain.errors import InvalidValue, ReseenError
from reseen.domain.match import Confidence, Cuts
from reseen.domain.moment import rfc3339
from reseen.engine.verdict import is_match
from reseen.flows.jobs import Hold
from reseen.ports import BankStore, ScoreLog

logger = logging.getLogger(__name__)

EXAMPLES = 50
"""Uploads listed of those that would be gained, and of those that would be lost."""
CHECKED_EVERY = 10_000
WAITING = 1000
"""Searches whose scores wait to be written, at most."""


@dataclass(slots=True)
class Day:
    """Uploads of one day that match, by confidence, now and as proposed; how many of them do only
    as proposed, and how many only now.
    """

    present: dict[Confidence, int] = field(default_factory=dict)
    proposed: dict[Confidence, int] = field(default_factory=dict)
    gained: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Backtest:
    """Days in order; the surest scores of uploads that only one of both matches."""

    days: Mapping[date, Day]
    gained: tuple[StoredScore, ...]
    lost: tuple[StoredScore, ...]


def backtest(
    scores: Iterable[StoredScore],
    usual: Cuts,
    present: Mapping[Regime, Cuts],
    proposed: Mapping[Regime, Cuts],
) -> Backtest:
    """Try cuts on past scores of one bank; ``usual`` are those of regimes that have none."""
    tops: dict[tuple[date, str], dict[Regime, StoredScore]] = {}
    for one in scores:
        best = tops.setdefault((one.at.astimezone(UTC).date(), one.query_sha256), {})
        if one.regime not in best or one.score > best[one.regime].score:
            best[one.regime] = one
    days: dict[date, Day] = {}
    gained: list[StoredScore] = []
    lost: list[StoredScore] = []
    for (day, _), best in sorted(tops.items(), key=lambda one: one[0]):
        tally = days.setdefault(day, Day())
        now, then = _surest(best, usual, present), _surest(best, usual, proposed)
        for counts, (confidence, _) in ((tally.present, now), (tally.proposed, then)):
            counts[confidence] = counts.get(confidence, 0) + 1
        if is_match(then[0]) and not is_match(now[0]):
            tally.gained += 1
            gained.append(then[1])
        elif is_match(now[0]) and not is_match(then[0]):
            tally.lost += 1
            lost.append(now[1])
    kept = [sorted(some, key=lambda s: -s.score)[:EXAMPLES] for some in (gained, lost)]
    return Backtest(days, tuple(kept[0]), tuple(kept[1]))


def _surest(
    best: Mapping[Regime, StoredScore], usual: Cuts, cuts: Mapping[Regime, Cuts]
) -> tuple[Confidence, StoredScore]:
    rising = tuple(reversed(Confidence))
    judged = [(cuts.get(r, usual).confidence(one.score), one) for r, one in best.items()]
    return max(judged, key=lambda one: (rising.index(one[0]), one[1].score))


@dataclass(frozen=True, slots=True)
class Backtesting:
    """``work`` is a ``flows.jobs.Handler``; a job's request is ``{"bank": id, "since": RFC 3339,
    "thresholds": {regime: {"low":, "medium":, "high":}}}``.
    """

    banks: BankStore
    scores: ScoreLog
    cuts: Cuts

    def work(self, job: Job, hold: Hold) -> Mapping[str, Any]:
        """Raises ``NotFound`` for the bank, ``InvalidValue``."""
        bank = self.banks.get(job.project_id, str(job.request.get("bank")))
        since, asked = _since(job), _thresholds(job)
        known = _checked(self.scores.since(job.project_id, bank.id, since), hold)
        told = backtest(known, self.cuts, bank.draft.cuts, {**bank.draft.cuts, **asked})
        return {
            "bank": bank.id,
            "since": rfc3339(since),
            "days": [_day(day, tally) for day, tally in told.days.items()],
            "gained": sum(day.gained for day in told.days.values()),
            "lost": sum(day.lost for day in told.days.values()),
            "gained_examples": [_example(one) for one in told.gained],
            "lost_examples": [_example(one) for one in told.lost],
            "precision": None,
        }


class LaterLog:
    """A ``ScoreLog`` that is written by a thread, so that no answer waits for it.

    When more searches wait than it holds, the scores of the newest are left out, and the log says
    so. Scores that could not be written are left out as well: backtests are estimates.
    """

    def __init__(self, inner: ScoreLog) -> None:
        self._inner = inner
        self._queue: queue.Queue[Sequence[StoredScore] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._serve, name="scores", daemon=True)
        self._thread.start()

    def record(self, scores: Sequence[StoredScore]) -> None:
        try:
            self._queue.put_nowait(scores)
        except queue.Full:
            logger.warning("%d scores were not kept: too many searches at once", len(scores))

    def since(self, project_id: str, bank_id: str, at: datetime) -> Iterator[StoredScore]:
        return self._inner.since(project_id, bank_id, at)

    def forget(self, limit: int = 10_000) -> int:
        return self._inner.forget(limit)

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what waits."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def _serve(self) -> None:
        while True:
            batch = self._queue.get()
            rows: list[StoredScore] = []
            while batch is not None:
                rows += batch
                try:
                    batch = self._queue.get_nowait()
                except queue.Empty:
                    break
            if rows:
                self._write(rows)
            if batch is None:
                return

    def _write(self, rows: Sequence[StoredScore]) -> None:
        try:
            self._inner.record(rows)
        except ReseenError as error:
            logger.warning("%d scores were not kept: %s", len(rows), error.detail)


def _checked(scores: Iterable[StoredScore], hold: Hold) -> Iterator[StoredScore]:
    for number, one in enumerate(scores):
        if number % CHECKED_EVERY == 0:
            hold.check()
        yield one


def _since(job: Job) -> datetime:
    try:
        since = datetime.fromisoformat(str(job.request.get("since")))
    except ValueError:
        raise InvalidValue("since is a time as in RFC 3339.", field="since") from None
    return since if since.tzinfo is not None else since.replace(tzinfo=UTC)


def _thresholds(job: Job) -> dict[Regime, Cuts]:
    try:
        return {
            Regime(name): Cuts(float(c["low"]), float(c["medium"]), float(c["high"]))
            for name, c in job.request["thresholds"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidValue(
            f"thresholds are low, medium and high by regime: {error}.", field="thresholds"
        ) from None


def _day(day: date, tally: Day) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "present": {str(c): n for c, n in tally.present.items()},
        "proposed": {str(c): n for c, n in tally.proposed.items()},
        "gained": tally.gained,
        "lost": tally.lost,
    }


def _example(one: StoredScore) -> dict[str, Any]:
    return {
        "at": rfc3339(one.at),
        "query_sha256": one.query_sha256,
        "reference_id": one.reference_id,
        "regime": str(one.regime),
        "score": round(one.score, 4),
    }
