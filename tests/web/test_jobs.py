"""Jobs over HTTP: lists that are ingested, how far they are, what failed; cancelled."""

import json
import threading
from itertools import count
from typing import Any

import pytest
from tests.web.serving import SAMPLES, Running, hash_of

NAMES = (f"listed {number}" for number in count())


@pytest.fixture
def bank(server: Running) -> str:
    """The name of a new bank."""
    return str(server.bank(next(NAMES))["name"])


def start(server: Running, **body: Any) -> dict[str, Any]:
    begun = server.post("/v1/jobs", json=body)
    assert begun.status_code == 202, begun.text
    answer: dict[str, Any] = begun.json()
    return answer


def send_list(server: Running, bank: str, text: str, name: str = "list.csv") -> dict[str, Any]:
    form = {"kind": "ingest", "bank": bank}
    begun = server.post("/v1/jobs", files={"file": (name, text.encode())}, data=form)
    assert begun.status_code == 202, begun.text
    answer: dict[str, Any] = begun.json()
    return answer


def test_addresses_are_ingested_and_what_failed_is_told(
    server: Running, bank: str, site_port: int
) -> None:
    site = f"http://127.0.0.1:{site_port}"
    urls = [f"{site}/photo.jpg", f"{site}/nothing", f"{site}/photo.jpg", "http://10.0.0.1/"]
    job = start(server, kind="ingest", bank=bank, urls=urls)
    assert job["kind"] == "ingest"
    assert job["request"] == {"bank": server.get(f"/v1/banks/{bank}").json()["id"]}
    over = server.over(job["id"])
    assert (over["state"], over["error"]) == ("done", None)
    assert over["progress"] == {"total": 4, "done": 1, "known": 1, "failed": 2, "waiting": 0}
    items = server.get(f"/v1/jobs/{job['id']}/items").json()["data"]
    assert [item["number"] for item in items] == [0, 1, 2, 3]
    assert [item["given"]["url"] for item in items] == urls
    assert items[0]["reference_id"] == items[2]["reference_id"]
    failed = server.get(f"/v1/jobs/{job['id']}/items", params={"state": "failed"}).json()["data"]
    assert [item["number"] for item in failed] == [1, 3]
    assert [item["error"]["code"] for item in failed] == ["fetch_failed", "url_not_allowed"]
    page = server.get(f"/v1/jobs/{job['id']}/items", params={"limit": 3}).json()
    rest = {"limit": 3, "cursor": page["next_cursor"]}
    assert len(server.get(f"/v1/jobs/{job['id']}/items", params=rest).json()["data"]) == 1


def test_a_list_of_hashes_is_ingested(server: Running, bank: str) -> None:
    rows = [hash_of(f"{bank} {n}")["sha256"] for n in range(3)]
    text = "sha256,labels,note\n" + "\n".join(f"{row},a;b,n" for row in rows) + "\nzz,,\n"
    job = server.over(send_list(server, bank, text)["id"])
    assert job["progress"] == {"total": 4, "done": 3, "known": 0, "failed": 1, "waiting": 0}
    held = server.get("/v1/references", params={"bank": bank, "label": "a"}).json()["data"]
    assert len(held) == 3
    assert {one["name"] for one in held} == {f"list.csv, line {n}" for n in (2, 3, 4)}
    assert held[0]["note"] == "n"
    [wrong] = server.get(f"/v1/jobs/{job['id']}/items", params={"state": "failed"}).json()["data"]
    assert wrong["error"]["code"] == "invalid_request"
    assert wrong["given"]["name"] == "list.csv, line 5"
    assert str(server.scratch) not in json.dumps([wrong, held])


def test_json_lines_and_addresses_are_lists_as_well(
    server: Running, bank: str, site_port: int
) -> None:
    lines = json.dumps({**hash_of(bank), "name": "mine", "provenance": {"a": 1}})
    job = server.over(send_list(server, bank, lines, "x.jsonl")["id"])
    assert job["progress"]["done"] == 1
    urls = f"# ours\nhttp://127.0.0.1:{site_port}/photo.jpg\n"
    job = server.over(send_list(server, bank, urls, "urls.txt")["id"])
    assert job["progress"]["done"] == 1
    names = [one["name"] for one in server.get(f"/v1/references?bank={bank}").json()["data"]]
    assert names == [f"http://127.0.0.1:{site_port}/photo.jpg", "mine"]


def test_a_list_cannot_name_files_of_the_server(server: Running, bank: str) -> None:
    text = '{"path": "/etc/hostname"}\n/etc/hostname\n{"url": "file:///etc/hostname"}\n'
    job = server.over(send_list(server, bank, text)["id"])
    assert (job["progress"]["failed"], job["progress"]["total"]) == (3, 3)
    assert server.get(f"/v1/banks/{bank}").json()["references"] == 0


def test_a_file_that_is_no_list_is_refused(server: Running, bank: str) -> None:
    form = {"kind": "ingest", "bank": bank}
    for content in (b"\x89PNG\r\n\x1a\n" + bytes(100), b"", bytes(50)):
        refused = server.post("/v1/jobs", files={"file": content}, data=form)
        assert (refused.status_code, refused.json()["field"]) == (415, "file")
    none = server.post("/v1/jobs", files={"kind": (None, "ingest"), "bank": (None, bank)})
    assert (none.status_code, none.json()["field"]) == (422, "file")


def test_uploads_are_held_against_a_new_reference(server: Running, bank: str) -> None:
    seen = server.bank(next(NAMES), role="seen")["name"]
    photo, copy = ((SAMPLES / name).read_bytes() for name in ("photo.jpg", "photo-disguised.jpg"))
    form = {"bank": seen, "name": "upload 9", "provenance": '{"account": 7}'}
    upload = server.post("/v1/references", files={"file": copy}, data=form).json()["id"]
    held = server.post("/v1/references", files={"file": photo}, data={"bank": bank}).json()["id"]
    sent = {"kind": "retroactive_match", "reference_id": held, "window_s": 3600}
    begun = server.manage("POST", "/v1/jobs", json=sent)
    over = server.over(begun.json()["id"])
    assert (over["state"], over["error"]) == ("done", None)
    found = [one for one in over["result"]["matches"] if one["upload_id"] == upload]
    assert [(one["upload"], one["match"]) for one in found] == [("upload 9", True)]
    assert found[0]["provenance"] == {"account": 7}


def test_references_are_looked_at_again_where_their_version_is_another(
    server: Running, bank: str
) -> None:
    photo = (SAMPLES / "photo.jpg").read_bytes()
    held = server.post("/v1/references", files={"file": photo}, data={"bank": bank}).json()["id"]
    begun = server.manage("POST", "/v1/jobs", json={"kind": "reingest", "bank": bank})
    assert begun.status_code == 202, begun.text
    over = server.over(begun.json()["id"])
    assert over["progress"] == {"total": 1, "done": 0, "known": 1, "failed": 0, "waiting": 0}
    items = server.get(f"/v1/jobs/{over['id']}/items").json()["data"]
    assert [item["reference_id"] for item in items] == [held]


def test_thresholds_are_tried_on_the_searches_of_the_past(server: Running, bank: str) -> None:
    photo, copy = ((SAMPLES / name).read_bytes() for name in ("photo.jpg", "photo-disguised.jpg"))
    server.post("/v1/references", files={"file": photo}, data={"bank": bank})
    server.post("/v1/search", files={"file": copy}, data={"banks": bank})
    impossible = {"low": 1.0, "medium": 1.0, "high": 1.0}
    sent = {
        "kind": "backtest",
        "bank": bank,
        "thresholds": {"still": impossible},
        "since": "2020-01-01T00:00:00Z",
    }
    for _ in range(50):  # scores are kept beside the answers
        over = server.over(server.manage("POST", "/v1/jobs", json=sent).json()["id"])
        assert over["state"] == "done", over
        if over["result"]["days"]:
            break
    assert (over["result"]["lost"], over["result"]["gained"]) == (1, 0)


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"kind": "retroactive_match", "window_s": 5}, 422, "reference_id"),
        (
            {"kind": "retroactive_match", "ingest_job_id": "job_0", "window_s": 5},
            404,
            "ingest_job_id",
        ),
        ({"kind": "reingest", "bank": "no such"}, 404, "bank"),
        ({"kind": "sing"}, 422, "kind"),
        ({"kind": ["ingest"]}, 422, "kind"),
        ({"kind": {"ingest": 1}}, 422, "kind"),
        ({}, 422, "kind"),
        ([], 422, "kind"),
        ({"kind": "ingest", "bank": "no such", "urls": ["http://a.example/"]}, 404, "bank"),
        ({"kind": "ingest", "bank": "b", "urls": []}, 422, "urls"),
        ({"kind": "ingest", "bank": "b", "urls": [""]}, 422, "urls.0"),
        ({"kind": "ingest", "bank": "b", "paths": ["/etc/passwd"]}, 400, "paths"),
        (
            {"kind": "retroactive_match", "reference_id": "ref_0", "window_s": 5},
            404,
            "reference_id",
        ),
        ({"kind": "retroactive_match", "reference_id": "ref_0", "window_s": 0}, 422, "window_s"),
        (
            {"kind": "backtest", "bank": "b", "since": "2026-01-01T00:00:00Z", "thresholds": {}},
            422,
            "thresholds",
        ),
        ({"kind": "backtest", "bank": "b", "since": "yesterday", "thresholds": {}}, 422, None),
    ],
)
def test_a_wrong_job_is_refused(
    server: Running, sent: object, status: int, field: str | None
) -> None:
    refused = server.manage("POST", "/v1/jobs", json=sent)
    assert refused.status_code == status, refused.text
    assert field is None or refused.json()["field"] == field


def test_a_job_is_cancelled_once(server: Running, bank: str, site_port: int) -> None:
    urls = [f"http://127.0.0.1:{site_port}/slow?{n}" for n in range(40)]
    job = start(server, kind="ingest", bank=bank, urls=urls)
    path = f"/v1/jobs/{job['id']}"
    cancelled = server.manage("POST", f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = server.manage("POST", f"{path}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert server.get(path).json()["state"] == "cancelled"


def test_jobs_are_listed_newest_first(server: Running, bank: str) -> None:
    ids = [
        start(server, kind="ingest", bank=bank, urls=["http://10.0.0.1/"])["id"] for _ in range(3)
    ]
    listed = server.get("/v1/jobs", params={"limit": 2}).json()
    assert [job["id"] for job in listed["data"]] == ids[:0:-1]
    rest = server.get("/v1/jobs", params={"limit": 1, "cursor": listed["next_cursor"]}).json()
    assert rest["data"][0]["id"] == ids[0]
    assert server.get("/v1/jobs", params={"cursor": "x"}).status_code == 422


def test_a_job_of_a_kind_is_kept_as_it_was_asked(server: Running, bank: str) -> None:
    sent = {"bank": bank, "hashes": hash_of(bank)}
    held = server.post("/v1/references", json=sent).json()["id"]
    cuts = {"low": 0.1, "medium": 0.2, "high": 0.3}
    since = "2026-01-01T00:00:00.000Z"
    asked = [
        {"kind": "retroactive_match", "reference_id": held, "window_s": 60.0},
        {"kind": "backtest", "bank": bank, "thresholds": {"still": cuts}, "since": since},
    ]
    for body in asked:
        begun = server.manage("POST", "/v1/jobs", json=body)
        assert begun.status_code == 202, begun.text
        told = begun.json()["request"]
        body.pop("kind")
        if "bank" in body:
            body["bank"] = server.get(f"/v1/banks/{bank}").json()["id"]
        assert told == body


def test_the_same_list_sent_twice_at_once_adds_each_once(server: Running, bank: str) -> None:
    text = "\n".join(f"sha256:{hash_of(f'{bank} {n}')['sha256']}" for n in range(50))
    jobs: list[str] = []
    threads = [
        threading.Thread(target=lambda: jobs.append(send_list(server, bank, text)["id"]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    progress = [server.over(job)["progress"] for job in jobs]
    assert sum(one["done"] for one in progress) == 50
    assert sum(one["known"] for one in progress) == 50
