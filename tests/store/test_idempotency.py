import pytest
import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT
from reseen.ports import Answered
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database
from reseen.store.idempotency import REQUESTS, SqlIdempotencyStore
from reseen.store.seal import Seal
from reseen.testing.idempotency_contract import IdempotencyStoreContract
from reseen.testing.key_store_contract import Clock


class TestSqlIdempotencyStore(IdempotencyStoreContract):
    @pytest.fixture
    def store(self, clock: Clock, either: Database) -> SqlIdempotencyStore:
        return SqlIdempotencyStore(either, Seal(lambda: bytes(32)), clock)

    @pytest.fixture
    def banks(self, either: Database, clock: Clock) -> SqlBankStore:
        return SqlBankStore(either, clock)


def test_an_answer_cannot_be_read_from_the_database(either: Database) -> None:
    store = SqlIdempotencyStore(either, Seal(lambda: bytes(32)))
    assert store.begin(DEFAULT_PROJECT, "once", "digest", "holder") is None
    store.finish(DEFAULT_PROJECT, "once", "holder", Answered(201, b'{"secret": "whsec_abc"}'))
    with either.reading() as connection:
        assert b"whsec" not in connection.execute(sa.select(REQUESTS.c.body)).scalar_one()
    again = store.begin(DEFAULT_PROJECT, "once", "digest", "another")
    assert again == Answered(201, b'{"secret": "whsec_abc"}')


def test_an_answer_kept_in_the_clear_is_still_given(either: Database) -> None:
    store = SqlIdempotencyStore(either, Seal(lambda: bytes(32)))
    store.begin(DEFAULT_PROJECT, "once", "digest", "holder")
    with either.writing() as connection:
        connection.execute(sa.update(REQUESTS).values(status=201, body=b"{}"))
    assert store.begin(DEFAULT_PROJECT, "once", "digest", "other") == Answered(201, b"{}")
