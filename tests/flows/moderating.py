"""A desk where uploads come in and cases are decided: real stores, real search, real media."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.flows.searching import CUTS, Ground, ground

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.record import Actor
from reseen.domain.review import Case, Decision, DecisionDraft, Upload, UploadDraft, Verdict
from reseen.flows.alarms import Alarms
from reseen.flows.appeals import Appealing
from reseen.flows.clustering import Clustering
from reseen.flows.consequences import Consequences
from reseen.flows.fingerprint import Perception, perceive
from reseen.flows.gathering import Gathering
from reseen.flows.inheriting import Inheriting
from reseen.flows.moderate import Moderating
from reseen.flows.opening import Opening
from reseen.flows.reversal import Reversal
from reseen.flows.review import Reviewing
from reseen.flows.revise import Revising
from reseen.flows.rulings import Rulings
from reseen.flows.sorting import Sorting
from reseen.media.receive import local_file
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
from reseen.store.decisions import SqlDecisionStore
from reseen.store.keeping import SqlLegalHolds, SqlQuarantines
from reseen.store.outbox import SqlOutbox
from reseen.store.policies import SqlPolicyStore
from reseen.store.uploads import SqlUploadStore
from reseen.store.vault import BlobVault

PLATFORM = Actor("key_platform", "service")
ANN, BOB = Actor("key_ann", "reviewer"), Actor("key_bob", "reviewer")


@dataclass(slots=True)
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now


@dataclass(frozen=True, slots=True)
class Desk:
    ground: Ground
    clock: Clock
    uploads: SqlUploadStore
    clusters: SqlClusterStore
    cases: SqlCaseStore
    decisions: SqlDecisionStore
    policies: SqlPolicyStore
    quarantines: SqlQuarantines
    audit: SqlAuditLog
    outbox: SqlOutbox
    vault: BlobVault
    alarms: Alarms
    moderating: Moderating
    inheriting: Inheriting
    reviewing: Reviewing
    appealing: Appealing
    revising: Revising
    sorting: Sorting

    def upload(self, path: Path, content_id: str, account_id: str = "user-1") -> Upload:
        with local_file(path) as file:
            draft = UploadDraft(content_id, account_id)
            return self.moderating.submit(DEFAULT_PROJECT, PLATFORM, draft, file)

    def again(self, upload: Upload) -> Upload:
        return self.uploads.get(DEFAULT_PROJECT, upload.id)

    def claimed(self, who: Actor = ANN) -> Case:
        case = self.reviewing.claim(DEFAULT_PROJECT, who)
        assert case is not None
        return case

    def decide(self, who: Actor = ANN, verdict: Verdict = Verdict.HARMFUL, **more: Any) -> Decision:
        case = self.claimed(who)
        draft = DecisionDraft(verdict, policy="violence", reason="It shows an attack.", **more)
        return self.reviewing.decide(DEFAULT_PROJECT, who, case.id, case.version, draft)

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        page = self.outbox.events(DEFAULT_PROJECT, type=kind, limit=1000)
        return [dict(event.data) for event in reversed(page.items)]


@contextmanager
def desk(folder: Path, perception: Perception) -> Iterator[Desk]:
    with ground(folder, perception) as here:
        database, clock = here.database, Clock()
        uploads, clusters = SqlUploadStore(database, clock), SqlClusterStore(database, clock)
        cases, decisions = SqlCaseStore(database), SqlDecisionStore(database)
        audit, outbox = SqlAuditLog(database, clock), SqlOutbox(database, clock)
        policies = SqlPolicyStore(database, clock)
        quarantines = SqlQuarantines(database, clock)
        scratch = folder / "scratch"
        scratch.mkdir()
        vault = BlobVault(here.blobs, bytes(32), lambda: scratch)
        clustering = Clustering(clusters, clock)
        consequences = Consequences(
            here.banks,
            here.references,
            uploads,
            clusters,
            decisions,
            outbox,
            Gathering(clusters, clustering, clock),
            lambda project, position: database.afterwards(
                partial(here.index.nudge, project, position)
            ),
            clock,
        )
        opening = Opening(cases, policies, clock)
        inheriting = Inheriting(decisions, clusters, uploads, consequences, opening.open)
        reviewing = Reviewing(
            cases,
            decisions,
            clusters,
            uploads,
            consequences,
            Reversal(here.references, uploads, clusters, decisions, outbox, consequences.tell),
            opening.open,
            audit,
            outbox,
            alone_in(database),
            clock,
        )
        alarms = Alarms(
            here.references,
            uploads,
            clusters,
            quarantines,
            audit,
            outbox,
            opening.open,
            clock,
        )
        rulings = Rulings(policies, quarantines, CUTS, clock)
        moderating = Moderating(
            perceive=partial(perceive, perception),
            searching=here.searching,
            banks=here.banks,
            references=here.references,
            uploads=uploads,
            clustering=clustering,
            rulings=rulings,
            audit=audit,
            outbox=outbox,
            vault=vault,
            keeps=lambda _: True,
            holds=SqlLegalHolds(database, clock),
            alone=alone_in(database),
            covered=inheriting.cover,
            regrouped=reviewing.regrouped,
            nudge=lambda project, position: database.afterwards(
                partial(here.index.nudge, project, position)
            ),
            heed=alarms.heed,
            late=lambda: None,
            clock=clock,
        )
        revising = Revising(
            searching=here.searching,
            references=here.references,
            uploads=uploads,
            clustering=clustering,
            rulings=rulings,
            audit=audit,
            outbox=outbox,
            alone=alone_in(database),
            covered=inheriting.cover,
            regrouped=reviewing.regrouped,
        )
        sorting = Sorting(clusters, clustering, reviewing, audit, alone_in(database), clock)
        yield Desk(
            here,
            clock,
            uploads,
            clusters,
            cases,
            decisions,
            policies,
            quarantines,
            audit,
            outbox,
            vault,
            alarms,
            moderating,
            inheriting,
            reviewing,
            Appealing(reviewing),
            revising,
            sorting,
        )
