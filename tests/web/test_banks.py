"""Banks over HTTP: made, read, changed, deleted; one project never sees another's."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
import sqlalchemy as sa
from tests.web.serving import Running, encoded, hash_of, picture

from reseen.domain.access import Role
from reseen.store.database import open_database, sqlite_url, utc_now
from reseen.store.tables import PROJECTS

NAMES = (f"bank {number}" for number in count())


@pytest.fixture
def name() -> str:
    return next(NAMES)


def test_a_new_bank_is_told_whole(server: Running, name: str) -> None:
    made = server.bank(name)
    assert made["id"].startswith("bank_")
    assert made == {
        "id": made["id"],
        "name": name,
        "role": "known",
        "thresholds": {},
        "policy": {"high": "review", "medium": "review", "low": "pass"},
        "trust": 1.0,
        "retention_s": None,
        "enabled": True,
        "references": 0,
        "created_at": made["created_at"],
    }
    assert made["created_at"].endswith("Z")
    for key in (made["id"], name):
        assert server.get(f"/v1/banks/{key}").json() == made


def test_a_bank_is_what_was_said(server: Running, name: str) -> None:
    said = {
        "role": "recent",
        "thresholds": {"still": {"low": 0.2, "medium": 0.5, "high": 0.9}},
        "policy": {"high": "remove", "medium": "review", "low": "review"},
        "trust": 0.5,
        "retention_s": 3600.0,
        "enabled": False,
    }
    made = server.bank(name, **said)
    assert {field: made[field] for field in said} == said


def test_a_change_leaves_the_rest(server: Running, name: str) -> None:
    made = server.bank(name, thresholds={"sound": {"low": 0.2, "medium": 0.5, "high": 0.9}})
    still = {"low": 0.3, "medium": 0.6, "high": 0.9}
    changed = server.manage(
        "PATCH", f"/v1/banks/{name}", json={"thresholds": {"still": still}, "trust": 0.25}
    ).json()
    assert changed["thresholds"] == {**made["thresholds"], "still": still}
    assert changed["trust"] == 0.25
    back = server.manage("PATCH", f"/v1/banks/{made['id']}", json={"thresholds": {"still": None}})
    assert back.json() == {**made, "trust": 0.25}


def test_a_bank_is_renamed_and_its_old_name_is_free(server: Running, name: str) -> None:
    made = server.bank(name)
    server.manage("PATCH", f"/v1/banks/{name}", json={"name": f"{name} b"})
    assert server.get(f"/v1/banks/{name}").status_code == 404
    assert server.get(f"/v1/banks/{name} b").json()["id"] == made["id"]
    server.bank(name)


def test_a_name_is_given_once(server: Running, name: str) -> None:
    server.bank(name)
    other = server.bank(f"{name} b")
    again = server.manage("POST", "/v1/banks", json={"name": name})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    renamed = server.manage("PATCH", f"/v1/banks/{other['id']}", json={"name": name})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "conflict")


def test_a_deleted_bank_is_gone_with_what_it_held(server: Running, name: str) -> None:
    made = server.bank(name)
    held = server.post("/v1/references", json={"bank": name, "hashes": hash_of(name)}).json()
    assert server.get(f"/v1/banks/{name}").json()["references"] == 1
    gone = server.manage("DELETE", f"/v1/banks/{name}")
    assert gone.json() == {"id": made["id"], "deleted": True}
    for path in (f"banks/{name}", f"banks/{made['id']}", f"references/{held['id']}"):
        assert server.get(f"/v1/{path}").status_code == 404
    assert server.manage("DELETE", f"/v1/banks/{name}").status_code == 404


def test_a_list_is_paged_by_cursor(server: Running, name: str) -> None:
    for letter in "abc":
        server.bank(f"{name} {letter}")
    everything = server.get("/v1/banks", params={"limit": 1000}).json()
    assert everything["next_cursor"] is None
    names = [bank["name"] for bank in everything["data"]]
    assert names == sorted(names)
    paged: list[str] = []
    limit = len(names) // 3 + 1
    params: dict[str, str] = {"limit": str(limit)}
    while True:
        page = server.get("/v1/banks", params=params).json()
        assert len(page["data"]) <= limit
        paged += [bank["name"] for bank in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert paged == names


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("cursor=%%%", 422, "cursor"),
        ("cursor=_w", 422, "cursor"),
        ("limit=0", 422, "limit"),
        ("limit=x", 422, "limit"),
        ("limt=5", 400, "limt"),
    ],
)
def test_a_wrong_page_is_refused(server: Running, query: str, status: int, field: str) -> None:
    refused = server.get(f"/v1/banks?{query}")
    assert (refused.status_code, refused.json()["code"]) == (status, "invalid_request")
    assert refused.json()["field"] == field


@pytest.fixture
def stranger(server: Running) -> Iterator[str]:
    """The key of another project's owner."""
    home = server.scratch.parent
    database = open_database(sqlite_url(home / "reseen.db"))
    with database.writing() as connection:
        other = sa.select(PROJECTS.c.id).where(PROJECTS.c.id == "other")
        if connection.execute(other).first() is None:
            row = {"id": "other", "name": "Other", "created_at": utc_now()}
            connection.execute(sa.insert(PROJECTS).values(**row))
    yield server.keys.create(Role.OWNER, project_id="other").secret
    database.close()


def test_another_project_sees_and_changes_nothing(
    server: Running, name: str, stranger: str
) -> None:
    made = server.bank(name)
    sent = {"bank": name, "hashes": hash_of(name)}
    held = server.post("/v1/references", json=sent).json()
    job = server.post(
        "/v1/jobs", json={"kind": "ingest", "bank": name, "urls": ["http://10.0.0.1/a"]}
    ).json()
    assert server.get("/v1/banks", key=stranger).json()["data"] == []
    assert server.get("/v1/references", key=stranger).json()["data"] == []
    assert server.get("/v1/jobs", key=stranger).json()["data"] == []
    tried = [
        ("GET", f"banks/{made['id']}", None),
        ("PATCH", f"banks/{made['id']}", {"trust": 0.1}),
        ("DELETE", f"banks/{made['id']}", None),
        ("GET", f"references?bank={made['id']}", None),
        ("POST", "references", {**sent, "bank": made["id"]}),
        ("POST", "references/batch", {"bank": made["id"], "items": [{"hashes": hash_of("x")}]}),
        ("GET", f"references/{held['id']}", None),
        ("PATCH", f"references/{held['id']}", {"note": "mine"}),
        ("DELETE", f"references/{held['id']}", None),
        ("POST", "search", {"hashes": hash_of(name), "banks": [made["id"]]}),
        ("POST", "jobs", {"kind": "ingest", "bank": made["id"], "urls": ["http://a.example/"]}),
        ("GET", f"jobs/{job['id']}", None),
        ("GET", f"jobs/{job['id']}/items", None),
        ("POST", f"jobs/{job['id']}/cancel", None),
    ]
    for method, path, body in tried:
        refused = server.ask(method, f"/v1/{path}", key=stranger, json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), (method, path)
        assert name not in refused.text
    found = server.post("/v1/search", key=stranger, json={"hashes": hash_of(name)}).json()
    assert (found["matches"], found["total"]) == ([], 0)
    assert server.get(f"/v1/references/{held['id']}").json()["note"] == ""


def test_a_project_has_only_so_many_banks(
    server: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    present = len(server.get("/v1/banks", params={"limit": 1000}).json()["data"])
    monkeypatch.setattr("reseen.web.banks.MOST_BANKS", present)
    refused = server.manage("POST", "/v1/banks", json={"name": name})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.json()["limit"] == present


def test_past_scores_say_what_a_threshold_would_have_matched(server: Running, name: str) -> None:
    bank = server.bank(name, thresholds={"still": {"low": 0.2, "medium": 0.5, "high": 0.9}})
    none = server.get(f"/v1/banks/{name}/scores").json()
    assert (none["queries"], none["first_at"], none["bank_id"]) == (0, None, bank["id"])
    assert none["regimes"]["still"]["thresholds"] == bank["thresholds"]["still"]
    assert [none["regimes"][of]["usual"] for of in ("still", "sound")] == [False, True]
    form = {"bank": name, "labels": "a"}
    body = encoded(picture(4711))
    held = server.post("/v1/references", data=form, files={"file": ("a.png", body)})
    assert held.status_code == 201, held.text
    server.searchable(held.json()["id"])
    disguised = encoded(picture(4711).resize((200, 150)), "JPEG")
    found = server.post("/v1/search", data={"banks": name}, files={"file": disguised})
    (match,) = found.json()["matches"]
    for _ in range(100):  # scores are written after the answer
        past = server.get(f"/v1/banks/{bank['id']}/scores", params={"days": 2}).json()
        if past["queries"]:
            break
        time.sleep(0.05)
    counts = past["regimes"]["still"]["counts"]
    assert (past["queries"], len(counts), sum(counts)) == (1, 101, 1)
    assert counts[int(round(100 * match["similarity_score"], 2))] == 1
    assert sum(past["regimes"]["sound"]["counts"]) == 0


def test_past_scores_are_those_of_a_bank_that_is_there(server: Running, name: str) -> None:
    assert server.get(f"/v1/banks/{name}/scores").status_code == 404
    server.bank(name)
    for days in ("0", "367", "x"):
        refused = server.get(f"/v1/banks/{name}/scores", params={"days": days})
        assert (refused.status_code, refused.json()["field"]) == (422, "days")
