"""Projects, in the database."""

from typing import Any

import sqlalchemy as sa

from reseen.domain.access import Project
from reseen.domain.errors import NotFound
from reseen.store.database import Database
from reseen.store.tables import PROJECTS


class SqlProjects:
    """``ports.projects.Projects``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, project_id: str) -> Project:
        with self._database.reading() as connection:
            return _found(connection, project_id)

    def set_keep_media(self, project_id: str, *, keep: bool) -> Project:
        own = PROJECTS.c.id == project_id
        with self._database.writing() as connection:
            connection.execute(sa.update(PROJECTS).where(own).values(keep_media=keep))
            return _found(connection, project_id)


def _found(connection: sa.Connection, project_id: str) -> Project:
    query = sa.select(PROJECTS).where(PROJECTS.c.id == project_id)
    row: Any = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no project {project_id[:80]!r}.")
    return Project(row.id, row.name, row.created_at, row.keep_media)
