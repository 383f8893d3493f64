"""Searching the banks, and long work, driven as somebody who has files and a question."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import SMALL, Visit
from tests.flows.conftest import save_picture
from tests.web.serving import SAMPLES, Running, serving

from reseen.testing import pictures


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own, with a bank of the samples."""
    with serving(tmp_path_factory.mktemp("search"), rate_per_minute=0) as server:
        bank = server.post("/v1/banks", key=server.admin, json={"name": "harm", "role": "known"})
        assert bank.status_code == 201, bank.text
        for name in ("photo.jpg", "song.m4a"):
            with (SAMPLES / name).open("rb") as file:
                told = server.post(
                    "/v1/references",
                    key=server.admin,
                    data={"bank": "harm", "labels": "test"},
                    files={"file": file},
                )
            assert told.status_code == 201, told.text
        yield server


def search_for(page: Page, *files: Path) -> None:
    page.get_by_role("heading", name="Search", level=1).wait_for()
    page.get_by_label("Search for: choose files").set_input_files([str(file) for file in files])


def ingest(running: Running) -> str:
    """The id of a job whose only item fails."""
    urls = ["http://127.0.0.1:9/nothing.jpg"]
    asked = {"kind": "ingest", "bank": "harm", "urls": urls}
    told = running.post("/v1/jobs", key=running.admin, json=asked)
    return str(told.json()["id"])


def test_a_disguised_copy_is_found_with_what_was_done_to_it(here: Visit) -> None:
    page = here.open("/console/search")
    search_for(page, SAMPLES / "photo-disguised.jpg")
    match = page.get_by_role("article", name="photo.jpg")
    match.get_by_text("mirrored").wait_for()
    expect(match).to_contain_text("high")
    expect(match).to_contain_text("harm: known harm")
    expect(match).to_contain_text("test")
    match.get_by_role("link", name="photo.jpg").click()
    page.wait_for_url("**/console/banks/*reference=*")


def test_many_files_are_searched_one_by_one_and_a_broken_one_keeps_none_back(
    here: Visit, tmp_path: Path
) -> None:
    here.refusals = {415, 422}
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no picture")
    other = save_picture(tmp_path / "other.png", pictures.scene(41))
    page = here.open("/console/search")
    search_for(page, SAMPLES / "song-disguised.ogg", broken, other)
    page.get_by_text("1 file of 3 repeats something; 1 could not be searched").wait_for()
    song = page.get_by_role("article", name="song.m4a")
    expect(song.get_by_role("button", name="Play segment 1 from the source")).to_be_visible()
    expect(page.get_by_role("region", name="other.png", exact=True)).to_contain_text(
        "It repeats nothing"
    )
    expect(
        page.get_by_role("region", name="broken.jpg", exact=True).get_by_role("alert")
    ).to_be_visible()


def test_a_hash_is_searched_with_and_what_is_neither_hash_nor_address_is_refused(
    here: Visit,
) -> None:
    page = here.open("/console/search")
    lines = page.get_by_label("Or addresses and hashes, one a line")
    lines.fill("something else")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("Each line is an http address").wait_for()
    lines.fill("md5:" + "0" * 32)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("It repeats nothing that these banks hold.").wait_for()


def test_a_job_is_followed_to_its_end_and_its_failures_say_how_to_mend_them(
    here: Visit, running: Running
) -> None:
    job = ingest(running)
    page = here.open("/console/jobs")
    row = page.get_by_role("row").filter(has_text="Ingest").first
    expect(row).to_contain_text("done", timeout=15_000)
    row.get_by_role("link", name="Ingest").click()
    page.wait_for_url(f"**/console/jobs/{job}")
    page.get_by_role("heading", name="1 item failed").wait_for()
    expect(page.get_by_role("table", name="Items of the job")).to_contain_text("nothing.jpg")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save all as CSV").click()
    assert "nothing.jpg" in Path(saved.value.path()).read_text(encoding="utf-8")


def test_what_came_of_a_job_is_told_in_words_and_whole(here: Visit, running: Running) -> None:
    cuts = {"low": 0.2, "medium": 0.4, "high": 0.6}
    asked = {
        "kind": "backtest",
        "bank": "harm",
        "since": "2026-01-01T00:00:00Z",
        "thresholds": {"still": cuts},
    }
    told = running.post("/v1/jobs", key=running.admin, json=asked)
    assert told.status_code == 202, told.text
    over = running.over(told.json()["id"])
    assert over["state"] == "done", over
    page = here.open(f"/console/jobs/{over['id']}")
    result = page.get_by_role("region", name="What came of it")
    for name in over["result"]:  # no name of the interface is shown as it is written there
        expect(result.locator("dt").filter(has_text=re.compile(name))).to_have_count(0)
    expect(result).to_contain_text("Would match, and did not")
    result.get_by_text("All of it").click()
    expect(result.locator("pre")).to_contain_text('"gained_examples"')


def test_jobs_of_one_state_are_shown_alone(here: Visit) -> None:
    page = here.open("/console/jobs")
    page.get_by_role("radio", name="Failed").click()
    page.get_by_text("No job is in this state").wait_for()
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("table", name="Jobs").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_and_jobs_are_for_everybody(here: Visit, running: Running, theme: str) -> None:
    here.theme(theme)
    page = here.open("/console/search")
    search_for(page, SAMPLES / "song-disguised.ogg", SAMPLES / "photo-disguised.jpg")
    page.get_by_text("2 files of 2 repeat something").wait_for()
    assert not here.axe()
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    assert here.wider() == 0
    assert not here.axe()
    job = ingest(running)
    for path in ("/console/jobs", f"/console/jobs/{job}"):
        here.go(path)
        page.get_by_role("table").first.wait_for()
        assert here.wider() == 0
        assert not here.axe()
