"""Webhooks over real sockets: a platform is told of what happens, and can check who says it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.receiver import Posted, Receiver, receiving
from tests.web.desking import Office, every, refused
from tests.web.serving import serving

from reseen.domain.access import Role

PUBLIC = "https://platform.example/"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Office]:
    """A server that may post to the receiver."""
    port = urlsplit(receiver.address).port
    allowed: dict[str, Any] = {"fetch_allow_networks": ("127.0.0.1/32",), "fetch_ports": (80, 443, port)}
    with serving(tmp_path_factory.mktemp("hooks"), rate_per_minute=0, **allowed) as running:
        yield Office.of(running)


def made(office: Office, receiver: Receiver, path: str, **more: Any) -> dict[str, Any]:
    sent = {"url": receiver.address + path, **more}
    answer = office.server.post("/v1/webhooks", key=office.server.admin, json=sent)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def is_signed(posted: Posted, secret: str) -> bool:
    """The few lines that the documentation shows."""
    parts = dict(part.split("=", 1) for part in posted.headers["Reseen-Signature"].split(","))
    message = parts["t"].encode() + b"." + posted.body
    wanted = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])


def test_a_platform_is_told_of_an_upload_a_decision_and_its_undoing(
    office: Office, receiver: Receiver
) -> None:
    hook = made(office, receiver, "/whole")
    (upload,) = office.reported()
    decision = office.decided(upload)
    undo = f"/v1/decisions/{decision['id']}/undo"
    assert office.act(undo, office.bob, json={"reason": "A film scene."}).status_code == 200
    posted = receiver.wait_for(5, "/whole")
    assert all(is_signed(one, hook["secret"]) for one in posted)
    told = [json.loads(one.body) for one in posted]
    of_upload = [e for e in told if e["data"].get("content_id") == upload["content_id"]]
    assert {(e["type"], e["data"]["action"]) for e in of_upload} == {
        ("upload.answered", "review"),
        ("upload.action_changed", "remove"),
        ("upload.action_changed", "review"),
    }
    removed = next(e for e in of_upload if e["data"]["action"] == "remove")
    taken_back = next(e for e in of_upload if e["compensates"] is not None)
    assert taken_back["compensates"] == removed["id"]


def test_an_event_that_is_not_taken_comes_again_under_its_id(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers["/again"] = [500]
    hook = made(office, receiver, "/again", types=["webhook.test"])
    test = f"/v1/webhooks/{hook['id']}/test"
    event = office.server.post(test, key=office.server.admin).json()
    posted = receiver.wait_for(2, "/again")
    assert {one.headers["Reseen-Event-Id"] for one in posted} == {event["id"]}
    assert len({one.body for one in posted}) == 1
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    (told,) = office.read(path, office.server.admin)["data"]
    assert (told["attempts"], told["event"]["id"]) == (2, event["id"])


def test_what_was_given_up_is_listed_and_replayed(office: Office, receiver: Receiver) -> None:
    receiver.answers["/gone"] = [410]
    hook, admin = made(office, receiver, "/gone", types=["webhook.test"]), office.server.admin
    event = office.server.post(f"/v1/webhooks/{hook['id']}/test", key=admin).json()
    receiver.wait_for(1, "/gone")
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    for _ in range(100):
        dead = office.read(path, admin, dead=True)["data"]
        if dead:
            break
    assert [(one["state"], one["status"]) for one in dead] == [("dead", 410)]
    replayed = office.server.post(f"/v1/webhooks/{hook['id']}/replay", key=admin).json()
    assert replayed == {"deliveries": 1}
    assert receiver.wait_for(2, "/gone")[1].headers["Reseen-Event-Id"] == event["id"]
    one = office.server.post(
        f"/v1/events/{event['id']}/replay", key=admin, json={"webhook_id": hook["id"]}
    )
    assert one.json() == {"deliveries": 1}
    assert len(receiver.wait_for(3, "/gone")) == 3


def test_a_webhook_is_changed_turned_and_removed(office: Office, receiver: Receiver) -> None:
    hook, admin = made(office, receiver, "/life"), office.server.admin
    path = f"/v1/webhooks/{hook['id']}"
    assert "secret" not in office.read(path, admin)
    changed = office.server.ask("PATCH", path, key=admin, json={"types": ["appeal.opened"]})
    assert (changed.json()["types"], changed.json()["url"]) == (["appeal.opened"], hook["url"])
    anew = office.server.post(f"{path}/rotate", key=admin).json()
    assert anew["secret"] not in {None, hook["secret"]}
    office.server.post(f"{path}/test", key=admin)
    (posted,) = receiver.wait_for(1, "/life")
    assert is_signed(posted, anew["secret"])
    assert not is_signed(posted, hook["secret"])
    assert hook["id"] in {one["id"] for one in every(office, "/v1/webhooks", key=admin)}
    assert office.server.ask("DELETE", path, key=admin).json()["id"] == hook["id"]
    refused(office.server.get(path, key=admin), 404, "not_found")
    entries = office.read("/v1/audit", admin, subject=hook["id"])["data"]
    assert {one["what"] for one in entries} == {
        "webhook.created",
        "webhook.changed",
        "webhook.secret_rotated",
        "webhook.tested",
        "webhook.removed",
    }


def test_events_are_listed_by_type(office: Office, receiver: Receiver) -> None:
    hook, admin = made(office, receiver, "/listed", types=["webhook.test"]), office.server.admin
    event = office.server.post(f"/v1/webhooks/{hook['id']}/test", key=admin).json()
    listed = office.read("/v1/events", admin, type="webhook.test", limit=1)
    assert listed["data"][0] == event


@pytest.mark.parametrize(
    ("sent", "status", "code", "field"),
    [
        ({"url": "http://10.0.0.1/hook"}, 422, "url_not_allowed", None),
        ({"url": "ftp://platform.example/"}, 422, "url_not_allowed", None),
        ({"url": "https://platform.example:8443/"}, 422, "url_not_allowed", None),
        ({"url": PUBLIC, "types": ["upload.eaten"]}, 422, "invalid_request", "types.0"),
        ({"url": PUBLIC, "secret": "mine"}, 400, "invalid_request", "secret"),
        ({}, 422, "invalid_request", "url"),
    ],
)  # fmt: skip
def test_what_is_no_endpoint_is_refused(
    office: Office, sent: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = office.server.post("/v1/webhooks", key=office.server.admin, json=sent)
    refused(answer, status, code, field)


def test_only_administrators_see_webhooks(office: Office) -> None:
    key = office.server.keys.create(Role.SERVICE).secret
    refused(office.server.get("/v1/webhooks", key=key), 403, "forbidden")
