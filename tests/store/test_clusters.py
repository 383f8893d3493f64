import pytest

from reseen.ports import Alone
from reseen.store.alone import alone_in
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.testing.cluster_store_contract import ClusterStoreContract


class TestSqlClusterStore(ClusterStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlClusterStore:
        return SqlClusterStore(either)

    @pytest.fixture
    def alone(self, either: Database) -> Alone:
        return alone_in(either)
