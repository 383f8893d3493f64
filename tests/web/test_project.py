"""What a project wants of its server: whether its media are kept."""

from collections.abc import Iterator

import pytest
from tests.web.desking import Office, copy, refused
from tests.web.serving import Running, serving


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own: what it keeps is changed."""
    with serving(tmp_path_factory.mktemp("project")) as server:
        yield server


@pytest.fixture
def office(running: Running) -> Office:
    """Of a project that keeps media."""
    running.manage("PATCH", "/v1/project", json={"keep_media": True})
    return Office.of(running)


def test_a_project_that_keeps_none_has_none_of_what_comes_and_has_what_was_kept(
    running: Running, office: Office
) -> None:
    seed = office.seed()
    office.known(seed)
    before = office.upload(seed, 1)
    assert before["media_kept"]
    changed = running.manage("PATCH", "/v1/project", json={"keep_media": False})
    assert (changed.status_code, changed.json()["keep_media"]) == (200, False)
    assert not running.get("/v1/project").json()["keep_media"]
    after = office.upload(seed, 2)
    assert (after["action"], after["media_kept"]) == ("review", False)
    assert office.again(before)["media_kept"]


def test_what_is_to_be_answered_later_needs_an_address_where_nothing_is_kept(
    running: Running, office: Office
) -> None:
    running.manage("PATCH", "/v1/project", json={"keep_media": False})
    sent = running.post(
        "/v1/uploads",
        files={"file": copy(office.seed())},
        data={"content_id": "later-1", "account_id": "user-1", "wait": "false"},
    )
    refused(sent, 422, "invalid_request", "wait")


def test_the_change_is_in_the_audit_and_not_for_everybody(running: Running, office: Office) -> None:
    assert running.post("/v1/project").status_code == 405
    denied = running.ask("PATCH", "/v1/project", json={"keep_media": False})
    refused(denied, 403, "forbidden")
    wrong = running.manage("PATCH", "/v1/project", json={"keep": False})
    refused(wrong, 400, "invalid_request", "keep")
    running.manage("PATCH", "/v1/project", json={"keep_media": False})
    entries = running.manage("GET", "/v1/audit", params={"what": "project.changed"}).json()["data"]
    assert entries[0]["subject"] == running.get("/v1/project").json()["id"]
    assert {"keep_media": False} in [entry["detail"] for entry in entries]


def test_a_server_that_keeps_none_cannot_be_talked_into_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("none"), keep_media=False) as server:
        assert not server.get("/v1/project").json()["keep_media"]
        asked = server.manage("PATCH", "/v1/project", json={"keep_media": True})
        refused(asked, 422, "invalid_request", "keep_media")
