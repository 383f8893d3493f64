"""A server that dies at a chosen moment of a request: run as a program of its own.

It reads lines of JSON, ``{"die_at": n, "later_s": s}``, and for each forks a child that serves on
loopback and says where. The child is the web layer over the stores as they are, only that a
fingerprint has no tracks: no model is loaded. From the first write with an Idempotency-Key on it
counts the moments just before and just after each commit, and at the n-th kills itself. Its clock
is ``later_s`` ahead: what a dead server held is free again.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from reseen.domain.fingerprint import Fingerprint
from reseen.domain.media import Asset, Medium
from reseen.flows import retroactive
from reseen.flows.admitting import Admitting
from reseen.flows.appeals import Appealing
from reseen.flows.clustering import Clustering
from reseen.flows.consequences import Consequences
from reseen.flows.gathering import Gathering
from reseen.flows.holding import Holding
from reseen.flows.ingest import Ingesting
from reseen.flows.keying import Keying
from reseen.flows.metering import Metering
from reseen.flows.opening import Opening
from reseen.flows.preferring import Preferring
from reseen.flows.quarantine import Quarantining
from reseen.flows.reckoning import Reckoning
from reseen.flows.reports import Reporting
from reseen.flows.reversal import Reversal
from reseen.flows.review import Reviewing
from reseen.flows.sorting import Sorting
from reseen.flows.staffing import Staffing
from reseen.flows.unlocking import Unlocking
from reseen.identity.passkeys import WebAuthn
from reseen.identity.passwords import Argon2Passwords
from reseen.media.receive import local_file
from reseen.ports import Fetched
from reseen.settings import Settings
from reseen.store import database as databases
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
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
from reseen.store.references import SqlReferenceStore
from reseen.store.seal import Seal
from reseen.store.sessions import SqlChallenges, SqlPasskeys, SqlSessions
from reseen.store.uploads import SqlUploadStore
from reseen.store.usage import SqlReviewFacts, SqlUsageStore
from reseen.web.server import Server, listen
from reseen.web.services import Access, Desk, Services


def access_of(database: databases.Database, clock: Callable[[], datetime]) -> Access:
    people, sessions, passkeys = SqlPeople(database), SqlSessions(database), SqlPasskeys(database)
    audit, alone = SqlAuditLog(database), alone_in(database)
    admitting = Admitting(
        people=people,
        sessions=sessions,
        passwords=Argon2Passwords(),
        authenticate=SqlKeyStore(database).authenticate,
        audit=audit,
        alone=alone,
        clock=clock,
    )
    staffing = Staffing(people, sessions, passkeys, audit, alone, clock)
    unlocking = Unlocking(
        admitting, people, passkeys, SqlChallenges(database), WebAuthn(), alone, clock
    )
    preferring = Preferring(people, audit, alone)
    keying = Keying(SqlKeyStore(database), audit, alone)
    return Access(admitting, staffing, keying, preferring, people, passkeys, unlocking)


class NoIndex:
    """An index that has reached nothing."""

    def position(self, _project_id: str) -> int:
        return -1


class Clockwork:
    """Dies at the n-th moment; 0: never."""

    def __init__(self, die_at: int) -> None:
        self._left = die_at
        self._armed = False

    def watch(self, engine: sa.Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "checkin", self._checkin)

    def _statement(self, _c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        self._armed = self._armed or "idempotency" in sql

    def _commit(self, connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("reseen_reads"):
            connection.info["wrote"] = True
            self._moment()

    def _checkin(self, _connection: Any, record: Any) -> None:
        if record.info.pop("wrote", False):
            self._moment()

    def _moment(self) -> None:
        if self._armed:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def told(file: Fetched) -> Fingerprint:
    asset = Asset(file.sha256, file.md5, file.size, Medium.IMAGE, "png", None, 8, 8)
    return Fingerprint(asset, ())


def desk_of(
    database: databases.Database,
    banks: SqlBankStore,
    references: SqlReferenceStore,
    clock: Callable[[], datetime],
) -> Desk:
    """Where cases are decided; no upload comes in."""
    uploads, clusters = SqlUploadStore(database, clock), SqlClusterStore(database, clock)
    cases, decisions = SqlCaseStore(database), SqlDecisionStore(database)
    audit, outbox = SqlAuditLog(database, clock), SqlOutbox(database, clock)
    consequences = Consequences(
        banks,
        references,
        uploads,
        clusters,
        decisions,
        outbox,
        Gathering(clusters, Clustering(clusters, clock), clock),
        lambda _project, _change: None,
        clock,
    )
    opening = Opening(cases, SqlPolicyStore(database, clock), clock)
    reviewing = Reviewing(
        cases,
        decisions,
        clusters,
        uploads,
        consequences,
        Reversal(references, uploads, clusters, decisions, outbox, consequences.tell),
        opening.open,
        audit,
        outbox,
        alone_in(database),
        clock,
    )
    quarantines = SqlQuarantines(database, clock)
    holds = SqlLegalHolds(database, clock)
    return Desk(
        moderating=None,  # type: ignore[arg-type]
        later=None,  # type: ignore[arg-type]
        reporting=Reporting(
            uploads,
            clusters,
            None,  # type: ignore[arg-type]
            lambda _: False,
            opening.open,
            audit,
            outbox,
            alone_in(database),
        ),
        reviewing=reviewing,
        appealing=Appealing(reviewing),
        sorting=Sorting(
            clusters, Clustering(clusters, clock), reviewing, audit, alone_in(database), clock
        ),
        looking=None,  # type: ignore[arg-type]
        keeping=None,  # type: ignore[arg-type]
        briefing=None,  # type: ignore[arg-type]
        covering=None,  # type: ignore[arg-type]
        enacting=None,  # type: ignore[arg-type]
        stating=None,  # type: ignore[arg-type]
        hooking=None,  # type: ignore[arg-type]
        holding=Holding(holds, uploads, clusters, cases, audit, alone_in(database)),
        quarantining=Quarantining(quarantines, references, audit, alone_in(database), clock),
        uploads=uploads,
        clusters=clusters,
        cases=cases,
        decisions=decisions,
        policies=SqlPolicyStore(database, clock),
        quarantines=quarantines,
        holds=holds,
        audit=audit,
        outbox=outbox,
        endpoints=SqlEndpoints(database, Seal(lambda: bytes(32)), clock),
        reckoning=Reckoning(
            Metering(SqlUsageStore(database), clock), SqlReviewFacts(database), clock
        ),
        glances=SqlGlances(database),
    )


def serve(url: str, home: Path, die_at: int, later_s: float) -> None:
    """Say who serves where, and serve until killed."""

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=later_s)

    database = databases.open_database(url)
    Clockwork(die_at).watch(database._engine)
    references = SqlReferenceStore(database, open_blobs((home / "blobs").as_uri()), clock)
    banks, jobs = SqlBankStore(database, clock), SqlJobStore(database, clock)
    open_file = partial(local_file, max_bytes=1 << 20)
    ingesting = Ingesting(
        banks=banks,
        references=references,
        jobs=jobs,
        fetcher=None,  # type: ignore[arg-type]
        open_file=open_file,
        remember=told,
        probe=lambda _: None,
        crew=None,  # type: ignore[arg-type]
        workers=1,
        nudge=lambda _project, _change: None,
        arrived=partial(retroactive.begin, banks, jobs),
    )
    services = Services(
        scratch=lambda: home,
        fetcher=None,  # type: ignore[arg-type]
        open_file=open_file,
        compare=None,  # type: ignore[arg-type]
        authenticate=SqlKeyStore(database, clock).authenticate,
        check_ready=lambda: None,
        banks=banks,
        references=references,
        jobs=jobs,
        idempotency=SqlIdempotencyStore(database, Seal(lambda: bytes(32)), clock),
        index=NoIndex(),  # type: ignore[arg-type]
        searching=None,  # type: ignore[arg-type]
        ingesting=ingesting,
        desk=desk_of(database, banks, references, clock),
        access=access_of(database, clock),
    )
    bound = listen("127.0.0.1", 0)
    server = Server(services, Settings(home=home, rate_per_minute=0), bound)
    sys.stdout.write(json.dumps({"pid": os.getpid(), "address": server.address}) + "\n")
    sys.stdout.flush()
    server.run()


def main() -> None:
    url, home = sys.argv[1], Path(sys.argv[2])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for children
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(url, home, **json.loads(line))
            os._exit(0)


if __name__ == "__main__":
    main()
