"""Legal holds over HTTP."""

from typing import Any

import pytest
from tests.web.reviewing import under_review
from tests.web.serving import Running

from reseen.domain.access import Role


def place(server: Running, **sent: str) -> dict[str, Any]:
    answer = server.manage("POST", "/v1/holds", json={"reason": "court order", **sent})
    assert answer.status_code == 201, answer.text
    held: dict[str, Any] = answer.json()
    return held


def test_a_hold_is_placed_listed_and_released_and_the_audit_says_so(server: Running) -> None:
    upload = under_review(server, 511).upload
    held = place(server, subject=upload["id"])
    assert (held["subject"], held["account_id"], held["released_at"]) == (upload["id"], None, None)
    account = place(server, account_id="user-7")
    assert (account["subject"], account["account_id"]) == (None, "user-7")
    listed = server.manage("GET", "/v1/holds?limit=1").json()
    rest = server.manage("GET", f"/v1/holds?cursor={listed['next_cursor']}").json()
    assert [one["id"] for one in (*listed["data"], *rest["data"])][:2] == [
        account["id"],
        held["id"],
    ]
    released = server.manage("POST", f"/v1/holds/{held['id']}/release")
    assert (released.status_code, released.json()["released_at"] is not None) == (200, True)
    again = server.manage("POST", f"/v1/holds/{held['id']}/release")
    assert again.json()["code"] == "conflict"
    told = server.manage("GET", "/v1/audit", params={"subject": held["id"]}).json()["data"]
    assert [one["what"] for one in told] == ["hold.released", "hold.placed"]
    assert told[1]["detail"] == {"subject": upload["id"]}
    assert told[1]["reason"] == "court order"


def test_a_case_is_held_as_its_cluster(server: Running) -> None:
    upload = under_review(server, 512).upload
    cases = server.manage("GET", "/v1/cases", params={"limit": 1000}).json()["data"]
    [case] = [one for one in cases if one["cluster_id"] == upload["cluster_id"]]
    assert place(server, subject=case["id"])["subject"] == upload["cluster_id"]
    assert place(server, subject=upload["cluster_id"])["subject"] == upload["cluster_id"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"subject": "upl_none"}, 404, "not_found"),
        ({"subject": "clu_none"}, 404, "not_found"),
        ({"subject": "cas_none"}, 404, "not_found"),
        ({"subject": "ref_0000000001"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"subject": "upl_1", "account_id": "user-1"}, 400, "invalid_request"),
        ({"account_id": "user-1", "reason": ""}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_held_is_said(
    server: Running, sent: dict[str, str], status: int, code: str
) -> None:
    answer = server.manage("POST", "/v1/holds", json={"reason": "court order", **sent})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_hold_that_is_sent_twice_is_placed_once(server: Running) -> None:
    sent = {"json": {"account_id": "user-8", "reason": "r"}, "headers": {"Idempotency-Key": "h1"}}
    first, again = (server.manage("POST", "/v1/holds", **sent) for _ in range(2))
    assert first.json() == again.json()


@pytest.mark.parametrize("role", Role)
def test_only_owners_and_admins_hold(server: Running, role: Role) -> None:
    key = server.keys.create(role).secret
    status = server.get("/v1/holds", key=key).status_code
    assert status == (200 if role in {Role.OWNER, Role.ADMIN} else 403)
