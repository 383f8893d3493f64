"""Quarantines over HTTP: a reference that matches far too much removes nothing for a while."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.web.desking import Office, every, refused
from tests.web.serving import hash_of

from reseen.domain.moment import rfc3339

PATH = "/v1/quarantines"


def later(**more: float) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(**more))


def put(office: Office, reference_id: str, until: str, **more: Any) -> httpx.Response:
    body = {"reference_id": reference_id, "until": until, "why": "A title card."}
    return office.server.manage("POST", PATH, json=body, **more)


def held(office: Office, name: str) -> str:
    """A reference of a bank of this name."""
    office.server.bank(name)
    sent = {"bank": name, "hashes": hash_of(name)}
    return str(office.server.post("/v1/references", json=sent).json()["id"])


def test_what_is_in_quarantine_removes_nothing_until_it_is_lifted(office: Office) -> None:
    seed = office.seed()
    bank = office.known(seed, policy={"high": "remove", "medium": "review", "low": "pass"})
    (reference,) = office.read("/v1/references", bank=bank)["data"]
    until = later(hours=1)
    made = put(office, reference["id"], until)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told == {
        "reference_id": reference["id"],
        "since": told["since"],
        "until": until,
        "why": "A title card.",
    }
    assert told in every(office, PATH)
    upload = office.upload(seed, 1)
    assert upload["action"] == "review"
    assert "quarantine" in upload["reasons"][0]["rule"]
    lifted = office.server.manage("DELETE", f"{PATH}/{reference['id']}")
    assert lifted.json() == {"id": reference["id"], "deleted": True}
    assert told not in every(office, PATH)
    other = office.upload(seed, 2)
    assert other["action"] == "remove"
    again = office.server.manage("DELETE", f"{PATH}/{reference['id']}")
    refused(again, 404, "not_found")


def test_put_anew_it_ends_at_another_time(office: Office) -> None:
    reference_id = held(office, "quarantined anew")
    put(office, reference_id, later(hours=1))
    until = later(hours=2)
    put(office, reference_id, until)
    (told,) = [one for one in every(office, PATH) if one["reference_id"] == reference_id]
    assert told["until"] == until


def test_it_is_written_once_for_each_key(office: Office) -> None:
    reference_id = held(office, "quarantined once")
    until = later(hours=1)
    key = {"Idempotency-Key": f"quarantine-{reference_id}"}
    first, again = (put(office, reference_id, until, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    refused(put(office, reference_id, later(hours=3), headers=key), 409, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, 422, "until"),
        ({"until": "2999-01-01T00:00:00Z"}, 422, "until"),
        ({"until": "soon"}, 422, "until"),
        ({"until": "2026-12-01T00:00:00"}, 422, "until"),
        ({"why": ""}, 422, "why"),
        ({"reference": "ref_1"}, 400, "reference"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    office: Office, body: dict[str, Any], status: int, field: str
) -> None:
    sent = {"reference_id": "ref_0000000001", "until": later(hours=1), "why": "x", **body}
    refused(office.server.manage("POST", PATH, json=sent), status, "invalid_request", field)


def test_what_is_not_there_is_not_found(office: Office) -> None:
    refused(put(office, "ref_none", later(hours=1)), 404, "not_found")
    refused(office.server.manage("DELETE", f"{PATH}/ref_none"), 404, "not_found")
    refused(office.server.get(f"{PATH}?cursor=%%%"), 422, "invalid_request", "cursor")


def test_reviewers_see_quarantines_and_admins_change_them(office: Office) -> None:
    assert office.server.get(PATH, key=office.ann).status_code == 200
    refused(office.act(PATH, json={}), 403, "forbidden")
    refused(office.server.ask("DELETE", f"{PATH}/ref_1", key=office.ann), 403, "forbidden")
