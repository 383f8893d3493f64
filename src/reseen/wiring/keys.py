"""What checking and making keys needs: the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from reseen.ports import KeyStore
from reseen.settings import Settings
from reseen.store.database import open_database, sqlite_url
from reseen.store.keys import SqlKeyStore


@contextmanager
def open_keys(settings: Settings) -> Iterator[KeyStore]:
    """The keys, in a database that is made and brought up to date when needed."""
    database = open_database(settings.database_url or sqlite_url(settings.home / "reseen.db"))
    try:
        yield SqlKeyStore(database)
    finally:
        database.close()
