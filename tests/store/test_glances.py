import pytest

from reseen.store.alone import alone_in
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.store.glances import SqlGlances
from reseen.store.keys import SqlKeyStore
from reseen.store.people import SqlPeople
from reseen.store.uploads import SqlUploadStore
from reseen.testing.glances_contract import GlancesContract, Seen
from reseen.testing.upload_store_contract import NOON


class TestSqlGlances(GlancesContract):
    @pytest.fixture
    def seen(self, either: Database) -> Seen:
        return Seen(
            SqlGlances(either),
            SqlClusterStore(either, lambda: NOON),
            SqlUploadStore(either),
            SqlPeople(either),
            SqlKeyStore(either),
            alone_in(either),
        )
