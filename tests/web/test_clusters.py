"""Clusters over HTTP: read, linked, split, merged, pinned, and each of it taken back."""

from io import BytesIO
from typing import Any

import av
import httpx
import pytest
from PIL import Image
from tests.web.desking import Office, every, refused
from tests.web.serving import SAMPLES, encoded


def split(
    office: Office, cluster: dict[str, Any], *uploads: dict[str, Any], **more: Any
) -> httpx.Response:
    members = [one["reference_id"] for one in uploads]
    body = {"version": cluster["version"], "members": members, "reason": "Another scene."}
    return office.act(f"/v1/clusters/{cluster['id']}/split", json=body, **more)


def merge(office: Office, *clusters: dict[str, Any], **more: Any) -> httpx.Response:
    named = [{"id": one["id"], "version": one["version"]} for one in clusters]
    return office.act("/v1/clusters/merge", json={"clusters": named}, **more)


def pin(office: Office, cluster: dict[str, Any], reference_id: str, **more: Any) -> httpx.Response:
    body = {"version": cluster["version"], "reference_id": reference_id}
    return office.act(f"/v1/clusters/{cluster['id']}/pins", json=body, **more)


def test_a_cluster_is_told_whole(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    told = office.cluster(first)
    same = {name: told[name] for name in ("id", "version", "case_id", "last_upload_at")}
    stands = told["representative"]
    assert stands in [
        {"reference_id": one["reference_id"], "upload_id": one["id"]} for one in (first, second)
    ]
    assert told == {
        **same,
        "representative": stands,
        "members": 3,
        "uploads": 2,
        "accounts": 2,
        "reach": 0,
        "opened_at": first["received_at"],
        "bursting_since": None,
        "decision_id": None,
    }
    assert told["last_upload_at"] >= second["received_at"]
    assert office.case(first)["cluster_id"] == told["id"]


def test_members_are_listed_with_what_ties_them(office: Office) -> None:
    uploads = office.reported(copies=(1, 2))
    path = f"/v1/clusters/{uploads[0]['cluster_id']}/members"
    members = every(office, path)
    assert len(members) == 3
    by_reference = {one["reference_id"]: one for one in members}
    for upload in uploads:
        member = by_reference.pop(upload["reference_id"])
        assert member["score"] > 0.9
        assert (member["medium"], member["uploads"]) == ("image", 1)
        assert (member["pinned"], member["is_upload"]) == (False, True)
    (harm,) = by_reference.values()
    assert (harm["is_upload"], harm["uploads"]) == (False, 0)
    refused(office.server.get(f"{path}?cursor=x"), 422, "invalid_request", "cursor")


def test_clusters_are_listed_last_upload_first(office: Office) -> None:
    made = [office.upload(office.seed()) for _ in range(3)]
    ids = [one["cluster_id"] for one in made]
    page = office.read("/v1/clusters", limit=3)
    assert [one["id"] for one in page["data"]] == ids[::-1]
    assert "upload_id" not in page["data"][0]["representative"]
    assert office.read("/v1/clusters", limit=3, cursor=page["next_cursor"])["data"][0] != made[0]
    assert office.read("/v1/clusters", bursting="true")["data"] == []
    for query, status, field in (
        ("cursor=clu_none", 422, "cursor"),
        ("bursting=maybe", 422, "bursting"),
        ("burst=true", 400, "burst"),
    ):
        refused(office.server.get(f"/v1/clusters?{query}"), status, "invalid_request", field)


def test_a_still_of_a_film_is_linked_to_it_and_stays_another(office: Office) -> None:
    film = (SAMPLES / "film.mp4").read_bytes()
    with av.open(BytesIO(film), "r") as container:
        frames = list(container.decode(video=0))
    still = encoded(Image.fromarray(frames[len(frames) // 2].to_ndarray(format="rgb24")))
    seed = office.seed()
    made = []
    for name, file in (("film", film), ("still", still)):
        said = {"content_id": f"{name}-{seed}", "account_id": "user-1"}
        sent = {"file": (name, file)}
        made.append(office.server.post("/v1/uploads", files=sent, data=said).json())
    for one, other in (made, made[::-1]):
        (link,) = every(office, f"/v1/clusters/{one['cluster_id']}/links")
        assert link["cluster_id"] == other["cluster_id"] != one["cluster_id"]
        assert (link["tie"], link["channel"]) == ("across", "visual")
        assert link["meaning"] == "one is a still of the other"
        assert link["similarity_score"] > 0.9


def test_a_split_is_audited_told_of_and_taken_back(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    decision = office.decided(first)
    before = office.cluster(first)
    done = split(office, before, second)
    assert done.status_code == 201, done.text
    left, new = done.json()["left"], done.json()["new"]
    assert (left["id"], left["decision_id"]) == (before["id"], decision["id"])
    assert (new["members"], new["decision_id"]) == (1, None)
    assert new["representative"]["upload_id"] == second["id"]
    gone = office.again(second)
    assert (gone["action"], gone["decision_id"], gone["cluster_id"]) == ("remove", None, new["id"])
    assert office.case(second)["state"] == "open"
    assert office.case(first)["state"] == "decided"
    refused(split(office, before, second), 409, "conflict", "version")

    (word,) = every(office, f"/v1/clusters/{new['id']}/words")
    assert word["holds"] is True
    assert second["reference_id"] in word["apart"][0].values()
    path = f"/v1/clusters/{before['id']}/words/{word['id']}"
    back = office.server.ask("DELETE", path, key=office.bob)
    assert back.status_code == 200, back.text
    assert [one["id"] for one in back.json()["clusters"]] == [before["id"]]
    assert office.again(second)["decision_id"] == decision["id"]
    assert office.case(second)["state"] == "decided"
    merged = office.read(f"/v1/clusters/{new['id']}")
    assert merged["id"] == before["id"]
    listed = office.read("/v1/uploads", cluster=new["id"])["data"]
    assert {one["id"] for one in listed} == {first["id"], second["id"]}
    (held,) = office.read("/v1/decisions", cluster=new["id"])["data"]
    assert held["id"] == decision["id"]
    refused(office.server.ask("DELETE", path, key=office.bob), 404, "not_found")


def test_a_merge_holds_and_a_stale_one_is_refused(office: Office) -> None:
    uploads = [office.upload(office.seed()) for _ in range(2)]
    one, other = (office.cluster(upload) for upload in uploads)
    refused(merge(office, one, {**other, "version": 9}), 409, "conflict", "version")
    merged = merge(office, one, other)
    assert merged.status_code == 200, merged.text
    assert (merged.json()["id"], merged.json()["members"]) == (one["id"], 2)
    assert office.again(uploads[1])["cluster_id"] == one["id"]
    third = office.cluster(office.upload(office.seed()))
    assert one["id"] in refused(merge(office, third, other), 409, "conflict", "version")
    (word,) = every(office, f"/v1/clusters/{one['id']}/words")
    assert (word["apart"], word["pairs"]) == ([], 1)
    pair = {word["together"][0]["one"], word["together"][0]["other"]}
    assert pair == {upload["reference_id"] for upload in uploads}
    path = f"/v1/clusters/{one['id']}/words/{word['id']}"
    back = office.server.ask("DELETE", path, key=office.ann).json()
    assert len(back["clusters"]) == 2
    assert office.again(uploads[1])["cluster_id"] != one["id"]


def test_where_decisions_differ_a_merge_asks_somebody(office: Office) -> None:
    (harmful,), (fine,) = office.reported(), office.reported()
    office.decided(harmful)
    office.decided(fine, verdict="no_action")
    merged = merge(office, office.cluster(harmful), office.cluster(fine)).json()
    case = office.read(f"/v1/cases/{merged['case_id']}")
    assert case["state"] == "open"
    assert case["why"] == "clusters with different decisions became one"
    assert [office.again(one)["action"] for one in (harmful, fine)] == ["remove", "pass"]


def test_a_member_is_pinned_and_unpinned(office: Office) -> None:
    uploads = [office.upload(office.seed()) for _ in range(2)]
    target = office.cluster(uploads[0])
    pinned = pin(office, target, uploads[1]["reference_id"])
    assert pinned.status_code == 200, pinned.text
    assert (pinned.json()["id"], pinned.json()["members"]) == (target["id"], 2)
    members = every(office, f"/v1/clusters/{target['id']}/members")
    assert [one["pinned"] for one in members] == [True, True]
    assert [one["score"] for one in members] == [None, None]
    refused(pin(office, target, uploads[1]["reference_id"]), 409, "conflict", "version")
    (word,) = every(office, f"/v1/clusters/{target['id']}/words")
    path = f"/v1/clusters/{target['id']}/words/{word['id']}"
    assert office.server.ask("DELETE", path, key=office.ann).status_code == 200
    assert office.cluster(uploads[0])["members"] == 1


def test_a_word_that_is_sent_twice_is_said_once(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    before = office.cluster(first)
    key = {"Idempotency-Key": f"split-{before['id']}"}
    done, again = (split(office, before, second, headers=key) for _ in range(2))
    assert done.status_code == 201
    assert again.content == done.content
    assert again.headers["Idempotent-Replayed"] == "true"
    refused(split(office, before, first, headers=key), 409, "idempotency_mismatch")
    assert len(every(office, f"/v1/clusters/{before['id']}/words")) == 1


def test_what_is_not_there_is_not_found(office: Office) -> None:
    gone = {"id": "clu_none", "version": 1}
    upload = office.upload(office.seed())
    cluster = office.cluster(upload)
    for path in ("", "/members", "/links", "/words"):
        refused(office.server.get(f"/v1/clusters/clu_none{path}"), 404, "not_found")
    refused(split(office, gone, upload), 404, "not_found")
    refused(merge(office, cluster, gone), 404, "not_found")
    refused(pin(office, gone, upload["reference_id"]), 404, "not_found")
    path = f"/v1/clusters/{cluster['id']}/words/wrd_1_key"
    refused(office.server.ask("DELETE", path, key=office.ann), 404, "not_found")


def test_what_cannot_be_meant_is_refused(office: Office) -> None:
    upload, other = office.upload(office.seed()), office.upload(office.seed())
    cluster = office.cluster(upload)
    base = f"/v1/clusters/{cluster['id']}"
    said: list[tuple[str, dict[str, Any], int, str]] = [
        ("split", {"version": 1, "members": []}, 422, "members"),
        ("split", {"version": 1, "members": ["x"]}, 422, "members"),
        ("split", {"version": 1, "members": [other["reference_id"]]}, 422, "members"),
        ("split", {"version": 1, "members": [upload["reference_id"]]}, 422, "members"),
        ("split", {"version": "1", "members": ["x"]}, 422, "version"),
        ("split", {"members": ["x"]}, 422, "version"),
        ("split", {"version": 1, "member": ["x"]}, 400, "member"),
        ("pins", {"version": 1, "reference_id": "x"}, 422, "reference_id"),
        ("pins", {"version": 1, "reference_id": "ref_00ffffffff"}, 422, "reference_id"),
        ("representative", {"version": 1, "reference_id": "x"}, 422, "reference_id"),
        ("representative", {"version": 1, "reference_id": "ref_00ffffffff"}, 422, "reference_id"),
        ("pins", {"version": 1, "reference_id": upload["reference_id"]}, 422, "reference_id"),
    ]
    for what, body, status, field in said:
        refused(office.act(f"{base}/{what}", json=body), status, "invalid_request", field)
    refused(merge(office, cluster), 422, "invalid_request", "clusters")
    refused(merge(office, cluster, cluster), 422, "invalid_request", "clusters")


@pytest.mark.parametrize("what", ["split", "merge", "pins", "representative", "words"])
def test_only_who_reviews_may_say_something(office: Office, what: str) -> None:
    path = "/v1/clusters/merge" if what == "merge" else f"/v1/clusters/clu_none/{what}"
    method = "POST"
    if what == "words":
        method, path = "DELETE", f"{path}/wrd_1"
    refused(office.server.ask(method, path, json={}), 403, "forbidden")


def test_a_representative_is_chosen_and_the_choice_taken_back(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    before = office.cluster(first)
    stands = before["representative"]["reference_id"]
    other = next(one for one in (first, second) if one["reference_id"] != stands)
    path = f"/v1/clusters/{before['id']}"
    body = {"version": before["version"], "reference_id": other["reference_id"], "reason": "Whole."}
    chosen = office.act(f"{path}/representative", json=body)
    assert chosen.status_code == 200, chosen.text
    told = {"reference_id": other["reference_id"], "upload_id": other["id"]}
    assert chosen.json()["representative"] == told
    refused(office.act(f"{path}/representative", json=body), 409, "conflict", "version")
    (word,) = every(office, f"{path}/words")
    assert (word["stands"], word["pairs"]) == (other["reference_id"], 0)
    office.server.ask("DELETE", f"{path}/words/{word['id']}", key=office.bob)
    assert office.cluster(first)["representative"]["reference_id"] == stands
