from pathlib import Path

import pytest

from reseen.ports import BankStore, Blobs, JobStore
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import ReferenceStoreContract


class TestSqlReferenceStore(ReferenceStoreContract):
    @pytest.fixture
    def store(self, either: Database, blobs: Blobs, clock: Clock) -> SqlReferenceStore:
        return SqlReferenceStore(either, blobs, clock)

    @pytest.fixture
    def banks(self, either: Database, clock: Clock) -> BankStore:
        return SqlBankStore(either, clock)

    @pytest.fixture
    def jobs(self, either: Database, clock: Clock) -> JobStore:
        return SqlJobStore(either, clock)

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:
        return open_blobs((tmp_path / "blobs").as_uri())
