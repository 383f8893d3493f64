"""One database, opened and brought up to date.

SQLite (the embedded default) runs in WAL mode, so readers never wait; a writer takes its lock when
its transaction begins (``BEGIN IMMEDIATE``), because one that starts as a reader and then writes
fails at once when another wrote in between. Durability is full: a revoked key stays revoked after a
power cut. PostgreSQL is reached by its URL.

What a database can suffer while we run (full, locked, read-only, damaged, gone) is ``NotReady``
with what to do; wrong SQL is our fault and stays what SQLAlchemy raises.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from reseen.domain.errors import InvalidValue, NotReady
from reseen.store.text import dump

BUSY_S = 5.0
"""How long SQLite waits for another writer; ours hold their lock for milliseconds."""

MIGRATION_BUSY_S = 60.0
"""How long one process waits while another brings the database up to date."""

_MIGRATION_LOCK = 0x7265_7365
"""PostgreSQL's advisory lock while migrating: "rese"."""

_READS = "reseen_reads"

_migrating = threading.Lock()
"""Alembic keeps the revision in progress in module globals."""


class Database:
    """Transactions on one database. Safe to share between threads, not across a fork."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent view, which nothing waits for. Raises ``NotReady``."""
        with (
            typed_errors(self._engine.url),
            self._engine.connect() as connection,
            connection.execution_options(**{_READS: True}).begin(),
        ):
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Committed as a whole when the context ends, or not at all. Raises ``NotReady``."""
        with typed_errors(self._engine.url), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a database file."""
    return sa.URL.create("sqlite", database=str(path.absolute())).render_as_string()


def open_database(url: str, *, busy_s: float = BUSY_S) -> Database:
    """Open a database, make it when it is a file that does not exist, and bring it up to date.

    Any number of processes may do so at once. ``busy_s`` is how long SQLite waits for another
    writer. Raises ``InvalidValue`` for a URL that names no
    database we can speak to, ``NotReady`` for one that cannot be used now.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _make_file(parsed)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(
            parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite", json_serializer=dump
        )
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidValue(
            f"The database URL cannot be used ({error}); write sqlite:///path/to/reseen.db, or"
            " install the driver that it names."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", partial(_on_sqlite_connect, busy_s))
        event.listen(engine, "begin", _on_sqlite_begin)
    try:
        with typed_errors(engine.url):
            _migrate(engine, busy_s)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine)


def _make_file(url: sa.URL) -> None:
    """Folder and file, private to their owner: what people uploaded is described in there."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise InvalidValue("An SQLite database needs a plain file: sqlite:///path/to/reseen.db.")
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise NotReady(
            f"The database {path} cannot be made or reached: {error.strerror}. Choose another"
            " place, or let this user write there."
        ) from error


def _on_sqlite_connect(busy_s: float, connection: sqlite3.Connection, _record: Any) -> None:
    """Leave transactions to us (the driver begins them late), and set what SQLite forgets."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(busy_s * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _on_sqlite_begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine, busy_s: float) -> None:
    """Run the missing revisions in one transaction, under a lock that other processes wait for."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "reseen.store:migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    if engine.dialect.name == "sqlite":
        _use_wal(engine, busy_s)
    with _migrating, engine.connect() as connection:
        connection.detach()  # its settings are for here, so it does not go back to the pool
        if engine.dialect.name == "sqlite":
            patience = f"PRAGMA busy_timeout = {int(MIGRATION_BUSY_S * 1000)}"
            connection.connection.cursor().execute(patience)
        with connection.execution_options(**{_READS: True}).begin():
            present = MigrationContext.configure(connection).get_current_revision()
        if present == head:
            return
        if present is not None and all(s.revision != present for s in scripts.walk_revisions()):
            raise NotReady(
                f"The database {engine.url!r} was written by a newer reseen (revision {present});"
                " install that version or a later one."
            )
        with connection.execution_options(**{_READS: False}).begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _use_wal(engine: sa.Engine, busy_s: float) -> None:
    """Switch the file to WAL, for good. Two that switch at once may see "locked" without a wait."""
    until = time.monotonic() + busy_s
    while True:
        try:
            with contextlib.closing(engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
        except (sqlite3.OperationalError, exc.OperationalError) as error:
            if _sqlite_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def typed_errors(url: sa.URL) -> Iterator[None]:
    """What a database can suffer becomes ``NotReady``; all else passes as it is."""
    try:
        yield
    except exc.TimeoutError as error:
        raise NotReady(
            "All database connections are in use; try again.", retry_after_s=1
        ) from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        where = url.database if url.get_backend_name() == "sqlite" else repr(url)
        code = _sqlite_code(error)
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise NotReady(
                f"The database {where} is locked by another program; try again, or end that one.",
                retry_after_s=BUSY_S,
            ) from error
        if code is not None and (advice := _ADVICE.get(code)):
            raise NotReady(f"The database {where} {advice}.") from error
        if code == sqlite3.SQLITE_ERROR and "no such table" in str(error):
            raise NotReady(
                f"The database {where} was replaced while it was open; start reseen again."
            ) from error
        if code is None and isinstance(error, (exc.OperationalError, exc.InterfaceError)):
            raise NotReady(
                f"The database {where} cannot be reached; check that it runs, and its URL.",
                retry_after_s=BUSY_S,
            ) from error
        raise


_ADVICE = {
    sqlite3.SQLITE_FULL: "has no room left; make room on its disk",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check its disk, and that there is room on it",
    sqlite3.SQLITE_READONLY: "is read-only; let this user write the file and its folder",
    sqlite3.SQLITE_PERM: "may not be used; let this user write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; let this user write the file and its folder",
    sqlite3.SQLITE_CORRUPT: "is damaged; stop reseen and restore the file from a backup",
    sqlite3.SQLITE_NOTADB: "is not an SQLite file; name another, or restore it from a backup",
}


def _sqlite_code(error: exc.DBAPIError | sqlite3.Error) -> int | None:
    """SQLite's primary result code; ``None`` where the error is of another database."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
