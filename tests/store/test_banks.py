import pytest

from reseen.store.banks import SqlBankStore
from reseen.testing.bank_store_contract import BankStoreContract


class TestSqlBankStore(BankStoreContract):
    @pytest.fixture
    def store(self, banks: SqlBankStore) -> SqlBankStore:
        return banks
