"""Databases of both kinds, and a store of blobs beside them. One database a test."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from tests.store import postgres as pg

from reseen.domain.access import DEFAULT_PROJECT
from reseen.ports import Blobs
from reseen.store import access_tables, review_tables  # noqa: F401 emptied with the others
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.store.scores import SqlScoreLog
from reseen.store.tables import METADATA, PROJECTS
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.key_store_contract import Clock

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
}
"""What the environment of a client of ``s3`` holds."""

PATIENCE = "20s"
"""How long a test that left something open may keep the next one waiting."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[pg.Postgres]:
    if not pg.wanted():
        pytest.skip("RESEEN_TEST_POSTGRES=skip")
    with pg.running() as server:
        yield server


@pytest.fixture(scope="session")
def shared(postgres: pg.Postgres) -> Iterator[sa.Engine]:
    """A PostgreSQL database that is up to date. Making one takes longer than emptying one."""
    url = postgres.make("shared")
    open_database(url).close()
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a server that speaks S3 and has a bucket ``kept``."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        said = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stdout)
        endpoint = next(found[0] for found in said if found)
        httpx.put(f"{endpoint}/kept").raise_for_status()
        yield endpoint
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "reseen.db"
    open_database(sqlite_url(path)).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database that is up to date and holds the default project."""
    if request.param == "sqlite":
        path = tmp_path / "reseen.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield sqlite_url(path)
        return
    engine: sa.Engine = request.getfixturevalue("shared")
    yield engine.url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{PATIENCE}'"))
        for table in reversed(METADATA.sorted_tables):
            kept = table.c.id != DEFAULT_PROJECT if table is PROJECTS else sa.true()
            connection.execute(sa.delete(table).where(kept))


@pytest.fixture
def either(url: str) -> Iterator[Database]:
    """A database of either kind, with a second project."""
    opened = open_database(url)
    with opened.writing() as connection:
        now = Clock().now
        rows = {"id": OTHER_PROJECT, "name": "Newsroom", "created_at": now}
        connection.execute(sa.insert(PROJECTS).values(rows))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs((tmp_path / "blobs").as_uri())


@pytest.fixture
def banks(either: Database, clock: Clock) -> SqlBankStore:
    return SqlBankStore(either, clock)


@pytest.fixture
def references(either: Database, blobs: Blobs, clock: Clock) -> SqlReferenceStore:
    return SqlReferenceStore(either, blobs, clock)


@pytest.fixture
def jobs(either: Database, clock: Clock) -> SqlJobStore:
    return SqlJobStore(either, clock)


@pytest.fixture
def scores(either: Database, clock: Clock) -> SqlScoreLog:
    return SqlScoreLog(either, clock=clock)
