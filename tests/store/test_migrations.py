"""Databases that hold something are brought up to date, and back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.bank import BankDraft, ReferenceDraft
from reseen.domain.choices import JobKind
from reseen.domain.errors import NotReady
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Blobs
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database, open_database, sqlite_url, utc_now
from reseen.store.jobs import SqlJobStore
from reseen.store.people import SqlPeople
from reseen.store.references import SqlReferenceStore
from reseen.store.tables import JOBS, LABELS
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import hashes

P = DEFAULT_PROJECT
ASKED = {"labels": ["ü"], "bank": "b", "paths": True}


@pytest.fixture(params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an own database of either kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "old.db")
        return
    postgres = request.getfixturevalue("postgres")
    yield postgres.make("old")
    postgres.drop("old")


def to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "reseen.store:migrations")
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_what_the_third_revision_holds_is_listed_by_the_fourth(
    full: str, blobs: Blobs, clock: Clock
) -> None:
    database = open_database(full)
    references, jobs = SqlReferenceStore(database, blobs, clock), SqlJobStore(database, clock)
    banks = SqlBankStore(database, clock)
    one, two = (banks.create(P, BankDraft(name)) for name in ("one", "two"))
    for k in range(12):
        labels = ("all", f"third{k % 3}")
        references.add((one, two)[k % 2], ReferenceDraft(f"{k}", labels), hashes(k))
    waiting = jobs.create(P, JobKind.INGEST, ASKED, [{"url": "a"}])
    over = jobs.create(P, JobKind.INGEST, ASKED)
    jobs.cancel(P, over.id)
    wanted = {
        (bank_id, label): references.list(P, bank_id=bank_id, label=label, limit=4)
        for bank_id in (None, one.id, two.id)
        for label in (None, "all", "third1", "none")
    }
    to(database, "0003")
    old = "SELECT project_id, label, number FROM reference_labels ORDER BY label, number"
    assert len(rows(database, old)) == 24
    assert rows(database, "SELECT * FROM jobs")[0][2:4] == ("ingest", "queued")
    with pytest.raises(sa.exc.DBAPIError), database.writing() as connection:
        connection.exec_driver_sql("SELECT digest FROM jobs")
    database.close()

    database = open_database(full)
    references, jobs = SqlReferenceStore(database, blobs, clock), SqlJobStore(database, clock)
    for (bank_id, label), page in wanted.items():
        assert references.list(P, bank_id=bank_id, label=label, limit=4) == page
    assert jobs.unfinished(P, JobKind.INGEST, ASKED) == (waiting,)
    with database.reading() as connection:
        held = connection.execute(sa.select(LABELS)).all()
        digests = {row.id: row.digest for row in connection.execute(sa.select(JOBS))}
    assert {(row.bank_number, row.number % 2) for row in held} == {(one.number, 1), (two.number, 0)}
    assert digests[over.id] is None
    assert json.loads(json.dumps(ASKED)) == dict(waiting.request)
    database.close()


def test_an_audit_of_the_fifth_revision_still_proves_itself(full: str) -> None:
    database = open_database(full)
    log, people = SqlAuditLog(database), SqlPeople(database)
    for number in range(3):
        log.append(P, AuditDraft(Actor("key_ann", "admin", "req"), "bank.made", f"bank_{number}"))
    people.invite(P, people.add(P, "Olga", Role.OWNER).id, utc_now())
    to(database, "0005")
    with pytest.raises((sa.exc.DBAPIError, NotReady)), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM people")
    database.close()

    database = open_database(full)
    log = SqlAuditLog(database)
    assert not SqlPeople(database).any_exists()
    log.append(P, AuditDraft(Actor("per_olga", "owner", "req", "Olga"), "bank.made", "bank_3"))
    assert [entry.draft.who.name for entry in log.walk(P)] == ["", "", "", "Olga"]
    assert log.verify(P).broken_at is None
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE audit SET name = 'Eve' WHERE position = 4")
    assert log.verify(P).broken_at == 4
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE audit SET name = 'Eve' WHERE position = 2")
    assert log.verify(P).broken_at == 2
    database.close()
