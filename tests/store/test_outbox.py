import pytest

from reseen.store.database import Database
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox
from reseen.store.seal import Seal
from reseen.testing.key_store_contract import Clock
from reseen.testing.outbox_contract import OutboxContract, Together


class TestSqlOutbox(OutboxContract):
    @pytest.fixture
    def store(self, either: Database, clock: Clock) -> SqlOutbox:
        return SqlOutbox(either, clock)

    @pytest.fixture
    def endpoints(self, either: Database, clock: Clock) -> SqlEndpoints:
        return SqlEndpoints(either, Seal(lambda: bytes(32)), clock)

    @pytest.fixture
    def together(self, either: Database) -> Together:
        return either.together
