"""Adding and removing where it goes wrong: killed, raced, late, by many processes at once."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Added, BankDraft, ReferenceDraft
from reseen.domain.choices import ItemState, JobKind
from reseen.domain.errors import BlobMissing, NotFound, NotReady
from reseen.ports import Blobs
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.store.tables import HASHES, ORPHANS, REFERENCES
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import digest, film, hashes, medium_of, same

P = DEFAULT_PROJECT
HERE = ReferenceDraft("here")
DAY = timedelta(days=1)

OPENED = """
import os, signal, sys
from datetime import UTC, datetime
from reseen.domain.bank import BankDraft, ReferenceDraft
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import open_database
from reseen.store.references import SqlReferenceStore
from reseen.testing.reference_store_contract import hashes, medium_of
url, folder, name = sys.argv[1:]
database, blobs = open_database(url), open_blobs(folder)
clock = lambda: datetime(2030, 1, 1, tzinfo=UTC)
store = SqlReferenceStore(database, blobs, clock)
bank = SqlBankStore(database, clock).get("default", "harm")
here = ReferenceDraft("here")
"""


class Wrapped:
    """A store of blobs that does something before or after it puts one."""

    def __init__(
        self,
        inner: Blobs,
        before: Callable[[], None] = lambda: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._inner = inner
        self._before = before
        self._after = after

    def put(self, key: str, data: bytes) -> None:
        self._before()
        self._inner.put(key, data)
        self._after()

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def once(action: Callable[[], object]) -> Callable[[], None]:
    actions = [action]

    def act() -> None:
        if actions:
            actions.pop()()

    return act


def run(program: str, url: str, folder: Path, name: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "error", "-c", OPENED + program]
    return subprocess.Popen(
        [*command, url, (folder / "blobs").as_uri(), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def orphans(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(ORPHANS)).scalar_one())


@pytest.mark.parametrize("count", [1, 3])
def test_a_process_killed_between_blobs_and_rows_leaves_nothing_to_be_seen(
    url: str,
    banks: SqlBankStore,
    references: SqlReferenceStore,
    blobs: Blobs,
    tmp_path: Path,
    clock: Clock,
    count: int,
) -> None:
    bank = banks.create(P, BankDraft("harm"))
    killed = run(
        "from reseen.store import additions\n"
        "additions._add = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"store.add_many(bank, [(here, medium_of(k)) for k in range({count})])",
        url,
        tmp_path,
    )
    assert killed.communicate(timeout=60) == ("", "")
    assert killed.returncode == -9
    assert len(list(blobs.keys())) == count
    assert references.list(P).items == ()
    assert references.last_change(P) == 0
    assert banks.counts(P) == {bank.id: 0}
    assert references.add(bank, HERE, medium_of(0)).is_new
    assert references.sweep(clock.now + DAY / 2) == 0
    assert references.sweep(clock.now + DAY) == count
    [kept] = references.list(P).items
    assert same(references.fingerprint(kept), film(0))
    assert len(list(blobs.keys())) == 1


def test_what_was_acknowledged_outlives_a_kill(
    url: str, banks: SqlBankStore, references: SqlReferenceStore, tmp_path: Path
) -> None:
    banks.create(P, BankDraft("harm"))
    process = run(
        "n = 0\n"
        "while True:\n"
        "    for one in store.add_many(bank, [(here, hashes(n)), (here, medium_of(n))]):\n"
        "        print(one.reference.id, flush=True)\n"
        "    n += 1",
        url,
        tmp_path,
    )
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(20)]
    process.kill()
    rest, errors = process.communicate(timeout=60)
    told += [line for line in rest.splitlines() if len(line) == len(told[0])]
    assert errors == ""
    for name in told:
        reference = references.get(P, name)
        assert reference.medium is None or references.fingerprint(reference) is not None
    there = references.list(P, limit=10_000).items
    assert len(there) % 2 == 0
    assert [change.position for change in references.changes(P, 0, 10_000)] == list(
        range(1, len(there) + 1)
    )


def test_processes_that_add_the_same_list_add_each_line_once(
    url: str, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, tmp_path: Path
) -> None:
    bank = banks.create(P, BankDraft("harm"))
    program = (
        "new = 0\n"
        "for start in range(0, 60, 10):\n"
        "    items = [(here, hashes(k)) for k in range(start, start + 10)]\n"
        "    items += [(here, medium_of(start)), (here, hashes(hash(name + str(start)) % 2**60))]\n"
        "    new += sum(one.is_new for one in store.add_many(bank, items))\n"
        "database.close()\n"
        "print(new)"
    )
    started = [run(program, url, tmp_path, f"{k}") for k in range(3)]
    said = [process.communicate(timeout=60) for process in started]
    assert [errors for _, errors in said] == [""] * 3
    listed = references.list(P, limit=1000).items
    assert sum(int(out) for out, _ in said) == len(listed) == 60 + 6 + 3 * 6
    assert len({one.identity for one in listed}) == len(listed)
    assert banks.counts(P) == {bank.id: len(listed)}
    changes = references.changes(P, 0)
    assert [change.position for change in changes] == list(range(1, len(listed) + 1))
    assert {one.change: one.number for one in listed} == {
        change.position: change.reference_number for change in changes
    }
    for one in listed:
        assert (one.medium is None) == (references.fingerprint(one) is None)


def test_a_file_deleted_between_our_look_and_our_turn_is_put_again(
    either: Database, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    one, two = (banks.create(P, BankDraft(name)) for name in ("one", "two"))
    old = references.add(one, HERE, medium_of(1)).reference

    def delete() -> None:
        references.delete(P, old.id)
        references.sweep(clock.now + DAY / 2)

    store = SqlReferenceStore(either, Wrapped(blobs, before=once(delete)), clock)  # type: ignore[arg-type]
    added = store.add_many(two, [(HERE, medium_of(1)), (HERE, medium_of(2))])
    assert [one.is_new for one in added] == [True, True]
    for k, made in enumerate(added, 1):
        assert same(references.fingerprint(made.reference), film(k))
    clock.turn(days=2)
    while references.sweep(clock.now):
        pass
    assert len(list(blobs.keys())) == 2
    assert orphans(either) == 0


def test_a_file_added_by_another_between_our_look_and_our_turn_is_kept_once(
    either: Database, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    one, two = (banks.create(P, BankDraft(name)) for name in ("one", "two"))
    add = once(lambda: references.add(one, HERE, medium_of(1)))
    store = SqlReferenceStore(either, Wrapped(blobs, before=add), clock)  # type: ignore[arg-type]
    made = store.add(two, HERE, medium_of(1))
    assert made.is_new
    again = once(lambda: references.add(two, HERE, medium_of(2)))
    store = SqlReferenceStore(either, Wrapped(blobs, before=again), clock)  # type: ignore[arg-type]
    assert not store.add(two, HERE, medium_of(2)).is_new
    clock.turn(days=2)
    while references.sweep(clock.now):
        pass
    assert len(list(blobs.keys())) == 2
    for reference in references.list(P).items:
        references.delete(P, reference.id)
    while references.sweep(clock.now + DAY):
        pass
    assert list(blobs.keys()) == []


def test_a_machine_that_slept_for_days_while_it_put_a_blob_puts_it_again(
    either: Database, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    bank = banks.create(P, BankDraft("harm"))
    filmed = references.add(bank, HERE, medium_of(1)).reference

    def sleep() -> None:
        clock.turn(days=3)
        references.sweep(clock.now)

    store = SqlReferenceStore(either, Wrapped(blobs, after=once(sleep)), clock)  # type: ignore[arg-type]
    assert same(references.fingerprint(store.add(bank, HERE, medium_of(2)).reference), film(2))
    store = SqlReferenceStore(either, Wrapped(blobs, after=once(sleep)), clock)  # type: ignore[arg-type]
    better = film(1, rows=9)
    assert same(references.fingerprint(store.refresh(P, filmed.id, better)), better)
    while references.sweep(clock.now + DAY):
        pass
    assert len(list(blobs.keys())) == 2


def test_a_blob_that_cannot_be_put_adds_nothing(
    either: Database, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    bank = banks.create(P, BankDraft("harm"))

    def refuse() -> None:
        raise NotReady("The disk is full.")

    store = SqlReferenceStore(either, Wrapped(blobs, before=refuse), clock)  # type: ignore[arg-type]
    with pytest.raises(NotReady, match="full"):
        store.add_many(bank, [(HERE, hashes(1)), (HERE, medium_of(1))])
    assert references.list(P).items == ()
    assert references.add(bank, HERE, medium_of(1)).is_new


def test_banks_deleted_while_references_enter_them_keep_none(
    either: Database, banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    """What was acknowledged is counted by the deletion, or was refused."""
    bank = banks.create(P, BankDraft("harm"))
    acknowledged: list[Added] = []
    refused = threading.Event()

    def write(name: int) -> None:
        try:
            for turn in range(1000):
                content = hashes(1000 * name + turn) if turn % 3 else medium_of(1000 * name + turn)
                acknowledged.append(references.add(bank, HERE, content))
        except NotFound:
            refused.set()

    writers = [threading.Thread(target=write, args=(name,)) for name in range(3)]
    for thread in writers:
        thread.start()
    while len(acknowledged) < 10:
        refused.wait(0.01)
    held = banks.delete(P, bank.id)
    for thread in writers:
        thread.join(60)
    assert refused.is_set()
    assert held == len(acknowledged)
    swept = 0
    while count := references.sweep(clock.now, limit=7):
        swept += count
    assert swept == held
    clock.turn(days=2)
    while references.sweep(clock.now):
        pass
    assert list(blobs.keys()) == []
    with either.reading() as connection:
        for table in (REFERENCES, HASHES, ORPHANS):
            assert connection.execute(sa.select(table)).all() == []


def test_a_reference_that_moves_and_comes_back_is_counted_once(
    banks: SqlBankStore, references: SqlReferenceStore, clock: Clock
) -> None:
    one, two = (banks.create(P, BankDraft(name)) for name in ("one", "two"))
    expiring = replace(HERE, expires_at=clock.now + DAY)
    made = references.add(one, expiring, medium_of(1)).reference

    def shuttle() -> None:
        for _ in range(10):
            references.move(P, made.id, two)
            references.move(P, made.id, one)

    threads = [threading.Thread(target=shuttle) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    counts = banks.counts(P)
    assert sorted(counts.values()) == [0, 1]
    assert counts[references.get(P, made.id).bank_id] == 1
    clock.turn(days=1)
    while references.sweep(clock.now):
        pass
    assert set(banks.counts(P).values()) == {0}


def test_banks_of_one_sweep_may_share_a_file(
    banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, clock: Clock
) -> None:
    expiring = replace(HERE, expires_at=clock.now + DAY)
    made = [banks.create(P, BankDraft(f"{k}")) for k in range(4)]
    for bank in made[:3]:
        references.add(bank, expiring, medium_of(1))
    references.add(made[0], expiring, medium_of(2))
    lasting = references.add(made[3], HERE, medium_of(2)).reference
    clock.turn(days=1)
    assert references.sweep(clock.now) == 4
    assert references.sweep(clock.now + DAY) == 1
    assert same(references.fingerprint(lasting), film(2))
    references.delete(P, lasting.id)
    assert references.sweep(clock.now + DAY) == 1
    assert list(blobs.keys()) == []


def test_one_project_does_not_wait_for_the_expiry_of_another(
    banks: SqlBankStore, references: SqlReferenceStore, clock: Clock
) -> None:
    expiring = replace(HERE, expires_at=clock.now)
    for project in (P, OTHER_PROJECT):
        bank = banks.create(project, BankDraft("b"))
        references.add_many(bank, [(expiring, hashes(k)) for k in range(5)])
    swept = [references.sweep(clock.now, limit=3) for _ in range(5)]
    assert sum(swept) == 10
    assert references.last_change(P) == references.last_change(OTHER_PROJECT) == 10


def test_an_item_settled_by_a_worker_that_lost_its_job_adds_its_reference_once(
    banks: SqlBankStore, references: SqlReferenceStore, jobs: SqlJobStore
) -> None:
    """Two workers believe that the job is theirs; both add, one counts."""
    bank = banks.create(P, BankDraft("harm"))
    job = jobs.create(P, JobKind.INGEST, {}, [{"n": k} for k in range(20)])
    items = jobs.waiting(job.id)

    def work() -> None:
        for start in range(0, 20, 4):
            some = items[start : start + 4]
            contents = [(HERE, hashes(item.number)) for item in some]
            references.add_many(
                bank,
                contents,
                lambda added, some=some: [  # type: ignore[misc]
                    replace(item, state=ItemState.DONE, reference_id=one.reference.id)
                    for item, one in zip(some, added, strict=True)
                ],
            )

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert jobs.get(P, job.id).done == 20
    assert banks.counts(P) == {bank.id: 20}


def test_a_fingerprint_of_a_reference_that_was_removed_is_missing(
    banks: SqlBankStore, references: SqlReferenceStore
) -> None:
    bank = banks.create(P, BankDraft("harm"))
    made = references.add(bank, HERE, medium_of(1)).reference
    references.delete(P, made.id)
    with pytest.raises(BlobMissing, match="removed"):
        references.fingerprint(made)


def test_pdq_is_not_looked_for_among_exact_hashes(
    banks: SqlBankStore, references: SqlReferenceStore
) -> None:
    bank = banks.create(P, BankDraft("harm"))
    references.add(bank, HERE, hashes(1, "pdq", "md5"))
    assert references.with_hashes(P, [digest("pdq", 1)]) == ()
