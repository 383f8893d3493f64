import pytest

from reseen.store.database import Database
from reseen.store.policies import SqlPolicyStore
from reseen.testing.policy_store_contract import PolicyStoreContract


class TestSqlPolicyStore(PolicyStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlPolicyStore:
        return SqlPolicyStore(either)
