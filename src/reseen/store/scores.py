"""Scores of past searches in the database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime
from reseen.store.database import Database, utc_now
from reseen.store.tables import SCORES

PAGE = 5000


class SqlScoreLog:
    """Implements ``ports.ScoreLog``. Safe to share between threads and processes."""

    def __init__(
        self,
        database: Database,
        kept: timedelta = timedelta(days=92),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._kept = kept
        self._clock = clock

    def record(self, scores: Sequence[StoredScore]) -> None:
        if not scores or not self._kept:
            return
        rows = [{**asdict(one), "regime": one.regime.value} for one in scores]
        with self._database.writing() as connection:
            connection.execute(sa.insert(SCORES), rows)

    def since(self, project_id: str, bank_id: str, at: datetime) -> Iterator[StoredScore]:
        of_bank = sa.and_(SCORES.c.project_id == project_id, SCORES.c.bank_id == bank_id)
        last = 0
        while True:
            query = (
                sa.select(*SCORES.c)
                .where(of_bank, SCORES.c.at >= at, SCORES.c.number > last)
                .order_by(SCORES.c.number)
                .limit(PAGE)
            )
            with self._database.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield StoredScore(
                    at=row.at,
                    project_id=row.project_id,
                    query_sha256=row.query_sha256,
                    reference_id=row.reference_id,
                    bank_id=row.bank_id,
                    regime=Regime(row.regime),
                    score=row.score,
                )
            if len(rows) < PAGE:
                return
            last = rows[-1].number

    def forget(self, limit: int = 10_000) -> int:
        """Remove scores that were kept long enough; how many."""
        over = sa.select(SCORES.c.number).where(SCORES.c.at < self._clock() - self._kept)
        with self._database.writing() as connection:
            gone = sa.delete(SCORES).where(SCORES.c.number.in_(over.limit(limit)))
            return int(connection.execute(gone).rowcount)
