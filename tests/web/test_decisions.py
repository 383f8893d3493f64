"""Decisions and appeals over HTTP: agreed to, taken back, looked at again."""

from typing import Any

import httpx
import pytest
from tests.web.desking import Office, copy, every, refused
from tests.web.serving import Running


def post(office: Office, path: str, key: str | None = None, **body: Any) -> httpx.Response:
    return office.act(f"/v1/{path}", key, json=body)


def proposed(office: Office, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An upload, and what Ann proposes of it, where a second person must agree."""
    seed = office.seed()
    office.two_people(office.known(seed))
    upload = office.upload(seed, 1)
    assert office.case(upload)["two_person"] is True
    return upload, office.decided(upload, **said)


def appealed(office: Office) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An upload, the decision of Ann, and an appeal."""
    (upload,) = office.reported()
    decision = office.decided(upload)
    sent = {"upload_id": upload["id"], "reason": "It is my own."}
    made = post(office, "appeals", office.server.key, **sent)
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return upload, decision, told


def answer(office: Office, appeal: dict[str, Any], state: str, key: str) -> httpx.Response:
    return post(office, f"appeals/{appeal['id']}/answer", key, state=state, answer="Looked at.")


def test_a_decision_is_told_with_who_made_it_and_what_followed(office: Office) -> None:
    (upload,) = office.reported()
    made = office.decided(upload)
    told = office.read(f"/v1/decisions/{made['id']}", office.server.key)
    assert told == made
    assert (told["case_id"], told["cluster_id"]) == (
        office.case(upload)["id"],
        upload["cluster_id"],
    )
    assert (told["approved_by"], told["ended_by"], told["end_reason"]) == (None, None, "")
    (listed,) = every(office, "/v1/decisions", cluster=upload["cluster_id"])
    assert listed == {name: told[name] for name in told if name != "consequences"}
    newest = office.read("/v1/decisions", state="in_force", limit=1)["data"]
    assert newest == [listed]
    refused(office.server.get("/v1/decisions/dec_none"), 404, "not_found")
    refused(office.server.get("/v1/decisions?cluster=clu_none"), 404, "not_found")
    for query, status, field in (
        ("cursor=dec_none", 422, "cursor"),
        ("state=lost", 422, "state"),
        ("case=cas_1", 400, "case"),
    ):
        refused(office.server.get(f"/v1/decisions?{query}"), status, "invalid_request", field)


def test_undo_tells_what_became_of_each_consequence(office: Office) -> None:
    uploads = office.reported(copies=(1, 2))
    made = office.decided(uploads[0])
    undone = post(office, f"decisions/{made['id']}/undo", office.bob, reason="A film scene.")
    assert undone.status_code == 200, undone.text
    told = undone.json()
    assert (told["state"], told["end_reason"]) == ("undone", "A film scene.")
    assert told["ended_by"] != told["by"]
    assert {one["state"] for one in told["consequences"]} == {"reversed"}
    assert office.read(f"/v1/decisions/{made['id']}") == told
    (reference,) = [o["subject"] for o in told["consequences"] if o["kind"] == "reference"]
    refused(office.server.get(f"/v1/references/{reference}"), 404, "not_found")
    for upload in uploads:
        now = office.again(upload)
        assert (now["action"], now["decision_id"]) == ("review", None)
    case = office.case(uploads[0])
    assert (case["state"], case["decision_id"], case["lease"]) == ("open", None, None)
    again = post(office, f"decisions/{made['id']}/undo", office.bob, reason="Again.")
    assert "undone" in refused(again, 409, "conflict")


def test_undo_says_what_cannot_be_reversed_and_leaves_it(office: Office) -> None:
    (upload,) = office.reported()
    seed = int(upload["content_id"].split("-")[1])
    bank = office.server.bank(f"held before {seed}", role="recent")["name"]
    sent = {"file": ("same.jpg", copy(seed, 1))}
    held = office.server.post("/v1/references", files=sent, data={"bank": bank}).json()
    made = office.decided(upload, bank=bank)
    told = post(office, f"decisions/{made['id']}/undo", reason="A mistake.").json()
    states = {
        one["kind"]: (one["subject"], one["state"], one["note"]) for one in told["consequences"]
    }
    note = "The bank held it before the decision."
    assert states["reference"] == (held["id"], "irreversible", note)
    assert states["action"] == (upload["id"], "reversed", "")
    assert office.read(f"/v1/references/{held['id']}")["bank"] == bank


def test_a_second_person_agrees_before_anything_follows(office: Office) -> None:
    upload, made = proposed(office)
    assert (made["state"], made["consequences"]) == ("proposed", [])
    assert office.again(upload)["action"] == "review"
    path = f"decisions/{made['id']}/approve"
    refused(post(office, path, office.ann), 403, "forbidden")
    agreed = post(office, path, office.bob)
    assert agreed.status_code == 200, agreed.text
    told = agreed.json()
    assert told["state"] == "in_force"
    assert told["approved_by"] not in {None, told["by"]}
    assert {one["kind"] for one in told["consequences"]} == {"action", "event", "reference"}
    assert office.again(upload)["action"] == "remove"
    assert office.case(upload)["state"] == "decided"
    refused(post(office, path, office.server.admin), 409, "conflict", "decision_id")
    refused(post(office, "decisions/dec_none/approve"), 404, "not_found")


def test_a_second_person_may_disagree(office: Office) -> None:
    upload, made = proposed(office)
    path = f"decisions/{made['id']}/decline"
    refused(post(office, path, office.ann, reason="I was wrong."), 403, "forbidden")
    refused(post(office, path, office.bob), 422, "invalid_request", "reason")
    declined = post(office, path, office.bob, reason="It is news.")
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    assert declined.json()["end_reason"] == "It is news."
    assert office.again(upload)["action"] == "review"
    case = office.case(upload)
    assert (case["state"], case["decision_id"]) == ("open", None)
    refused(post(office, path, office.bob, reason="Again."), 409, "conflict")
    refused(post(office, f"decisions/{made['id']}/undo", reason="x"), 409, "conflict")
    refused(post(office, "decisions/dec_none/decline", reason="x"), 404, "not_found")


def test_a_write_with_a_key_is_done_once(office: Office) -> None:
    upload, made = proposed(office)
    key = {"Idempotency-Key": f"agree-{made['id']}"}
    path = f"/v1/decisions/{made['id']}/approve"
    first, again = (office.act(path, office.bob, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    key = {"Idempotency-Key": f"undo-{made['id']}"}
    path = f"/v1/decisions/{made['id']}/undo"
    body = {"reason": "A mistake."}
    first, again = (office.act(path, office.bob, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    other = office.act(path, office.bob, json={"reason": "Another."}, headers=key)
    refused(other, 409, "idempotency_mismatch")
    assert office.again(upload)["action"] == "review"


def test_an_appeal_is_upheld(office: Office) -> None:
    upload, decision, appeal = appealed(office)
    same = {name: appeal[name] for name in ("id", "at")}
    assert appeal == {
        **same,
        "case_id": office.case(upload)["id"],
        "upload_id": upload["id"],
        "decision_id": decision["id"],
        "reason": "It is my own.",
        "state": "open",
        "answered_by": None,
        "answered_at": None,
        "answer": "",
    }
    assert office.case(upload)["state"] == "appealed"
    assert "somebody else" in refused(
        answer(office, appeal, "upheld", office.ann), 403, "forbidden"
    )
    told = answer(office, appeal, "upheld", office.bob).json()
    assert (told["state"], told["answer"]) == ("upheld", "Looked at.")
    assert told["answered_by"] is not None
    assert office.read(f"/v1/appeals/{appeal['id']}", office.server.key) == told
    assert office.case(upload)["state"] == "decided"
    assert office.again(upload)["action"] == "remove"
    refused(answer(office, appeal, "overturned", office.bob), 409, "conflict", "appeal_id")


def test_an_appeal_overturns_and_undoes_what_followed(office: Office) -> None:
    upload, decision, appeal = appealed(office)
    told = answer(office, appeal, "overturned", office.bob)
    assert (told.status_code, told.json()["state"]) == (200, "overturned")
    now = office.read(f"/v1/decisions/{decision['id']}")
    assert (now["state"], now["end_reason"]) == ("undone", "Looked at.")
    assert {one["state"] for one in now["consequences"]} == {"reversed"}
    assert office.again(upload)["action"] == "review"
    assert office.case(upload)["state"] == "open"


def test_an_upload_is_appealed_once_at_a_time_and_where_something_was_decided(
    office: Office,
) -> None:
    upload, _, appeal = appealed(office)
    body = {"upload_id": upload["id"], "reason": "Once more."}
    refused(post(office, "appeals", office.server.key, **body), 409, "conflict", "upload_id")
    answer(office, appeal, "upheld", office.bob)
    again = post(office, "appeals", office.server.key, **body)
    assert again.status_code == 201
    case_id = appeal["case_id"]
    listed = [one["id"] for one in every(office, "/v1/appeals", case=case_id)]
    assert listed == [again.json()["id"], appeal["id"]]
    (is_open,) = every(office, "/v1/appeals", case=case_id, state="open")
    assert is_open == again.json()
    fresh = office.upload(office.seed())
    body = {"upload_id": fresh["id"], "reason": "Why?"}
    refused(post(office, "appeals", office.server.key, **body), 409, "conflict", "upload_id")
    body["upload_id"] = "upl_none"
    refused(post(office, "appeals", office.server.key, **body), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("appeals", {"upload_id": "upl_1"}, 422, "reason"),
        ("appeals", {"upload_id": "", "reason": "x"}, 422, "upload_id"),
        ("appeals", {"upload": "upl_1", "reason": "x"}, 400, "upload"),
        ("appeals/app_1/answer", {"state": "open", "answer": "x"}, 422, "state"),
        ("appeals/app_1/answer", {"state": "upheld"}, 422, "answer"),
        ("decisions/dec_1/undo", {"reason": ""}, 422, "reason"),
        ("decisions/dec_1/undo", {"why": "x"}, 400, "why"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    office: Office, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    admin = office.server.admin
    refused(post(office, path, admin, **body), status, "invalid_request", field)


def test_who_uploads_appeals_and_who_reviews_answers(office: Office, server: Running) -> None:
    body = {"upload_id": "upl_1", "reason": "x"}
    refused(post(office, "appeals", office.ann, **body), 403, "forbidden")
    for path in ("appeals/a/answer", "decisions/d/undo", "decisions/d/approve"):
        refused(server.post(f"/v1/{path}", json={}), 403, "forbidden")
    refused(server.get("/v1/appeals/app_none"), 404, "not_found")
    said = {"state": "upheld", "answer": "x"}
    refused(post(office, "appeals/app_none/answer", office.ann, **said), 404, "not_found")
    refused(server.get("/v1/appeals?cursor=app_none"), 422, "invalid_request", "cursor")
    refused(server.get("/v1/appeals?upload=upl_1"), 400, "invalid_request", "upload")
