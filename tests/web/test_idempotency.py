"""A write that is sent twice is done once."""

import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from starlette.requests import Request
from tests.web.serving import Running, encoded, hash_of, picture

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.errors import Conflict
from reseen.store.database import open_database, sqlite_url
from reseen.store.idempotency import SqlIdempotencyStore
from reseen.store.seal import Seal
from reseen.testing.key_store_contract import Clock
from reseen.web.idempotency import Once
from reseen.web.schemas.model import Deleted

NAMES = (f"once-{number}" for number in count())


@pytest.fixture
def name() -> str:
    return next(NAMES)


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def write(server: Running, key: str, **body: Any) -> httpx.Response:
    return server.manage("POST", "/v1/banks", json=body, headers=keyed(key))


def test_a_write_is_done_once_and_answered_twice(server: Running, name: str) -> None:
    first = write(server, name, name=name)
    again = write(server, name, name=name)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Content-Type"] == "application/json"
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]


def test_a_key_is_not_for_another_request(server: Running, name: str) -> None:
    write(server, name, name=name)
    for refused in (
        write(server, name, name=f"{name} b"),
        server.manage("PATCH", f"/v1/banks/{name}", json={"name": name}, headers=keyed(name)),
        server.manage("DELETE", f"/v1/banks/{name}", headers=keyed(name)),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_mismatch")
    assert server.get(f"/v1/banks/{name}").status_code == 200


def test_what_failed_may_be_sent_again(server: Running, name: str) -> None:
    sent: dict[str, Any] = {"json": {"bank": name, "hashes": hash_of(name)}, "headers": keyed(name)}
    assert server.post("/v1/references", **sent).status_code == 404
    server.bank(name)
    assert server.post("/v1/references", **sent).status_code == 201
    replayed = server.post("/v1/references", **sent)
    assert replayed.status_code == 201
    assert replayed.headers["Idempotent-Replayed"] == "true"


def test_a_form_is_the_same_whatever_its_boundary(server: Running, name: str) -> None:
    server.bank(name)

    def send(seed: int) -> httpx.Response:
        files = {"file": ("a.png", encoded(picture(seed)))}
        data = {"bank": name}
        return server.post("/v1/references", files=files, data=data, headers=keyed(name))

    first, again, other = send(5), send(5), send(6)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_mismatch"


def test_deleting_again_is_answered_again(server: Running, name: str) -> None:
    server.bank(name)
    path = f"/v1/banks/{name}"
    first = server.manage("DELETE", path, headers=keyed(name))
    again = server.manage("DELETE", path, headers=keyed(name))
    assert first.json() == again.json()
    assert server.manage("DELETE", path).status_code == 404


def test_of_many_at_once_one_is_done(server: Running, name: str) -> None:
    answers: list[httpx.Response] = []
    ready = threading.Barrier(6, timeout=10)

    def send() -> None:
        ready.wait()
        answers.append(write(server, name, name=name))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    told = [(one.status_code, one.json().get("code")) for one in answers]
    assert set(told) <= {(201, None), (409, "conflict")}
    made = [one for one in answers if one.status_code == 201]
    assert len({one.content for one in made}) == 1
    assert sum("Idempotent-Replayed" not in one.headers for one in made) == 1
    for refused in (one for one in answers if one.status_code == 409):
        assert refused.json()["retry_after_s"] == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_wrong_key_is_refused(server: Running, name: str, key: str) -> None:
    refused = write(server, key, name=name)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert refused.json()["field"].lower() == "idempotency-key"
    assert server.get(f"/v1/banks/{name}").status_code == 404


def test_a_key_that_may_not_write_gets_no_answer_of_another(server: Running, name: str) -> None:
    write(server, name, name=name)
    refused = server.post("/v1/banks", json={"name": name}, headers=keyed(name))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.fixture
def once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Once, Clock]]:
    """Over a store whose time a test turns, renewed twenty times a second."""
    monkeypatch.setattr("reseen.web.idempotency.RENEWED_S", 0.05)
    clock = Clock()
    database = open_database(sqlite_url(tmp_path / "reseen.db"))
    yield Once(SqlIdempotencyStore(database, Seal(lambda: bytes(32)), clock)), clock
    database.close()


def asked(once: Once, work: Callable[[], tuple[int, Deleted]]) -> int:
    scope = {"type": "http", "method": "POST", "path": "/v1/x", "query_string": b"", "headers": []}
    return once.answer(Request(scope), DEFAULT_PROJECT, "k", None, work).status_code


def test_long_work_keeps_its_key_while_the_server_lives(once: tuple[Once, Clock]) -> None:
    answering, clock = once
    begun, release = threading.Event(), threading.Event()

    def long() -> tuple[int, Deleted]:
        begun.set()
        assert release.wait(20)
        return 200, Deleted(id="one")

    async def live() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(answering.keep)
            for _ in range(5):  # a minute and a half
                clock.turn(seconds=20)
                await anyio.sleep(0.5)
                with pytest.raises(Conflict):
                    await anyio.to_thread.run_sync(asked, answering, long)
            tasks.cancel_scope.cancel()

    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(asked(answering, long)))
    thread.start()
    assert begun.wait(10)
    anyio.run(live)
    release.set()
    thread.join(10)
    assert first == [200]
    assert asked(answering, long) == 200


def test_work_that_breaks_leaves_its_key_free(once: tuple[Once, Clock]) -> None:
    def broken() -> tuple[int, Deleted]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(once[0], broken)
    assert asked(once[0], lambda: (201, Deleted(id="one"))) == 201
