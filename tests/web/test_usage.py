"""What is called over a socket is counted for who called it; what is decided makes numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.desking import Office, copy, refused
from tests.web.serving import SAMPLES, Running, serving

from reseen.domain.access import Role

FILM = SAMPLES / "film.mp4"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("usage"), rate_per_minute=0) as server:
        yield server


@pytest.fixture
def desk(running: Running) -> Office:
    return Office.of(running)


def usage(running: Running, **params: Any) -> dict[str, Any]:
    answer = running.manage("GET", "/v1/usage", params=params)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def spent_by(running: Running, key_id: str) -> dict[str, Any] | None:
    return next((one for one in usage(running)["callers"] if one["id"] == key_id), None)


def sides(source: Path, target: Path) -> dict[str, bytes]:
    return {"source": source.read_bytes(), "target": target.read_bytes()}


def test_calls_are_counted_for_their_key_at_once(running: Running) -> None:
    made = running.keys.create(Role.SERVICE, "shop")
    assert spent_by(running, made.key.id) is None
    matched = running.post("/match", key=made.secret, files=sides(FILM, FILM))
    assert matched.json()["match"] is True
    query = {"file": copy(4711)}
    assert running.post("/v1/search", key=made.secret, files=query).status_code == 200
    running.post("/v1/search", key=made.secret, json={"urls": "?"})
    told = spent_by(running, made.key.id)
    assert told is not None
    assert (told["calls"], told["failed"], told["looked"], told["matched"]) == (3, 1, 2, 1)
    assert (told["kind"], told["name"], told["role"]) == ("key", "shop", "service")
    assert told["media_seconds"] > 2


def test_a_batch_is_one_call_that_looked_many_times(running: Running) -> None:
    made = running.keys.create(Role.SERVICE)
    queries = [{"hashes": {"md5": f"{n:032x}"}} for n in range(3)] + [{"hashes": {}}]
    answer = running.post("/v1/search/batch", key=made.secret, json={"queries": queries})
    assert answer.status_code == 200, answer.text
    told = spent_by(running, made.key.id)
    assert told is not None
    assert (told["calls"], told["looked"], told["matched"]) == (1, 3, 0)


def test_uploads_count_where_they_matched_now_or_later(running: Running, desk: Office) -> None:
    before = usage(running)["total"]
    seed = desk.seed()
    desk.known(seed)
    desk.upload(seed, 1)
    desk.upload(desk.seed(), 1)
    later = desk.send(seed, 2, wait="false")
    assert later.status_code == 202, later.text
    running.over(later.json()["job_id"])
    after = usage(running)["total"]
    assert after["looked"] - before["looked"] == 3
    assert after["matched"] - before["matched"] == 2


def test_days_uses_and_callers_add_up_to_the_total(running: Running) -> None:
    running.get("/v1/banks")
    told = usage(running)
    assert len(told["days"]) == 30
    for part in ("days", "uses", "callers"):
        assert sum(one["calls"] for one in told[part]) == told["total"]["calls"], part
    assert told["days"][-1]["day"] == told["until"]


def test_quotas_that_are_not_there_are_said_not_to_be(running: Running) -> None:
    quotas = {one["name"]: one for one in usage(running)["quotas"]}
    assert quotas["requests_per_minute"]["limit"] is None
    banks = quotas["banks"]
    assert banks["left"] == banks["limit"] - banks["used"]
    assert quotas["calls"]["note"] == "This server sets no quota."


def test_what_no_key_called_is_nobodys(running: Running) -> None:
    before = usage(running)["total"]["calls"]
    assert running.get("/v1/banks", key="wrong").status_code == 401
    assert usage(running)["total"]["calls"] == before + 1  # the look before


def test_days_that_make_no_period_are_refused(running: Running) -> None:
    def ask(**params: str) -> Any:
        return running.manage("GET", "/v1/usage", params=params)

    refused(ask(since="2030-02-01", until="2030-01-01"), 422, "invalid_request", "until")
    refused(ask(since="2020-01-01", until="2030-01-01"), 422, "invalid_request", "since")
    refused(ask(since="soon"), 422, "invalid_request", "since")
    refused(ask(from_="2030-01-01"), 400, "invalid_request", "from_")


def test_decisions_make_the_numbers_of_review(running: Running, desk: Office) -> None:
    def figures() -> dict[str, Any]:
        return desk.read("/v1/usage/review")

    before = figures()
    burst = desk.reported(copies=(1, 2, 3))
    [other] = desk.reported()
    waiting = figures()["queue"]
    assert waiting["cases"] == before["queue"]["cases"] + 2
    assert sum(one["cases"] for one in waiting["ages"]) == waiting["cases"]
    desk.decided(burst[0])
    desk.decided(other, verdict="allowed")
    told = figures()
    assert told["queue"]["cases"] == before["queue"]["cases"]
    assert told["saved"]["decisions"] - before["saved"]["decisions"] == 2
    assert told["saved"]["spared"] - before["saved"]["spared"] == 2
    assert told["precision"]["of"] - before["precision"]["of"] == 2
    assert told["precision"]["hits"] - before["precision"]["hits"] == 1
    assert told["precision"]["low"] < told["precision"]["value"] < told["precision"]["high"]
    assert told["days"][-1]["copies"] - before["days"][-1]["copies"] == 4


def test_counts_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for _ in range(7):
            server.get("/v1/banks")
        calls = usage(server)["total"]["calls"]
        server.get("/v1/banks")
    with serving(tmp_path) as server:
        assert usage(server)["total"]["calls"] == calls + 2  # that look, and the last list
