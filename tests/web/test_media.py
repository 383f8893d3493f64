"""Kept media over HTTP: seen by reviewers only, and never unseen."""

import pytest
from tests.web.reviewing import Reviewed, under_review
from tests.web.serving import Running, encoded, picture

from reseen.domain.access import Role


@pytest.fixture(scope="module")
def case(server: Running) -> Reviewed:
    return under_review(server, 501)


def reads(server: Running, upload_id: str) -> list[dict[str, object]]:
    asked = {"subject": upload_id, "what": "media.read"}
    found: list[dict[str, object]] = server.manage("GET", "/v1/audit", params=asked).json()["data"]
    return found


def test_a_reviewer_gets_the_file_and_the_audit_says_so(server: Running, case: Reviewed) -> None:
    path = f"/v1/uploads/{case.upload['id']}/media"
    answer = server.get(path, key=case.reviewer, headers={"X-Request-Id": "look-7"})
    assert answer.status_code == 200
    assert answer.content == case.file
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Length"] == str(len(case.file))
    name = answer.headers["Content-Disposition"]
    assert name == f'attachment; filename="{case.upload["id"]}"'
    [entry] = [one for one in reads(server, case.upload["id"]) if one["request_id"] == "look-7"]
    assert (entry["sensitive"], entry["role"]) == (True, "reviewer")
    assert list(server.scratch.rglob("kept-*")) == []


@pytest.mark.parametrize("role", Role)
def test_who_does_not_review_sees_nothing(server: Running, case: Reviewed, role: Role) -> None:
    before = len(reads(server, case.upload["id"]))
    key = server.keys.create(role).secret
    status = server.get(f"/v1/uploads/{case.upload['id']}/media", key=key).status_code
    seen = len(reads(server, case.upload["id"])) - before
    assert (status, seen) == ((403, 0) if role is Role.SERVICE else (200, 1))


def test_what_passed_is_not_kept_and_nobody_is_said_to_have_looked(server: Running) -> None:
    sent = server.post(
        "/v1/uploads",
        files={"file": encoded(picture(502))},
        data={"content_id": "media-passed", "account_id": "user-1"},
    )
    upload_id = sent.json()["id"]
    answer = server.manage("GET", f"/v1/uploads/{upload_id}/media")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "No media are kept" in answer.json()["detail"]
    assert reads(server, upload_id) == []
    assert server.manage("GET", "/v1/uploads/upl_none/media").status_code == 404
