"""People come in, do what their role lets them, and are out when they should be."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.web.serving import Running, encoded, picture, serving
from tests.web.visiting import PASSWORD, Browser, invited, owner

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.store.database import open_database, sqlite_url, utc_now
from reseen.store.tables import PROJECTS
from reseen.testing.key_store_contract import Clock

NEW = "an altogether different phrase"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(
        tmp_path_factory.mktemp("people"), descriptor="none", rate_per_minute=0
    ) as running:
        database = open_database(sqlite_url(running.scratch.parent / "reseen.db"))
        with database.writing() as connection:
            row = {"id": "news", "name": "Newsroom", "created_at": utc_now()}
            connection.execute(sa.insert(PROJECTS).values(row))
        database.close()
        yield running


@pytest.fixture(scope="module")
def olga(server: Running) -> Browser:
    return owner(server)


@pytest.fixture
def named(request: pytest.FixtureRequest) -> str:
    """A name that nobody else has."""
    return f"{request.node.name[:60]} {time.monotonic_ns() % 10**9}"


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    said: dict[str, Any] = answer.json()
    return said


def audited(by: Browser, subject: str) -> list[dict[str, Any]]:
    told = by.get("/v1/audit", params={"subject": subject, "limit": 1000}).json()["data"]
    return list(reversed(told))


def test_the_first_owner_is_set_up_by_a_key_and_once(tmp_path: Path) -> None:
    with serving(tmp_path, descriptor="none") as server:
        browser = Browser(server.address)
        assert browser.get("/console/api/ways").json() == {
            "setup": True,
            "password": True,
            "passkeys": False,
            "oidc": None,
            "signed_in": False,
        }
        key = server.keys.create(Role.OWNER).secret
        sent = {"key": key, "name": "Olga", "password": PASSWORD}
        for wrong, status, code, field in (
            ({"key": server.admin}, 403, "forbidden", "key"),
            ({"key": "rs_default_no"}, 401, "unauthenticated", None),
            ({"password": "short"}, 422, "invalid_request", "password"),
            ({"password": "aaaaaaaaaaaaaaaa"}, 422, "invalid_request", "password"),
            ({"name": " "}, 422, "invalid_request", "name"),
            ({"name": "a\nb\x07"}, 422, "invalid_request", "name"),
            ({"more": 1}, 400, "invalid_request", "more"),
        ):
            said = refused(browser.enter("setup", **{**sent, **wrong}), status, code)
            assert said.get("field") == field
        made = browser.enter("setup", **sent)
        assert made.status_code == 200
        assert (made.json()["name"], made.json()["role"]) == ("Olga", "owner")
        assert not browser.get("/console/api/ways").json()["setup"]
        refused(Browser(server.address).enter("setup", **{**sent, "name": "Eve"}), 409, "conflict")
        added, came = audited(browser, made.json()["id"])
        assert (added["what"], added["role"]) == ("person.added", "owner")
        assert added["who"].startswith("key_")
        assert (came["what"], came["who"], came["name"]) == (
            "person.signed_in",
            made.json()["id"],
            "Olga",
        )


def test_me_says_who_is_signed_in(server: Running, olga: Browser) -> None:
    me = olga.me
    assert (me["name"], me["role"], me["project"]) == ("Olga", "owner", DEFAULT_PROJECT)
    assert "keys" in me["rights"]
    assert (me["has_password"], me["passkeys"]) == (True, [])
    refused(Browser(server.address).get("/console/api/me"), 401, "unauthenticated")
    stale = Browser(server.address)
    stale.cookies.set("reseen_session", "x" * 43)
    refused(stale.get("/console/api/me"), 401, "unauthenticated")


def test_the_cookie_is_for_our_pages_alone(server: Running, olga: Browser) -> None:
    came = Browser(server.address).enter("sign-in", name="Olga", password=PASSWORD)
    cookie = came.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    by_proxy = {"x-forwarded-proto": "https"}
    sent = {"name": "Olga", "password": PASSWORD}
    came = Browser(server.address).post("/console/api/sign-in", sent, headers=by_proxy)
    assert "Secure" in came.headers["set-cookie"]


def test_what_lets_nobody_in_is_answered_alike(server: Running, olga: Browser, named: str) -> None:
    gone = invited(olga, named, "reviewer").me["id"]
    olga.ask("PATCH", f"/console/api/people/{gone}", json={"disabled": True})
    browser, seen, times = Browser(server.address), set(), {}
    tried = {"Olga": "wrong wrong wrong", named: PASSWORD, f"no {named}": PASSWORD}
    for name, password in tried.items():
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            answer = browser.enter("sign-in", name=name, password=password)
            took.append(time.perf_counter() - begun)
            said = refused(answer, 401, "unauthenticated")
            seen.add((said["title"], said["detail"]))
        times[name] = min(took)
    assert len(seen) == 1
    assert min(times.values()) > 0.3 * max(times.values()), times
    failed = [one for one in audited(olga, gone) if one["what"] == "person.sign_in_failed"]
    assert len(failed) == 3
    assert {one["who"] for one in failed} == {"nobody"}


def test_a_name_signs_in_whatever_its_case(server: Running, olga: Browser) -> None:
    assert Browser(server.address).enter("sign-in", name=" oLGA ", password=PASSWORD).is_success


def limited(guess: Callable[[], httpx.Response]) -> dict[str, Any]:
    """Guess until it is slowed down for a while; counts are told in ``test_attempts``."""
    for _ in range(150):
        answer = guess()
        if answer.status_code == 429 and answer.json()["retry_after_s"] > 10:
            return refused(answer, 429, "rate_limited")
        if answer.status_code == 429:
            time.sleep(0.2)
        else:
            refused(answer, 401, "unauthenticated")
    raise AssertionError("nobody slows guesses down")


def test_guessing_is_slowed_for_a_name_and_an_address(tmp_path: Path) -> None:
    with serving(tmp_path, descriptor="none") as server:
        owner(server)
        browser = Browser(server.address)
        limited(lambda: browser.enter("sign-in", name="Olga", password="a guess, and wrong"))
        right = browser.enter("sign-in", name="olga", password=PASSWORD)
        refused(right, 429, "rate_limited")
        far = {"x-forwarded-for": "203.0.113.9"}
        sent = {"name": "Olga", "password": PASSWORD}
        elsewhere = browser.post("/console/api/sign-in", sent, headers=far)
        assert elsewhere.status_code == 200, "a stranger locks nobody out"
        names = (f"nobody {number}" for number in count())
        limited(lambda: browser.enter("sign-in", name=next(names), password="x"))


def test_a_session_does_what_a_key_of_the_role_does(olga: Browser, named: str) -> None:
    made = olga.post("/v1/banks", {"name": named})
    assert made.status_code == 201, made.text
    sides = {side: encoded(picture(seed)) for side, seed in (("source", 1), ("target", 2))}
    matched = olga.ask("POST", "/image/match", files=sides)
    assert matched.status_code == 200, matched.text
    assert not matched.json()["match"]
    rita = invited(olga, f"r {named}", "reviewer")
    assert rita.get("/v1/cases").status_code == 200
    refused(rita.post("/v1/banks", {"name": "no"}), 403, "forbidden")
    refused(rita.get("/v1/audit"), 403, "forbidden")
    refused(rita.get("/v1/keys"), 403, "forbidden")
    refused(rita.get("/console/api/people"), 403, "forbidden")


def test_what_a_person_does_is_audited_as_theirs(olga: Browser, named: str) -> None:
    made = olga.post("/v1/holds", {"account_id": named, "reason": "asked for"}).json()
    (entry,) = audited(olga, made["id"])
    me = olga.me
    assert (entry["who"], entry["name"], entry["role"]) == (me["id"], "Olga", "owner")
    assert olga.get("/v1/audit/verify").json()["broken_at"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-csrf-token": ""},
        {"x-csrf-token": "0" * 64},
        {"x-csrf-token": "\xe9"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_change_that_another_page_asks_for_is_refused(
    olga: Browser, named: str, headers: dict[str, str]
) -> None:
    encoded_headers = {name: value.encode("latin-1") for name, value in headers.items()}
    for method, path, body in (
        ("POST", "/v1/banks", {"name": named}),
        (
            "POST",
            "/image/match",
            {"source_url": "http://10.0.0.1", "target_url": "http://10.0.0.1"},
        ),
        ("DELETE", "/v1/banks/none", None),
        ("PUT", "/console/api/settings", {"blur": True}),
        ("POST", "/console/api/people", {"name": named, "role": "owner"}),
        ("POST", "/console/api/sign-out", None),
    ):
        refused(olga.ask(method, path, json=body, headers=encoded_headers), 403, "csrf_failed")
    assert olga.get("/v1/banks", headers=encoded_headers).status_code == 200
    assert named not in olga.get("/console/api/people").text


def test_another_page_signs_nobody_in(server: Running, olga: Browser) -> None:
    sent = {"name": "Olga", "password": PASSWORD}
    foreign = {"origin": "https://evil.example"}
    for path in ("sign-in", "setup", "invited", "sign-in/passkey"):
        answer = Browser(server.address).post(f"/console/api/{path}", sent, headers=foreign)
        refused(answer, 403, "csrf_failed")


def test_a_program_with_a_key_needs_no_token(server: Running, olga: Browser, named: str) -> None:
    cookies = dict(olga.cookies)
    headers = {"x-rapidapi-key": server.admin}
    with httpx.Client(base_url=server.address, headers=headers, cookies=cookies) as client:
        assert client.post("/v1/banks", json={"name": named}).status_code == 201


def test_an_invitation_is_followed_once(server: Running, olga: Browser, named: str) -> None:
    made = olga.post("/console/api/people", {"name": named, "role": "admin"}).json()
    assert made["person"]["state"] == "invited"
    link, token = made["invitation"]["link"], made["invitation"]["token"]
    assert link == f"{server.address}/console/invited#{token}"
    person_id = made["person"]["id"]
    refused(
        olga.post("/console/api/people", {"name": named.upper(), "role": "admin"}), 409, "conflict"
    )
    browser = Browser(server.address)
    weak = refused(browser.enter("invited", token=token, password="short"), 422, "invalid_request")
    assert (weak["field"], weak["limit"], weak["actual"]) == ("password", 12, 5)
    refused(browser.enter("invited", token="no", password=PASSWORD), 401, "unauthenticated")
    assert browser.enter("invited", token=token, password=PASSWORD).json()["role"] == "admin"
    refused(
        Browser(server.address).enter("invited", token=token, password=NEW), 401, "unauthenticated"
    )
    whats = [(one["what"], one["name"]) for one in audited(olga, person_id)]
    assert whats == [
        ("person.added", "Olga"),
        ("person.invited", "Olga"),
        ("person.signed_in", named),
    ]


def test_an_admin_has_no_power_over_owners(olga: Browser, named: str) -> None:
    adam = invited(olga, named, "admin")
    owner_id = olga.me["id"]
    path = f"/console/api/people/{owner_id}"
    refused(adam.post("/console/api/people", {"name": "x", "role": "owner"}), 403, "forbidden")
    refused(adam.post(f"{path}/invitation"), 403, "forbidden")
    refused(adam.ask("PATCH", path, json={"disabled": True}), 403, "forbidden")
    refused(adam.ask("PATCH", path, json={"role": "reviewer"}), 403, "forbidden")
    own = f"/console/api/people/{adam.me['id']}"
    refused(adam.ask("PATCH", own, json={"role": "owner"}), 403, "forbidden")
    assert adam.ask("PATCH", own, json={"role": "reviewer"}).json()["role"] == "reviewer"
    refused(adam.get("/console/api/people"), 403, "forbidden")
    refused(
        olga.post("/console/api/people", {"name": "x", "role": "service"}), 422, "invalid_request"
    )


def test_the_last_owner_stays(olga: Browser) -> None:
    path = f"/console/api/people/{olga.me['id']}"
    refused(olga.ask("PATCH", path, json={"role": "admin"}), 409, "conflict")
    refused(olga.ask("PATCH", path, json={"disabled": True}), 409, "conflict")
    assert olga.me["role"] == "owner"


def test_a_new_role_holds_from_the_next_request_on(olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    path = f"/console/api/people/{rita.me['id']}"
    assert olga.ask("PATCH", path, json={"role": "admin"}).json()["role"] == "admin"
    assert rita.get("/v1/audit").status_code == 200
    entry = audited(olga, rita.me["id"])[-1]
    assert (entry["what"], entry["detail"]["from"], entry["detail"]["to"]) == (
        "person.role_changed",
        "reviewer",
        "admin",
    )


def test_who_is_disabled_is_out_at_once(server: Running, olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    path = f"/console/api/people/{rita.me['id']}"
    assert olga.ask("PATCH", path, json={"disabled": True}).json()["state"] == "disabled"
    refused(rita.get("/console/api/me"), 401, "unauthenticated")
    refused(rita.get("/v1/cases"), 401, "unauthenticated")
    refused(rita.enter("sign-in", name=named, password=PASSWORD), 401, "unauthenticated")
    refused(olga.post(f"{path}/invitation"), 409, "conflict")
    assert olga.ask("PATCH", path, json={"disabled": False}).json()["state"] == "active"
    refused(rita.get("/v1/cases"), 401, "unauthenticated")
    assert rita.enter("sign-in", name=named, password=PASSWORD).status_code == 200


def test_a_link_to_come_in_again_ends_all_else(olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    made = olga.post(f"/console/api/people/{rita.me['id']}/invitation")
    assert made.status_code == 201
    refused(rita.get("/v1/cases"), 401, "unauthenticated")
    refused(rita.enter("sign-in", name=named, password=PASSWORD), 401, "unauthenticated")
    token = made.json()["invitation"]["token"]
    assert rita.enter("invited", token=token, password=NEW).status_code == 200
    assert [one["what"] for one in audited(olga, rita.me["id"])][2:] == [
        "person.signed_in",
        "person.reset",
        "person.invited",
        "person.sign_in_failed",
        "person.signed_in",
    ]


def test_another_password_ends_other_sessions(server: Running, olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    other = Browser(server.address)
    other.enter("sign-in", name=named, password=PASSWORD)
    path = "/console/api/password"
    said = refused(rita.post(path, {"current": "wrong", "new": NEW}), 403, "forbidden")
    assert said["field"] == "current"
    refused(rita.post(path, {"new": NEW}), 403, "forbidden")
    assert (
        refused(rita.post(path, {"current": PASSWORD, "new": "short"}), 422, "invalid_request")[
            "field"
        ]
        == "new"
    )
    assert rita.post(path, {"current": PASSWORD, "new": NEW}).json()["name"] == named
    refused(other.get("/console/api/me"), 401, "unauthenticated")
    refused(other.enter("sign-in", name=named, password=PASSWORD), 401, "unauthenticated")
    assert other.enter("sign-in", name=named, password=NEW).status_code == 200
    assert rita.me["name"] == named


def test_who_signs_out_is_out(server: Running, olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    cookie = rita.cookies["reseen_session"]
    gone = rita.post("/console/api/sign-out")
    assert gone.status_code == 204
    assert "reseen_session" not in rita.cookies
    again = Browser(server.address)
    again.cookies.set("reseen_session", cookie)
    refused(again.get("/console/api/me"), 401, "unauthenticated")
    refused(again.get("/v1/cases"), 401, "unauthenticated")


def test_a_new_session_takes_the_place_of_the_old(
    server: Running, olga: Browser, named: str
) -> None:
    rita = invited(olga, named, "reviewer")
    old = rita.cookies["reseen_session"]
    assert rita.enter("sign-in", name=named, password=PASSWORD).status_code == 200
    assert rita.cookies["reseen_session"] != old
    stale = Browser(server.address)
    stale.cookies.set("reseen_session", old)
    refused(stale.get("/console/api/me"), 401, "unauthenticated")


def test_a_session_ends_when_nobody_came_and_in_any_case(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = utc_now()
    with serving(tmp_path, descriptor="none", clock=clock) as server:
        olga = owner(server)
        clock.turn(hours=7, minutes=59)
        assert olga.me["name"] == "Olga"
        clock.turn(hours=7, minutes=30)
        assert olga.get("/v1/banks").status_code == 200
        clock.turn(hours=8, minutes=1)
        assert "over" in refused(olga.get("/v1/banks"), 401, "unauthenticated")["detail"]
        olga.enter("sign-in", name="Olga", password=PASSWORD)
        for _ in range(3):
            clock.turn(hours=7)
            assert olga.me
        clock.turn(hours=3)
        refused(olga.get("/console/api/me"), 401, "unauthenticated")
        link = Browser(server.address)
        olga.enter("sign-in", name="Olga", password=PASSWORD)
        made = olga.post("/console/api/people", {"name": "Rita", "role": "reviewer"}).json()
        clock.turn(days=3)
        token = made["invitation"]["token"]
        refused(link.enter("invited", token=token, password=PASSWORD), 401, "unauthenticated")


def test_sessions_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, descriptor="none") as server:
        olga = owner(server)
        cookies, csrf = dict(olga.cookies), olga.csrf
    with serving(tmp_path, descriptor="none") as server:
        again = Browser(server.address, csrf)
        again.cookies.update(cookies)
        assert again.me["name"] == "Olga"
        assert again.post("/v1/banks", {"name": "kept"}).status_code == 201


def reported(by: Browser, file: dict[str, Any], said: dict[str, str]) -> str:
    """An upload whose media are kept, because somebody is to look at them."""
    sent = by.ask("POST", "/v1/uploads", files=file, data=said)
    assert sent.status_code == 201, sent.text
    upload: str = sent.json()["id"]
    report = by.ask("POST", f"/v1/uploads/{upload}/reports", files=file, data={"reason": "see"})
    assert report.is_success, report.text
    return upload


def test_nobody_sees_another_project(server: Running, olga: Browser, named: str) -> None:
    nora = owner(server, f"n {named}", "news")
    rita = invited(nora, f"r {named}", "reviewer")
    assert rita.me["project"] == "news"
    file = {"file": ("a.png", encoded(picture(77)))}
    said = {"content_id": named, "account_id": "user"}
    upload = reported(olga, file, said)
    assert olga.get(f"/v1/uploads/{upload}/media").content == file["file"][1]
    for other in (nora, rita):
        refused(other.get(f"/v1/uploads/{upload}/media"), 404, "not_found")
        refused(other.get(f"/v1/uploads/{upload}"), 404, "not_found")
        assert other.get("/v1/uploads").json()["data"] == []
    refused(nora.get(f"/console/api/people/{olga.me['id']}"), 405, "method_not_allowed")
    for path, method, body in (
        (f"/console/api/people/{olga.me['id']}", "PATCH", {"disabled": True}),
        (f"/console/api/people/{olga.me['id']}/invitation", "POST", None),
    ):
        refused(nora.ask(method, path, json=body), 404, "not_found")
    assert {one["name"] for one in nora.get("/console/api/people").json()["data"]} == {
        f"n {named}",
        f"r {named}",
    }
    assert named not in nora.get("/v1/audit").text.replace(f"n {named}", "").replace(
        f"r {named}", ""
    )


def test_reveals_are_audited_as_the_persons(olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")
    file = {"file": ("a.png", encoded(picture(78)))}
    said = {"content_id": named, "account_id": "user"}
    upload = reported(olga, file, said)
    assert rita.get(f"/v1/uploads/{upload}/media").status_code == 200
    entry = audited(olga, upload)[-1]
    assert (entry["what"], entry["name"], entry["sensitive"]) == ("media.read", named, True)


def test_settings_are_kept_within_what_the_project_enforces(olga: Browser, named: str) -> None:
    rita = invited(olga, named, "reviewer")

    def put(by: Browser, what: str, **sent: Any) -> httpx.Response:
        return by.ask("PUT", f"/console/api/{what}", json=sent)

    mine = put(rita, "settings", blur=False, theme="dark", break_after_minutes=90)
    assert mine.json() == {
        "blur": False,
        "greyscale": None,
        "muted": None,
        "hold_to_reveal": None,
        "break_after_minutes": 90,
        "theme": "dark",
    }
    refused(put(rita, "defaults", blur={"value": False}), 403, "forbidden")
    wanted = put(
        olga,
        "defaults",
        blur={"value": True, "enforced": True},
        break_after_minutes={"value": 60, "enforced": True},
        greyscale={"value": False},
    )
    assert wanted.json()["blur"] == {"value": True, "enforced": True}
    me = rita.me
    assert (me["settings"]["blur"], me["settings"]["break_after_minutes"]) == (None, None)
    assert me["settings"]["theme"] == "dark"
    assert me["defaults"]["greyscale"] == {"value": False, "enforced": False}
    for loose in ({"blur": False}, {"break_after_minutes": 0}, {"break_after_minutes": 61}):
        (field,) = loose
        assert refused(put(rita, "settings", **loose), 403, "forbidden")["field"] == field
    assert put(rita, "settings", break_after_minutes=30).json()["break_after_minutes"] == 30
    for wrong in ({"theme": "pink"}, {"blur": "yes"}, {"break_after_minutes": 999}):
        refused(put(rita, "settings", **wrong), 422, "invalid_request")
    refused(put(rita, "settings", blurr=True), 400, "invalid_request")
    taste = put(olga, "defaults", theme={"value": "dark", "enforced": True})
    refused(taste, 400, "invalid_request")
    entry = audited(olga, DEFAULT_PROJECT)[-1]
    assert (entry["what"], entry["name"]) == ("console.defaults_changed", "Olga")
    put(olga, "defaults", blur=None, break_after_minutes=None, greyscale=None)
    assert rita.me["settings"]["blur"] is False, "what was not enforced for good comes back"


def test_keys_are_made_replaced_and_revoked(server: Running, olga: Browser, named: str) -> None:
    made = olga.post("/v1/keys", {"label": named, "role": "service"})
    assert made.status_code == 201, made.text
    first = made.json()

    def works(secret: str) -> bool:
        headers = {"authorization": f"Bearer {secret}"}
        return httpx.get(f"{server.address}/v1/banks", headers=headers).status_code == 200

    assert works(first["secret"])
    listed = olga.get("/v1/keys", params={"limit": 1000}).json()["data"]
    (mine,) = [one for one in listed if one["label"] == named]
    assert "secret" not in mine
    assert first["secret"] not in olga.get("/v1/keys", params={"limit": 1000}).text
    lingering = olga.post(f"/v1/keys/{first['id']}/rotate", {"linger_s": 3600}).json()
    assert works(first["secret"])
    assert works(lingering["secret"])
    gone = olga.ask("DELETE", f"/v1/keys/{lingering['id']}")
    assert gone.json()["revoked_at"] is not None
    assert not works(lingering["secret"])
    refused(olga.post(f"/v1/keys/{lingering['id']}/rotate", {}), 409, "conflict")
    at_once = olga.post(f"/v1/keys/{first['id']}/rotate", {}).json()
    assert not works(first["secret"])
    assert works(at_once["secret"])
    refused(olga.ask("DELETE", "/v1/keys/key_none"), 404, "not_found")
    refused(olga.post("/v1/keys", {"role": "king"}), 422, "invalid_request")
    entries = audited(olga, lingering["id"])
    assert [one["what"] for one in entries] == ["key.rotated", "key.revoked"]
    assert entries[0]["detail"]["replaces"] == first["id"]
    assert first["secret"] not in olga.get("/v1/audit", params={"limit": 1000}).text


def test_keys_are_listed_in_stretches_and_never_of_another_project(
    server: Running, olga: Browser, named: str
) -> None:
    theirs = server.keys.create(Role.SERVICE, named, "news").key.id
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = olga.get("/v1/keys", params={"limit": 2, **cursor}).json()
        seen += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(set(seen)) == len(seen)
    assert {one.id for one in server.keys.of_project()} == set(seen)
    assert theirs not in seen
    refused(olga.ask("DELETE", f"/v1/keys/{theirs}"), 404, "not_found")
    assert server.keys.of_project("news")[-1].revoked_at is None


def test_time_of_a_session_is_told(olga: Browser) -> None:
    me = olga.me
    begun, ends = (me[name].replace("Z", "+00:00") for name in ("signed_in_at", "expires_at"))
    lasts = datetime.fromisoformat(ends) - datetime.fromisoformat(begun)
    assert lasts == timedelta(hours=24)
