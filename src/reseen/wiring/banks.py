"""What searching and ingesting need: matching, the truth, and the index beside them."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from reseen.domain.choices import JobKind
from reseen.domain.errors import ReseenError
from reseen.flows.backtest import Backtesting, LaterLog
from reseen.flows.ingest import Ingesting
from reseen.flows.jobs import Handler, JobWorker
from reseen.flows.reingest import Reingesting
from reseen.flows.retroactive import Retroactive
from reseen.flows.search import Searching
from reseen.ports import IndexService
from reseen.settings import Settings
from reseen.signals.quads import query_keys
from reseen.wiring.index import reach_index
from reseen.wiring.ingest import make_ingesting
from reseen.wiring.matching import CUTS, Reseen, assemble
from reseen.wiring.truth import Truth

logger = logging.getLogger(__name__)

LONG = frozenset({JobKind.INGEST, JobKind.REINGEST})
"""Kinds with a worker of their own: what is short need not wait for a long ingest, and two ingests
at a time would hire twice the processes.
"""
WAITED_FOR = frozenset({JobKind.UPLOAD})
"""Kinds that somebody waits for: as many workers as there are processes that fingerprint."""
SWEEP_S = 30.0
SWEPT = 250
BREATH_S = 0.05
"""References that are removed in one transaction, and the pause after it in seconds: whoever adds
one meanwhile took 36 ms (median, on a busy machine), where it was 287 with 2,000 and no pause
(``benchmarks.truth_scale``).
"""


@dataclass(frozen=True, slots=True)
class Banks:
    """Everything that a server or a command does with banks."""

    reseen: Reseen
    truth: Truth
    index: IndexService
    searching: Searching
    ingesting: Ingesting
    retroactive: Retroactive


@contextmanager
def open_banks(settings: Settings, truth: Truth) -> Iterator[Banks]:
    """Start what matching needs, and reach the index or start it."""
    with ExitStack() as opened:
        index = opened.enter_context(reach_index(settings))
        reseen = opened.enter_context(assemble(settings))
        searching = Searching(
            perception=reseen.long_perception,
            cuts=CUTS,
            banks=truth.banks,
            references=truth.references,
            index=index,
            query_keys=query_keys,
            scores=opened.enter_context(closing(LaterLog(truth.scores))),
            budget=settings.shortlist,
            workers=settings.concurrency,
        )
        retroactive = Retroactive(searching, truth.jobs)

        def nudge(project_id: str, position: int) -> None:
            truth.afterwards(partial(index.nudge, project_id, position))

        ingesting = make_ingesting(settings, reseen, truth, nudge)
        yield Banks(reseen, truth, index, searching, ingesting, retroactive)


@contextmanager
def at_work(banks: Banks, more: Mapping[JobKind, Handler]) -> Iterator[None]:
    """Jobs are worked on, those of ``more`` kinds too, and what is over is swept, as long as the
    context is open.
    """
    reingesting = Reingesting(banks.ingesting)
    handlers: Mapping[JobKind, Handler] = {
        JobKind.INGEST: banks.ingesting.work,
        JobKind.REINGEST: reingesting.work,
        JobKind.RETROACTIVE: banks.retroactive.work,
        JobKind.BACKTEST: Backtesting(banks.truth.banks, banks.truth.scores, CUTS).work,
        **more,
    }
    others = frozenset(handlers) - LONG - WAITED_FOR
    workers = [
        JobWorker(banks.truth.jobs, {k: h for k, h in handlers.items() if k in kinds})
        for kinds in (LONG, others, *(WAITED_FOR,) * banks.ingesting.workers)
    ]
    ended = threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(banks.truth, ended), name="sweep", daemon=True)
    called = ExitStack()
    for worker in workers:
        called.enter_context(banks.truth.jobs.listen(worker.call))
        worker.start()
    sweeper.start()
    try:
        yield
    finally:
        called.close()
        ended.set()
        for worker in workers:
            worker.stop()
        sweeper.join()


def _sweep(truth: Truth, ended: threading.Event) -> None:
    """Remove what expired or was deleted with its bank, and what nothing names, bit by bit."""
    while not ended.wait(SWEEP_S):
        try:
            while truth.references.sweep(datetime.now(UTC), SWEPT) and not ended.wait(BREATH_S):
                pass
            truth.scores.forget()
        except ReseenError as error:
            logger.warning("Nothing was swept: %s", error.detail)
