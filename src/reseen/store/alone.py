"""One writer of a project's references and moderation at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from reseen.ports import Alone
from reseen.store import changelog
from reseen.store.database import Database


def alone_in(database: Database) -> Alone:
    """Transactions that others of the same project wait for. They all lock the same row first, so
    that none waits for another that waits for it.
    """

    @contextmanager
    def alone(project_id: str) -> Iterator[None]:
        with database.together():
            with database.writing() as connection:
                changelog.lock(connection, project_id)
            yield

    return alone
