"""Cases over HTTP: a queue that gives none to two people, and what is decided of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.desking import Office, every, refused
from tests.web.serving import Running, serving


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server with a queue of its own."""
    folder: Path = tmp_path_factory.mktemp("queue")
    with serving(folder, rate_per_minute=0) as running:
        yield Office.of(running)


def take(office: Office, case: dict[str, Any], key: str | None = None, **more: Any) -> Any:
    return office.act(f"/v1/cases/{case['id']}/take", key, **more)


def release(office: Office, case: dict[str, Any], key: str | None = None) -> Any:
    return office.act(f"/v1/cases/{case['id']}/release", key)


def test_a_case_is_told_whole(office: Office) -> None:
    (upload,) = office.reported()
    told = office.case(upload)
    assert told["id"].startswith("cas_")
    same = {name: told[name] for name in ("id", "opened_at", "rank")}
    assert told == {
        **same,
        "cluster_id": upload["cluster_id"],
        "state": "open",
        "version": 1,
        "severity": told["severity"],
        "why": "a match asks for review",
        "two_person": False,
        "lease": None,
        "decision_id": None,
    }
    refused(office.server.get("/v1/cases/cas_none", key=office.ann), 404, "not_found")


def test_the_queue_gives_each_case_to_one_person(queue: Office) -> None:
    first, second = queue.reported(), queue.reported()
    path = "/v1/cases/next"
    ann, bob = (queue.act(path, key).json()["case"] for key in (queue.ann, queue.bob))
    assert {ann["id"], bob["id"]} == {queue.case(one[0])["id"] for one in (first, second)}
    assert ann["rank"] >= bob["rank"]
    assert ann["lease"]["holder"] != bob["lease"]["holder"]
    assert queue.act(path, queue.ann).json()["case"]["id"] == ann["id"]
    admin = queue.server.admin
    assert queue.act(path, admin).json() == {"case": None}
    assert "is held" in refused(take(queue, ann, queue.bob), 409, "conflict", "case_id")
    assert "yours" in refused(release(queue, ann, queue.bob), 409, "conflict", "case_id")

    given = release(queue, ann, queue.ann)
    assert (given.status_code, given.json()["lease"]) == (200, None)
    assert queue.act(path, admin).json()["case"]["id"] == ann["id"]
    upload = first[0] if queue.case(first[0])["id"] == bob["id"] else second[0]
    refused(queue.decide(upload, queue.ann), 409, "conflict", "case_id")
    assert queue.decide(upload, queue.bob).status_code == 201
    assert "is decided" in refused(take(queue, bob, queue.bob), 409, "conflict", "case_id")
    assert [one["id"] for one in every(queue, "/v1/cases", state="open")] == [ann["id"]]
    assert [one["id"] for one in every(queue, "/v1/cases", state="decided")] == [bob["id"]]


def test_what_was_taken_with_a_key_is_the_same_case_again(office: Office) -> None:
    (upload,) = office.reported()
    case = office.case(upload)
    key = {"Idempotency-Key": f"take-{case['id']}"}
    first, again = (take(office, case, headers=key) for _ in range(2))
    assert first.status_code == 200, first.text
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    refused(office.act(f"/v1/cases/{case['id']}/release", headers=key), 409, "idempotency_mismatch")
    refused(take(office, {"id": "cas_none"}), 404, "not_found")
    refused(release(office, {"id": "cas_none"}), 404, "not_found")


def test_one_decision_removes_all_copies_and_the_next_one(office: Office) -> None:
    uploads = office.reported(copies=(1, 2))
    made = office.decided(uploads[0], labels=["attack", "attack"])
    assert (made["state"], made["verdict"], made["policy"]) == ("in_force", "harmful", "violence")
    assert (made["labels"], made["bank_id"]) == (["attack"], None)
    kinds = [one["kind"] for one in made["consequences"]]
    assert sorted(kinds) == ["action", "action", "event", "event", "event", "reference"]
    assert {one["state"] for one in made["consequences"]} == {"done"}
    assert {office.again(one)["action"] for one in uploads} == {"remove"}
    seed = int(uploads[0]["content_id"].split("-")[1])
    later = office.upload(seed, 3)
    assert (later["action"], later["decision_id"]) == ("remove", made["id"])
    assert office.case(later)["state"] == "decided"
    (reference,) = [o["subject"] for o in made["consequences"] if o["kind"] == "reference"]
    held = office.read(f"/v1/references/{reference}")
    assert (held["bank"], held["labels"]) == ("decided", ["attack"])


def test_a_decision_puts_the_representative_where_it_says(office: Office) -> None:
    (upload,) = office.reported()
    bank = office.server.bank(f"own {upload['id']}", role="recent")
    made = office.decided(upload, bank=bank["name"])
    assert made["bank_id"] == bank["id"]
    assert office.read(f"/v1/banks/{bank['id']}")["references"] == 1
    (other,) = office.reported()
    refused(office.decide(other, bank="no such bank"), 404, "not_found", "bank")
    assert office.case(other)["state"] == "open"


def test_what_is_allowed_passes_and_clears_the_next_copy(office: Office) -> None:
    (upload,) = office.reported()
    made = office.decided(upload, verdict="allowed", policy="")
    assert office.again(upload)["action"] == "pass"
    seed = int(upload["content_id"].split("-")[1])
    later = office.upload(seed, 2)
    assert (later["action"], later["decision_id"]) == ("pass", made["id"])


def test_a_decision_on_what_was_seen_before_a_change_is_refused(office: Office) -> None:
    (upload,) = office.reported()
    case = office.case(upload)
    for version in (case["version"] - 1 or 99, case["version"] + 1):
        detail = refused(office.decide(upload, version=version), 409, "conflict", "version")
        assert f"version {case['version']}" in detail
    assert office.decide(upload).status_code == 201
    assert "is decided" in refused(office.decide(upload), 409, "conflict")


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"policy": ""}, 422, "policy"),
        ({"verdict": "burn"}, 422, "verdict"),
        ({"version": 0}, 422, "version"),
        ({"version": "1"}, 422, "version"),
        ({"labels": [""]}, 422, None),
        ({"reason": "x" * 10_001}, 422, "reason"),
        ({"verdicts": "harmful"}, 400, "verdicts"),
    ],
)
def test_a_decision_that_cannot_be_meant_is_refused(
    office: Office, said: dict[str, Any], status: int, field: str | None
) -> None:
    body = {"version": 1, "verdict": "harmful", "policy": "violence", **said}
    (upload,) = office.read("/v1/cases", limit=1)["data"]
    answer = office.act(f"/v1/cases/{upload['id']}/decisions", json=body)
    refused(answer, status, "invalid_request", field)


def test_a_decision_with_a_key_is_made_once(office: Office) -> None:
    (upload,) = office.reported()
    case = office.case(upload)
    body = {"version": case["version"], "verdict": "no_action"}
    key = {"Idempotency-Key": f"decide-{case['id']}"}
    path = f"/v1/cases/{case['id']}/decisions"
    first, again = (office.act(path, json=body, headers=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert (again.content, again.status_code) == (first.content, 201)
    refused(
        office.act(path, json={**body, "reason": "x"}, headers=key), 409, "idempotency_mismatch"
    )
    assert len(every(office, "/v1/decisions", cluster=upload["cluster_id"])) == 1
    refused(office.act("/v1/cases/cas_none/decisions", json=body), 404, "not_found")


def test_cases_are_for_who_reviews(server: Running) -> None:
    tried = [
        ("GET", ""),
        ("GET", "/cas_none"),
        ("POST", "/next"),
        ("POST", "/cas_none/take"),
        ("POST", "/cas_none/release"),
        ("POST", "/cas_none/decisions"),
    ]
    for method, path in tried:
        refused(server.ask(method, f"/v1/cases{path}", json={}), 403, "forbidden")


def test_the_queue_is_listed_by_rank_whatever_page(office: Office) -> None:
    ranks = [one["rank"] for one in every(office, "/v1/cases")]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) > 2
    for query, status, field in (
        ("cursor=cas_none", 422, "cursor"),
        ("state=lost", 422, "state"),
        ("stat=open", 400, "stat"),
    ):
        answer = office.server.get(f"/v1/cases?{query}", key=office.ann)
        refused(answer, status, "invalid_request", field)
