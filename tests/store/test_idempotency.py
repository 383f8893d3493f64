from collections.abc import Iterator
from pathlib import Path

import pytest

from reseen.store.database import open_database, sqlite_url
from reseen.store.idempotency import SqlIdempotencyStore
from reseen.testing.idempotency_contract import IdempotencyStoreContract
from reseen.testing.key_store_contract import Clock


class TestSqlIdempotencyStore(IdempotencyStoreContract):
    @pytest.fixture
    def store(self, clock: Clock, tmp_path: Path) -> Iterator[SqlIdempotencyStore]:
        opened = open_database(sqlite_url(tmp_path / "reseen.db"))
        yield SqlIdempotencyStore(opened, clock)
        opened.close()
