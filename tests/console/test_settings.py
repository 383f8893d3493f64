"""What a person prefers, for the tab where a key is used."""

from playwright.sync_api import expect
from tests.console.browsing import Visit
from tests.web.serving import Running

GROUND = "() => getComputedStyle(document.body).backgroundColor"


def test_a_theme_is_kept_over_the_systems(visitor: Visit, server: Running) -> None:
    visitor.theme("light")
    page = visitor.use_key(server.key, "/console/settings")
    light = page.evaluate(GROUND)
    page.get_by_role("radio", name="Dark").click()
    dark = page.evaluate(GROUND)
    assert dark != light
    page.reload()
    assert page.evaluate(GROUND) == dark
    visitor.use_key(server.key, "/console/settings")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system").click()
    assert page.evaluate(GROUND) == light
    visitor.theme("dark")
    assert page.evaluate(GROUND) == dark


def test_media_are_blurred_grey_and_silent_until_somebody_says_otherwise(
    visitor: Visit, server: Running
) -> None:
    page = visitor.use_key(server.key, "/console/settings")
    for name in ("Blur media", "Without colour", "Without sound", "Reveal while held"):
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    page.get_by_role("checkbox", name="Without colour").uncheck()
    page.get_by_label("Remind me of a break after").select_option("never")
    visitor.go("/console/playground")
    visitor.go("/console/settings")
    expect(page.get_by_role("checkbox", name="Without colour")).not_to_be_checked()
    expect(page.get_by_label("Remind me of a break after")).to_have_value("")


def test_signing_out_forgets_the_key(visitor: Visit, server: Running) -> None:
    page = visitor.use_key(server.key, "/console/settings")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    kept = page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert server.key not in kept
    visitor.open("/console/settings")
    page.get_by_role("heading", name="Sign in").wait_for()
