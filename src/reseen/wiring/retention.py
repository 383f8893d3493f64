"""What deletes what is over, over the truth and the vault."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from reseen.flows.retention import Retainer, Retaining, Windows
from reseen.flows.search import now
from reseen.ports import MediaVault
from reseen.settings import Settings
from reseen.wiring.truth import Truth


def make_retaining(settings: Settings, truth: Truth, vault: MediaVault) -> Retaining:
    """``vault`` is where media were kept, whether or not new ones are."""
    kept = truth.review
    return Retaining(
        uploads=kept.uploads,
        references=truth.references,
        clusters=kept.clusters,
        cases=kept.cases,
        decisions=kept.decisions,
        holds=kept.holds,
        vault=vault,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
        clock=now,
        windows=Windows(
            media=timedelta(days=settings.media_days),
            uploads=timedelta(days=settings.uploads_days),
            events=timedelta(days=settings.events_days),
        ),
        keeps_media=settings.keep_media,
    )


@contextmanager
def retained(retaining: Retaining, truth: Truth) -> Iterator[None]:
    """What is over is deleted as long as the context is open."""
    retainer = Retainer(retaining, truth.references.project_ids)
    retainer.start()
    try:
        yield
    finally:
        retainer.stop()
