import pytest

from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.testing.cluster_store_contract import ClusterStoreContract, Together


class TestSqlClusterStore(ClusterStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlClusterStore:
        return SqlClusterStore(either)

    @pytest.fixture
    def together(self, either: Database) -> Together:
        return either.together
