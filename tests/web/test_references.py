"""References over HTTP: by hash, by address, as a file; many at once; changed and deleted."""

from itertools import count
from typing import Any

import pytest
from PIL import Image, ImageOps
from tests.web.serving import SAMPLES, Running, encoded, hash_of, picture

NAMES = (f"held {number}" for number in count())
PHOTO = encoded(picture(71))


@pytest.fixture
def bank(server: Running) -> str:
    """The name of a new bank."""
    return str(server.bank(next(NAMES))["name"])


def add(server: Running, bank: str, **more: Any) -> dict[str, Any]:
    sent = {"bank": bank, "hashes": hash_of(next(NAMES)), **more}
    answer: dict[str, Any] = server.post("/v1/references", json=sent).json()
    return answer


def test_a_hash_is_held_with_what_is_said_of_it(server: Running, bank: str) -> None:
    hashes = {"pdq": "0f" * 32, "md5": "a0" * 16, **hash_of(bank)}
    said = {
        "name": "case 7",
        "labels": ["logo", "violence"],
        "note": "one\ntwo",
        "provenance": {"list": "shared", "deep": [1, {"a": None}]},
        "disabled_until": "2999-01-01T00:00:00.000Z",
        "expires_at": "2999-06-01T00:00:00.000Z",
    }
    made = server.post("/v1/references", json={"bank": bank, "hashes": hashes, **said})
    assert made.status_code == 201, made.text
    told = made.json()
    assert {field: told[field] for field in said} == said
    assert told["hashes"] == hashes
    assert (told["bank"], told["media_type"], told["duration"]) == (bank, None, None)
    assert server.searchable(told["id"]) == {**told, "searchable": True}


def test_a_time_is_told_in_utc(server: Running, bank: str) -> None:
    told = add(server, bank, expires_at="2999-01-01T02:00:00+02:00")
    assert told["expires_at"] == "2999-01-01T00:00:00.000Z"


def test_equal_content_is_held_once(server: Running, bank: str) -> None:
    sent = {"bank": bank, "hashes": hash_of(bank), "note": "first"}
    first = server.post("/v1/references", json=sent)
    again = server.post("/v1/references", json={**sent, "note": "second"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["note"]) == (first.json()["id"], "first")
    assert server.get(f"/v1/banks/{bank}").json()["references"] == 1


def test_a_nameless_hash_is_called_by_its_digits(server: Running, bank: str) -> None:
    hashes = hash_of(bank)
    assert add(server, bank, hashes=hashes)["name"] == f"sha256:{hashes['sha256']}"


def test_a_file_is_held_by_its_name(server: Running, bank: str) -> None:
    made = server.post(
        "/v1/references",
        files={"file": ("../../logo.png", PHOTO)},
        data={"bank": bank, "labels": ["a", "b"], "provenance": '{"by": "us"}', "note": "n"},
    )
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["name"], told["media_type"], told["labels"]) == ("logo.png", "image", ["a", "b"])
    assert (told["provenance"], told["note"]) == ({"by": "us"}, "n")
    assert set(told["hashes"]) >= {"sha256", "md5"}
    again = server.post("/v1/references", files={"file": PHOTO}, data={"bank": bank})
    assert (again.status_code, again.json()["id"]) == (200, told["id"])


def test_an_address_is_fetched(server: Running, bank: str, site_port: int) -> None:
    url = f"http://127.0.0.1:{site_port}/song.m4a"
    made = server.post("/v1/references", json={"bank": bank, "url": url})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["name"], told["media_type"]) == (url, "audio")
    assert told["duration"] > 5
    form = server.post("/v1/references", files={"bank": (None, bank), "url": (None, url)})
    assert (form.status_code, form.json()["id"]) == (200, told["id"])


def test_retention_of_the_bank_gives_an_expiry(server: Running) -> None:
    bank = server.bank(next(NAMES), retention_s=3600)["name"]
    assert add(server, bank)["expires_at"] is not None
    asked = add(server, bank, expires_at="2999-01-01T00:00:00Z")["expires_at"]
    assert asked == "2999-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"hashes": {"md5": "zz"}}, 422, "hashes.md5"),
        ({"hashes": {}}, 422, "hashes"),
        ({}, 422, "url"),
        ({"url": "http://a.example/", "hashes": {"md5": "a0" * 16}}, 400, "hashes"),
        ({"url": ""}, 422, "url"),
        ({"bank": 7, "hashes": {"md5": "a0" * 16}}, 422, "bank"),
        ({"hashes": {"md5": "a0" * 16}, "labels": "a"}, 422, "labels"),
        ({"hashes": {"md5": "a0" * 16}, "provenance": "a"}, 422, "provenance"),
        ({"hashes": {"md5": "a0" * 16}, "note": "a\0b"}, 422, "note"),
        ({"hashes": {"md5": "a0" * 16}, "colour": "red"}, 400, "colour"),
        ({"hashes": {"sha1": "a0" * 16}}, 400, "hashes.sha1"),
        ({"url": "file:///etc/passwd"}, 422, "url"),
    ],
)
def test_a_wrong_reference_is_refused(
    server: Running, bank: str, sent: dict[str, Any], status: int, field: str | None
) -> None:
    refused = server.post("/v1/references", json={"bank": bank, **sent})
    assert (refused.status_code, refused.json().get("field")) == (status, field), refused.text
    assert server.get(f"/v1/banks/{bank}").json()["references"] == 0


def test_a_wrong_file_is_refused_and_named(server: Running, bank: str) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"file": b"%PDF-1.7 and more"}, 415, "file"),
        ({"file": b""}, 422, "file"),
        ({"file": PHOTO, "url": (None, "http://a.example/")}, 400, "file"),
        ({}, 422, "url"),
        ({"picture": PHOTO}, 400, "picture"),
    ]
    for files, status, field in cases:
        sent = {**files, "bank": (None, bank)}
        refused = server.post("/v1/references", files=sent)
        assert (refused.status_code, refused.json()["field"]) == (status, field), refused.text
    nowhere = server.post("/v1/references", files={"file": PHOTO, "bank": (None, "no such")})
    assert (nowhere.status_code, nowhere.json()["field"]) == (404, "bank")


def test_lists_are_newest_first_and_filtered(server: Running, bank: str) -> None:
    other = server.bank(next(NAMES))["name"]
    ids = [add(server, bank, labels=[f"{bank} {n % 2}"])["id"] for n in range(5)]
    server.searchable(ids[-1])
    add(server, other, labels=[f"{bank} 0"])
    of_bank = server.get("/v1/references", params={"bank": bank}).json()
    assert [one["id"] for one in of_bank["data"]] == ids[::-1]
    assert all(one["searchable"] for one in of_bank["data"])
    labelled = server.get("/v1/references", params={"bank": bank, "label": f"{bank} 0"}).json()
    assert [one["id"] for one in labelled["data"]] == [ids[4], ids[2], ids[0]]
    everywhere = server.get("/v1/references", params={"label": f"{bank} 0"}).json()
    assert len(everywhere["data"]) == 4
    first = server.get("/v1/references", params={"bank": bank, "limit": 3}).json()
    following = {"bank": bank, "limit": 3, "cursor": first["next_cursor"]}
    rest = server.get("/v1/references", params=following).json()
    assert [one["id"] for one in (*first["data"], *rest["data"])] == ids[::-1]
    assert rest["next_cursor"] is None
    wrong = server.get("/v1/references", params={"cursor": "nonsense"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")


def test_a_change_leaves_the_rest(server: Running, bank: str) -> None:
    made = add(server, bank, labels=["a"], note="n", disabled_until="2999-01-01T00:00:00Z")
    path = f"/v1/references/{made['id']}"
    changed = server.manage("PATCH", path, json={"labels": ["b"], "disabled_until": None})
    assert changed.status_code == 200, changed.text
    expected = {**made, "labels": ["b"], "disabled_until": None}
    assert {**changed.json(), "searchable": True} == {**expected, "searchable": True}
    now = server.searchable(made["id"])
    assert now == {**changed.json(), "searchable": True}
    nothing = server.manage("PATCH", path, json={})
    assert nothing.json() == now


def test_a_reference_moves_unless_the_other_bank_holds_it(server: Running, bank: str) -> None:
    other = server.bank(next(NAMES))
    made = add(server, bank)
    path = f"/v1/references/{made['id']}"
    moved = server.manage("PATCH", path, json={"bank": other["name"], "note": "moved"}).json()
    assert (moved["bank"], moved["bank_id"]) == (other["name"], other["id"])
    assert moved["note"] == "moved"
    twin = add(server, bank, hashes=made["hashes"])
    clash = server.manage("PATCH", f"/v1/references/{twin['id']}", json={"bank": other["id"]})
    assert (clash.status_code, clash.json()["code"]) == (409, "conflict")
    nowhere = server.manage("PATCH", path, json={"bank": "no such"})
    assert (nowhere.status_code, nowhere.json()["field"]) == (404, "bank")


def test_a_deleted_reference_is_gone(server: Running, bank: str) -> None:
    made = add(server, bank)
    path = f"/v1/references/{made['id']}"
    assert server.manage("DELETE", path).json() == {"id": made["id"], "deleted": True}
    assert server.get(path).status_code == 404
    assert server.manage("DELETE", path).status_code == 404
    assert server.manage("PATCH", path, json={"note": "x"}).status_code == 404
    assert add(server, bank, hashes=made["hashes"])["id"] != made["id"]


def test_each_of_many_has_its_own_outcome(server: Running, bank: str, site_port: int) -> None:
    known = add(server, bank)
    url = f"http://127.0.0.1:{site_port}"
    sent = server.post(
        "/v1/references/batch",
        json={
            "bank": bank,
            "items": [
                {"hashes": hash_of(f"{bank} new"), "labels": ["x"]},
                {"hashes": known["hashes"]},
                {"hashes": {"md5": "zz"}},
                {"url": f"{url}/photo.jpg", "labels": ["web"], "name": "theirs"},
                {"url": f"{url}/song.m4a", "expires_at": "2999-01-01T00:00:00Z"},
                {"hashes": hash_of("ours"), "provenance": {"path": "/etc/passwd"}},
                {"url": f"{url}/nothing"},
                {},
            ],
        },
    )
    assert sent.status_code == 200, sent.text
    told = sent.json()
    assert [one["index"] for one in told["results"]] == list(range(8))
    statuses = [one["status"] for one in told["results"]]
    assert statuses == [201, 200, 422, 202, 202, 422, 202, 422]
    assert told["results"][0]["reference"]["labels"] == ["x"]
    assert told["results"][1]["reference"]["id"] == known["id"]
    wrong = told["results"][2]["error"]
    assert (wrong["code"], wrong["field"]) == ("invalid_request", "hashes.md5")
    job = server.over(told["job"]["id"])
    assert job["state"] == "done", job
    assert job["progress"] == {"total": 3, "done": 2, "known": 0, "failed": 1, "waiting": 0}
    every = server.get("/v1/references", params={"bank": bank}).json()["data"]
    [song] = [one for one in every if one["media_type"] == "audio"]
    assert song["expires_at"] == "2999-01-01T00:00:00.000Z"
    labelled = server.get("/v1/references", params={"bank": bank, "label": "web"}).json()
    [fetched] = labelled["data"]
    assert (fetched["name"], fetched["media_type"]) == ("theirs", "image")


def test_a_thousand_hashes_are_one_batch_and_more_are_none(server: Running, bank: str) -> None:
    items = [{"hashes": hash_of(f"{bank} {n}")} for n in range(1000)]
    told = server.post("/v1/references/batch", json={"bank": bank, "items": items}).json()
    assert {one["status"] for one in told["results"]} == {201}
    assert told["job"] is None
    again = server.post("/v1/references/batch", json={"bank": bank, "items": items}).json()
    assert {one["status"] for one in again["results"]} == {200}
    more = server.post("/v1/references/batch", json={"bank": bank, "items": [*items, items[0]]})
    assert (more.status_code, more.json()["field"]) == (422, "items")
    none = server.post("/v1/references/batch", json={"bank": bank, "items": []})
    assert none.status_code == 422


def test_one_hash_twice_in_a_batch_is_added_once(server: Running, bank: str) -> None:
    twice = [{"hashes": hash_of(bank)}] * 2
    told = server.post("/v1/references/batch", json={"bank": bank, "items": twice}).json()
    assert [one["status"] for one in told["results"]] == [201, 200]
    assert server.get(f"/v1/banks/{bank}").json()["references"] == 1


def test_a_mirrored_copy_is_another_reference(server: Running, bank: str) -> None:
    original = (SAMPLES / "photo.jpg").read_bytes()
    mirrored = encoded(ImageOps.mirror(Image.open(SAMPLES / "photo.jpg")))
    for file in (original, mirrored):
        made = server.post("/v1/references", files={"file": file}, data={"bank": bank})
        assert made.status_code == 201
