"""The audit over HTTP: listed, exported, proven."""

import csv
import hashlib
import json
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from tests.web.serving import Running, encoded, picture

from reseen.domain.access import Role
from reseen.domain.choices import ExportFormat
from reseen.domain.record import COLUMNS, FIRST
from reseen.web.exports import written


def upload(server: Running, name: str, seed: int, **more: str) -> dict[str, Any]:
    said = {"content_id": name, "account_id": "user-1", **more}
    sent = server.post("/v1/uploads", files={"file": encoded(picture(seed))}, data=said)
    assert sent.status_code == 201, sent.text
    answer: dict[str, Any] = sent.json()
    return answer


@pytest.fixture(scope="module")
def made(server: Running) -> list[str]:
    """Uploads that the audit tells of."""
    return [upload(server, f"=audited-{n}", 900 + n)["id"] for n in range(3)]


def test_the_audit_is_listed_newest_first_and_by_what_is_asked(
    server: Running, made: list[str]
) -> None:
    first = server.manage("GET", "/v1/audit?limit=2").json()
    then = server.manage("GET", f"/v1/audit?limit=1&cursor={first['next_cursor']}").json()
    positions = [one["position"] for one in (*first["data"], *then["data"])]
    assert positions == list(range(positions[0], positions[0] - 3, -1))
    [one] = server.manage("GET", f"/v1/audit?subject={made[1]}").json()["data"]
    assert (one["what"], one["role"], one["sensitive"]) == ("upload.answered", "service", False)
    assert one["detail"]["action"] == "pass"
    at = {"since": one["at"], "until": "2999-01-01T00:00:00Z", "what": "upload.answered"}
    told = server.manage("GET", "/v1/audit", params=at).json()["data"]
    assert {entry["subject"] for entry in told} >= set(made[1:])
    mine = server.manage("GET", "/v1/audit", params={"who": one["who"]}).json()["data"]
    assert {entry["who"] for entry in mine} == {one["who"]}
    asked = server.manage("GET", "/v1/audit", params={"until": one["at"], "subject": made[1]})
    assert asked.json()["data"] == []


def test_an_export_proves_itself(server: Running, made: list[str]) -> None:
    answer = server.manage("GET", "/v1/audit/export")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-default.jsonl"'
    before = FIRST
    for line in answer.text.splitlines():
        entry = json.loads(line)
        digest = entry.pop("digest")
        said = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry["previous"] == before
        assert hashlib.sha256(said.encode()).hexdigest() == digest
        before = digest
    assert server.manage("GET", "/v1/audit/verify").json()["head"] == before


def test_an_export_as_a_table_has_what_was_asked_for(server: Running, made: list[str]) -> None:
    asked = {"format": "csv", "subject": made[0]}
    answer = server.manage("GET", "/v1/audit/export", params=asked)
    assert answer.headers["Content-Type"].startswith("text/csv")
    head, row = csv.reader(StringIO(answer.text))
    assert tuple(head) == COLUMNS
    told = dict(zip(head, row, strict=True))
    assert (told["subject"], told["sensitive"], told["policy_id"]) == (made[0], "false", "")
    assert json.loads(told["detail"])["ruled"] == "pass"


def test_a_reason_that_looks_like_a_formula_is_none_in_a_table(server: Running) -> None:
    rows = [{"reason": text} for text in ("=1+1", "@a", "plain", 'a "b",c\nd')]
    lines = "".join(written(rows, ["reason"], ExportFormat.CSV))
    assert [row[0] for row in csv.reader(StringIO(lines))][1:] == [
        "'=1+1",
        "'@a",
        "plain",
        'a "b",c\nd',
    ]


def test_the_audit_holds_and_has_what_was_noted(server: Running, made: list[str]) -> None:
    told = server.manage("GET", "/v1/audit/verify").json()
    assert (told["holds"], told["broken_at"], told["problem"]) == (True, None, "")
    upload(server, "audited-later", 990)
    again = server.manage("GET", "/v1/audit/verify", params={"head": told["head"]}).json()
    assert again["holds"] is True
    assert again["head_at"] == told["entries"] < again["entries"]
    lost = server.manage("GET", "/v1/audit/verify", params={"head": "ab" * 32}).json()
    assert lost["holds"] is False
    assert "digest" in lost["problem"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/audit?since=yesterday",
        "/v1/audit?cursor=x",
        "/v1/audit/export?format=xml",
        "/v1/audit/verify?head=abc",
    ],
)
def test_what_cannot_be_asked_is_refused(server: Running, path: str) -> None:
    answer = server.manage("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["", "/export", "/verify"])
def test_only_owners_and_admins_read_it(server: Running, path: str) -> None:
    for role in Role:
        key = server.keys.create(role).secret
        status = server.get(f"/v1/audit{path}", key=key).status_code
        assert status == (200 if role in {Role.OWNER, Role.ADMIN} else 403)


def test_positions_have_no_holes(server: Running, made: list[str]) -> None:
    lines = server.manage("GET", "/v1/audit/export").text.splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    assert all(later == earlier + 1 for earlier, later in pairwise([0, *positions]))
