"""No call reads a table from end to end: told from SQLite's plans of all that the stores ask."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import BankDraft, ReferenceDraft
from reseen.domain.choices import JobKind
from reseen.ports import Blobs
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import digest, hashes, medium_of

P = DEFAULT_PROJECT
LABELLED = ReferenceDraft("here", labels=("x",))
SMALL = "banks", "projects", "logs"
"""Tables that have a row a bank or a project."""


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "plain.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = open_database(sqlite_url(path))
    yield opened
    opened.close()


def plans(database: Database, ask: Callable[[], object]) -> dict[str, list[str]]:
    """What SQLite plans for each statement of a call."""
    engine = database._engine
    asked: list[tuple[str, Any]] = []

    def note(
        _connection: Any, _cursor: Any, sql: str, given: Any, _context: Any, many: Any
    ) -> None:
        asked.append((sql, given[0] if many else given))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return {
            sql: [
                row.detail
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all()
            ]
            for sql, given in asked
            if sql.startswith(("SELECT", "UPDATE", "DELETE", "INSERT", "WITH"))
        }


def test_no_call_reads_a_whole_table(database: Database, blobs: Blobs, clock: Clock) -> None:
    references = SqlReferenceStore(database, blobs, clock)
    banks, jobs = SqlBankStore(database, clock), SqlJobStore(database, clock)
    bank, other, gone = (banks.create(P, BankDraft(name)) for name in ("bank", "other", "gone"))
    made = references.add(bank, LABELLED, medium_of(1)).reference
    listed = references.add_many(bank, [(LABELLED, hashes(k, "pdq", "md5")) for k in range(6)])
    references.add(gone, LABELLED, medium_of(2))
    job = jobs.create(P, JobKind.INGEST, {"bank": bank.id}, [{"url": "a"}])
    second = listed[1].reference
    calls: list[Callable[[], object]] = [
        lambda: references.list(P, limit=2, cursor=second.id),
        lambda: references.list(P, limit=2, label="x", cursor=second.id),
        lambda: references.list(P, bank_id=bank.id),
        lambda: references.list(P, bank_id=bank.id, label="x"),
        lambda: references.get(P, made.id),
        lambda: references.held(bank, made.identity),
        lambda: references.candidates(P, [made.number, second.number], clock.now),
        lambda: references.with_hashes(P, [digest("md5", 1), digest("md5", 2)]),
        lambda: references.hashes_of(made),
        lambda: references.fingerprint(made),
        lambda: references.indexed(P, [made.number, second.number]),
        lambda: references.changes(P, 2, 3),
        lambda: references.last_change(P),
        lambda: banks.counts(P),
        lambda: references.add(bank, LABELLED, hashes(9)),
        lambda: references.add(other, LABELLED, medium_of(1)),
        lambda: references.update(P, made.id, LABELLED),
        lambda: references.move(P, second.id, other),
        lambda: references.delete(P, made.id),
        lambda: banks.delete(P, gone.id),
        lambda: references.sweep(clock.now),
        lambda: references.sweep(clock.now + timedelta(days=9)),
        lambda: jobs.unfinished(P, JobKind.INGEST, {"bank": bank.id}),
        lambda: jobs.list(P, job.id, 2),
        lambda: jobs.items(P, job.id, cursor="0"),
        lambda: jobs.items(P, job.id, failed_only=True),
        lambda: jobs.claim_job("a", timedelta(seconds=9)),
        lambda: jobs.waiting(job.id),
    ]
    for call in calls:
        for sql, steps in plans(database, call).items():
            for step in steps:
                is_small = step.split()[-1] in SMALL or any(f" {one} " in step for one in SMALL)
                assert is_small or not step.startswith("SCAN"), (sql, steps)


def test_a_page_of_a_list_is_read_in_its_order_and_by_bank(
    database: Database, blobs: Blobs, clock: Clock
) -> None:
    references, banks = SqlReferenceStore(database, blobs, clock), SqlBankStore(database, clock)
    bank = banks.create(P, BankDraft("bank"))
    references.add_many(bank, [(LABELLED, hashes(k)) for k in range(5)])
    for label, table in ((None, "bank_references"), ("x", "reference_labels")):
        every = plans(database, partial(references.list, P, label=label, limit=2))
        numbers = [
            steps for sql, steps in every.items() if sql.startswith(f"SELECT {table}.number")
        ]
        assert len(numbers) == 1
        for steps in (*numbers, next(steps for sql, steps in every.items() if "banks" in sql)):
            assert any(f"SEARCH {table}" in step and "(bank_number=?" in step for step in steps)
            assert not any("TEMP B-TREE" in step for step in steps), steps
