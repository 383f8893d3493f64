"""A server whose object store goes away, over real sockets, and comes back."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import ImageOps
from tests.store.between import Between, Way
from tests.store.conftest import CREDENTIALS, s3
from tests.web.serving import Running, encoded, picture, serving

from reseen.store import object_blobs

__all__ = ["s3"]

PHOTO = encoded(picture(71))
COPY = encoded(ImageOps.mirror(picture(71)), "JPEG", quality=80)
BANK = {"bank": "held"}


@pytest.fixture
def between(s3: str) -> Iterator[Between]:
    opened = Between(int(s3.rpartition(":")[2]))
    yield opened
    opened.close()


@pytest.fixture
def server(
    s3: str,
    between: Between,
    site_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Running]:
    """It gives its object store one second."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(object_blobs.CLIENT, "timeout", timedelta(seconds=1))
    monkeypatch.setitem(object_blobs.RETRIES, "retry_timeout", timedelta(seconds=0.3))
    with serving(
        tmp_path,
        blobs_url=f"s3://kept/{tmp_path.name}?endpoint=http://127.0.0.1:{between.port}",
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, site_port),
        rate_per_minute=0,
    ) as running:
        running.bank("held")
        yield running


def add(server: Running, file: bytes) -> httpx.Response:
    return server.post("/v1/references", files={"file": file}, data=BANK)


def search(server: Running, file: bytes) -> httpx.Response:
    return server.post("/v1/search", files={"file": file}, data={"banks": "held"})


def is_told(answer: httpx.Response) -> bool:
    """That the object store is away, and when to come again."""
    problem = answer.json()
    return (
        (answer.status_code, problem["code"]) == (503, "not_ready")
        and "check that it runs" in problem["detail"]
        and int(answer.headers["Retry-After"]) > 0
    )


def test_nothing_is_lost_guessed_or_given_up_while_the_object_store_is_away(
    server: Running, between: Between, site_port: int
) -> None:
    first = add(server, PHOTO)
    assert first.status_code == 201, first.text
    server.searchable(first.json()["id"])
    between.bar(Way.SILENT)
    assert is_told(search(server, COPY))  # and not that nothing matches
    between.bar(Way.CUT)
    assert is_told(search(server, COPY))
    between.bar(Way.SLOW_DOWN)
    before = between.connections
    job = server.post(
        "/v1/jobs",
        json={"kind": "ingest", **BANK, "urls": [f"http://127.0.0.1:{site_port}/photo.jpg"]},
    ).json()
    while between.connections == before:
        time.sleep(0.05)
    between.bar(Way.REFUSED)
    assert is_told(add(server, encoded(picture(72))))
    assert is_told(add(server, PHOTO))  # whether it is there cannot be told
    waiting = server.get(f"/v1/jobs/{job['id']}").json()
    assert waiting["progress"]["waiting"] == 1
    assert len(server.get("/v1/references", params=BANK).json()["data"]) == 1
    between.bar(Way.OPEN)
    over = server.over(job["id"])
    assert (over["state"], over["progress"]["done"], over["progress"]["failed"]) == ("done", 1, 0)
    second = add(server, encoded(picture(72)))
    assert second.status_code == 201, second.text
    assert add(server, PHOTO).json()["id"] == first.json()["id"]
    server.searchable(second.json()["id"])
    for file, held in ((COPY, first), (encoded(picture(72), "JPEG"), second)):
        [found] = search(server, file).json()["matches"]
        assert found["reference_id"] == held.json()["id"]
