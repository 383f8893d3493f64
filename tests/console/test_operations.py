"""Webhooks, keys, people, the audit, usage and holds, driven as whoever runs a server would."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import SMALL, Visit, visit
from tests.console.conftest import CHROMIUM
from tests.flows.receiving import Receiver, receiving, until
from tests.web.desking import Office
from tests.web.serving import SAMPLES, Running, serving
from tests.web.visiting import PASSWORD
from tests.web.visiting import Browser as Person

from reseen.domain.access import Role

PAGES = {
    "/console/": "Overview",
    "/console/usage": "Usage",
    "/console/webhooks": "Webhooks",
    "/console/keys": "Keys",
    "/console/people": "People",
    "/console/audit": "Audit",
    "/console/exchanges": "Exchanges",
    "/console/holds": "Legal holds",
    "/console/statements": "Statements of reasons",
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Running]:
    """A server of its own, which posts to the receiver and gives up soon."""
    with serving(
        tmp_path_factory.mktemp("operations"),
        steps_s=(0.2,),
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, receiver.port),
        rate_per_minute=0,
    ) as server:
        yield server


def titled(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()


def the_secret(page: Page) -> str:
    """What is shown once; it is put away."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("It is shown this once").wait_for()
    told = dialog.locator("pre").inner_text()
    dialog.get_by_role("button", name="I have kept it").click()
    expect(dialog).to_have_count(0)
    return told


def test_a_key_is_made_used_replaced_and_revoked(here: Visit, running: Running) -> None:
    page = here.go("/console/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("What it is for").fill("night pipeline")
    page.get_by_role("button", name="Make it").click()
    secret = the_secret(page)
    assert running.get("/v1/banks", key=secret).status_code == 200
    row = page.get_by_role("row").filter(has_text="night pipeline")
    expect(row).to_contain_text("service")
    assert secret not in page.content()
    page.get_by_role("button", name="Replace night pipeline").click()
    page.get_by_label("The old one works on for").select_option("0")
    page.get_by_role("button", name="Replace it").click()
    fresh = the_secret(page)
    assert running.get("/v1/banks", key=secret).status_code == 401
    assert running.get("/v1/banks", key=fresh).status_code == 200
    page.get_by_role("button", name="Revoke night pipeline").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("night pipeline is refused from now on.").wait_for()
    assert running.get("/v1/banks", key=fresh).status_code == 401
    expect(row).to_have_count(0)
    page.get_by_label(re.compile("Show revoked ones")).check()
    expect(row).to_have_count(2)
    row.first.get_by_role("link", name=re.compile("Audit of")).click()
    titled(page, "Audit")
    page.locator(".entry").filter(has_text="made a key").wait_for()


def test_a_webhook_gets_a_test_event_fails_and_is_replayed(
    here: Visit, running: Running, receiver: Receiver
) -> None:
    receiver.got.clear()
    receiver.answer = lambda _: 500
    page = here.go("/console/webhooks")
    page.get_by_role("button", name="New webhook").first.click()
    page.get_by_label("Address").fill(receiver.url("/told"))
    page.get_by_label("All events").uncheck()
    page.get_by_label("appeal.opened").check()
    page.get_by_role("button", name="Make it").click()
    assert the_secret(page).startswith("whsec_")
    page.get_by_role("button", name="Send a test event").click()
    receiver.wait(2)
    sent = page.locator(".entry").filter(has_text="webhook.test")
    expect(sent).to_contain_text("given up")
    expect(sent).to_contain_text("answered 500, 2 attempts")
    receiver.answer = lambda _: 200
    sent.locator("summary").click()
    page.get_by_role("button", name="Send it once more").click()
    receiver.wait(3)
    expect(sent).to_contain_text("delivered")
    assert len(set(receiver.ids())) == 1
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Send a test event")).to_be_disabled()
    page.get_by_role("button", name="Resume").click()
    receiver.answer = lambda _: 503
    page.get_by_role("button", name="Send a test event").click()
    expect(page.locator(".entry .tag.danger")).to_have_count(1)
    page.get_by_role("radio", name="Given up", exact=True).click()
    expect(page.locator(".entry")).to_have_count(1)
    receiver.answer = lambda _: 200
    page.get_by_role("button", name="Replay all given up").click()
    until(lambda: len(receiver.got) >= 6 or None)
    page.get_by_role("radio", name="All", exact=True).click()
    expect(page.locator(".entry .tag.good")).to_have_count(2)
    page.get_by_role("button", name="Change the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Change it").click()
    assert the_secret(page).startswith("whsec_")
    assert not here.axe()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Nobody is told yet").wait_for()


def test_an_address_that_is_not_public_is_refused_at_its_field(here: Visit) -> None:
    here.refusals = {422}
    page = here.go("/console/webhooks")
    page.get_by_role("button", name="New webhook").first.click()
    page.get_by_label("Address").fill("http://169.254.169.254/hook")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")


def test_somebody_is_invited_and_sees_what_their_role_may(here: Visit, running: Running) -> None:
    page = here.go("/console/people")
    titled(page, "People")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("Name").fill("Rita")
    page.get_by_role("button", name="Make the link").click()
    link = the_secret(page)
    rita = page.get_by_role("row").filter(has_text="Rita")
    expect(rita).to_contain_text("invited")
    with visit(CHROMIUM.browser(), running.address) as other:
        theirs = other.page
        theirs.goto(link)
        theirs.get_by_label("Password", exact=True).fill(PASSWORD)
        theirs.get_by_role("button", name="Start").click()
        theirs.locator(".shell").wait_for()
        places = theirs.locator("nav.side a.place").all_inner_texts()
        assert "Review" in places
        assert not {"Keys", "People", "Audit", "Webhooks", "Usage", "Legal holds"} & set(places)
        other.go("/console/")
        titled(theirs, "Overview")
        other.go("/console/people")
        titled(theirs, "Playground")
        other.refusals = {401}
        page.get_by_label("Role of Rita").select_option("admin")
        page.get_by_text("Rita is admin from now on.").wait_for()
        theirs.reload()
        theirs.locator("nav.side").get_by_role("link", name="Audit").wait_for()
        page.get_by_role("button", name="Disable Rita").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(rita).to_contain_text("disabled")
        theirs.reload()
        theirs.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_role("button", name="Enable Rita").click()
    expect(rita).to_contain_text("active")
    page.get_by_role("link", name="Audit of what Rita did").click()
    titled(page, "Audit")
    page.locator(".entry").filter(has_text="signed in").first.wait_for()


def test_a_decision_is_found_in_the_audit_by_its_subject(
    here: Visit, running: Running, olga: Person
) -> None:
    for _ in range(30):
        assert olga.post("/v1/keys", {"label": "many"}).status_code == 201
    office = Office.of(running)
    [upload] = office.reported()
    decision = office.decided(upload)
    page = here.go("/console/audit")
    page.get_by_label("Done to").fill(decision["id"])
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=decision["case_id"]).click()
    entry = page.locator(".entry")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("decided a case “It shows an attack.”")
    page.reload()
    expect(entry).to_have_count(1)
    entry.locator("summary").click()
    expect(entry).to_contain_text(decision["id"])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export JSON lines").click()
    lines = Path(saved.value.path()).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["subject"] for line in lines] == [decision["case_id"]]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    rows = list(csv.DictReader(StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert [row["subject"] for row in rows] == [decision["case_id"]]
    page.get_by_role("button", name="Clear").click()
    expect(entry).to_have_count(25)
    page.get_by_role("button", name="Show more").click()
    expect(entry).to_have_count(50)
    page.get_by_role("button", name="Verify the chain").click()
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text("It holds").wait_for()
    head = page.locator("code.whole").inner_text()
    page.get_by_label(re.compile("A digest")).fill(head)
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text("The digest is that of entry").wait_for()


def test_a_time_filter_leaves_out_what_came_before(here: Visit) -> None:
    page = here.go("/console/audit?since=2020-01-01T00:00:00.000Z&until=2020-01-02T00:00:00.000Z")
    page.get_by_text("Nothing like that was done").wait_for()
    page.get_by_role("button", name="Show everything").click()
    page.locator(".entry").first.wait_for()


def test_usage_counts_what_was_called(here: Visit, running: Running) -> None:
    made = running.keys.create(Role.SERVICE, "counted")
    for _ in range(4):
        running.get("/v1/banks", key=made.secret)
    sides = {side: (SAMPLES / "film.mp4").read_bytes() for side in ("source", "target")}
    assert running.post("/match", key=made.secret, files=sides).json()["match"] is True
    page = here.go("/console/usage")
    row = page.get_by_role("row").filter(has_text="counted")
    cells = row.get_by_role("cell")
    expect(cells.nth(2)).to_have_text("5")
    expect(cells.nth(5)).to_have_text("100 %")
    page.get_by_text("Calls a day: the numbers").click()
    numbers = page.get_by_role("region", name="Calls a day, as a table").get_by_role("row")
    expect(numbers).to_have_count(31)
    page.get_by_role("radio", name="7 days").click()
    expect(numbers).to_have_count(8)
    expect(page.locator(".u-over").first).to_be_visible()
    assert not here.axe()


def test_the_overview_tells_what_waits_and_what_was_spared(here: Visit, running: Running) -> None:
    office = Office.of(running)
    burst = office.reported(copies=(1, 2, 3))
    page = here.go("/console/")
    waiting = page.locator(".tile").filter(has_text="Cases waiting")
    expect(waiting).to_contain_text("The oldest for")
    office.decided(burst[0])
    page.reload()
    spared = page.locator(".tile").filter(has_text="Looks spared")
    expect(spared.locator(".figure-now")).not_to_have_text("0")
    expect(page.locator(".tile").filter(has_text="Precision")).to_contain_text("95 % sure between")
    page.get_by_text("Decided a day: the numbers").click()
    assert not here.axe()


def test_an_account_is_held_and_released(here: Visit) -> None:
    page = here.go("/console/holds")
    page.get_by_role("button", name="Place a hold").first.click()
    page.get_by_label("Your name for the account").fill("user-17")
    page.get_by_label("Why").fill("Court order 12 AR 7/26")
    page.get_by_role("button", name="Hold it").click()
    row = page.get_by_role("row").filter(has_text="user-17")
    expect(row).to_contain_text("held")
    page.get_by_role("button", name="Release the hold on user-17").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(row).to_contain_text("released")


def test_statements_are_exported(here: Visit, running: Running) -> None:
    office = Office.of(running)
    [upload] = office.reported()
    office.decided(upload)
    page = here.go("/console/statements")
    page.get_by_role("radio", name="JSON lines").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export the statements").click()
    lines = Path(saved.value.path()).read_text(encoding="utf-8").splitlines()
    assert upload["id"] in {json.loads(line)["upload_id"] for line in lines}


def test_a_key_may_do_it_all_too(running: Running) -> None:
    key = running.keys.create(Role.OWNER, "tab").secret
    with visit(CHROMIUM.browser(), running.address) as visitor:
        page = visitor.use_key(key, "/console/audit")
        titled(page, "Audit")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Export CSV").click()
        assert Path(saved.value.path()).read_text(encoding="utf-8").startswith("project_id,")
        visitor.go("/console/people")
        page.get_by_text("Sign in as a person for this").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [None, SMALL], ids=["large", "small"])
def test_every_page_can_be_used_by_everybody(
    running: Running, olga: Person, theme: str, screen: dict[str, int] | None
) -> None:
    more = {} if screen is None else {"viewport": screen}
    with visit(CHROMIUM.browser(), running.address, color_scheme=theme, **more) as visitor:
        page = visitor.come_in(olga)
        for path, title in PAGES.items():
            visitor.go(path)
            titled(page, title)
            expect(page.locator(".loading")).to_have_count(0)
            assert not visitor.axe(), path
            assert visitor.wider() <= 0, path
            opening = page.locator(".page-head .actions .button.main")
            if opening.count():
                opening.click()
                page.get_by_role("dialog").wait_for()
                assert not visitor.axe(), f"the dialog of {path}"
                page.keyboard.press("Escape")
                expect(page.get_by_role("dialog")).to_have_count(0)
