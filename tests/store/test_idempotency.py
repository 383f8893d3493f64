import pytest

from reseen.store.banks import SqlBankStore
from reseen.store.database import Database
from reseen.store.idempotency import SqlIdempotencyStore
from reseen.testing.idempotency_contract import IdempotencyStoreContract
from reseen.testing.key_store_contract import Clock


class TestSqlIdempotencyStore(IdempotencyStoreContract):
    @pytest.fixture
    def store(self, clock: Clock, either: Database) -> SqlIdempotencyStore:
        return SqlIdempotencyStore(either, clock)

    @pytest.fixture
    def banks(self, either: Database, clock: Clock) -> SqlBankStore:
        return SqlBankStore(either, clock)
