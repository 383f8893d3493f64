import logging
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.errors import NotReady, Unauthenticated
from reseen.store.database import Database, open_database, sqlite_url, utc_now
from reseen.store.keys import SqlKeyStore
from reseen.store.tables import KEYS, PROJECTS
from reseen.testing.key_store_contract import Clock, KeyStoreContract


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path / "reseen.db"), busy_s=0.2)
    yield opened
    opened.close()


class TestSqlKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self, clock: Clock, either: Database) -> SqlKeyStore:
        return SqlKeyStore(either, clock)


def test_the_database_holds_no_secret(database: Database, tmp_path: Path) -> None:
    issued = SqlKeyStore(database).create(Role.OWNER)
    SqlKeyStore(database).authenticate(issued.secret)
    random = issued.secret.removeprefix("rs_default_")
    for path in tmp_path.iterdir():
        assert random.encode() not in path.read_bytes()
        assert bytes.fromhex(random) not in path.read_bytes()


def test_keys_outlive_the_process_that_made_them(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "reseen.db")
    first = open_database(url)
    issued = SqlKeyStore(first).create(Role.REVIEWER, "kept")
    first.close()
    second = open_database(url)
    found = SqlKeyStore(second).authenticate(issued.secret)
    assert (found.label, found.created_at) == ("kept", issued.key.created_at)
    second.close()


def test_a_key_of_another_project_names_it_and_is_not_ours_to_revoke(database: Database) -> None:
    store = SqlKeyStore(database)
    with database.writing() as connection:
        connection.execute(
            sa.insert(PROJECTS).values(id="news", name="Newsroom", created_at=utc_now())
        )
    issued = store.create(Role.OWNER, project_id="news")
    assert issued.secret.startswith("rs_news_")
    assert store.authenticate(issued.secret).project_id == "news"
    assert store.of_project(DEFAULT_PROJECT) == ()
    assert [key.id for key in store.of_project("news")] == [issued.key.id]


def test_a_locked_database_is_not_ready_to_write_and_still_lets_keys_in(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqlKeyStore(database)
    issued = store.create(Role.OWNER)
    other = sqlite3.connect(tmp_path / "reseen.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(NotReady, match="locked") as caught:
            store.create(Role.OWNER)
        assert caught.value.retry_after_s
        with caplog.at_level(logging.WARNING):
            assert store.authenticate(issued.secret).id == issued.key.id
            store.authenticate(issued.secret)
        assert len(caplog.messages) == 1
    finally:
        other.close()


def test_a_key_revoked_by_another_process_is_refused_here(
    database: Database, tmp_path: Path
) -> None:
    here = SqlKeyStore(database)
    issued = here.create(Role.SERVICE)
    here.authenticate(issued.secret)
    elsewhere = open_database(sqlite_url(tmp_path / "reseen.db"))
    SqlKeyStore(elsewhere).revoke(issued.key.id)
    elsewhere.close()
    with pytest.raises(Unauthenticated):
        here.authenticate(issued.secret)


def test_a_role_that_the_code_does_not_know_is_not_taken_for_another(database: Database) -> None:
    store = SqlKeyStore(database)
    issued = store.create(Role.SERVICE)
    with database.writing() as connection:
        connection.execute(sa.update(KEYS).values(role="superuser"))
    with pytest.raises(ValueError, match="superuser"):
        store.authenticate(issued.secret)


def test_lingering_is_bounded_by_an_earlier_end(database: Database) -> None:
    clock = Clock()
    store = SqlKeyStore(database, clock)
    old = store.create(Role.SERVICE)
    store.rotate(old.key.id, linger=timedelta(hours=1))
    store.rotate(old.key.id, linger=timedelta(hours=9))
    [kept] = [key for key in store.of_project() if key.id == old.key.id]
    assert kept.revoked_at == clock.now + timedelta(hours=1)
