import pytest
import sqlalchemy as sa

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import BlobMissing
from reseen.domain.record import EndpointDraft
from reseen.store.database import Database
from reseen.store.endpoints import SqlEndpoints
from reseen.store.review_tables import ENDPOINTS
from reseen.store.seal import Seal
from reseen.testing.endpoints_contract import EndpointsContract


class TestSqlEndpoints(EndpointsContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlEndpoints:
        return SqlEndpoints(either, Seal(lambda: bytes(32)))


def test_who_reads_the_database_alone_reads_no_secret(either: Database) -> None:
    store = SqlEndpoints(either, Seal(lambda: bytes(32)))
    made = [store.add(PROJECT, EndpointDraft(f"https://a.example/{n}", ())) for n in range(2)]
    made[1] = store.rotate_secret(PROJECT, made[1].id)
    for one in made:
        assert store.secret(one.id) == one.secret
        assert one.secret.removeprefix("whsec_") not in held(either, one.id)
    other = SqlEndpoints(either, Seal(lambda: bytes(31) + b"x"))
    with pytest.raises(BlobMissing):
        other.secret(made[0].id)
    write(either, made[0].id, held(either, made[1].id))  # one in the place of another
    with pytest.raises(BlobMissing):
        store.secret(made[0].id)


def test_a_secret_of_an_earlier_version_is_sealed_when_it_is_used(either: Database) -> None:
    store = SqlEndpoints(either, Seal(lambda: bytes(32)))
    made = store.add(PROJECT, EndpointDraft("https://a.example/", ()))
    write(either, made.id, made.secret)
    for _ in range(2):
        assert store.secret(made.id) == made.secret
        assert not held(either, made.id).startswith("whsec_")


def held(database: Database, endpoint_id: str) -> str:
    query = sa.select(ENDPOINTS.c.secret).where(ENDPOINTS.c.id == endpoint_id)
    with database.reading() as connection:
        return str(connection.execute(query).scalar_one())


def write(database: Database, endpoint_id: str, secret: str) -> None:
    row = sa.update(ENDPOINTS).where(ENDPOINTS.c.id == endpoint_id)
    with database.writing() as connection:
        connection.execute(row.values(secret=secret))
