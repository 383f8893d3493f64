import pytest

from reseen.store.jobs import SqlJobStore
from reseen.testing.job_store_contract import JobStoreContract


class TestSqlJobStore(JobStoreContract):
    @pytest.fixture
    def store(self, jobs: SqlJobStore) -> SqlJobStore:
        return jobs
