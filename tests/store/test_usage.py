import pytest

from reseen.store.cases import SqlCaseStore
from reseen.store.database import Database
from reseen.store.decisions import SqlDecisionStore
from reseen.store.uploads import SqlUploadStore
from reseen.store.usage import SqlReviewFacts, SqlUsageStore
from reseen.testing.review_facts_contract import Kept, ReviewFactsContract
from reseen.testing.usage_store_contract import UsageStoreContract


class TestSqlUsageStore(UsageStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlUsageStore:
        return SqlUsageStore(either)


class TestSqlReviewFacts(ReviewFactsContract):
    @pytest.fixture
    def kept(self, either: Database) -> Kept:
        return Kept(
            SqlReviewFacts(either),
            SqlCaseStore(either),
            SqlDecisionStore(either),
            SqlUploadStore(either),
        )
