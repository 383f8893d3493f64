"""What moderation needs: uploads and all that follows from them, over the truth and the search."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from reseen.domain.record import SYSTEM_ACTOR, AuditDraft, Delivery
from reseen.flows.clustering import Clustering
from reseen.flows.consequences import Consequences
from reseen.flows.deliver import Deliverer, Delivering
from reseen.flows.fingerprint import perceive
from reseen.flows.holding import Holding
from reseen.flows.jobs import new_owner
from reseen.flows.looking import Looking
from reseen.flows.moderate import Moderating
from reseen.flows.retention import Retaining
from reseen.flows.review import Reviewing
from reseen.flows.search import now
from reseen.flows.sorting import Sorting
from reseen.flows.stating import Stating
from reseen.media.post import GuardedPost
from reseen.settings import Settings
from reseen.store.vault import BlobVault, master_key
from reseen.wiring.banks import Banks
from reseen.wiring.matching import CUTS, fetch_policy
from reseen.wiring.retention import make_retaining
from reseen.wiring.statements import make_stating


@dataclass(frozen=True, slots=True)
class Moderation:
    """Everything that a server does with uploads, cases and decisions."""

    moderating: Moderating
    reviewing: Reviewing
    sorting: Sorting
    delivering: Delivering
    looking: Looking
    holding: Holding
    retaining: Retaining
    stating: Stating


def make_moderation(settings: Settings, banks: Banks) -> Moderation:
    truth = banks.truth
    kept = truth.review

    def nudge(project_id: str, position: int) -> None:
        truth.afterwards(partial(banks.index.nudge, project_id, position))

    together = truth.idempotency.together
    clustering = Clustering(kept.clusters, now)
    consequences = Consequences(
        banks=truth.banks,
        references=truth.references,
        uploads=kept.uploads,
        clusters=kept.clusters,
        decisions=kept.decisions,
        outbox=kept.outbox,
        nudge=nudge,
        clock=now,
    )
    reviewing = Reviewing(
        cases=kept.cases,
        decisions=kept.decisions,
        clusters=kept.clusters,
        uploads=kept.uploads,
        consequences=consequences,
        audit=kept.audit,
        outbox=kept.outbox,
        together=together,
        clock=now,
    )
    key = master_key(settings.home / "media.key")
    vault = BlobVault(truth.blobs, key, banks.reseen.scratch.folder)
    moderating = Moderating(
        perceive=partial(perceive, banks.reseen.long_perception),
        searching=banks.searching,
        banks=truth.banks,
        references=truth.references,
        uploads=kept.uploads,
        clustering=clustering,
        policies=kept.policies,
        quarantines=kept.quarantines,
        audit=kept.audit,
        outbox=kept.outbox,
        vault=vault if settings.keep_media else None,
        together=together,
        covered=reviewing.cover,
        regrouped=reviewing.regrouped,
        nudge=nudge,
        cuts=CUTS,
        clock=now,
    )
    sorting = Sorting(kept.clusters, clustering, reviewing, kept.audit, together, now)

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
    delivering = Delivering(kept.outbox, kept.endpoints, post, now, gave_up)
    looking = Looking(kept.uploads, vault, kept.audit)
    holding = Holding(kept.holds, kept.uploads, kept.clusters, kept.cases, kept.audit, together)
    retaining = make_retaining(settings, truth, vault)
    stating = make_stating(settings, truth)
    return Moderation(
        moderating, reviewing, sorting, delivering, looking, holding, retaining, stating
    )


@contextmanager
def delivered(moderation: Moderation) -> Iterator[None]:
    """Events are sent as long as the context is open."""
    deliverer = Deliverer(moderation.delivering, new_owner("deliver"))
    deliverer.start()
    try:
        yield
    finally:
        deliverer.stop()
