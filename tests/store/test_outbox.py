import pytest

from reseen.store.alone import alone_in
from reseen.store.database import Database
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox
from reseen.testing.outbox_contract import Clock, Office, OutboxContract


class TestSqlOutbox(OutboxContract):
    @pytest.fixture
    def office(self, either: Database) -> Office:
        clock = Clock()
        outbox, endpoints = SqlOutbox(either, clock), SqlEndpoints(either, clock)
        return Office(outbox, endpoints, alone_in(either), clock)
