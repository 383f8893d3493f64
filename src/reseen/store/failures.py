"""What a database can suffer while we run, said as ``NotReady`` with what to do.

Full, locked, read-only, damaged, gone: all of that happens to people. Wrong SQL is our fault and
stays what SQLAlchemy raises.
"""

import contextlib
import sqlite3
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import exc

from reseen.domain.errors import ROOM_S, NotReady

RETRY_S = 5.0
SOON_S = 1.0


@contextlib.contextmanager
def typed_errors(url: sa.URL) -> Iterator[None]:
    """What a database can suffer becomes ``NotReady``; all else passes as it is."""
    try:
        yield
    except exc.TimeoutError as error:
        raise NotReady(
            "All database connections are in use; try again.", retry_after_s=SOON_S
        ) from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        is_sqlite = url.get_backend_name() == "sqlite"
        known = _of_sqlite(error, url) if is_sqlite else _of_postgres(error, url)
        if known is None:
            raise
        raise known from error


def sqlite_code(error: exc.DBAPIError | sqlite3.Error) -> int | None:
    """SQLite's primary result code; ``None`` where the error is of another database."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _of_sqlite(error: exc.DBAPIError | sqlite3.Error, url: sa.URL) -> NotReady | None:
    code = sqlite_code(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return NotReady(
            f"The database {url.database} is locked by another program; try again, or end that"
            " one.",
            retry_after_s=RETRY_S,
        )
    if code is not None and (advice := _SQLITE.get(code)):
        retry_after_s = ROOM_S if code in _OF_ROOM else None
        return NotReady(f"The database {url.database} {advice}.", retry_after_s=retry_after_s)
    if code == sqlite3.SQLITE_ERROR and "no such table" in str(error):
        return NotReady(
            f"The database {url.database} was replaced while it was open; start reseen again."
        )
    return None


_SQLITE = {
    sqlite3.SQLITE_FULL: "has no room left; make room on its disk",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check its disk, and that there is room on it",
    sqlite3.SQLITE_READONLY: "is read-only; let this user write the file and its folder",
    sqlite3.SQLITE_PERM: "may not be used; let this user write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; let this user write the file and its folder",
    sqlite3.SQLITE_CORRUPT: "is damaged; stop reseen and restore the file from a backup",
    sqlite3.SQLITE_NOTADB: "is not an SQLite file; name another, or restore it from a backup",
}

_OF_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
"""A full disk is an input/output error where SQLite maps what it shares between processes."""


def _of_postgres(error: exc.DBAPIError | sqlite3.Error, url: sa.URL) -> NotReady | None:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    for begin, (advice, retry_after_s) in _POSTGRES.items():
        if state.startswith(begin):
            return NotReady(f"The database {url!r} {advice}.", retry_after_s=retry_after_s)
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or _is_lost(error):
        said = next(iter(str(cause).splitlines()), "")[:300]
        return NotReady(
            f"The database {url!r} cannot be reached ({said}); check that it runs, and its URL.",
            retry_after_s=RETRY_S,
        )
    return None


def _is_lost(error: exc.DBAPIError | sqlite3.Error) -> bool:
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


_POSTGRES: dict[str, tuple[str, float | None]] = {
    "25006": ("is read-only; name the primary server, and let this user write", None),
    "25P03": ("ended a transaction that took too long; try again", SOON_S),
    "28": ("does not let this user in; check the user and the password in its URL", None),
    "3D000": ("does not exist; make it with createdb, or name another in its URL", None),
    "40": ("was changed by others at the same moment; try again", SOON_S),
    "42501": ("may not be used; let this user make and write tables in it", None),
    "42P01": ("was replaced while it was open; start reseen again", None),
    "53100": ("has no room left; make room on its disk", ROOM_S),
    "53200": ("has no memory left; try again, or give its server more", RETRY_S),
    "53300": ("takes no more connections; try again, or raise max_connections", RETRY_S),
    "55P03": ("is locked by another program; try again, or end that one", RETRY_S),
    "57014": ("took too long and was told to stop; try again", RETRY_S),
    "58": ("cannot be read or written; check the disk of its server", None),
    "XX001": ("is damaged; stop reseen and restore it from a backup", None),
    "XX002": ("is damaged; stop reseen and restore it from a backup", None),
}
"""By what PostgreSQL's SQLSTATE begins with (its manual, appendix A)."""
