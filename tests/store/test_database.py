import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import exc

from reseen.domain.errors import InvalidValue, NotReady
from reseen.store import access_tables, review_tables  # noqa: F401 revisions make these tables too
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.idempotency import REQUESTS
from reseen.store.tables import KEYS, METADATA, PROJECTS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "reseen ü%20.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(file), busy_s=0.2)
    yield opened
    opened.close()


def projects(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(PROJECTS.c.id)).scalars())


def add_project(database: Database, name: str) -> None:
    with database.writing() as connection:
        now = datetime.now(UTC)
        connection.execute(sa.insert(PROJECTS).values(id=name, name=name, created_at=now))


def test_a_new_database_is_private_and_has_its_default_project(
    database: Database, file: Path
) -> None:
    assert projects(database) == ["default"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_revisions_make_the_tables_that_the_code_expects(database: Database) -> None:
    assert REQUESTS.metadata is METADATA
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_sqlite_keeps_a_log_and_its_promises(database: Database) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_key_without_a_project_is_refused_by_the_database(database: Database) -> None:
    row = dict.fromkeys(("id", "project_id", "role", "label", "hint", "secret_hash"), "x")
    with pytest.raises(exc.IntegrityError), database.writing() as connection:
        connection.execute(sa.insert(KEYS).values(**row, created_at=datetime.now(UTC)))


def test_a_failed_change_leaves_nothing(database: Database) -> None:
    def half() -> None:
        with database.writing() as connection:
            now = datetime.now(UTC)
            connection.execute(sa.insert(PROJECTS).values(id="a", name="a", created_at=now))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert projects(database) == ["default"]


def test_a_reader_sees_one_state_and_never_waits_for_a_writer(database: Database) -> None:
    with database.reading() as reader:
        count = sa.select(sa.func.count()).select_from(PROJECTS)
        assert reader.execute(count).scalar() == 1
        add_project(database, "late")
        assert reader.execute(count).scalar() == 1
    assert len(projects(database)) == 2


def test_writers_in_many_threads_all_get_through(file: Path) -> None:
    database = open_database(sqlite_url(file))
    threads = [threading.Thread(target=add_project, args=(database, f"p{n}")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(projects(database)) == 13
    database.close()


def test_a_connection_in_use_when_its_database_is_closed_is_closed_afterwards(file: Path) -> None:
    database = open_database(sqlite_url(file))
    with database.reading() as connection:
        in_use = connection.connection.dbapi_connection
        assert isinstance(in_use, sqlite3.Connection)
        database.close()
        assert connection.execute(sa.select(PROJECTS.c.id)).scalars().all()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        in_use.execute("SELECT 1")


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    east = datetime(2030, 6, 1, 12, 30, 15, 123456, timezone(timedelta(hours=5)))
    with database.writing() as connection:
        connection.execute(sa.insert(PROJECTS).values(id="east", name="e", created_at=east))
    with database.reading() as connection:
        query = sa.select(PROJECTS.c.created_at).where(PROJECTS.c.id == "east")
        stored = connection.execute(query).scalar_one()
    assert stored == east
    assert stored.tzinfo is UTC
    naive = sa.insert(PROJECTS).values(id="x", name="x", created_at=east.replace(tzinfo=None))
    with pytest.raises(exc.StatementError, match="zone"), database.writing() as connection:
        connection.execute(naive)


def test_processes_that_start_at_once_make_one_database(file: Path) -> None:
    program = (
        "import sys; from reseen.store.database import open_database;"
        "from reseen.store.keys import SqlKeyStore;"
        "database = open_database(sys.argv[1]);"
        "print(SqlKeyStore(database).create_first() is not None); database.close()"
    )
    command = [sys.executable, "-W", "error", "-c", program, sqlite_url(file)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in started]
    assert [errors for _, errors in said] == [""] * 3
    assert sorted(out.strip() for out, _ in said) == ["False", "False", "True"]


def test_threads_that_open_at_once_make_one_database(file: Path) -> None:
    opened: list[Database] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_database(sqlite_url(file))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [projects(database) for database in opened] == [["default"]] * 6
    for database in opened:
        database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database, file: Path) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotReady, match="newer reseen"):
        open_database(sqlite_url(file))


def test_a_locked_database_is_not_ready_and_says_when_to_come_back(
    database: Database, file: Path
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(NotReady, match="locked") as caught:
            add_project(database, "late")
    finally:
        other.close()
    assert caught.value.retry_after_s


def test_a_full_disk_is_not_ready_and_what_was_there_stays(database: Database) -> None:
    def fill() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            now = datetime.now(UTC)
            rows = [{"id": f"p{n}", "name": "x" * 199, "created_at": now} for n in range(1000)]
            connection.execute(sa.insert(PROJECTS), rows)

    with pytest.raises(NotReady, match="no room"):
        fill()
    assert projects(database) == ["default"]


def test_a_disk_that_fills_up_in_a_later_part_leaves_nothing_of_the_whole(
    database: Database,
) -> None:
    def fill() -> None:
        with database.together():
            add_project(database, "first")
            with database.writing() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 1")
                now = datetime.now(UTC)
                rows = [
                    {"id": f"p{n}", "name": "x" * 199, "created_at": now} for n in range(20_000)
                ]
                connection.execute(sa.insert(PROJECTS), rows)

    with pytest.raises(NotReady, match="no room"):
        fill()
    assert projects(database) == ["default"]
    add_project(database, "later")


def test_of_what_is_written_together_a_first_part_that_fails_holds_up_nobody(
    database: Database, file: Path
) -> None:
    other = open_database(sqlite_url(file), busy_s=0.2)
    heard: list[list[str]] = []
    with database.together():
        database.afterwards(lambda: heard.append(projects(other)))
        with pytest.raises(ZeroDivisionError), database.writing():
            raise ZeroDivisionError
        add_project(other, "beside")
        with database.writing(apart=True) as connection:
            now = datetime.now(UTC)
            connection.execute(sa.insert(PROJECTS).values(id="apart", name="x", created_at=now))
        assert projects(other) == ["apart", "beside", "default"]
        add_project(database, "first")
        with pytest.raises(ZeroDivisionError), database.writing():
            raise ZeroDivisionError
        add_project(database, "second")
        assert len(projects(database)) == 5
        assert len(projects(other)) == 3
        assert heard == []
    assert heard == [["apart", "beside", "default", "first", "second"]]
    other.close()


def test_a_read_only_database_is_not_ready(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.execute(sa.delete(PROJECTS))

    with pytest.raises(NotReady, match="read-only"):
        write()


@pytest.mark.parametrize("content", [b"this is a letter, not a database " * 99, b"\xff" * 5000])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(content)
    with pytest.raises(NotReady, match=r"letter\.db is not an SQLite file"):
        open_database(sqlite_url(path))
    assert path.read_bytes() == content


def test_a_damaged_database_is_not_ready(file: Path) -> None:
    database = open_database(sqlite_url(file))
    add_project(database, "kept")
    database.close()
    content = bytearray(file.read_bytes())
    content[200:] = b"\x5a" * (len(content) - 200)
    file.write_bytes(content)
    with pytest.raises(NotReady, match="damaged"):
        open_database(sqlite_url(file))


def test_a_database_that_was_taken_away_is_not_ready(file: Path) -> None:
    database = open_database(sqlite_url(file))
    database.close()
    for path in file.parent.iterdir():
        path.unlink()
    with pytest.raises(NotReady, match="replaced"):
        projects(database)
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        *("", "reseen.db", "sqlite://", "sqlite:///:memory:", "oracle://x/y", "nothing://x"),
        *("sqlite:///file:x?mode=memory&uri=true", "postgresql+nodriver://x/y"),
    ],
)
def test_a_url_of_no_database_we_speak_to_is_an_invalid_value(url: str) -> None:
    with pytest.raises(InvalidValue, match="sqlite:///path"):
        open_database(url)


def test_a_place_where_no_file_can_be_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    for path in (tmp_path / "plain" / "reseen.db", tmp_path):
        with pytest.raises(NotReady):
            open_database(sqlite_url(path))
