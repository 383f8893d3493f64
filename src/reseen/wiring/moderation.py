"""What moderation needs: uploads and all that follows from them, over the truth and the search."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from reseen.domain.bank import Reference
from reseen.domain.choices import JobKind
from reseen.domain.errors import ReseenError
from reseen.domain.record import SYSTEM_ACTOR, AuditDraft, Delivery
from reseen.flows.alarms import Alarms
from reseen.flows.appeals import Appealing
from reseen.flows.briefing import Briefing
from reseen.flows.clustering import Clustering
from reseen.flows.consequences import Consequences
from reseen.flows.covering import Covering
from reseen.flows.deliver import Deliverer, Delivering
from reseen.flows.findings import Found
from reseen.flows.fingerprint import perceive
from reseen.flows.gathering import Gathering
from reseen.flows.holding import Holding
from reseen.flows.hooks import Hooking
from reseen.flows.inheriting import Inheriting
from reseen.flows.jobs import Handler, new_owner
from reseen.flows.keeping import Keeping
from reseen.flows.later import Later
from reseen.flows.looking import Looking
from reseen.flows.metering import Metering
from reseen.flows.moderate import Moderating
from reseen.flows.opening import Opening
from reseen.flows.policies import Enacting
from reseen.flows.policy_backtest import Trying
from reseen.flows.quarantine import Quarantining
from reseen.flows.reckoning import Reckoning
from reseen.flows.reports import Reporting
from reseen.flows.retention import Retaining
from reseen.flows.reversal import Reversal
from reseen.flows.review import Reviewing
from reseen.flows.revise import Revising
from reseen.flows.rulings import Rulings
from reseen.flows.search import now
from reseen.flows.sorting import Sorting
from reseen.flows.stating import Stating
from reseen.media.covers import draw_cover
from reseen.media.post import GuardedPost
from reseen.settings import Settings
from reseen.store.vault import BlobVault, master_key
from reseen.wiring.banks import Banks
from reseen.wiring.matching import CUTS, fetch_policy
from reseen.wiring.policies import make_enacting
from reseen.wiring.retention import make_retaining
from reseen.wiring.statements import make_stating

logger = logging.getLogger(__name__)

CALM_S = 60.0
CATCH_UP_S = 2.0
"""Seconds after which what nobody called for is looked for: a server that died left it."""


@dataclass(frozen=True, slots=True)
class Moderation:
    """Everything that a server does with uploads, cases and decisions."""

    moderating: Moderating
    later: Later
    reporting: Reporting
    reviewing: Reviewing
    appealing: Appealing
    revising: Revising
    sorting: Sorting
    quarantining: Quarantining
    enacting: Enacting
    delivering: Delivering
    handlers: Mapping[JobKind, Handler]
    """Of the jobs that moderation brings, or has a word in."""
    calm: Callable[[], None]
    """Ends the bursts that are over, in all projects."""
    late: threading.Event
    """Set when an upload is to be held against what came at the same moment."""
    looking: Looking
    keeping: Keeping
    briefing: Briefing
    covering: Covering
    hooking: Hooking
    holding: Holding
    retaining: Retaining
    stating: Stating
    reckoning: Reckoning


def make_moderation(
    settings: Settings, banks: Banks, clock: Callable[[], datetime] = now
) -> Moderation:
    truth = banks.truth
    kept = truth.review
    late = threading.Event()
    searching = replace(banks.searching, homes=kept.clusters.homes)

    def nudge(project_id: str, position: int) -> None:
        truth.afterwards(partial(banks.index.nudge, project_id, position))

    clustering = Clustering(kept.clusters, clock)
    consequences = Consequences(
        banks=truth.banks,
        references=truth.references,
        uploads=kept.uploads,
        clusters=kept.clusters,
        decisions=kept.decisions,
        outbox=kept.outbox,
        gathering=Gathering(kept.clusters, clustering, clock),
        nudge=nudge,
        clock=clock,
    )
    opening = Opening(kept.cases, kept.policies, clock)
    inheriting = Inheriting(kept.decisions, kept.clusters, kept.uploads, consequences, opening.open)
    reviewing = Reviewing(
        cases=kept.cases,
        decisions=kept.decisions,
        clusters=kept.clusters,
        uploads=kept.uploads,
        consequences=consequences,
        reversal=Reversal(
            references=truth.references,
            uploads=kept.uploads,
            clusters=kept.clusters,
            decisions=kept.decisions,
            outbox=kept.outbox,
            tell=consequences.tell,
        ),
        opened=opening.open,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
        clock=clock,
    )
    alarms = Alarms(
        references=truth.references,
        uploads=kept.uploads,
        clusters=kept.clusters,
        quarantines=kept.quarantines,
        audit=kept.audit,
        outbox=kept.outbox,
        opened=opening.open,
        clock=clock,
    )
    rulings = Rulings(kept.policies, kept.quarantines, CUTS, clock)
    key = master_key(settings.home / "media.key")
    vault = BlobVault(truth.blobs, key, banks.reseen.scratch.folder)
    keeping = Keeping(truth.projects, kept.audit, kept.alone, settings.keep_media)
    metering = Metering(truth.usage.counters, clock)
    moderating = Moderating(
        perceive=partial(perceive, banks.reseen.long_perception),
        searching=searching,
        banks=truth.banks,
        references=truth.references,
        uploads=kept.uploads,
        clustering=clustering,
        rulings=rulings,
        audit=kept.audit,
        outbox=kept.outbox,
        vault=vault,
        keeps=keeping.keeps,
        holds=kept.holds,
        alone=kept.alone,
        covered=inheriting.cover,
        regrouped=reviewing.regrouped,
        heed=alarms.heed,
        nudge=nudge,
        late=partial(truth.afterwards, late.set),
        clock=clock,
        metered=metering.count,
    )
    revising = Revising(
        searching=searching,
        references=truth.references,
        uploads=kept.uploads,
        clustering=clustering,
        rulings=rulings,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
        covered=inheriting.cover,
        regrouped=reviewing.regrouped,
    )
    sorting = Sorting(kept.clusters, clustering, reviewing, kept.audit, kept.alone, clock)
    quarantining = Quarantining(kept.quarantines, truth.references, kept.audit, kept.alone, clock)
    enacting = make_enacting(truth, clock)
    trying = Trying(
        policies=kept.policies,
        banks=truth.banks,
        uploads=kept.uploads,
        scores=truth.scores,
        audit=kept.audit,
        alone=kept.alone,
        cuts=CUTS,
    )

    def calm() -> None:
        for project_id in truth.references.project_ids():
            with kept.alone(project_id):
                alarms.calm(project_id)

    def gave_up(delivery: Delivery) -> None:
        said = AuditDraft(
            who=SYSTEM_ACTOR,
            what="webhook.gave_up",
            subject=delivery.endpoint_id,
            reason=delivery.error,
            detail={"event_id": delivery.event.id, "attempts": delivery.attempts},
        )
        kept.audit.append(delivery.event.project_id, said)

    post = GuardedPost(fetch_policy(settings))
    hooking = Hooking(kept.endpoints, kept.outbox, kept.audit, post.check, kept.alone)
    delivering = Delivering(kept.outbox, kept.endpoints, post, clock, gave_up, kept.alone)

    def matched(known: Reference, upload: Found) -> None:
        bank = truth.banks.get(known.project_id, known.bank_id)
        revising.matched(upload.reference, known, bank, upload.match)

    later = Later(
        moderating=moderating,
        uploads=kept.uploads,
        jobs=truth.jobs,
        vault=vault,
        keeps=keeping.keeps,
        fetcher=banks.reseen.fetcher,
        open_file=banks.reseen.open_file,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
        clock=clock,
    )
    reporting = Reporting(
        uploads=kept.uploads,
        clusters=kept.clusters,
        vault=vault,
        keeps=keeping.keeps,
        opened=opening.open,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
    )
    looking = Looking(kept.uploads, vault, kept.audit)
    briefing = Briefing(
        kept.cases, kept.clusters, kept.decisions, kept.uploads, truth.references, kept.glances
    )
    decoder, limits = banks.reseen.long_perception.decoder, banks.reseen.long_perception.limits
    covering = Covering(kept.uploads, vault, decoder, limits, draw_cover)
    holding = Holding(kept.holds, kept.uploads, kept.clusters, kept.cases, kept.audit, kept.alone)
    retroactive = replace(banks.retroactive, matched=matched)
    return Moderation(
        moderating=moderating,
        later=later,
        reporting=reporting,
        reviewing=reviewing,
        appealing=Appealing(reviewing),
        revising=revising,
        sorting=sorting,
        quarantining=quarantining,
        enacting=enacting,
        delivering=delivering,
        handlers={
            JobKind.RETROACTIVE: retroactive.work,
            JobKind.UPLOAD: later.work,
            JobKind.POLICY_BACKTEST: trying.work,
        },
        calm=calm,
        late=late,
        looking=looking,
        keeping=keeping,
        briefing=briefing,
        covering=covering,
        hooking=hooking,
        holding=holding,
        retaining=make_retaining(settings, truth, vault),
        stating=make_stating(settings, truth),
        reckoning=Reckoning(metering, truth.usage.facts, clock),
    )


@contextmanager
def on_duty(moderation: Moderation) -> Iterator[None]:
    """Events are sent, what came at one moment is brought together, bursts end, and counts are
    written, as long as the context is open.
    """
    deliverer = Deliverer(moderation.delivering, new_owner("deliver"))
    ended = threading.Event()
    threads = [
        threading.Thread(target=target, args=(moderation, ended), name=name, daemon=True)
        for name, target in (("catch up", _catch_up), ("calm", _calm), ("count", _count))
    ]
    deliverer.start()
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        moderation.late.set()
        deliverer.stop()
        for thread in threads:
            thread.join()


def _calm(moderation: Moderation, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            moderation.calm()
        except ReseenError as error:
            logger.warning("Bursts were not looked at: %s", error.detail)
        except Exception:
            logger.exception("Ending bursts goes on after an error")
        ended.wait(CALM_S)


def _count(moderation: Moderation, ended: threading.Event) -> None:
    moderation.reckoning.metering.keep(ended)


def _catch_up(moderation: Moderation, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            if moderation.revising.catch_up():
                continue
        except ReseenError as error:
            logger.warning("What came at one moment waits: %s", error.detail)
        except Exception:
            logger.exception("Catching up goes on after an error")
        moderation.late.wait(CATCH_UP_S)
        moderation.late.clear()
