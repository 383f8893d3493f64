import pytest

from reseen.store.database import Database
from reseen.store.endpoints import SqlEndpoints
from reseen.testing.endpoints_contract import EndpointsContract


class TestSqlEndpoints(EndpointsContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlEndpoints:
        return SqlEndpoints(either)
