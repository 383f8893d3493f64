"""A headless Chromium on the console, which notices what must not happen.

No error in the page's console, no violation of the content security policy, no request to another
host: ``Visit.verify`` fails on any of them, and the fixtures call it after every test.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright
from tests.web.visiting import Browser as Person

ROOT = Path(__file__).parents[2]
OVERVIEW = ROOT / "src/reseen/console/static/pages/overview.js"
"""The start; a console without it says so."""

AXE = Path(__file__).parent / "axe" / "axe.min.js"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LARGE = {"width": 1440, "height": 900}
SMALL = {"width": 390, "height": 844}
PATIENCE_MS = 20_000

WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violated: " + event.violatedDirective + " by " + event.blockedURI));
"""


def wanted() -> bool:
    return os.environ.get("RESEEN_TEST_CHROMIUM") != "skip"


@cache
def chromium() -> str:
    """Its path. Raises ``CalledProcessError`` where there is none and none can be installed."""
    found = subprocess.run([ROOT / "scripts" / "find-chromium"], capture_output=True, check=True)
    return found.stdout.decode().strip()


class Chromium:
    """One browser for all tests, started at its first use."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        if self._browser is None:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=chromium(), headless=True, args=list(FLAGS)
            )
        return self._browser

    def close(self) -> None:
        if self._browser is not None and self._playwright is not None:
            self._browser.close()
            self._playwright.stop()
        self._browser = self._playwright = None


@dataclass
class Visit:
    """One visitor with a page of their own. ``refusals`` are answers that a test provokes, as
    ``{422, 401}``: the browser writes each into the console.
    """

    page: Page
    address: str
    refusals: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.page.on("request", self._asked)

    def open(self, path: str = "/console/") -> Page:
        self.page.goto(self.address + path)
        return self.page

    def go(self, path: str) -> Page:
        """To another page of the console without loading anew, as a link does; a key is kept."""
        self.page.evaluate(
            "(to) => { const a = document.createElement('a'); a.href = to;"
            " document.body.append(a); a.click(); a.remove(); }",
            path,
        )
        return self.page

    def use_key(self, key: str, path: str = "/console/playground") -> Page:
        """Come in with a key and open a page."""
        wanted = path.removeprefix("/console") or "/"
        page = self.open(f"/console/sign-in?next={quote(wanted, safe='')}")
        page.get_by_role("heading", name="Sign in").wait_for()
        if page.get_by_text("Use a key instead").count():
            page.get_by_text("Use a key instead").click()
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Use this key").click()
        page.locator(".shell").wait_for()
        return page

    def come_in(self, person: Person, path: str = "/console/playground") -> Page:
        """With the session of somebody who is signed in already, as ``visiting.invited`` makes."""
        kept = [
            {"name": name, "value": value, "url": self.address}
            for name, value in person.cookies.items()
        ]
        self.page.context.add_cookies(kept)  # type: ignore[arg-type]
        return self.open(path)

    def theme(self, name: str) -> None:
        """``light`` or ``dark``, as the system has it."""
        self.page.emulate_media(color_scheme="dark" if name == "dark" else "light")

    def wider(self) -> int:
        """Pixels by which the page is wider than the screen."""
        pixels: int = self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        )
        return pixels

    def axe(self) -> list[str]:
        """What WCAG 2.2 AA finds wrong with the page as it is now, a line each."""
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa',"
            " 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
        )
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} "
            f"{json.dumps(node.get('failureSummary', ''))[:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def verify(self) -> None:
        assert not self.faults, "\n".join(self.faults)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        refused = re.search(r"Failed to load resource.* status of (\d+)", message.text)
        if refused and int(refused[1]) in self.refusals:
            return
        if not OVERVIEW.exists() and "/overview." in message.text + message.location.get("url", ""):
            return
        self.faults.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address + "/", "data:", "blob:")):
            self.faults.append(f"asked another host: {request.url}")


@contextmanager
def visit(browser: Browser, address: str, **more: Any) -> Iterator[Visit]:
    """A fresh visitor, who is verified at the end."""
    context = browser.new_context(**{"viewport": LARGE, "reduced_motion": "reduce", **more})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH)
    try:
        visitor = Visit(context.new_page(), address)
        yield visitor
        visitor.verify()
    finally:
        context.close()
