"""Statements of reasons over HTTP."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from tests.web.reviewing import under_review
from tests.web.serving import Running

from reseen.domain.access import Role
from reseen.domain.statement import COLUMNS


@pytest.fixture(scope="module")
def removed(server: Running) -> dict[str, Any]:
    """An upload that was decided to be harmful."""
    case = under_review(server, 521)
    cases = server.manage("GET", "/v1/cases", params={"limit": 1000}).json()["data"]
    [own] = [one for one in cases if one["cluster_id"] == case.upload["cluster_id"]]
    sent = {
        "version": own["version"],
        "verdict": "harmful",
        "policy": "=violent extremism",
        "reason": "It praises an attack.",
        "labels": ["STATEMENT_CATEGORY_VIOLENCE"],
    }
    path = f"/v1/cases/{own['id']}/decisions"
    answer = server.post(path, key=case.reviewer, json=sent)
    assert answer.status_code == 201, answer.text
    return case.upload


def test_a_removal_is_stated(server: Running, removed: dict[str, Any]) -> None:
    answer = server.manage("GET", "/v1/statements")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    told = [json.loads(line) for line in answer.text.splitlines()]
    [said] = [one for one in told if one["upload_id"] == removed["id"]]
    assert tuple(said) == COLUMNS
    assert said["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert said["category"] == "STATEMENT_CATEGORY_VIOLENCE"
    assert said["incompatible_content_ground"] == "=violent extremism"
    assert said["platform_content_id"] == removed["content_id"]


def test_a_table_of_statements(server: Running, removed: dict[str, Any]) -> None:
    answer = server.manage("GET", "/v1/statements?format=csv&since=2020-01-01T00:00:00Z")
    head, *rows = csv.reader(StringIO(answer.text))
    assert tuple(head) == COLUMNS
    told = [dict(zip(head, row, strict=True)) for row in rows]
    [said] = [one for one in told if one["upload_id"] == removed["id"]]
    assert json.loads(said["decision_visibility"]) == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert said["incompatible_content_ground"] == "'=violent extremism"
    none = server.manage("GET", "/v1/statements?until=2020-01-01T00:00:00Z")
    assert none.text == ""


@pytest.mark.parametrize("role", Role)
def test_only_owners_and_admins_get_them(server: Running, role: Role) -> None:
    key = server.keys.create(role).secret
    status = server.get("/v1/statements", key=key).status_code
    assert status == (200 if role in {Role.OWNER, Role.ADMIN} else 403)
