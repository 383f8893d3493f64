"""One database, opened and brought up to date.

SQLite (the embedded default) runs in WAL mode, so readers never wait; a writer takes its lock when
its transaction begins (``BEGIN IMMEDIATE``), because one that starts as a reader and then writes
fails at once when another wrote in between. Durability is full: a revoked key stays revoked after a
power cut. PostgreSQL is reached by its URL; who reads there, too, sees one state from the first
look to the last.

Stores do not hand connections to each other. What several of them write for one request is one
transaction all the same, where whoever calls them says so: see ``Database.together``.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from reseen.domain.errors import InvalidValue, NotReady
from reseen.store.failures import sqlite_code, typed_errors
from reseen.store.tables import ORPHANS
from reseen.store.text import dump
from reseen.store.whole import Whole

BUSY_S = 5.0
"""How long SQLite waits for a writer of another process; ours hold their lock for milliseconds."""

QUEUE_S = 30.0
"""How long a thread waits for those of its own process that write."""

CHECKED = timedelta(days=1)
"""When the row of a check would be swept, were it ever seen."""

CACHE_KIB = 16_384
"""Of pages of SQLite a connection. With the usual 2 MiB, reading 500 of 20,000 references takes a
third longer."""

MIGRATION_BUSY_S = 60.0
"""How long one process waits while another brings the database up to date."""

SESSION = (
    "SET lock_timeout = '30s'",
    "SET idle_in_transaction_session_timeout = '5min'",
    "SET plan_cache_mode = force_custom_plan",
)
"""How long PostgreSQL waits for another's lock, and for a program that died in a transaction. No
plan is kept: one from when the tables were empty reads them whole, and a bulk ingest into a new
database slows down as it goes on."""

CONNECT_S = 10

_MIGRATION_LOCK = 0x7265_7365
"""PostgreSQL's advisory lock while migrating: "rese"."""

_READS = "reseen_reads"

_migrating = threading.Lock()
"""Alembic keeps the revision in progress in module globals."""


def utc_now() -> datetime:
    """The clock of the stores, unless a test turns another."""
    return datetime.now(UTC)


class Database:
    """Transactions on one database. Safe to share between threads, not across a fork."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._readers = engine.execution_options(**{_READS: True})
        self._writers = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._thread = threading.local()
        if engine.dialect.name == "postgresql":
            self._readers = self._readers.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent view, which nothing waits for. Raises ``NotReady``."""
        whole = self._whole
        with typed_errors(self._engine.url):
            if whole is not None and whole.connection is not None:
                yield whole.connection
                return
            with self._readers.begin() as connection:
                yield connection

    @contextlib.contextmanager
    def writing(self, *, apart: bool = False) -> Iterator[sa.Connection]:
        """Committed as a whole when the context ends, or not at all; within ``together`` when that
        one does. What is written ``apart`` never waits for that, unless this thread has written
        something else before: for what is known to nobody until a later write names it. Raises
        ``NotReady``.
        """
        whole = self._whole
        with typed_errors(self._engine.url):
            if whole is not None and not (apart and whole.connection is None):
                with whole.part() as connection:
                    yield connection
                return
            with self._turn(), self._engine.begin() as connection:
                yield connection

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that this thread writes until the context ends is committed then, at once; nothing of
        it when the context ends with an error. Others wait to write from its first write on, so
        what takes long comes before. Raises ``NotReady``.
        """
        if self._whole is not None:
            yield
            return
        whole = self._thread.whole = Whole(self._engine, self._turn)
        try:
            with typed_errors(self._engine.url), whole:
                yield
        finally:
            self._thread.whole = None
        for told in whole.afterwards:
            told()

    def afterwards(self, told: Callable[[], object]) -> None:
        """Call this when all that this thread wrote before is committed; never if it is not."""
        if self._whole is None:
            told()
        else:
            self._whole.afterwards.append(told)

    @property
    def _whole(self) -> Whole | None:
        return getattr(self._thread, "whole", None)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer, and lets those that wait try again at times that may never come
        right: six threads that write without a pause leave one out for seconds. Ours queue here.
        """
        if self._writers is None:
            yield
            return
        if not self._writers.acquire(timeout=QUEUE_S):
            raise NotReady("Too much is being written at once; try again.", retry_after_s=1)
        try:
            yield
        finally:
            self._writers.release()

    def check(self) -> None:
        """Write a row and remove it. Raises ``NotReady`` with what to do."""
        row = {"blob": f".check/{os.urandom(6).hex()}", "due_at": utc_now() + CHECKED}
        with self.writing() as connection:
            connection.execute(sa.insert(ORPHANS).values(row))
            connection.execute(sa.delete(ORPHANS).where(ORPHANS.c.blob == row["blob"]))

    def close(self) -> None:
        """A connection that another thread still uses is closed as soon as that one is done."""
        event.listen(self._engine, "checkin", _close_returned)
        self._engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a database file."""
    return sa.URL.create("sqlite", database=str(path.absolute())).render_as_string()


def open_database(url: str, *, busy_s: float = BUSY_S) -> Database:
    """Open a database, make it when it is a file that does not exist, and bring it up to date.

    Any number of processes may do so at once. ``busy_s`` is how long SQLite waits for another
    writer. Raises ``InvalidValue`` for a URL that names no database we can speak to, ``NotReady``
    for one that cannot be used now.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _make_file(parsed)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(
            parsed,
            pool_pre_ping=parsed.get_backend_name() != "sqlite",
            json_serializer=dump,
            connect_args=_connect_args(parsed),
        )
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError, ValueError) as error:
        raise InvalidValue(
            f"The database URL cannot be used ({error}); write sqlite:///path/to/reseen.db, or"
            " install the driver that it names."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", partial(_on_sqlite_connect, busy_s))
        event.listen(engine, "begin", _on_sqlite_begin)
    elif parsed.get_backend_name() == "postgresql":
        event.listen(engine, "connect", _on_postgres_connect)
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
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _close_returned(_connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
    record.invalidate()


def _on_sqlite_begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _connect_args(url: sa.URL) -> dict[str, Any]:
    is_ours = url.drivername == "postgresql+psycopg" and "connect_timeout" not in url.query
    return {"connect_timeout": CONNECT_S} if is_ours else {}


def _on_postgres_connect(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        for setting in SESSION:
            cursor.execute(setting)
    connection.commit()


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
                _need_utf8(connection)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _need_utf8(connection: sa.Connection) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise NotReady(
            f"The database {connection.engine.url!r} keeps text as {encoding}; make another with"
            " createdb --template=template0 --encoding=UTF8."
        )


def _use_wal(engine: sa.Engine, busy_s: float) -> None:
    """Switch the file to WAL, for good. Two that switch at once may see "locked" without a wait."""
    until = time.monotonic() + busy_s
    while True:
        try:
            with contextlib.closing(engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
        except (sqlite3.OperationalError, exc.OperationalError) as error:
            if sqlite_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
