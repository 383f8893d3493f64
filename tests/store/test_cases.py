import pytest

from reseen.store.cases import SqlCaseStore
from reseen.store.database import Database
from reseen.testing.case_store_contract import CaseStoreContract


class TestSqlCaseStore(CaseStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlCaseStore:
        return SqlCaseStore(either)
