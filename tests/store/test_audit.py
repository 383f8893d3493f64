import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.store.audit import SqlAuditLog
from reseen.store.database import Database
from reseen.store.review_tables import AUDIT, AUDIT_HEADS
from reseen.testing.audit_log_contract import AuditLogContract, Together, line


class TestSqlAuditLog(AuditLogContract):
    @pytest.fixture
    def log(self, either: Database) -> SqlAuditLog:
        return SqlAuditLog(either)

    @pytest.fixture
    def together(self, either: Database) -> Together:
        return either.together


def _at(position: int) -> sa.ColumnElement[bool]:
    return sa.and_(AUDIT.c.project_id == PROJECT, AUDIT.c.position == position)


def _change(**values: Any) -> sa.Update:
    return sa.update(AUDIT).where(_at(3)).values(**values)


@pytest.mark.parametrize(
    ("tamper", "broken_at"),
    [
        (lambda: [_change(reason="another")], 3),
        (lambda: [_change(who="key_eve")], 3),
        (lambda: [_change(detail={"n": 9})], 3),
        (lambda: [_change(digest="0" * 64)], 3),
        (lambda: [sa.delete(AUDIT).where(_at(3))], 3),
        (lambda: [sa.delete(AUDIT).where(_at(5))], 5),
        (lambda: [sa.delete(AUDIT).where(AUDIT.c.position > 1)], 2),
        (
            lambda: [
                sa.delete(AUDIT).where(_at(3)),
                *(sa.update(AUDIT).where(_at(n)).values(position=n - 1) for n in (4, 5)),
            ],
            3,
        ),
        (lambda: [sa.update(AUDIT_HEADS).values(position=3)], 3),
        (lambda: [sa.delete(AUDIT_HEADS)], 1),
        (lambda: [sa.update(AUDIT_HEADS).values(digest="0" * 64)], 5),
    ],
)
def test_what_was_tampered_with_is_found(
    either: Database, tamper: Callable[[], list[Any]], broken_at: int
) -> None:
    log = SqlAuditLog(either)
    for number in range(5):
        log.append(PROJECT, line(number))
    assert log.verify(PROJECT).broken_at is None
    with either.writing() as connection:
        for statement in tamper():
            connection.execute(statement)
    told = log.verify(PROJECT)
    assert told.broken_at == broken_at
    assert told.entries == broken_at - 1
    assert told.problem


def test_a_tail_that_was_cut_with_care_is_found_by_who_noted_its_digest(either: Database) -> None:
    log = SqlAuditLog(either)
    made = [log.append(PROJECT, line(number)) for number in range(5)]
    with either.writing() as connection:
        connection.execute(sa.delete(AUDIT).where(AUDIT.c.position > 3))
        connection.execute(sa.update(AUDIT_HEADS).values(position=3, digest=made[2].digest))
    told = log.verify(PROJECT, made[4].digest)
    assert (told.entries, told.broken_at, told.known_at) == (3, None, None)
    assert log.verify(PROJECT, made[2].digest).known_at == 3


WRITER = """
import sys
from reseen.store.audit import SqlAuditLog
from reseen.store.database import open_database
from reseen.testing.audit_log_contract import line
log = SqlAuditLog(open_database(sys.argv[1]))
for number in range(20):
    log.append("default", line(number))
"""


def test_processes_that_write_at_once_make_one_chain(either: Database, url: str) -> None:
    log = SqlAuditLog(either)
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen(command) for _ in range(3)]
    while any(writer.poll() is None for writer in writers):
        assert log.verify(PROJECT).broken_at is None
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    told = log.verify(PROJECT)
    assert (told.entries, told.broken_at) == (60, None)
