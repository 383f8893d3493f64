import pytest

from reseen.store.database import Database
from reseen.store.projects import SqlProjects
from reseen.testing.projects_contract import ProjectsContract


class TestSqlProjects(ProjectsContract):
    @pytest.fixture
    def projects(self, either: Database) -> SqlProjects:
        return SqlProjects(either)
