"""Who may do what: every right is tried with every role."""

from datetime import timedelta
from itertools import count

import pytest
from tests.web.serving import Running, hash_of

from reseen.domain.access import Role
from reseen.domain.moment import rfc3339
from reseen.store.database import utc_now
from reseen.web.auth import RIGHTS, Right

NAMES = (f"role {number}" for number in count())

MATCHED = {"source_url": "http://10.0.0.1/", "target_url": "http://10.0.0.1/"}
BACKTEST = {
    "kind": "backtest",
    "bank": "{bank}",
    "since": "2026-01-01T00:00:00Z",
    "thresholds": {"still": {"low": 0.1, "medium": 0.2, "high": 0.3}},
}
FETCHED = {"url": "http://10.0.0.1/"}
MERGED = [{"id": "clu_none", "version": 1}, {"id": "clu_nil", "version": 1}]
QUARANTINE = {
    "reference_id": "{reference}",
    "until": rfc3339(utc_now() + timedelta(hours=1)),
    "why": "x",
}

TRIED: dict[Right, list[tuple[str, str, object]]] = {
    Right.MATCH: [("POST", "/match", MATCHED), ("POST", "/image/match", MATCHED)],
    Right.SEARCH: [
        ("POST", "/v1/search", {"hashes": {"md5": "a0" * 16}}),
        ("POST", "/v1/search/batch", {"queries": [{"hashes": {"md5": "a0" * 16}}]}),
    ],
    Right.READ: [
        ("GET", "/v1/project", None),
        ("GET", "/v1/banks", None),
        ("GET", "/v1/banks/{bank}", None),
        ("GET", "/v1/banks/{bank}/scores", None),
        ("GET", "/v1/references", None),
        ("GET", "/v1/references/{reference}", None),
        ("GET", "/v1/jobs", None),
        ("GET", "/v1/jobs/{job}", None),
        ("GET", "/v1/jobs/{job}/items", None),
        ("GET", "/v1/policies", None),
        ("GET", "/v1/policies/{policy}", None),
        ("POST", "/v1/policies/{policy}/explain", {"upload_id": "upl_none"}),
        ("GET", "/v1/uploads", None),
        ("GET", "/v1/uploads/{upload}", None),
        ("GET", "/v1/clusters", None),
        ("GET", "/v1/clusters/{cluster}", None),
        ("GET", "/v1/clusters/{cluster}/members", None),
        ("GET", "/v1/clusters/{cluster}/links", None),
        ("GET", "/v1/clusters/{cluster}/words", None),
        ("GET", "/v1/quarantines", None),
        ("GET", "/v1/decisions", None),
        ("GET", "/v1/decisions/{decision}", None),
        ("GET", "/v1/appeals", None),
        ("GET", "/v1/appeals/{appeal}", None),
    ],
    Right.ADD: [
        ("POST", "/v1/references", {"bank": "{bank}", "hashes": {"md5": "a0" * 16}}),
        ("POST", "/v1/references/batch", {"bank": "{bank}", "items": [{}]}),
        ("POST", "/v1/jobs", {"kind": "ingest", "bank": "{bank}", "urls": ["http://10.0.0.1/"]}),
    ],
    Right.MANAGE: [
        ("POST", "/v1/banks", {"name": "{name}"}),
        ("PATCH", "/v1/project", {"keep_media": True}),
        ("PATCH", "/v1/banks/{bank}", {"trust": 0.5}),
        ("PATCH", "/v1/references/{reference}", {"note": "x"}),
        ("POST", "/v1/jobs", BACKTEST),
        ("POST", "/v1/jobs", {"kind": "reingest", "bank": "{bank}"}),
        (
            "POST",
            "/v1/jobs",
            {"kind": "retroactive_match", "reference_id": "{reference}", "window_s": 60},
        ),
        ("POST", "/v1/jobs/{job}/cancel", None),
        ("POST", "/v1/policies", {"bank": "{bank}"}),
        ("POST", "/v1/policies/{policy}/backtest", {}),
        ("POST", "/v1/policies/{policy}/live", {}),
        ("GET", "/v1/webhooks", None),
        ("POST", "/v1/webhooks", {"url": "http://10.0.0.1/"}),
        ("GET", "/v1/webhooks/{hook}", None),
        ("PATCH", "/v1/webhooks/{hook}", {"enabled": False}),
        ("DELETE", "/v1/webhooks/{hook}", None),
        ("GET", "/v1/webhooks/{hook}/deliveries", None),
        ("POST", "/v1/webhooks/{hook}/rotate", None),
        ("POST", "/v1/webhooks/{hook}/test", None),
        ("POST", "/v1/webhooks/{hook}/replay", None),
        ("GET", "/v1/events", None),
        ("POST", "/v1/events/{event}/replay", {}),
        ("POST", "/v1/quarantines", QUARANTINE),
        ("DELETE", "/v1/quarantines/{held}", None),
        ("DELETE", "/v1/references/{reference}", None),
        ("DELETE", "/v1/banks/{bank}", None),
    ],
    Right.USAGE: [("GET", "/v1/usage", None)],
    Right.UPLOAD: [
        ("POST", "/v1/uploads", {"content_id": "{name}", "account_id": "a", **FETCHED}),
        ("POST", "/v1/uploads/{upload}/reports", {"reason": "x"}),
        ("POST", "/v1/appeals", {"upload_id": "upl_none", "reason": "x"}),
    ],
    Right.REVIEW: [
        ("GET", "/v1/usage/review", None),
        ("GET", "/v1/uploads/{upload}/media", None),
        ("GET", "/v1/uploads/{upload}/cover", None),
        ("GET", "/v1/uploads/{upload}/counterparts", None),
        ("GET", "/v1/uploads/{upload}/comparison?other=upl_none", None),
        ("GET", "/v1/briefs", None),
        ("GET", "/v1/briefs/{case}", None),
        ("GET", "/v1/cases", None),
        ("GET", "/v1/cases/{case}", None),
        ("POST", "/v1/cases/next", None),
        ("POST", "/v1/cases/{case}/take", None),
        ("POST", "/v1/cases/{case}/release", None),
        ("POST", "/v1/cases/{case}/decisions", {"version": 1, "verdict": "no_action"}),
        ("POST", "/v1/decisions/{decision}/approve", None),
        ("POST", "/v1/decisions/{decision}/decline", {"reason": "x"}),
        ("POST", "/v1/decisions/{decision}/undo", {"reason": "x"}),
        ("POST", "/v1/appeals/{appeal}/answer", {"state": "upheld", "answer": "x"}),
        ("POST", "/v1/clusters/{cluster}/split", {"version": 1, "members": ["ref_00000000ff"]}),
        ("POST", "/v1/clusters/merge", {"clusters": MERGED}),
        ("POST", "/v1/clusters/{cluster}/pins", {"version": 1, "reference_id": "{reference}"}),
        (
            "POST",
            "/v1/clusters/{cluster}/representative",
            {"version": 1, "reference_id": "{reference}"},
        ),
        ("DELETE", "/v1/clusters/{cluster}/words/{word}", None),
    ],
    Right.AUDIT: [
        ("GET", "/v1/audit", None),
        ("GET", "/v1/audit/export", None),
        ("GET", "/v1/audit/verify", None),
        ("GET", "/v1/statements", None),
    ],
    Right.KEYS: [
        ("GET", "/v1/keys", None),
        ("POST", "/v1/keys", {"label": "{name}"}),
        ("POST", "/v1/keys/{key}/rotate", {}),
        ("DELETE", "/v1/keys/{key}", None),
    ],
    Right.HOLD: [
        ("GET", "/v1/holds", None),
        ("POST", "/v1/holds", {"account_id": "{name}", "reason": "x"}),
        ("POST", "/v1/holds/{hold}/release", None),
    ],
}
NONE = {
    "upload": "upl_none",
    "cluster": "clu_none",
    "case": "cas_none",
    "decision": "dec_none",
    "appeal": "app_none",
    "word": "wrd_none",
    "hook": "whk_none",
    "event": "evt_none",
    "hold": "hld_none",
    "key": "key_none",
    "held": "ref_none",
}
"""What is not there, which whoever may ask is told."""


@pytest.mark.parametrize("right", TRIED)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    server: Running, role: Role, right: Right
) -> None:
    key = server.keys.create(role).secret
    for method, path, body in TRIED[right]:
        bank = server.bank(next(NAMES))["id"]
        sent = {"bank": bank, "hashes": hash_of(bank)}
        held = server.post("/v1/references", json=sent).json()["id"]
        urls = ["http://10.0.0.1/"]
        job = server.post("/v1/jobs", json={"kind": "ingest", "bank": bank, "urls": urls}).json()
        policy = server.manage("POST", "/v1/policies", json={"bank": bank}).json()["id"]
        names = {"bank": bank, "reference": held, "job": job["id"], "name": next(NAMES), **NONE}
        names["policy"] = policy

        def filled(value: object, names: dict[str, str] = names) -> object:
            if isinstance(value, str):
                return value.format(**names)
            if isinstance(value, dict):
                return {name: filled(one) for name, one in value.items()}
            return value

        answer = server.ask(method, path.format(**names), key=key, json=filled(body))
        is_error = answer.status_code >= 400
        code = answer.json().get("code") if is_error else None
        if role in RIGHTS[right]:
            assert answer.status_code != 403, (method, path)
            fine = {None, "url_not_allowed", "conflict"}
            missing = {"not_found"} if "_none" in f"{path.format(**names)} {body}" else set()
            assert code in fine | missing, (method, path, answer.text)
        else:
            assert (answer.status_code, code) == (403, "forbidden"), (method, path)
            assert role in answer.json()["detail"]


def test_every_right_is_tried() -> None:
    assert set(Right) - set(TRIED) == {Right.PEOPLE}, "and that one by people: see test_people"


def test_the_forbidden_learn_nothing_of_what_is_there(server: Running) -> None:
    key = server.keys.create(Role.REVIEWER).secret
    refused = server.ask("PATCH", "/v1/banks/no-such", key=key, json={"name": 7})
    assert refused.status_code == 403


def test_every_route_with_a_key_is_tried(server: Running) -> None:
    document = server.get("/openapi.json").json()
    known = {(method, _shape(path)) for tried in TRIED.values() for method, path, _ in tried}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation.get("security") and not path.endswith("o/match"):
                assert (method.upper(), _shape(path)) in known, (method, path)


def _shape(path: str) -> str:
    plain = path.partition("?")[0]
    return "/".join("*" if part.startswith("{") else part for part in plain.split("/"))
