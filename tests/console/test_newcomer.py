"""Somebody who has never seen reseen, with nothing but the link that the server printed: match two
files, ingest a folder, review a burst to an empty queue, undo one decision, find it in the audit.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import LARGE, SMALL, Visit, visit
from tests.console.conftest import CHROMIUM, Visiting
from tests.web.serving import SAMPLES
from tests.web.visiting import PASSWORD

WIDER = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
MANY = 120
"""Presses of Tab, after which whatever is looked for cannot be reached."""


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What ``reseen serve`` prints for people at its first start."""
    home = tmp_path_factory.mktemp("newcomer")
    said = home.with_suffix(".log")
    ours = {"RESEEN_HOME": str(home), "RESEEN_WORKERS": "1", "RESEEN_LOG_FORMAT": "json"}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RESEEN_")}
    with said.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "reseen", "serve", "--port", "0"],
            env={**kept, **ours},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield printed(server, said)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def printed(server: "subprocess.Popen[bytes]", said: Path) -> str:
    for _ in range(600):
        found = re.search(r"http://\S+/console/setup#\S+", said.read_text(encoding="utf-8"))
        if found and "Ctrl-C" in said.read_text(encoding="utf-8"):
            return found[0]
        assert server.poll() is None, said.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(said.read_text(encoding="utf-8"))


@pytest.fixture
def browse(link: str) -> Iterator[Visiting]:
    parts = urlsplit(link)
    with ExitStack() as visits:

        def new(**more: object) -> Visit:
            address = f"{parts.scheme}://{parts.netloc}"
            return visits.enter_context(visit(CHROMIUM.browser(), address, **more))

        yield new


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder of media."""
    folder = tmp_path / "forbidden"
    folder.mkdir()
    for name in ("photo.jpg", "film.mp4", "song.m4a"):
        shutil.copy(SAMPLES / name, folder)
    return folder


def tab_to(page: Page, name: str) -> None:
    """With the keyboard alone, to a button or link of that name."""
    told = "() => { const at = document.activeElement; return at.ariaLabel || at.textContent; }"
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.evaluate(told).strip().startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def keys(page: Page, *pressed: str) -> None:
    for one in pressed:
        page.keyboard.press(one)


def set_up(page: Page, name: str) -> None:
    """By keyboard: the cursor is where the name goes, and then the password."""
    page.get_by_role("heading", name="Set up reseen").wait_for()
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_somebody_new_matches_ingests_reviews_undoes_and_finds_it_in_the_audit(
    browse: Visiting, link: str, library: Path
) -> None:
    page = (visitor := browse()).page
    page.goto(link)
    set_up(page, "Nora")
    page.get_by_role("heading", name="Nothing has come through here yet").wait_for()

    match_two_files(page)
    ingest(page, library)
    send_a_burst(page)
    case = review_to_an_empty_queue(page)
    undo(page)
    find_it_in_the_audit(page, case)

    keys(page, "g", "r")  # it waits again, as was said
    expect(page.locator(".queued")).to_have_count(1)
    page.keyboard.press("s")
    page.get_by_role("heading", name="Verdict").wait_for()
    keys(page, "n", "Enter")
    page.get_by_role("heading", name="Nothing waits").wait_for()

    own_files_lead_from_upload_to_audit(page)
    for screen in (LARGE, SMALL):
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        for theme in ("light", "dark"):
            visitor.theme(theme)
            visitor.open("/console/uploads")
            page.get_by_role("table", name="Uploads").wait_for()
            fine(visitor)
            page.get_by_role("link", name="song-disguised").first.click()
            page.get_by_role("button", name="Appeal").wait_for()
            fine(visitor)


def match_two_files(page: Page) -> None:
    tab_to(page, "Open the playground")
    page.keyboard.press("Enter")
    page.get_by_label("Source: choose one").set_input_files(SAMPLES / "photo-disguised.jpg")
    page.get_by_label("Target: choose one").set_input_files(SAMPLES / "photo.jpg")
    tab_to(page, "Compare")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A copy")).to_be_visible()


def ingest(page: Page, library: Path) -> None:
    keys(page, "g", "b")
    page.get_by_role("heading", name="No bank yet").wait_for()
    tab_to(page, "Make the first bank")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("forbidden")
    page.keyboard.press("Enter")
    page.get_by_label("Add references: choose a folder").set_input_files(library)
    page.get_by_text("3 of 3 files, 3 added").wait_for(timeout=120_000)
    tab_to(page, "See the references")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="References of forbidden")).to_contain_text("film.mp4")


def send_a_burst(page: Page) -> None:
    """Nothing waits yet, and the page says how something comes in."""
    keys(page, "g", "r")
    page.get_by_role("heading", name="Nothing waits").wait_for()
    tab_to(page, "Send a sample burst")
    page.keyboard.press("Enter")
    row = page.locator(".queued")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("5 accounts", timeout=120_000)
    expect(page.get_by_role("region", name="Just submitted")).to_have_count(0)
    expect(row).to_contain_text("forbidden")


def review_to_an_empty_queue(page: Page) -> str:
    """The case that was decided."""
    page.keyboard.press("s")
    page.get_by_role("heading", name="Verdict").wait_for()
    case = urlsplit(page.url).path.rsplit("/", 1)[1]
    page.keyboard.press("h")
    page.locator(".verdict-form").wait_for()
    page.keyboard.type("violence")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Nothing waits").wait_for()
    assert actions(page) == {"remove"}
    return case


def undo(page: Page) -> None:
    page.keyboard.press("u")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("5 of 5 uploads' actions reversed").wait_for()
    expect(page.get_by_text("5 uploads decided")).to_have_count(0)


def find_it_in_the_audit(page: Page, case: str) -> None:
    tab_to(page, "Find it in the audit")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Audit").wait_for()
    entry = page.locator(".entry")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("Nora undid a decision")
    tab_to(page, case)
    page.keyboard.press("Enter")
    expect(page.locator(".entry", has_text="decided a case")).to_contain_text("Nora")
    assert actions(page) == {"review"}


def own_files_lead_from_upload_to_audit(page: Page) -> None:
    """What somebody drops is an upload with a page, from which its case and its audit are a link
    away.
    """
    keys(page, "g", "i")
    page.get_by_label("Account").fill("user-17")
    page.get_by_label("Submit uploads: choose files").set_input_files(
        [SAMPLES / "song-disguised.ogg"]
    )
    told = page.get_by_role("region", name="Just submitted")
    told.get_by_text("1 upload answered, 1 of them on review").wait_for(timeout=120_000)
    told.get_by_role("link", name="song-disguised.ogg").click()
    page.get_by_role("heading", name=re.compile("song-disguised")).wait_for()
    expect(page.get_by_text("Matches a reference of forbidden")).to_be_visible()
    upload = page.url
    page.get_by_role("link", name="Open its case").click()
    page.get_by_role("heading", name="Verdict").wait_for()
    keys(page, "a", "Enter")
    page.get_by_role("heading", name="Nothing waits").wait_for()
    page.goto(upload)
    expect(page.get_by_text("A decision on its near-copies covers it.")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^Audit of upl_")).click()
    expect(page.locator(".entry", has_text="answered an upload").first).to_be_visible()
    page.goto(upload)
    page.get_by_role("heading", name="Why").wait_for()


def actions(page: Page) -> set[str]:
    """What is done with every upload of the server now."""
    asked = "async () => (await (await fetch('/v1/uploads?limit=100')).json()).data"
    return {one["action"] for one in page.evaluate(asked)}


def fine(visitor: Visit) -> None:
    assert not visitor.axe()
    assert visitor.page.evaluate(WIDER) <= 0
