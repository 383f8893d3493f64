"""The story of the tutorial of moderation, with four of its forty copies of the sample film."""

import importlib.util
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.web.desking import Office
from tests.web.serving import SAMPLES, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with serving(tmp_path_factory.mktemp("tutorial"), rate_per_minute=0) as running:
        yield Office.of(running)


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The script that the tutorial runs."""
    spec = importlib.util.spec_from_file_location("copies", ROOT / "examples" / "forty_copies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_report_one_decision_removed_copies_an_appeal_and_its_undo(
    office: Office, example: ModuleType, tmp_path: Path
) -> None:
    def send(number: int) -> dict[str, Any]:
        made = tmp_path / f"copy-{number:02}.mp4"
        example.copy(SAMPLES / "film.mp4", made, random.Random(number))
        said = {"content_id": f"post-{number:02}", "account_id": f"user-{number:02}"}
        with made.open("rb") as file:
            sent = office.server.post("/v1/uploads", files={"file": file}, data=said)
        assert sent.status_code == 201, sent.text
        told: dict[str, Any] = sent.json()
        return told

    first = send(1)
    assert (first["action"], first["reasons"]) == ("pass", [])
    with (tmp_path / "copy-01.mp4").open("rb") as file:
        reported = office.server.post(
            f"/v1/uploads/{first['id']}/reports",
            files={"file": file},
            data={"reason": "A viewer says that it shows an attack.", "severity": 80},
        )
    assert (reported.status_code, reported.json()["action"]) == (201, "review")

    case = office.act("/v1/cases/next").json()["case"]
    assert case["why"] == "reported: A viewer says that it shows an attack."
    seen = office.server.get(f"/v1/uploads/{first['id']}/media", key=office.ann)
    assert seen.content == (tmp_path / "copy-01.mp4").read_bytes()
    decision = office.decided(first)

    copies = [send(number) for number in (2, 3, 4)]
    assert {one["action"] for one in copies} == {"remove"}
    assert {one["decision_id"] for one in copies} == {decision["id"]}
    assert office.act("/v1/cases/next", office.bob).json()["case"] is None

    appealed = {"upload_id": copies[-1]["id"], "reason": "It is a scene of my own film."}
    appeal = office.server.post("/v1/appeals", json=appealed).json()
    answer = f"/v1/appeals/{appeal['id']}/answer"
    said = {"state": "overturned", "answer": "It is staged."}
    assert office.act(answer, office.ann, json=said).status_code == 403
    assert office.act(answer, office.bob, json=said).status_code == 200

    undone = office.read(f"/v1/decisions/{decision['id']}")
    assert undone["state"] == "undone"
    assert {one["state"] for one in undone["consequences"]} == {"reversed"}
    assert {office.again(one)["action"] for one in (first, *copies)} == {"review"}
    told = office.read("/v1/events", office.server.admin, type="upload.action_changed", limit=100)
    last = {one["data"]["content_id"]: one["data"]["action"] for one in reversed(told["data"])}
    assert set(last.values()) == {"review"}
    assert set(last) == {"post-01", "post-02", "post-03", "post-04"}

    verified = office.read("/v1/audit/verify", office.server.admin)
    assert verified["broken_at"] is None
    whats = [e["what"] for e in office.read("/v1/audit", office.server.admin, limit=100)["data"]]
    assert {"upload.reported", "case.decided", "appeal.answered", "decision.undone"} <= set(whats)
