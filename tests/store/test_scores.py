import pytest

from reseen.store.database import Database
from reseen.store.scores import SqlScoreLog
from reseen.testing.key_store_contract import Clock
from reseen.testing.score_log_contract import KEPT, ScoreLogContract


class TestSqlScoreLog(ScoreLogContract):
    @pytest.fixture
    def store(self, either: Database, clock: Clock) -> SqlScoreLog:
        return SqlScoreLog(either, KEPT, clock)
