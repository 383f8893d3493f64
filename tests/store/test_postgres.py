import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import exc
from tests.store.postgres import Postgres

from reseen.domain.errors import InvalidValue, NotReady
from reseen.store.database import Database, open_database
from reseen.store.tables import BANKS, PROJECTS
from reseen.testing.key_store_contract import Clock

NAME, TEMPLATE = "suffering", "upgraded"
COUNT = sa.select(sa.func.count()).select_from(PROJECTS)


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    url = postgres.make(TEMPLATE)
    open_database(url).close()
    return url


@pytest.fixture
def database(postgres: Postgres, template: str) -> Iterator[Database]:
    assert template
    postgres.execute(f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE}")
    opened = open_database(postgres.url(NAME))
    yield opened
    opened.close()
    postgres.drop(NAME)


def add_project(database: Database, name: str) -> None:
    with database.writing() as connection:
        row = {"id": name, "name": name, "created_at": Clock().now}
        connection.execute(sa.insert(PROJECTS).values(**row))


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(COUNT).scalar_one())


def test_a_reader_sees_one_state_and_waits_for_nobody(either: Database) -> None:
    with either.reading() as reader:
        before = reader.execute(COUNT).scalar_one()
        add_project(either, "late")
        assert reader.execute(COUNT).scalar_one() == before
    assert count(either) == before + 1


def test_a_reader_does_not_write(database: Database) -> None:
    def write() -> None:
        with database.reading() as connection:
            connection.execute(sa.delete(BANKS))

    with pytest.raises(NotReady, match="read-only"):
        write()
    add_project(database, "after")
    assert count(database) == 2


def test_servers_that_start_at_once_make_one_database(postgres: Postgres) -> None:
    url = postgres.make(NAME)
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [count(one) for one in opened] == [1] * 4
    for one in opened:
        one.close()
    postgres.drop(NAME)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_schemes_that_people_write_are_understood(template: str, scheme: str) -> None:
    opened = open_database(template.replace("postgresql", scheme, 1))
    assert count(opened) == 1
    opened.close()


def test_a_server_that_does_not_run_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="check that it runs") as caught:
        open_database(Postgres(tmp_path).url("reseen"))
    assert caught.value.retry_after_s


def test_what_the_server_says_is_told_and_the_password_is_not(postgres: Postgres) -> None:
    url = postgres.url("nowhere").replace("reseen@", "reseen:geheim@")
    with pytest.raises(NotReady, match='"nowhere" does not exist') as caught:
        open_database(url)
    assert "geheim" not in caught.value.detail


def test_a_database_that_cannot_keep_all_text_is_refused(postgres: Postgres) -> None:
    postgres.execute(f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(NotReady, match="LATIN1"):
        open_database(postgres.url(NAME))
    postgres.drop(NAME)


def test_a_locked_table_is_not_ready(database: Database, postgres: Postgres) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            connection.execute(sa.delete(BANKS))

    with psycopg.connect(postgres.url(NAME)) as other:
        other.execute("LOCK TABLE banks")
        with pytest.raises(NotReady, match="locked") as caught:
            write()
    assert caught.value.retry_after_s
    write()


def test_two_that_wait_for_each_other_are_told_to_try_again(database: Database) -> None:
    add_project(database, "other")
    met = threading.Barrier(2, timeout=30)
    said: list[NotReady] = []

    def write(*names: str) -> None:
        try:
            with database.writing() as connection:
                for name in names:
                    change = sa.update(PROJECTS).where(PROJECTS.c.id == name)
                    connection.execute(change.values(name="x"))
                    if name == names[0]:
                        met.wait()
        except NotReady as error:
            said.append(error)

    threads = [
        threading.Thread(target=write, args=names)
        for names in (("default", "other"), ("other", "default"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    [one] = said
    assert "try again" in one.detail
    assert one.retry_after_s


def test_a_lost_connection_is_not_ready_and_the_next_one_is_new(
    database: Database, postgres: Postgres
) -> None:
    def write() -> None:
        with database.writing() as connection:
            own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            postgres.execute(f"SELECT pg_terminate_backend({own})")
            connection.execute(sa.delete(BANKS))

    with pytest.raises(NotReady, match="check that it runs"):
        write()
    assert count(database) == 1


def test_a_standby_is_not_ready_to_be_written(database: Database, postgres: Postgres) -> None:
    database.close()
    postgres.execute(f"ALTER DATABASE {NAME} SET default_transaction_read_only = on")
    with pytest.raises(NotReady, match="read-only"):
        add_project(database, "late")
    assert count(database) == 1


def test_a_user_without_rights_is_told_so(database: Database, postgres: Postgres) -> None:
    postgres.execute("CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(NotReady, match="let this user"):
            open_database(postgres.url(NAME).replace("reseen@", "guest@"))
    finally:
        postgres.execute("DROP ROLE guest")
    assert count(database) == 1


def test_tables_that_were_taken_away_are_not_ready(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE projects CASCADE")
    with pytest.raises(NotReady, match="replaced"):
        count(database)


def test_wrong_sql_stays_our_fault(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM banks WHERE nonsense = 1")

    with pytest.raises(exc.ProgrammingError):
        write()


@pytest.mark.parametrize("url", ["postgresql://host:port/x", "postgresql+nothing://x/y"])
def test_a_url_that_cannot_be_read_is_an_invalid_value(url: str) -> None:
    with pytest.raises(InvalidValue):
        open_database(url)
