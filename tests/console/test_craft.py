"""What must hold on every page: WCAG 2.2 AA in both themes on both screens, the keyboard alone is
enough, nothing is wider than the screen.
"""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import LARGE, SMALL, Visit
from tests.console.conftest import Visiting
from tests.web.serving import Running
from tests.web.visiting import PASSWORD
from tests.web.visiting import Browser as Person

NARROWEST = {"width": 360, "height": 640}
WIDER = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


def fine(visitor: Visit) -> None:
    assert not visitor.axe()
    assert visitor.page.evaluate(WIDER) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [LARGE, SMALL, NARROWEST], ids=["large", "small", "narrow"])
def test_every_page_can_be_used_by_everybody(
    browse: Visiting, reviewer: Person, theme: str, screen: dict[str, int]
) -> None:
    visitor = browse(viewport=screen, color_scheme=theme)
    page = visitor.open("/console/sign-in")
    page.get_by_role("heading", name="Sign in").wait_for()
    fine(visitor)
    visitor.go("/console/setup")
    page.get_by_role("heading", name=re.compile("reseen|set up")).first.wait_for()
    fine(visitor)
    visitor.go("/console/invited")
    page.get_by_role("heading", name="This link is not whole").wait_for()
    fine(visitor)
    visitor.come_in(reviewer)
    page.get_by_role("heading", name="Playground").wait_for()
    fine(visitor)
    page.get_by_role("button", name="Photo", exact=True).click()
    page.get_by_role("heading", name="See both").wait_for()
    page.locator(".framed.of-target").wait_for()
    fine(visitor)
    for mode in ("Blink", "Onion skin", "Difference"):
        page.get_by_role("radio", name=mode).click()
        fine(visitor)
    page.get_by_role("button", name="Song", exact=True).click()
    page.locator(".timeline").wait_for()
    fine(visitor)
    visitor.go("/console/settings")
    page.get_by_role("heading", name="Settings").wait_for()
    fine(visitor)
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    fine(visitor)


def focused(page: Page) -> str:
    said: str = page.evaluate(
        "() => document.activeElement.getAttribute('aria-label')"
        " ?? document.activeElement.textContent.trim()"
    )
    return said


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """As somebody does who has no mouse; each stop must show where the focus is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2"
            " || document.activeElement.matches('input[type=file], body, audio, video'); }"
        )
        assert ring, f"no ring on {focused(page)}"
        if focused(page) == name:
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")


def test_a_first_match_needs_no_mouse(visitor: Visit, reviewer: Person) -> None:
    page = visitor.open("/console/playground")
    page.get_by_role("heading", name="Sign in").wait_for()
    page.keyboard.type("Rita")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Playground").wait_for()
    tab_to(page, "Photo")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("A copy")
    tab_to(page, "Side by side")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Blink")).to_be_checked()
    tab_to(page, "Copy the call in curl")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy the call in curl")).to_have_text("Copied")


def test_a_question_mark_shows_what_the_keyboard_does_here(visitor: Visit, server: Running) -> None:
    page = visitor.use_key(server.key)
    page.get_by_role("heading", name="Playground").wait_for()
    page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keyboard")
    expect(overlay).to_contain_text("try the photo")
    expect(overlay).to_contain_text("go to settings")
    page.keyboard.press("1")  # belongs to the page behind, which must not hear it
    page.keyboard.press("Escape")
    expect(overlay).to_have_count(0)
    assert page.get_by_text("photo.jpg").count() == 0
    page.keyboard.press("g")
    page.keyboard.press(",")
    page.get_by_role("heading", name="Settings").wait_for()


def test_keys_are_letters_while_somebody_writes(visitor: Visit, server: Running) -> None:
    page = visitor.use_key(server.key)
    field = page.get_by_label("Address of the source")
    field.press_sequentially("x1?g,")
    expect(field).to_have_value("x1?g,")
    assert page.get_by_role("dialog").count() == 0
    page.get_by_role("heading", name="Playground").wait_for()


def test_the_first_stop_leads_past_the_navigation(visitor: Visit, server: Running) -> None:
    page = visitor.use_key(server.key)
    page.get_by_role("heading", name="Playground").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
