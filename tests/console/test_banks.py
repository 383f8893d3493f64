"""Banks in the browser: made, filled from a folder and a list, looked through, cut, deleted."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import LARGE, SMALL, Visit, visit
from tests.console.conftest import CHROMIUM
from tests.web.desking import Office
from tests.web.serving import SAMPLES, Running, encoded, hash_of, picture, serving, site
from tests.web.visiting import Browser as Person
from tests.web.visiting import invited

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import StoredScore
from reseen.domain.choices import Regime
from reseen.store.database import open_database, sqlite_url, utc_now
from reseen.store.scores import SqlScoreLog

NAMES = (f"shelf {number}" for number in count())


@pytest.fixture(scope="module")
def far() -> Iterator[str]:
    """The address of a site that has the samples."""
    with site() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, far: str) -> Iterator[Running]:
    port = int(far.rsplit(":", 1)[1])
    home = tmp_path_factory.mktemp("banks")
    with serving(
        home,
        rate_per_minute=0,
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, port),
    ) as server:
        yield server


@pytest.fixture
def bank(running: Running) -> dict[str, Any]:
    return running.bank(next(NAMES))


def opened(here: Visit, bank: dict[str, Any], tab: str = "") -> Page:
    page = here.open(f"/console/banks/{bank['id']}{tab and f'?tab={tab}'}")
    page.get_by_role("heading", name=bank["name"], level=1).wait_for()
    return page


def held(running: Running, bank: dict[str, Any], seed: int, **said: Any) -> dict[str, Any]:
    """A reference with the picture of a seed, as it is told."""
    file = {"file": (f"picture-{seed}.png", encoded(picture(seed)))}
    made = running.post("/v1/references", data={"bank": bank["id"], **said}, files=file)
    assert made.status_code == 201, made.text
    return running.searchable(made.json()["id"])


def found(running: Running, bank: dict[str, Any], seed: int) -> list[str]:
    """The references that a small copy of the picture matches."""
    copy = encoded(picture(seed).resize((240, 180)), "JPEG")
    answer = running.post("/v1/search", data={"banks": bank["id"]}, files={"file": copy})
    return [one["reference_id"] for one in answer.json()["matches"]]


def scored(running: Running, bank: dict[str, Any], scores: list[float]) -> None:
    """As if so many media had been searched for, a day apart."""
    reference = held(running, bank, int(bank["id"][-6:], 16))
    rows = [
        StoredScore(
            at=utc_now() - timedelta(days=1 + number),
            project_id=DEFAULT_PROJECT,
            query_sha256=hashlib.sha256(f"{bank['id']} {number}".encode()).hexdigest(),
            reference_id=reference["id"],
            bank_id=bank["id"],
            regime=Regime.STILL,
            score=score,
        )
        for number, score in enumerate(scores)
    ]
    database = open_database(sqlite_url(running.scratch.parent / "reseen.db"))
    try:
        SqlScoreLog(database).record(rows)
    finally:
        database.close()


def test_a_first_bank_is_made_and_leads_to_filling_it(here: Visit, running: Running) -> None:
    here.refusals = {409}
    page = here.open("/console/banks")
    name = next(NAMES)
    running.bank(f"{name} taken")
    page.get_by_role("button", name=re.compile("New bank|first bank")).first.click()
    form = page.get_by_role("dialog", name="New bank")
    form.get_by_label("Name").fill(f"{name} taken")
    form.get_by_label("High confidence").select_option("remove")
    form.get_by_role("button", name="Make the bank").click()
    expect(form.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_role("alert")).to_contain_text("already")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Keep a reference for").fill("2")
    form.get_by_role("button", name="Make the bank").click()
    page.get_by_role("heading", name=name, level=1).wait_for()
    expect(page.get_by_role("radio", name="Add")).to_be_checked()
    made = running.get(f"/v1/banks/{name}").json()
    assert (made["policy"]["high"], made["retention_s"]) == ("remove", 2 * 86_400)


def test_a_folder_goes_in_and_what_is_broken_says_how_to_mend_it(
    here: Visit, running: Running, bank: dict[str, Any], tmp_path: Path
) -> None:
    here.refusals = {415, 422}
    folder = tmp_path / "leaflets"
    (folder / "deep").mkdir(parents=True)
    (folder / "photo.jpg").write_bytes((SAMPLES / "photo.jpg").read_bytes())
    (folder / "deep" / "same.jpg").write_bytes((SAMPLES / "photo.jpg").read_bytes())
    (folder / "deep" / "drawn.png").write_bytes(encoded(picture(81)))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    page = opened(here, bank, "add")
    page.get_by_label("Labels").fill("leaflet, 2026")
    page.get_by_label("Add references: choose a folder").set_input_files(folder)
    on_their_way = page.get_by_role("region", name="Files on their way")
    expect(on_their_way).to_contain_text("4 of 4 files", timeout=60_000)
    for told in ("2 added", "1 held already", "1 failed"):
        expect(on_their_way).to_contain_text(told)
    mending = page.get_by_role("group", name="What failed")
    expect(mending).to_contain_text("leaflets/broken.jpg")
    expect(mending).to_contain_text("Export it again or convert it")
    with page.expect_download() as download:
        mending.get_by_role("button", name="Save as CSV").click()
    assert "leaflets/broken.jpg" in download.value.path().read_text(encoding="utf-8")
    listed = running.get("/v1/references", params={"bank": bank["id"], "label": "leaflet"}).json()
    assert len(listed["data"]) == 2
    assert "leaflets/deep/drawn.png" in {one["name"] for one in listed["data"]}
    expect(page.get_by_text("2 references")).to_be_visible()
    assert not here.axe()


def test_a_list_of_hashes_and_addresses_goes_in_as_jobs(
    here: Visit, running: Running, bank: dict[str, Any], far: str
) -> None:
    page = opened(here, bank, "add")
    lines = [f"sha256:{hash_of(f'{bank["id"]} {n}')['sha256']}" for n in range(30)]
    body = "\n".join([*lines, "sha256:0123"]).encode()
    page.get_by_label("Add references: choose files").set_input_files(
        {"name": "shared.txt", "mimeType": "text/plain", "buffer": body}
    )
    job = page.get_by_role("region", name="Job for shared.txt")
    expect(job).to_contain_text("30 added", timeout=60_000)
    expect(job).to_contain_text("1 item failed")
    page.get_by_label("Addresses").fill("photo.jpg")
    expect(page.get_by_text("An address begins with http")).to_be_visible()
    page.get_by_label("Addresses").fill(f"{far}/photo.jpg\n{far}/none.jpg")
    page.get_by_role("button", name="Add 2 addresses").click()
    job = page.get_by_role("region", name="Job for 2 addresses")
    expect(job).to_contain_text("1 added, 1 failed", timeout=60_000)
    expect(job).to_contain_text(f"{far}/none.jpg")
    assert running.get(f"/v1/banks/{bank['id']}").json()["references"] == 31
    assert not here.axe()


def test_a_disabled_reference_is_not_found_until_it_is_enabled(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    reference = held(running, bank, 8100, labels="logo")
    assert found(running, bank, 8100) == [reference["id"]]
    page = opened(here, bank)
    page.get_by_role("button", name=reference["name"]).click()
    card = page.get_by_role("dialog", name="Reference")
    expect(card).to_contain_text(reference["hashes"]["sha256"])
    card.get_by_role("button", name="Disable", exact=True).click()
    card.get_by_role("button", name="Enable").wait_for()
    assert found(running, bank, 8100) == []
    card.get_by_role("button", name="Enable").click()
    card.get_by_role("button", name="Disable until then").click()
    expect(card.locator(".tag").first).to_contain_text("disabled until")
    assert found(running, bank, 8100) == []
    card.get_by_role("button", name="Enable").click()
    card.get_by_role("button", name="Disable", exact=True).wait_for()
    assert found(running, bank, 8100) == [reference["id"]]
    card.get_by_label("Note").fill("Seen in March.")
    card.get_by_label("Labels").fill("logo, march")
    card.get_by_role("button", name="Save what is said of it").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    told = running.get(f"/v1/references/{reference['id']}").json()
    assert (told["note"], told["labels"]) == ("Seen in March.", ["logo", "march"])


def test_references_are_filtered_by_a_label_and_come_page_by_page(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    items = [
        {"hashes": hash_of(f"{bank['id']} page {n}"), "labels": ["odd"] if n % 2 else ["even"]}
        for n in range(60)
    ]
    running.post("/v1/references/batch", json={"bank": bank["id"], "items": items})
    page = opened(here, bank)
    expect(page.get_by_text("50 references so far")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".pager")).to_contain_text("60 references")
    page.get_by_role("button", name="Only with the label odd").first.click()
    expect(page.locator(".pager")).to_contain_text("30 references")
    page.reload()
    expect(page.locator(".pager")).to_contain_text("30 references")
    page.get_by_label("Label", exact=True).fill("none such")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="No reference is like this")).to_be_visible()


def test_references_are_filtered_by_name_kind_and_state_under_an_address_of_its_own(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    for name, off in (
        ("spring parade", None),
        ("Spring logo", "9000-01-01T00:00:00Z"),
        ("autumn", None),
    ):
        body = {"bank": bank["id"], "name": name, "hashes": hash_of(f"{bank['id']} {name}")}
        said = running.post("/v1/references", json={**body, "disabled_until": off})
        assert said.status_code == 201, said.text
    page = opened(here, bank)
    page.get_by_label("Name", exact=True).fill("SPRING")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".pager")).to_contain_text("2 references")
    page.get_by_label("State", exact=True).select_option("disabled")
    expect(page.locator(".pager")).to_contain_text("1 reference")
    page.reload()
    expect(page.get_by_role("button", name="Spring logo")).to_be_visible()
    expect(page.get_by_role("button", name="spring parade")).to_have_count(0)
    page.get_by_label("Kind", exact=True).select_option("video")
    expect(page.get_by_role("heading", name="No reference is like this")).to_be_visible()
    page.get_by_role("button", name="Show all").first.click()
    expect(page.locator(".pager")).to_contain_text("3 references")


def test_a_deleted_reference_is_gone_and_a_slip_deletes_nothing(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    reference = held(running, bank, 8200)
    page = opened(here, bank)
    page.get_by_role("button", name=reference["name"]).click()
    card = page.get_by_role("dialog", name="Reference")
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete this").get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the reference").click()
    expect(page.get_by_role("heading", name="This bank is empty")).to_be_visible()
    assert running.get(f"/v1/references/{reference['id']}").status_code == 404


def test_a_moved_cut_says_at_once_what_would_match_and_holds_once_it_is_saved(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    scored(running, bank, [0.2, 0.45, 0.5, 0.55, 0.6, 0.7, 0.95])
    page = opened(here, bank, "thresholds")
    would = page.locator(".would")
    expect(would).to_have_text("3")  # 0.6 is at the usual cut, and above it
    page.locator(".uplot").wait_for()
    page.get_by_label("medium from", exact=True).fill("0.5")
    expect(would).to_have_text("5")
    expect(page.get_by_text("+2 against now")).to_be_visible()
    page.get_by_label("high from, as a number").fill("0.48")
    page.keyboard.press("Enter")  # a high cut beneath takes the medium one with it
    expect(page.get_by_label("medium from, as a number")).to_have_value("0.48")
    page.get_by_role("button", name="Undo").click()
    expect(would).to_have_text("3")
    page.get_by_label("medium from", exact=True).focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(would).to_have_text("5")
    page.get_by_role("button", name="Run the backtest").click()
    expect(page.get_by_text("2 gained, 0 lost")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("region", name="Gained")).to_contain_text("0.55")
    page.get_by_role("button", name="Save the cuts").click()
    expect(page.get_by_text("This bank has cuts of its own here.")).to_be_visible()
    cuts = {"low": 0.3, "medium": 0.5, "high": 0.9}
    assert running.get(f"/v1/banks/{bank['id']}").json()["thresholds"] == {"still": cuts}
    page.get_by_role("button", name="Back to the usual cuts").click()
    expect(page.get_by_text("These are the usual cuts.")).to_be_visible()
    assert running.get(f"/v1/banks/{bank['id']}").json()["thresholds"] == {}


def test_a_bank_is_turned_off_renamed_and_deleted(
    here: Visit, running: Running, bank: dict[str, Any]
) -> None:
    held(running, bank, 8300)
    page = opened(here, bank)
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("button", name="Turn on").wait_for()
    assert found(running, bank, 8300) == []
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill(f"{bank['name']} anew")
    form.get_by_label("What a match means").select_option("allowed")
    form.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=f"{bank['name']} anew", level=1).wait_for()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("for good, with 1 reference.")
    page.get_by_role("button", name="Delete the bank").click()
    page.get_by_role("heading", name="Banks", level=1).wait_for()
    assert running.get(f"/v1/banks/{bank['id']}").status_code == 404


def test_what_a_decision_promoted_shows_its_cluster_under_cover(
    here: Visit, running: Running, olga: Person
) -> None:
    office = Office.of(running)
    upload = office.reported(copies=(1, 2))[0]
    assert office.decide(upload).status_code == 201
    every = running.get("/v1/references", params={"limit": 1000}).json()["data"]
    promoted = next(one for one in every if "cluster_id" in one["provenance"])
    page = here.open(f"/console/banks/{promoted['bank_id']}?reference={promoted['id']}")
    cover = page.locator(".kept .covered").first
    reveal = cover.get_by_role("button", name=re.compile("Hold to reveal"))
    expect(cover.locator("img[alt^='upload']")).to_have_count(0)
    reveal.hover()
    page.mouse.down()
    expect(cover.locator("img[alt^='upload']")).to_be_visible()
    page.mouse.up()
    expect(cover.locator("img[alt^='upload']")).to_have_count(0)
    looked = olga.get("/v1/audit", params={"limit": 1000}).json()["data"]
    read = {one["subject"] for one in looked if one["what"] == "media.read"}
    (member,) = {one["id"] for one in office.read("/v1/uploads")["data"]} & read
    assert (
        office.read(f"/v1/uploads/{member}")["cluster_id"] == promoted["provenance"]["cluster_id"]
    )


def test_a_reviewer_sees_banks_and_changes_nothing(
    running: Running, olga: Person, bank: dict[str, Any]
) -> None:
    held(running, bank, 8400)
    rita = invited(olga, "Rita", "reviewer")
    with visit(CHROMIUM.browser(), running.address) as visitor:
        page = visitor.come_in(rita, f"/console/banks/{bank['id']}")
        page.get_by_role("button", name="picture-8400.png").click()
        card = page.get_by_role("dialog", name="Reference")
        expect(card).to_contain_text("sha256")
        for name in ("Disable", "Delete", "Edit", "Turn off", "Save what is said of it"):
            expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [LARGE, SMALL], ids=["large", "small"])
def test_banks_can_be_used_by_everybody(
    running: Running, olga: Person, bank: dict[str, Any], theme: str, screen: dict[str, int]
) -> None:
    scored(running, bank, [0.2, 0.5, 0.95])
    with visit(CHROMIUM.browser(), running.address, viewport=screen, color_scheme=theme) as visitor:

        def fine() -> None:
            assert not visitor.axe()
            assert visitor.wider() <= 0

        page = visitor.come_in(olga, "/console/banks")
        page.get_by_role("table").wait_for()
        fine()
        page.get_by_role("button", name="New bank").click()
        page.get_by_role("dialog").wait_for()
        fine()
        page.keyboard.press("Escape")
        opened(visitor, bank)
        page.get_by_role("table").wait_for()
        fine()
        page.locator("tbody .as-link").first.click()
        page.get_by_role("button", name="Disable", exact=True).wait_for()
        fine()
        opened(visitor, bank, "add")
        fine()
        opened(visitor, bank, "thresholds")
        page.get_by_label("medium from", exact=True).fill("0.4")
        page.get_by_role("button", name="Run the backtest").click()
        page.get_by_text("1 gained, 0 lost").wait_for()
        page.locator(".uplot").nth(1).wait_for()
        fine()
