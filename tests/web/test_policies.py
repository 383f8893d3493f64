"""Policies over HTTP: written, explained, tried, live, and taken back."""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.web.serving import Running, encoded, picture, serving

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.engine import policy as policy_engine
from reseen.store.audit import SqlAuditLog
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.outbox import SqlOutbox

NAMES = (f"ruled {number}" for number in count())
CONTENTS = (f"post-{number}" for number in count())
SEEDS = count(700)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own: a policy of the project would rule on what others try."""
    with serving(tmp_path_factory.mktemp("policies"), rate_per_minute=0) as running:
        yield running


@pytest.fixture(scope="module")
def database(server: Running) -> Iterator[Database]:
    opened = open_database(sqlite_url(server.scratch.parent / "reseen.db"))
    yield opened
    opened.close()


@pytest.fixture
def bank(server: Running) -> str:
    """The name of a new bank that asks for removal."""
    policy = {"high": "remove", "medium": "review", "low": "pass"}
    return str(server.bank(next(NAMES), policy=policy)["name"])


def write(server: Running, bank: str | None, **draft: Any) -> dict[str, Any]:
    made = server.manage("POST", "/v1/policies", json={"bank": bank, **draft})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


def enact(server: Running, policy: dict[str, Any], **sent: Any) -> dict[str, Any]:
    live = server.manage("POST", f"/v1/policies/{policy['id']}/live", json=sent)
    assert live.status_code == 200, live.text
    answer: dict[str, Any] = live.json()
    return answer


def known(server: Running, bank: str) -> bytes:
    """A picture that the bank holds."""
    image = encoded(picture(next(SEEDS)))
    added = server.post("/v1/references", files={"file": image}, data={"bank": bank})
    assert added.status_code == 201, added.text
    return image


def upload(server: Running, image: bytes) -> dict[str, Any]:
    form = {"content_id": next(CONTENTS), "account_id": "user-1"}
    answered = server.post("/v1/uploads", files={"file": image}, data=form)
    assert answered.status_code == 201, answered.text
    answer: dict[str, Any] = answered.json()
    return answer


def test_a_policy_is_told_as_it_was_written(server: Running, bank: str) -> None:
    draft = {
        "bands": {
            "still": [
                {"min_score": 0.95, "action": "remove"},
                {"min_score": 0.6, "action": "review"},
            ]
        },
        "overlap": {"seconds": 3.0, "upload_share": 0.1, "reference_share": 0.0},
        "channels": ["visual"],
        "rollout": 0.25,
        "dry_run": True,
        "severity": 90,
        "two_person": True,
        "note": "A quarter first.",
    }
    made = write(server, bank, **draft)
    assert {name: made[name] for name in draft} == draft
    assert made["bank_id"] == server.get(f"/v1/banks/{bank}").json()["id"]
    assert (made["number"], made["state"]) == (1, "draft")
    assert (made["backtest_id"], made["live_at"]) == (None, None)
    assert server.get(f"/v1/policies/{made['id']}").json() == made
    assert write(server, bank)["number"] == 2


def test_bands_are_told_the_highest_first(server: Running, bank: str) -> None:
    low, high = {"min_score": 0.5, "action": "review"}, {"min_score": 0.9, "action": "remove"}
    assert write(server, bank, bands={"still": [low, high]})["bands"] == {"still": [high, low]}


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        (
            {"bands": {"still": [{"min_score": 0, "action": "remove"}]}},
            422,
            "bands.still.0.min_score",
        ),
        (
            {"bands": {"still": [{"min_score": 1.1, "action": "remove"}]}},
            422,
            "bands.still.0.min_score",
        ),
        ({"bands": {"still": [{"min_score": 0.9, "action": "burn"}]}}, 422, "bands.still.0.action"),
        ({"bands": {"still": []}}, 422, "bands.still"),
        ({"bands": {"smell": [{"min_score": 0.9, "action": "remove"}]}}, 422, "bands.smell"),
        (
            {
                "bands": {
                    "still": [
                        {"min_score": 0.9, "action": "review"},
                        {"min_score": 0.9, "action": "remove"},
                    ]
                }
            },
            422,
            "bands.still",
        ),
        (
            {
                "bands": {
                    "still": [
                        {"min_score": 0.9, "action": "review"},
                        {"min_score": 0.7, "action": "remove"},
                    ]
                }
            },
            422,
            "bands.still",
        ),
        ({"bands": {"still": [{"min_score": 0.01, "action": "review"}]}}, 422, "bands.still"),
        ({"overlap": {"seconds": -1}}, 422, "overlap.seconds"),
        ({"overlap": {"upload_share": 1.5}}, 422, "overlap.upload_share"),
        ({"overlap": {"reference_share": "all"}}, 422, "overlap.reference_share"),
        ({"overlap": {"minutes": 1}}, 400, "overlap.minutes"),
        ({"channels": []}, 422, "channels"),
        ({"channels": ["smell"]}, 422, "channels.0"),
        ({"rollout": 1.01}, 422, "rollout"),
        ({"rollout": True}, 422, "rollout"),
        ({"severity": 101}, 422, "severity"),
        ({"severity": 2.5}, 422, "severity"),
        ({"dry_run": "yes"}, 422, "dry_run"),
        ({"bank": "no such"}, 404, "bank"),
        ({"note": "x" * 10_001}, 422, "note"),
        ({"state": "live"}, 400, "state"),
    ],
)
def test_a_wrong_policy_is_refused_by_its_field(
    server: Running, bank: str, wrong: dict[str, Any], status: int, field: str
) -> None:
    refused = server.manage("POST", "/v1/policies", json={"bank": bank, **wrong})
    assert (refused.status_code, refused.json()["field"]) == (status, field), refused.text


def test_banks_whose_matches_ask_for_nothing_take_no_policy(server: Running) -> None:
    allowed = server.bank(next(NAMES), role="allowed")["name"]
    refused = server.manage("POST", "/v1/policies", json={"bank": allowed})
    assert (refused.status_code, refused.json()["field"]) == (422, "bank")


def test_versions_are_listed_by_bank_and_page(server: Running, bank: str) -> None:
    made = [write(server, bank)["id"] for _ in range(3)]
    write(server, None, severity=1)
    first = server.get("/v1/policies", params={"bank": bank, "limit": 2}).json()
    params = {"bank": bank, "limit": 2, "cursor": first["next_cursor"]}
    rest = server.get("/v1/policies", params=params).json()
    assert {one["id"] for one in (*first["data"], *rest["data"])} == set(made)
    assert rest["next_cursor"] is None
    assert len(server.get("/v1/policies").json()["data"]) > 3
    for params, status in (({"bank": "no such"}, 404), ({"cursor": "pol_0"}, 422)):
        assert server.get("/v1/policies", params=params).status_code == status
    for path in ("", "/live", "/backtest", "/explain"):
        sent = {"upload_id": "upl_0"} if path == "/explain" else {}
        method = "POST" if path else "GET"
        missing = server.manage(method, f"/v1/policies/pol_0{path}", json=sent)
        assert missing.status_code == 404, path


def test_a_policy_is_written_once_under_one_idempotency_key(server: Running, bank: str) -> None:
    headers = {"Idempotency-Key": bank.replace(" ", "-")}
    sent = {"bank": bank, "severity": 7}
    one, two = (server.manage("POST", "/v1/policies", json=sent, headers=headers) for _ in range(2))
    assert one.json() == two.json()
    assert two.headers["Idempotent-Replayed"] == "true"
    assert len(server.get("/v1/policies", params={"bank": bank}).json()["data"]) == 1


def test_what_was_not_tried_goes_live_by_force_and_with_a_reason_alone(
    server: Running, bank: str, database: Database
) -> None:
    made = write(server, bank, dry_run=True)
    path = f"/v1/policies/{made['id']}/live"
    refused = server.manage("POST", path, json={})
    assert (refused.status_code, refused.json()["field"]) == (409, "force")
    unsaid = server.manage("POST", path, json={"force": True, "reason": " "})
    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "reason")
    live = enact(server, made, force=True, reason="an attack is streamed")
    assert live["policy"]["state"] == "live"
    assert live["policy"]["live_at"] is not None
    assert live["replaced"] is None
    assert live["remarks"] == [
        "It was not tried on past uploads, and goes live because: an attack is streamed",
        "It runs dry: each answer says what it would do, and what acts goes on acting.",
    ]
    noted = SqlAuditLog(database).entries(PROJECT, subject=made["id"]).items
    assert [entry.draft.what for entry in noted] == ["policy.live", "policy.drafted"]
    assert noted[0].draft.reason == "an attack is streamed"
    assert noted[0].draft.policy_id == made["id"]
    assert noted[0].draft.detail["forced"] is True
    told = [
        event.data
        for event in SqlOutbox(database).events(PROJECT, type="policy.live").items
        if event.data["policy_id"] == made["id"]
    ]
    assert [(one["number"], one["dry_run"], one["forced"]) for one in told] == [(1, True, True)]


def test_a_policy_is_explained_tried_brought_into_force_and_taken_back(
    server: Running, bank: str, database: Database
) -> None:
    image = known(server, bank)
    removed = upload(server, image)
    assert removed["action"] == "remove"

    lenient = write(
        server, bank, bands={"still": [{"min_score": 0.5, "action": "review"}]}, severity=80
    )
    path = f"/v1/policies/{lenient['id']}"
    explained = server.post(f"{path}/explain", json={"upload_id": removed["id"]}).json()
    assert (explained["answered"], explained["action"]) == ("remove", "review")
    assert explained["severity"] == 80
    [reason] = [r for r in explained["reasons"] if r["role"] == "known"]
    assert reason["rule"] == f"policy 1 of bank {bank}: 1.000 reaches 0.5: review"
    assert server.get(f"/v1/uploads/{removed['id']}").json() == removed

    begun = server.manage("POST", f"{path}/backtest", json={"since_days": 2})
    assert begun.status_code == 202, begun.text
    job = server.over(begun.json()["id"])
    assert (job["kind"], job["state"], job["error"]) == ("policy_backtest", "done", None)
    told = job["result"]["uploads"]
    assert told["not_replayed"] == 0
    for compared in (told["answered"], told["live"]):
        [change] = compared["changes"]
        assert change == {
            "before": "remove",
            "after": "review",
            "count": 1,
            "examples": [removed["id"]],
        }
        assert compared["table"]["remove"] == {"remove": 0, "review": 1, "pass": 0}
        assert compared["before"]["remove"] == compared["after"]["remove"] + 1
    assert told["decided"]["changes"] == []
    assert server.get(path).json()["backtest_id"] == job["id"]

    live = enact(server, lenient)
    assert (live["replaced"], live["remarks"]) == (None, [])
    later = upload(server, image)
    assert (later["action"], later["ruled"]) == ("review", "review")
    assert later["reasons"][0]["policy_id"] == lenient["id"]

    strict = write(server, bank, rollout=1.0)
    replaced = enact(server, strict, force=True, reason="urgent")
    assert replaced["replaced"] == lenient["id"]
    assert server.get(path).json()["state"] == "retired"
    assert upload(server, image)["action"] == "remove"
    back = enact(server, lenient, reason="it removed too much")
    assert back["replaced"] == strict["id"]
    assert back["remarks"][0] == "It was live before: a roll back."
    assert upload(server, image)["action"] == "review"
    again = enact(server, lenient)
    assert (again["replaced"], again["remarks"]) == (None, ["It is live already."])
    told_of = [
        event.data["policy_id"]
        for event in SqlOutbox(database).events(PROJECT, type="policy.live").items
    ]
    assert told_of.count(lenient["id"]) == 2


def test_a_dry_run_is_tried_as_if_it_acted_and_then_runs_beside_what_acts(
    server: Running, bank: str
) -> None:
    image = known(server, bank)
    removed = upload(server, image)
    dry = write(server, bank, dry_run=True)
    begun = server.manage("POST", f"/v1/policies/{dry['id']}/backtest", json={})
    result = server.over(begun.json()["id"])["result"]
    assert result["as_if_acting"] is True
    assert removed["id"] not in str(result["uploads"]["live"]["changes"])
    lenient = write(server, bank, bands={"still": [{"min_score": 0.5, "action": "review"}]})
    enact(server, lenient, force=True, reason="a trial")
    enacted = enact(server, dry)
    assert enacted["replaced"] is None
    assert server.get(f"/v1/policies/{lenient['id']}").json()["state"] == "live"
    waiting = upload(server, image)
    (reason,) = [one for one in waiting["reasons"] if one.get("policy_id") == lenient["id"]]
    assert (waiting["action"], reason["action"]) == ("review", "review")
    assert (reason["dry_run"]["policy_id"], reason["dry_run"]["action"]) == (dry["id"], "remove")
    ended = enact(server, lenient)
    assert ended["replaced"] == dry["id"]
    assert server.get(f"/v1/policies/{dry['id']}").json()["state"] == "retired"
    (reason,) = [
        one for one in upload(server, image)["reasons"] if one.get("policy_id") == lenient["id"]
    ]
    assert "dry_run" not in reason


def test_what_people_decided_is_held_against_a_version(server: Running, bank: str) -> None:
    image = known(server, bank)
    review = write(server, bank, bands={"still": [{"min_score": 0.5, "action": "review"}]})
    enact(server, review, force=True, reason="a trial")
    waiting = upload(server, image)
    case = server.manage("POST", "/v1/cases/next").json()["case"]
    while case is not None and case["cluster_id"] != waiting["cluster_id"]:
        sent = {"version": case["version"], "verdict": "no_action"}
        server.manage("POST", f"/v1/cases/{case['id']}/decisions", json=sent)
        case = server.manage("POST", "/v1/cases/next").json()["case"]
    sent = {"version": case["version"], "verdict": "no_action", "reason": "satire"}
    decided = server.manage("POST", f"/v1/cases/{case['id']}/decisions", json=sent)
    assert decided.status_code == 201, decided.text
    strict = write(server, bank)
    begun = server.manage("POST", f"/v1/policies/{strict['id']}/backtest", json={})
    told = server.over(begun.json()["id"])["result"]["uploads"]["decided"]
    wrong = [c for c in told["changes"] if (c["before"], c["after"]) == ("pass", "remove")]
    assert waiting["id"] in wrong[0]["examples"]


def test_an_upload_whose_bank_is_gone_is_not_replayed(server: Running, bank: str) -> None:
    image = known(server, bank)
    removed = upload(server, image)
    other = server.bank(next(NAMES))["name"]
    policy = write(server, other)
    path = f"/v1/policies/{policy['id']}"
    assert server.post(f"{path}/explain", json={"upload_id": removed["id"]}).status_code == 200
    server.manage("DELETE", f"/v1/banks/{bank}")
    refused = server.post(f"{path}/explain", json={"upload_id": removed["id"]})
    assert (refused.status_code, refused.json()["field"]) == (409, "upload_id")
    begun = server.manage("POST", f"{path}/backtest", json={})
    told = server.over(begun.json()["id"])["result"]["uploads"]
    assert told["not_replayed"] >= 1
    assert 0 < told["not_replayed_share"] <= 1


@pytest.mark.parametrize("days", [0, 367, 1.5, "30", None])
def test_a_backtest_goes_back_whole_days(server: Running, bank: str, days: object) -> None:
    path = f"/v1/policies/{write(server, bank)['id']}/backtest"
    refused = server.manage("POST", path, json={"since_days": days})
    assert (refused.status_code, refused.json()["field"]) == (422, "since_days")


PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-policy.md").read_text("utf-8")


def test_the_how_to_shows_a_policy_that_is_taken(server: Running, bank: str) -> None:
    draft, explained, result, *_ = (
        json.loads(one) for one in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    )
    policy = write(server, **{**draft, "bank": bank})
    assert {name: policy[name] for name in draft.keys() - {"bank", "overlap"}} == {
        name: draft[name] for name in draft.keys() - {"bank", "overlap"}
    }
    path = f"/v1/policies/{policy['id']}"
    asked = {"upload_id": upload(server, known(server, bank))["id"]}
    told = server.post(f"{path}/explain", json=asked).json()
    assert list(told) == list(explained)
    assert list(told["reasons"][0]) == list(explained["reasons"][0])
    job = server.manage("POST", f"{path}/backtest", json={}).json()
    tried = server.over(job["id"])["result"]
    assert list(tried) == list(result)
    assert list(tried["uploads"]) == list(result["uploads"])
    assert list(tried["uploads"]["answered"]) == list(result["uploads"]["answered"])


def test_the_how_to_has_every_word_of_a_rule() -> None:
    source = Path(policy_engine.__file__).read_text("utf-8")
    told = re.findall(r"why = (?:Action\.\w+, )?f?\"([^\"{]+)", source)
    assert len(told) >= 4
    for words in (*told, policy_engine.CLEARED, "reaches no band", "overlap, and"):
        assert words.strip() in PAGE, words
