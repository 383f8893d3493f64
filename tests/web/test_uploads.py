"""Uploads over HTTP: what is submitted, what is answered, and what is listed of it."""

import json
from typing import Any

import pytest
from tests.web.desking import Office, copy, every, refused
from tests.web.serving import SAMPLES, Running, encoded, picture

from reseen.domain.access import Role


def test_what_matches_nothing_passes_and_is_told_whole(office: Office) -> None:
    seed = office.seed()
    told = office.upload(seed, metadata='{"language": "en"}', reach="7")
    assert told["id"].startswith("upl_")
    assert told["received_at"].endswith("Z")
    same = {name: told[name] for name in ("id", "received_at", "reference_id", "cluster_id")}
    assert told == {
        **same,
        "content_id": f"post-{seed}-0",
        "account_id": f"user-{seed}-0",
        "metadata": {"language": "en"},
        "reach": 7,
        "state": "done",
        "action": "pass",
        "ruled": "pass",
        "reasons": [],
        "decision_id": None,
        "media_kept": False,  # what passes opens no case, so that nobody has to look at it
    }
    assert office.again(told) == told


def test_every_reason_says_which_reference_and_which_rule(office: Office) -> None:
    (told,) = office.reported()
    reason = told["reasons"][0]
    assert (reason["role"], reason["confidence"], reason["regime"]) == ("known", "high", "still")
    assert reason["action"] == reason["asked"] == told["ruled"] == "review"
    assert reason["rule"].endswith("high confidence: review")
    assert reason["similarity_score"] > 0.9
    assert reason["matched_segments"][0]["channel"] == "visual"


def test_a_bank_that_removes_removes(office: Office) -> None:
    seed = office.seed()
    office.known(seed, policy={"high": "remove", "medium": "review", "low": "pass"})
    told = office.upload(seed, 2)
    assert (told["action"], told["ruled"]) == ("remove", "remove")


def test_an_upload_by_its_address_is_fetched(office: Office, site_port: int) -> None:
    url = f"http://127.0.0.1:{site_port}/photo.jpg"
    body = {"content_id": "by-address", "account_id": "user-1", "url": url}
    by_url = office.server.post("/v1/uploads", json=body)
    assert by_url.status_code == 201, by_url.text
    body["content_id"] = "by-file"
    by_file = office.server.post(
        "/v1/uploads",
        files={"file": ("photo.jpg", (SAMPLES / "photo.jpg").read_bytes())},
        data={"content_id": "by-file", "account_id": "user-2"},
    )
    assert by_file.json()["reference_id"] == by_url.json()["reference_id"]
    assert office.cluster(by_url.json())["accounts"] == 2


def test_sent_again_with_the_same_file_the_answer_is_the_same(office: Office) -> None:
    seed = office.seed()
    first = office.send(seed)
    assert office.send(seed).json() == first.json()
    other = office.send(seed, 3, content_id=f"post-{seed}-0")
    assert "another file" in refused(other, 409, "conflict", "content_id")


def test_an_upload_with_a_key_is_answered_once(office: Office) -> None:
    seed = office.seed()
    said = {"content_id": f"keyed-{seed}", "account_id": "user-1"}

    def send(number: int) -> Any:
        return office.server.post(
            "/v1/uploads",
            files={"file": ("a.png", copy(seed, number))},
            data=said,
            headers={"Idempotency-Key": f"upload-{seed}"},
        )

    first, again = send(0), send(0)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    refused(send(2), 409, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"account_id": "a", "url": "http://a.example/"}, 422, "content_id"),
        ({"content_id": " ", "account_id": "a", "url": "http://a.example/"}, 422, "content_id"),
        ({"content_id": "a", "account_id": "x" * 201, "url": "http://a"}, 422, "account_id"),
        ({"content_id": "a", "account_id": "a", "reach": -1, "url": "http://a"}, 422, "reach"),
        ({"content_id": "a", "account_id": "a"}, 422, "url"),
        ({"content_id": "a", "account_id": "a", "urls": "http://a"}, 400, "urls"),
        ({"content_id": "a", "account_id": "a", "metadata": [1], "url": "http://a"}, 422, None),
    ],
)
def test_a_malformed_upload_is_refused(
    office: Office, body: dict[str, Any], status: int, field: str | None
) -> None:
    refused(office.server.post("/v1/uploads", json=body), status, "invalid_request", field)


def test_an_upload_that_cannot_be_read_changes_nothing(office: Office) -> None:
    said = {"content_id": "broken", "account_id": "user-1"}
    broken = office.server.post(
        "/v1/uploads", files={"file": ("a.jpg", b"\xff\xd8\xff not a picture")}, data=said
    )
    refused(broken, 422, "media_unreadable", "file")
    body = {**said, "url": "http://10.0.0.1/"}
    refused(office.server.post("/v1/uploads", json=body), 422, "url_not_allowed", "url")
    both = office.server.post(
        "/v1/uploads",
        files={"file": ("a.png", encoded(picture(1)))},
        data={**said, "url": "http://a.example/"},
    )
    refused(both, 400, "invalid_request")
    listed = office.read("/v1/uploads", account="user-1", limit=1000)["data"]
    assert "broken" not in {one["content_id"] for one in listed}


def test_lists_are_by_cluster_account_and_action_newest_first(office: Office) -> None:
    made = office.reported(copies=(1, 2, 3))
    account = {"account": made[0]["account_id"]}
    assert [one["id"] for one in every(office, "/v1/uploads", **account)] == [made[0]["id"]]
    cluster = made[0]["cluster_id"]
    listed = every(office, "/v1/uploads", cluster=cluster)
    assert [one["id"] for one in listed] == [one["id"] for one in reversed(made)]
    assert every(office, "/v1/uploads", cluster=cluster, action="remove") == []
    assert len(every(office, "/v1/uploads", cluster=cluster, action="review")) == 3
    for query, status, field in (
        ("cursor=none", 422, "cursor"),
        ("action=burn", 422, "action"),
        ("acount=a", 400, "acount"),
        ("limit=0", 422, "limit"),
    ):
        refused(office.server.get(f"/v1/uploads?{query}"), status, "invalid_request", field)
    refused(office.server.get("/v1/uploads?cluster=clu_none"), 404, "not_found")
    refused(office.server.get("/v1/uploads/upl_none"), 404, "not_found")


def test_a_reviewer_reads_uploads_and_submits_none(office: Office) -> None:
    told = office.upload(office.seed())
    assert office.read(f"/v1/uploads/{told['id']}", office.ann) == told
    body = {"content_id": "mine", "account_id": "a", "url": "http://a.example/"}
    refused(office.act("/v1/uploads", json=body), 403, "forbidden")


def test_metadata_is_any_object_and_comes_back(office: Office) -> None:
    deep = {"n": [1, None, {"ä": "\u2028"}], "x": 1.5}
    told = office.upload(office.seed(), metadata=json.dumps(deep))
    assert office.again(told)["metadata"] == deep
    large = json.dumps({"a": "x" * 200_000})
    sent = office.send(office.seed(), metadata=large)
    assert sent.status_code in {413, 422}


def test_an_admin_submits_as_well(server: Running) -> None:
    owner = server.keys.create(Role.OWNER).secret
    body = {"content_id": "owned", "account_id": "a", "url": "http://10.0.0.1/"}
    refused(server.post("/v1/uploads", key=owner, json=body), 422, "url_not_allowed", "url")
