import pytest

from reseen.store.database import Database
from reseen.store.uploads import SqlUploadStore
from reseen.testing.upload_store_contract import UploadStoreContract


class TestSqlUploadStore(UploadStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlUploadStore:
        return SqlUploadStore(either)
