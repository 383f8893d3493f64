"""Policies and quarantines, driven as whoever answers for the rules would."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.console.browsing import LARGE, SMALL, Visit, visit
from tests.console.conftest import CHROMIUM
from tests.web.desking import Office
from tests.web.serving import Running, serving
from tests.web.visiting import Browser as Person
from tests.web.visiting import invited

REMOVES = {"high": "remove", "medium": "review", "low": "pass"}
NAMES = (f"ruled {number}" for number in count())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own: a policy of the project would rule on what others try."""
    with serving(tmp_path_factory.mktemp("policies"), rate_per_minute=0) as server:
        yield server


def titled(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()


def write(running: Running, bank: str | None, **draft: Any) -> str:
    """The id of a new version."""
    made = running.manage("POST", "/v1/policies", json={"bank": bank, **draft})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def enact(running: Running, policy_id: str) -> None:
    said = {"force": True, "reason": "an attack is streamed"}
    live = running.manage("POST", f"/v1/policies/{policy_id}/live", json=said)
    assert live.status_code == 200, live.text


def read(running: Running, policy_id: str) -> dict[str, Any]:
    told: dict[str, Any] = running.manage("GET", f"/v1/policies/{policy_id}").json()
    return told


def bands(*pairs: tuple[float, str]) -> dict[str, Any]:
    return {"still": [{"min_score": score, "action": action} for score, action in pairs]}


def here_id(page: Page) -> str:
    """The id of the version that is shown."""
    page.wait_for_url(re.compile(r"/policies/pol_"))
    return page.url.rpartition("/")[2]


def panel(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def backtest(page: Page) -> None:
    page.get_by_role("button", name="Run the backtest").click()
    page.locator(".outcome").wait_for()


def into_force(page: Page, button: str, answer: str, why: str) -> None:
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=answer, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_wrong_draft_is_told_at_the_field_that_is_meant(here: Visit, running: Running) -> None:
    here.refusals = {422}
    bank = running.bank(next(NAMES))
    page = here.go("/console/policies")
    page.get_by_role("link", name=f"Write a policy for {bank['name']}").click()
    titled(page, "New policy")
    expect(page.get_by_label("Bank", exact=True)).to_have_value(bank["id"])
    add = page.get_by_role("button", name="Picture and picture: add a band")
    add.click()
    add.click()
    first = page.get_by_label("Picture and picture: from score, band 1")
    save = page.get_by_role("button", name="Write the draft")
    first.fill("1.5")
    save.click()
    expect(first).to_have_attribute("aria-invalid", "true")
    said = page.locator(f"[id='{first.get_attribute('aria-describedby')}']")
    expect(said).to_have_text("Input should be less than or equal to 1.")
    assert not here.axe()
    first.fill("0.5")
    save.click()
    whole = page.get_by_role("group", name="Picture and picture").get_by_role("alert")
    expect(whole).to_contain_text("a higher score may not ask for less")
    first.fill("0.95")
    page.get_by_label("Picture and picture: from score, band 2").fill("0.01")
    save.click()
    expect(whole).to_contain_text("0.01 is never reached")
    page.get_by_label("Picture and picture: from score, band 2").fill("0.7")
    page.get_by_label("Rollout, %").fill("130")
    save.click()
    expect(page.get_by_role("alert")).to_have_text("A percentage from 0 to 100.")
    expect(page.get_by_label("Rollout, %")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Rollout, %").fill("12.5")
    for name in ("Pictures", "Sound", "Equal files"):
        page.get_by_label(name, exact=True).uncheck()
    save.click()
    expect(page.get_by_role("group", name="What counts").get_by_role("alert")).to_be_visible()
    page.get_by_label("Pictures", exact=True).check()
    page.get_by_label("Seconds of the upload").fill("3")
    page.get_by_label("Share of the upload, %").fill("10")
    page.get_by_label("Severity").fill("90")
    page.get_by_label("A second person must agree").check()
    page.get_by_label("Note").fill("A part of the uploads first.")
    save.click()
    titled(page, "Version 1")
    told = read(running, here_id(page))
    assert told["bands"] == bands((0.95, "remove"), (0.7, "review"))
    assert told["overlap"] == {"seconds": 3.0, "upload_share": 0.1, "reference_share": 0.0}
    assert told["channels"] == ["visual"]
    assert (told["rollout"], told["severity"], told["two_person"]) == (0.125, 90, True)
    assert (told["state"], told["dry_run"]) == ("draft", False)
    says = panel(page, "What it says")
    expect(says).to_contain_text("remove from 0.95, review from 0.7; below, nothing")
    expect(says).to_contain_text("removes of 12.5 % of the uploads")


def test_what_was_not_tried_goes_live_with_a_reason_alone(here: Visit, running: Running) -> None:
    here.refusals = {409, 422}
    policy = write(running, running.bank(next(NAMES))["name"])
    page = here.go(f"/console/policies/{policy}")
    page.get_by_role("button", name="Bring into force").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Bring it into force", exact=True)
    confirm.click()
    expect(dialog.get_by_role("alert")).to_contain_text("was not tried on past uploads")
    dialog.get_by_label("It cannot wait").check()
    confirm.click()
    expect(dialog.get_by_label("Why")).to_have_attribute("aria-invalid", "true")
    assert not here.axe()
    assert read(running, policy)["state"] == "draft"
    dialog.get_by_label("Why").fill("An attack is streamed.")
    confirm.click()
    expect(panel(page, "In force")).to_contain_text("because: An attack is streamed.")
    assert read(running, policy)["state"] == "live"


def test_a_version_is_tried_goes_live_and_is_rolled_back(here: Visit, running: Running) -> None:
    office = Office.of(running)
    seed = office.seed()
    bank = office.known(seed, policy=REMOVES)
    copies = [office.upload(seed, disguise) for disguise in (1, 2, 3)]
    assert {one["action"] for one in copies} == {"remove"}
    first = write(running, bank, bands=bands((0.6, "remove")), note="As before.")
    enact(running, first)
    page = here.go(f"/console/policies/{first}")
    titled(page, "Version 1")
    page.get_by_role("link", name="New version from it").click()
    titled(page, "New policy")
    page.get_by_label("Picture and picture: what band 1 does").select_option("review")
    page.get_by_label("Severity").fill("80")
    changing = panel(page, "What changes against version 1").get_by_role("listitem")
    expect(changing).to_have_count(2)
    page.get_by_role("button", name="Write the draft").click()
    titled(page, "Version 2")
    second = here_id(page)
    changed = panel(page, "What changed").get_by_role("listitem")
    expect(changed).to_have_count(2)
    expect(changed.first).to_contain_text("remove from 0.6; below, nothing")
    expect(changed.first).to_contain_text("review from 0.6; below, nothing")
    backtest(page)
    outcome = page.locator(".outcome")
    expect(outcome.locator(".figure").nth(0)).to_contain_text("0 \u22123 · before 3")
    expect(outcome.locator(".figure").nth(1)).to_contain_text("3 +3 · before 0")
    change = outcome.get_by_role("region", name="What changes").get_by_role("row").nth(1)
    for one in copies:
        expect(change).to_contain_text(one["id"])
    change.get_by_role("button", name=copies[0]["id"]).click()
    explained = page.get_by_role("dialog")
    expect(explained).to_contain_text(re.compile("It was answered.*remove.*says.*review"))
    expect(explained).to_contain_text("reaches 0.6: review")
    assert not here.axe()
    page.keyboard.press("Escape")
    expect(outcome.locator(".u-over")).to_be_visible()
    outcome.get_by_role("radio", name="Decided").click()
    expect(outcome).to_contain_text("No upload of this time was decided.")
    outcome.get_by_role("radio", name="What was live").click()
    expect(outcome.locator(".u-over")).to_be_visible()
    assert not here.axe()
    assert read(running, second)["backtest_id"]
    into_force(page, "Bring into force", "Bring it into force", "tried on a month")
    expect(panel(page, "In force")).to_contain_text(f"Version 1 ({first}) retires.")
    assert office.upload(seed, 4)["action"] == "review"
    into_force(page, "Roll back to version 1", "Roll back", "too many reviews")
    titled(page, "Version 1")
    assert (read(running, first)["state"], read(running, second)["state"]) == ("live", "retired")
    assert office.upload(seed, 5)["action"] == "remove"
    page.get_by_role("link", name=f"Audit of {first}").click()
    titled(page, "Audit")
    page.locator(".entry").filter(has_text="too many reviews").wait_for()


def test_a_dry_run_says_what_it_would_do_and_is_ended(here: Visit, running: Running) -> None:
    office = Office.of(running)
    seed = office.seed()
    bank = office.known(seed, policy=REMOVES)
    acting = write(running, bank, bands=bands((0.6, "remove")))
    enact(running, acting)
    page = here.go(f"/console/policies/new?from={acting}")
    page.get_by_label("Picture and picture: what band 1 does").select_option("review")
    page.get_by_label("Dry run").check()
    page.get_by_role("button", name="Write the draft").click()
    titled(page, "Version 2")
    dry = here_id(page)
    backtest_button = page.get_by_role("button", name="Run the backtest")
    backtest_button.click()
    page.locator(".outcome, .panel .empty").first.wait_for()
    into_force(page, "Run it dry", "Run it dry", "to see")
    expect(panel(page, "In force")).to_contain_text("It runs dry")
    answered = office.upload(seed, 1)
    assert answered["action"] == "remove"
    assert answered["reasons"][0]["dry_run"]["action"] == "review"
    page = here.go("/console/policies")
    group = page.get_by_role("region", name=bank, exact=True)
    expect(group.locator(".facts")).to_contain_text(
        re.compile("Acts.*Version 1.*Runs dry.*Version 2")
    )
    group.locator(".facts").get_by_role("link", name="Version 1").click()
    into_force(page, "End the dry run of version 2", "Bring it into force", "seen enough")
    expect(panel(page, "In force")).to_contain_text(f"Version 2 ({dry}) retires.")
    expect(page.get_by_role("button", name="Roll back to version 2")).to_have_count(0)
    assert (read(running, acting)["state"], read(running, dry)["state"]) == ("live", "retired")


def test_a_reference_is_put_into_quarantine_and_lifted(here: Visit, running: Running) -> None:
    here.refusals = {404, 422}
    office = Office.of(running)
    seed = office.seed()
    bank = office.known(seed, policy=REMOVES)
    [reference] = office.read("/v1/references", bank=bank)["data"]
    page = here.go("/console/quarantines")
    titled(page, "Quarantines")
    page.get_by_role("button", name="Put into quarantine").first.click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Put into quarantine")
    dialog.get_by_label("Id of the reference").fill("ref_none")
    confirm.click()
    expect(dialog.get_by_label("Why")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Why").fill("A title card of the news.")
    confirm.click()
    expect(dialog.get_by_label("Id of the reference")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Id of the reference").fill(reference["id"])
    until = dialog.get_by_label("Until")
    week = until.input_value()
    until.fill("2020-01-01T00:00")
    confirm.click()
    expect(until).to_have_attribute("aria-invalid", "true")
    until.fill(week)
    confirm.click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has_text=reference["id"])
    expect(row).to_contain_text("A title card of the news.")
    expect(row).to_contain_text("Olga")
    expect(row.get_by_role("link", name=reference["name"])).to_be_visible()
    assert office.upload(seed, 1)["action"] == "review"
    assert not here.axe()
    lift = row.get_by_role("button", name=re.compile("Lift the quarantine"))
    lift.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(1)
    lift.click()
    page.get_by_role("dialog").get_by_role("button", name="Lift it").click()
    expect(row).to_have_count(0)
    assert office.upload(seed, 2)["action"] == "remove"


def test_reviewers_look_and_change_nothing(running: Running, olga: Person) -> None:
    bank = running.bank(next(NAMES))["name"]
    policy = write(running, bank, rollout=0.5)
    rita = invited(olga, "Rita", "reviewer")
    with visit(CHROMIUM.browser(), running.address) as visitor:
        page = visitor.come_in(rita, f"/console/policies/{policy}")
        expect(panel(page, "What it says")).to_contain_text("removes of 50 % of the uploads")
        for name in ("Bring into force", "Run the backtest"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        visitor.go("/console/policies")
        titled(page, "Policies")
        expect(page.get_by_role("link", name="New policy")).to_have_count(0)
        visitor.go("/console/quarantines")
        titled(page, "Quarantines")
        expect(page.get_by_role("button", name="Put into quarantine")).to_have_count(0)


@pytest.fixture(scope="module")
def furnished(running: Running) -> str:
    """Versions, a trial and a quarantine to look at; the id of a version that was tried."""
    office = Office.of(running)
    seed = office.seed()
    bank = office.known(seed, policy=REMOVES)
    for disguise in (1, 2, 3):
        office.upload(seed, disguise)
    whole = write(running, bank, bands=bands((0.9, "remove"), (0.6, "review")), note="Usual.")
    enact(running, whole)
    dry = write(running, bank, bands=bands((0.8, "remove")), dry_run=True, rollout=0.25)
    enact(running, dry)
    tried = write(running, bank, bands=bands((0.6, "review")), two_person=True, severity=90)
    job = running.manage("POST", f"/v1/policies/{tried}/backtest", json={}).json()
    assert running.over(job["id"])["state"] == "done"
    [reference] = office.read("/v1/references", bank=bank)["data"]
    held = {"reference_id": reference["id"], "until": later(), "why": "A title card of the news."}
    assert running.manage("POST", "/v1/quarantines", json=held).status_code == 201
    running.bank(next(NAMES), policy=REMOVES)
    return tried


def later() -> str:
    return (datetime.now(UTC) + timedelta(days=7)).isoformat()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [LARGE, SMALL], ids=["large", "small"])
def test_every_page_can_be_used_by_everybody(
    running: Running, olga: Person, furnished: str, theme: str, screen: dict[str, int]
) -> None:
    pages = {
        "/console/policies": "Policies",
        f"/console/policies/{furnished}": "Version 3",
        f"/console/policies/new?from={furnished}": "New policy",
        "/console/quarantines": "Quarantines",
    }
    with visit(CHROMIUM.browser(), running.address, color_scheme=theme, viewport=screen) as visitor:
        page = visitor.come_in(olga)
        for path, title in pages.items():
            visitor.go(path)
            titled(page, title)
            expect(page.locator(".loading")).to_have_count(0)
            if title == "Version 3":
                page.locator(".outcome .u-over").wait_for()
            if title == "Quarantines":
                page.locator(".versions").get_by_role("link").first.wait_for()
            assert not visitor.axe(), path
            assert visitor.wider() <= 0, path
            opening = page.get_by_role("button", name="Bring into force")
            if opening.count():
                opening.click()
                page.get_by_role("dialog").wait_for()
                assert not visitor.axe(), f"the dialog of {path}"
                page.keyboard.press("Escape")
