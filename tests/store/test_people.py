from pathlib import Path

import pytest

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.people import Person, Way
from reseen.store.database import Database, open_database, sqlite_url, utc_now
from reseen.store.people import SqlPeople
from reseen.store.sessions import SqlChallenges, SqlPasskeys, SqlSessions
from reseen.testing.people_contract import PeopleStoreContract
from reseen.testing.session_store_contract import (
    ChallengeStoreContract,
    PasskeyStoreContract,
    SessionStoreContract,
)


@pytest.fixture
def people(either: Database) -> SqlPeople:
    return SqlPeople(either)


@pytest.fixture
def ann(people: SqlPeople) -> Person:
    return people.add(DEFAULT_PROJECT, "Ann", Role.REVIEWER)


@pytest.fixture
def bob(people: SqlPeople) -> Person:
    return people.add(DEFAULT_PROJECT, "Bob", Role.ADMIN)


class TestSqlPeople(PeopleStoreContract):
    pass


class TestSqlSessions(SessionStoreContract):
    @pytest.fixture
    def sessions(self, either: Database) -> SqlSessions:
        return SqlSessions(either)


class TestSqlPasskeys(PasskeyStoreContract):
    @pytest.fixture
    def passkeys(self, either: Database) -> SqlPasskeys:
        return SqlPasskeys(either)


class TestSqlChallenges(ChallengeStoreContract):
    @pytest.fixture
    def challenges(self, either: Database) -> SqlChallenges:
        return SqlChallenges(either)


def test_the_database_holds_no_secret(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "reseen.db"))
    people = SqlPeople(database)
    ann = people.add(DEFAULT_PROJECT, "Ann", Role.REVIEWER)
    token = people.invite(DEFAULT_PROJECT, ann.id, utc_now()).token
    secret = SqlSessions(database).open(ann, Way.PASSWORD, utc_now(), utc_now()).secret
    SqlChallenges(database).ask(b"challenge" * 4, "passkey", {}, utc_now(), utc_now())
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ann" in kept
    for one in (token.encode(), secret.encode(), b"challenge" * 4):
        assert one not in kept
    database.close()
