"""Whenever a server is killed, a write that is sent again with its key is done once."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.store.conftest import postgres
from tests.web.serving import hash_of

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.bank import BankDraft, Content, Hash, ReferenceDraft
from reseen.domain.choices import BankRole, JobKind
from reseen.ports import Blobs
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.keys import SqlKeyStore
from reseen.store.references import SqlReferenceStore

__all__ = ["postgres"]

P = DEFAULT_PROJECT
MOST_MOMENTS = 30
LATER_S = 60.0
"""After which what a dead server took up is free."""


@dataclass(frozen=True)
class Truth:
    """What the servers of a test share, as the test sees it."""

    program: "subprocess.Popen[str]"
    banks: SqlBankStore
    references: SqlReferenceStore
    jobs: SqlJobStore
    blobs: Blobs
    key: str
    database: Database

    @contextmanager
    def serving(self, die_at: int = 0, later_s: float = 0.0) -> Iterator[str]:
        """The address of a server that kills itself at this moment, if it comes to it."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps({"die_at": die_at, "later_s": later_s}) + "\n")
        self.program.stdin.flush()
        said = json.loads(self.program.stdout.readline())
        try:
            yield said["address"]
        finally:
            with suppress(ProcessLookupError):
                os.kill(said["pid"], signal.SIGKILL)

    def state(self) -> tuple[int, ...]:
        """How much there is: banks, references, jobs, changes."""
        held = sum(self.banks.counts(P).values())
        jobs = len(self.jobs.list(P, limit=1000).items)
        return len(self.banks.of_project(P)), held, jobs, self.references.last_change(P)

    def hash(self, bank: str = "known") -> str:
        """A new reference, by hash alone."""
        content = Content(hashes=(Hash.parse("sha256", secrets.token_hex(32)),))
        return self.references.add(
            self.banks.get(P, bank), ReferenceDraft("x"), content
        ).reference.id


@contextmanager
def opened(url: str, home: Path) -> Iterator[Truth]:
    database, blobs = open_database(url), open_blobs((home / "blobs").as_uri())
    banks = SqlBankStore(database)
    for name, role in (("known", BankRole.KNOWN), ("other", BankRole.KNOWN), ("up", BankRole.SEEN)):
        banks.create(P, BankDraft(name, role))
    key = SqlKeyStore(database).create(Role.ADMIN).secret
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.web.dying", url, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    references = SqlReferenceStore(database, blobs)
    with program:
        yield Truth(program, banks, references, SqlJobStore(database), blobs, key, database)
    database.close()


@pytest.fixture(scope="module")
def truth(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Truth]:
    home = tmp_path_factory.mktemp("killed")
    if request.param == "sqlite":
        with opened(sqlite_url(home / "reseen.db"), home) as truth:
            yield truth
        return
    server = request.getfixturevalue("postgres")
    with opened(server.make("killed"), home) as truth:
        yield truth
    server.drop("killed")


def a_bank(_: Truth) -> dict[str, Any]:
    return {"method": "POST", "url": "/v1/banks", "json": {"name": secrets.token_hex(8)}}


def a_hash(_: Truth) -> dict[str, Any]:
    sent = {"bank": "known", "hashes": hash_of(secrets.token_hex())}
    return {"method": "POST", "url": "/v1/references", "json": sent}


def a_file(_: Truth) -> dict[str, Any]:
    sent = {"data": {"bank": "known"}, "files": {"file": ("a.png", secrets.token_bytes(99))}}
    return {"method": "POST", "url": "/v1/references", **sent}


def a_batch(_: Truth) -> dict[str, Any]:
    items = [{"hashes": hash_of(secrets.token_hex())} for _ in range(2)]
    sent = {"bank": "known", "items": [*items, {"url": "http://127.0.0.1/a"}]}
    return {"method": "POST", "url": "/v1/references/batch", "json": sent}


def a_job(_: Truth) -> dict[str, Any]:
    sent = {"kind": "ingest", "bank": "known", "urls": ["http://127.0.0.1/a"]}
    return {"method": "POST", "url": "/v1/jobs", "json": sent}


def a_cancelled_job(truth: Truth) -> dict[str, Any]:
    job = truth.jobs.create(P, JobKind.INGEST, {"bank": "x"}, owner="x")
    return {"method": "POST", "url": f"/v1/jobs/{job.id}/cancel"}


def a_move(truth: Truth) -> dict[str, Any]:
    sent = {"bank": "other", "labels": ["x"]}
    return {"method": "PATCH", "url": f"/v1/references/{truth.hash()}", "json": sent}


def a_renamed_bank(truth: Truth) -> dict[str, Any]:
    bank = truth.banks.create(P, BankDraft(secrets.token_hex(8)))
    return {"method": "PATCH", "url": f"/v1/banks/{bank.name}", "json": {"name": f"{bank.name} b"}}


def a_deleted_reference(truth: Truth) -> dict[str, Any]:
    return {"method": "DELETE", "url": f"/v1/references/{truth.hash()}"}


def a_deleted_bank(truth: Truth) -> dict[str, Any]:
    bank = truth.banks.create(P, BankDraft(secrets.token_hex(8)))
    return {"method": "DELETE", "url": f"/v1/banks/{bank.name}"}


WRITES = [
    (a_bank, (1, 0, 0, 0)),
    (a_hash, (0, 1, 1, 1)),
    (a_file, (0, 1, 1, 1)),
    (a_batch, (0, 2, 2, 2)),
    (a_job, (0, 0, 1, 0)),
    (a_cancelled_job, (0, 0, 0, 0)),
    (a_move, (0, 0, 0, 2)),
    (a_renamed_bank, (0, 0, 0, 0)),
    (a_deleted_reference, (0, -1, 0, 1)),
    (a_deleted_bank, (-1, 0, 0, 0)),
]
"""And how much more there is afterwards: a job each for what comes into a bank while uploads are
kept.
"""


OF_SEVERAL_PARTS = [one for one in WRITES if one[0] in {a_file, a_batch, a_job}]


@pytest.mark.parametrize(
    ("truth", "prepare", "more"),
    [("sqlite", *one) for one in WRITES] + [("postgresql", *one) for one in OF_SEVERAL_PARTS],
    indirect=["truth"],
)
def test_a_write_is_done_once_wherever_its_server_was_killed(
    truth: Truth, prepare: Callable[[Truth], dict[str, Any]], more: tuple[int, ...]
) -> None:
    with truth.serving(later_s=LATER_S) as later, httpx.Client(timeout=60) as client:
        for moment in count(1):
            headers = {"x-rapidapi-key": truth.key, "Idempotency-Key": secrets.token_hex()}
            send = partial(client.request, **prepare(truth), headers=headers)
            before = truth.state()
            wanted = tuple(a + b for a, b in zip(before, more, strict=True))
            answered = None
            with truth.serving(die_at=moment) as address, suppress(httpx.TransportError):
                answered = sent(send, address)
            assert truth.state() in (before, wanted), moment
            again = sent(send, later)
            assert again.is_success, (moment, again.text)
            assert truth.state() == wanted, moment
            replayed = sent(send, later)
            assert replayed.headers["Idempotent-Replayed"] == "true"
            assert (replayed.status_code, replayed.content) == (again.status_code, again.content)
            if answered is not None:
                assert (answered.status_code, answered.content) == (
                    again.status_code,
                    again.content,
                )
                break
            assert moment < MOST_MOMENTS
    assert moment > 4


def sent(send: Callable[..., httpx.Response], address: str) -> httpx.Response:
    url = send.keywords["url"]  # type: ignore[attr-defined]
    return send(url=address + url)
