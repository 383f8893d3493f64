import pytest

from reseen.store.database import Database
from reseen.store.decisions import SqlDecisionStore
from reseen.testing.decision_store_contract import DecisionStoreContract


class TestSqlDecisionStore(DecisionStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlDecisionStore:
        return SqlDecisionStore(either)
