"""What is kept: keys, banks, references, jobs, scores. Light: no model, no decoder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from reseen.domain.access import DEFAULT_PROJECT
from reseen.ports import (
    Alone,
    AuditLog,
    BankStore,
    Blobs,
    CaseStore,
    ClusterStore,
    DecisionStore,
    Endpoints,
    IdempotencyStore,
    JobStore,
    KeyStore,
    LegalHolds,
    Outbox,
    PolicyStore,
    Quarantines,
    ReferenceStore,
    Restrictions,
    ScoreLog,
    UploadStore,
)
from reseen.ports.briefing import Glances
from reseen.ports.people import ChallengeStore, PasskeyStore, PeopleStore, SessionStore
from reseen.ports.projects import Projects
from reseen.ports.usage import ReviewFacts, UsageStore
from reseen.settings import Settings
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import open_database, sqlite_url
from reseen.store.decisions import SqlDecisionStore
from reseen.store.endpoints import SqlEndpoints
from reseen.store.glances import SqlGlances
from reseen.store.idempotency import SqlIdempotencyStore
from reseen.store.jobs import SqlJobStore
from reseen.store.keeping import SqlLegalHolds, SqlQuarantines
from reseen.store.keys import SqlKeyStore
from reseen.store.outbox import SqlOutbox
from reseen.store.people import SqlPeople
from reseen.store.policies import SqlPolicyStore
from reseen.store.projects import SqlProjects
from reseen.store.references import SqlReferenceStore
from reseen.store.restrictions import SqlRestrictions
from reseen.store.scores import SqlScoreLog
from reseen.store.seal import Seal
from reseen.store.sessions import SqlChallenges, SqlPasskeys, SqlSessions
from reseen.store.uploads import SqlUploadStore
from reseen.store.usage import SqlReviewFacts, SqlUsageStore
from reseen.store.vault import master_key


@dataclass(frozen=True, slots=True)
class Review:
    """The stores of moderation."""

    uploads: UploadStore
    clusters: ClusterStore
    cases: CaseStore
    decisions: DecisionStore
    policies: PolicyStore
    quarantines: Quarantines
    holds: LegalHolds
    audit: AuditLog
    outbox: Outbox
    endpoints: Endpoints
    alone: Alone
    restrictions: Restrictions
    glances: Glances


@dataclass(frozen=True, slots=True)
class People:
    """The stores of people, and of what lets them in."""

    people: PeopleStore
    sessions: SessionStore
    passkeys: PasskeyStore
    challenges: ChallengeStore


@dataclass(frozen=True, slots=True)
class Usage:
    """What is counted, and what numbers are made of."""

    counters: UsageStore
    facts: ReviewFacts


@dataclass(frozen=True, slots=True)
class Truth:
    """Every store, over one database and one place for blobs. ``project_id`` is that of the
    command line; a client of the server has that of its key.
    """

    projects: Projects
    keys: KeyStore
    people: People
    banks: BankStore
    references: ReferenceStore
    jobs: JobStore
    scores: ScoreLog
    idempotency: IdempotencyStore
    review: Review
    usage: Usage
    blobs: Blobs
    afterwards: Callable[[Callable[[], object]], None]
    """Calls what it is given once all that this thread has written is committed."""

    check_writable: Callable[[], None]
    """Raises ``NotReady`` with what to do where the database takes nothing."""

    project_id: str = DEFAULT_PROJECT


@contextmanager
def open_truth(settings: Settings) -> Iterator[Truth]:
    """The stores, in a database that is made and brought up to date when needed."""
    database = open_database(database_url(settings))
    seal = Seal(partial(master_key, settings.home / "media.key"))
    try:
        blobs = open_blobs(blobs_url(settings))
        yield Truth(
            projects=SqlProjects(database),
            keys=SqlKeyStore(database),
            people=People(
                people=SqlPeople(database),
                sessions=SqlSessions(database),
                passkeys=SqlPasskeys(database),
                challenges=SqlChallenges(database),
            ),
            banks=SqlBankStore(database),
            references=SqlReferenceStore(database, blobs),
            jobs=SqlJobStore(database),
            scores=SqlScoreLog(database, timedelta(days=settings.scores_days)),
            idempotency=SqlIdempotencyStore(database, seal),
            review=Review(
                uploads=SqlUploadStore(database),
                clusters=SqlClusterStore(database),
                cases=SqlCaseStore(database),
                decisions=SqlDecisionStore(database),
                policies=SqlPolicyStore(database),
                quarantines=SqlQuarantines(database),
                holds=SqlLegalHolds(database),
                audit=SqlAuditLog(database),
                outbox=SqlOutbox(database),
                endpoints=SqlEndpoints(database, seal),
                alone=alone_in(database),
                restrictions=SqlRestrictions(database),
                glances=SqlGlances(database),
            ),
            usage=Usage(SqlUsageStore(database), SqlReviewFacts(database)),
            blobs=blobs,
            afterwards=database.afterwards,
            check_writable=database.check,
        )
    finally:
        database.close()


def database_url(settings: Settings) -> str:
    return settings.database_url or sqlite_url(settings.home / "reseen.db")


def blobs_url(settings: Settings) -> str:
    return settings.blobs_url or (settings.home / "blobs").as_uri()
