"""Webhooks over real sockets: a server, a receiver, and what goes between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.flows.receiving import Got, Receiver, is_signed, receiving, until
from tests.web.desking import refused
from tests.web.serving import Running, encoded, picture, serving

PUBLIC = "https://93.184.216.34/hook"


@dataclass(frozen=True)
class Hooked:
    server: Running
    there: Receiver

    def make(self, url: str = PUBLIC, **said: Any) -> dict[str, Any]:
        made = self.ask("POST", "", json={"url": url, **said})
        assert made.status_code == 201, made.text
        told: dict[str, Any] = made.json()
        return told

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.server.manage(method, f"/v1/webhooks{path}", **more)

    def sent(self, hook: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        answer = self.ask("GET", f"/{hook['id']}/deliveries", params=params)
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    def audited(self, subject: str) -> list[tuple[str, dict[str, Any]]]:
        told = self.server.manage("GET", "/v1/audit", params={"subject": subject}).json()["data"]
        return [(one["what"], one["detail"]) for one in reversed(told)]

    def upload(self, seed: int) -> dict[str, Any]:
        said = {"content_id": f"hooked-{seed}", "account_id": "user-1"}
        sent = {"file": ("a.png", encoded(picture(seed)))}
        answer = self.server.post("/v1/uploads", files=sent, data=said)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Running]:
    with serving(
        tmp_path_factory.mktemp("hooks"),
        steps_s=(0.2, 0.2),
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, receiver.port),
        rate_per_minute=0,
    ) as server:
        yield server


@pytest.fixture
def hooked(running: Running, receiver: Receiver) -> Iterator[Hooked]:
    receiver.got.clear()
    receiver.answer = lambda _: 200
    here = Hooked(running, receiver)
    yield here
    for one in here.ask("GET", "").json()["data"]:
        here.ask("DELETE", f"/{one['id']}")


def test_an_upload_is_told_of_signed_and_until_it_is_taken(hooked: Hooked) -> None:
    statuses = [500, 500, 200]
    hooked.there.answer = lambda _: statuses.pop(0)
    hook = hooked.make(hooked.there.url(), types=["upload.answered"])
    upload = hooked.upload(70_001)
    got = hooked.there.wait(3)
    [done] = until(lambda: [one for one in hooked.sent(hook) if one["delivered_at"]])
    assert len(got) == len(hooked.there.got) == 3
    assert len(set(hooked.there.ids())) == 1
    assert all(is_signed(one, hook["secret"]) for one in got)
    assert len({one.body for one in got}) == 1
    said = got[0].said
    assert (said["type"], said["project"]) == ("upload.answered", "default")
    assert said["data"]["upload_id"] == upload["id"]
    assert said["data"]["content_id"] == "hooked-70001"
    assert said["data"]["action"] == upload["action"]
    assert (done["attempts"], done["status"], done["error"]) == (3, 200, "")
    assert (done["state"], done["due_at"]) == ("delivered", None)
    event = done["event"]
    assert event == {name: said[name] for name in event}
    assert event in hooked.server.manage("GET", "/v1/events").json()["data"]


def test_a_secret_is_shown_once_and_a_new_one_signs_from_then_on(hooked: Hooked) -> None:
    hook = hooked.make(hooked.there.url())
    assert hook["secret"].startswith("whsec_")
    read = hooked.ask("GET", f"/{hook['id']}").json()
    assert read == {name: value for name, value in hook.items() if name != "secret"}
    assert hooked.ask("GET", "").json()["data"] == [read]
    rotated = hooked.ask("POST", f"/{hook['id']}/rotate").json()
    assert {**rotated, "secret": hook["secret"]} == hook
    event = hooked.ask("POST", f"/{hook['id']}/test").json()
    [got] = hooked.there.wait(1)
    assert (got.said["id"], got.said["type"]) == (event["id"], "webhook.test")
    assert got.said["data"] == {"webhook_id": hook["id"]}
    assert is_signed(got, rotated["secret"])
    assert not is_signed(got, hook["secret"])
    audit = hooked.audited(hook["id"])
    said = {"url": hooked.there.url(), "types": [], "enabled": True}
    whats = ("webhook.created", "webhook.secret_rotated", "webhook.tested")
    assert audit == [(what, said) for what in whats]
    assert hook["secret"] not in str(audit)


def test_a_webhook_is_changed_disabled_and_deleted(hooked: Hooked) -> None:
    hook = hooked.make(types=["upload.answered", "appeal.opened", "upload.answered"])
    assert hook["types"] == ["upload.answered", "appeal.opened"]
    path = f"/{hook['id']}"
    changed = hooked.ask("PATCH", path, json={"enabled": False}).json()
    assert (changed["enabled"], changed["types"]) == (False, hook["types"])
    refused(hooked.ask("POST", f"{path}/test"), 409, "conflict")
    refused(hooked.ask("POST", f"{path}/replay"), 409, "conflict")
    changed = hooked.ask("PATCH", path, json={"types": [], "url": f"{PUBLIC}?b"}).json()
    assert (changed["types"], changed["url"]) == ([], f"{PUBLIC}?b")
    refused(hooked.ask("PATCH", path, json={"url": "http://10.0.0.7/"}), 422, "url_not_allowed")
    assert hooked.ask("GET", path).json() == changed
    assert hooked.ask("DELETE", path).json() == {"id": hook["id"], "deleted": True}
    for method, where in (("GET", path), ("DELETE", path), ("POST", f"{path}/rotate")):
        refused(hooked.ask(method, where), 404, "not_found")
    whats = [what for what, _ in hooked.audited(hook["id"])]
    assert whats == ["webhook.created", *["webhook.changed"] * 2, "webhook.removed"]


@pytest.mark.parametrize(
    ("sent", "status", "code", "field"),
    [
        ({"url": "http://10.0.0.7/"}, 422, "url_not_allowed", "url"),
        ({"url": "http://169.254.169.254/"}, 422, "url_not_allowed", "url"),
        ({"url": "https://93.184.216.34:25/"}, 422, "url_not_allowed", "url"),
        ({"url": "ftp://93.184.216.34/"}, 422, "url_not_allowed", "url"),
        ({"url": "https://a:b@93.184.216.34/"}, 422, "url_not_allowed", "url"),
        ({"url": ""}, 422, "invalid_request", "url"),
        ({"url": PUBLIC, "types": ["upload.made_up"]}, 422, "invalid_request", None),
        ({"url": PUBLIC, "types": "upload.answered"}, 422, "invalid_request", "types"),
        ({"url": PUBLIC, "enabled": "yes"}, 422, "invalid_request", "enabled"),
        ({"url": PUBLIC, "secret": "mine"}, 400, "invalid_request", "secret"),
        ({}, 422, "invalid_request", "url"),
    ],
)
def test_what_cannot_be_a_webhook_is_said(
    hooked: Hooked, sent: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    refused(hooked.ask("POST", "", json=sent), status, code, field)
    assert hooked.ask("GET", "").json()["data"] == []


def test_a_write_that_is_sent_twice_is_done_once(hooked: Hooked) -> None:
    def twice(path: str, key: str, **more: Any) -> None:
        sent = {"headers": {"Idempotency-Key": key}, **more}
        first, again = (hooked.ask("POST", path, **sent) for _ in range(2))
        assert first.json() == again.json()
        assert again.headers["Idempotent-Replayed"] == "true"

    twice("", "h-new", json={"url": hooked.there.url()})
    [hook] = hooked.ask("GET", "").json()["data"]
    twice(f"/{hook['id']}/rotate", "h-rotate")
    twice(f"/{hook['id']}/test", "h-test")
    assert len(hooked.sent(hook)) == 1
    whats = [what for what, _ in hooked.audited(hook["id"])]
    assert whats == ["webhook.created", "webhook.secret_rotated", "webhook.tested"]


def test_what_was_given_up_is_listed_audited_and_replayed(hooked: Hooked) -> None:
    hooked.there.answer = lambda _: 503
    hook = hooked.make(hooked.there.url(), types=["appeal.opened"])
    events = [hooked.ask("POST", f"/{hook['id']}/test").json()["id"] for _ in range(2)]
    dead = until(lambda: d if len(d := hooked.sent(hook, dead=True)) == 2 else None)
    assert {one["event"]["id"] for one in dead} == set(events)
    assert {one["state"] for one in dead} == {"dead"}
    assert {(one["attempts"], one["status"], one["due_at"]) for one in dead} == {(3, 503, None)}
    assert dead[0]["error"] == "The endpoint answered 503."
    assert hooked.sent(hook, dead=False) == []
    given_up = [detail for what, detail in hooked.audited(hook["id"]) if "gave_up" in what]
    assert sorted(one["event_id"] for one in given_up) == sorted(events)

    hooked.there.got.clear()
    hooked.there.answer = lambda _: 200
    path = f"/v1/events/{events[0]}/replay"
    one = hooked.server.manage("POST", path, json={"webhook_id": hook["id"]})
    assert (one.status_code, one.json()) == (200, {"deliveries": 1})
    hooked.there.wait(1)
    rest = hooked.ask("POST", f"/{hook['id']}/replay")
    assert (rest.status_code, rest.json()) == (200, {"deliveries": 1})
    hooked.there.wait(2)
    assert sorted(hooked.there.ids()) == sorted(events)
    until(lambda: all(one["delivered_at"] for one in hooked.sent(hook)))
    assert hooked.sent(hook, dead=True) == []
    assert hooked.server.manage("POST", path, json={}).json() == {"deliveries": 1}
    detail = {"webhook_id": hook["id"], "deliveries": 1}
    assert hooked.audited(events[0])[0] == ("event.replayed", detail)


def test_a_webhook_that_is_gone_gets_nothing_more_of_an_event(hooked: Hooked) -> None:
    hooked.there.answer = lambda _: 410
    hook = hooked.make(hooked.there.url())
    hooked.ask("POST", f"/{hook['id']}/test")
    [dead] = until(lambda: hooked.sent(hook, dead=True))
    assert (dead["attempts"], dead["status"]) == (1, 410)


def test_events_and_deliveries_are_listed_a_stretch_at_a_time(hooked: Hooked) -> None:
    hook = hooked.make(hooked.there.url())
    made = [hooked.ask("POST", f"/{hook['id']}/test").json()["id"] for _ in range(5)]
    of_hook = f"/v1/webhooks/{hook['id']}/deliveries"
    for path in ("/v1/events", of_hook):
        found: list[str] = []
        cursor: dict[str, str] = {}
        while len(found) < 5:
            page = hooked.server.manage("GET", path, params={"limit": 2, **cursor}).json()
            found += [one.get("event", one)["id"] for one in page["data"]]
            cursor = {"cursor": page["next_cursor"]}
        assert found[:5] == made[::-1]
    hooked.upload(70_002)
    typed = hooked.server.manage("GET", "/v1/events", params={"type": "upload.answered"}).json()
    assert {one["type"] for one in typed["data"]} == {"upload.answered"}
    for path, wrong in (
        ("/v1/events", {"type": "upload.made_up"}),
        ("/v1/events", {"cursor": "x"}),
        (of_hook, {"cursor": "9" * 19}),
        (of_hook, {"dead": "perhaps"}),
        ("/v1/webhooks", {"cursor": "%"}),
    ):
        refused(hooked.server.manage("GET", path, params=wrong), 422, "invalid_request")


def test_only_who_wants_a_type_gets_it(hooked: Hooked) -> None:
    wanting = hooked.make(hooked.there.url("/wants"), types=["upload.answered"])
    other = hooked.make(hooked.there.url("/other"), types=["policy.live"])
    hooked.upload(70_003)
    got: list[Got] = hooked.there.wait(1)
    assert [one.path for one in got] == ["/wants"]
    assert (len(hooked.sent(wanting)), hooked.sent(other)) == (1, [])
