"""What a person prefers: kept with them, or for the tab where a key is used."""

from playwright.sync_api import expect
from tests.console.browsing import Visit
from tests.console.conftest import Visiting
from tests.web.serving import Running
from tests.web.visiting import PASSWORD, invited
from tests.web.visiting import Browser as Person

LIGHT, DARK = "rgb(245, 246, 247)", "rgb(14, 18, 23)"


def test_a_theme_is_kept_over_the_systems(visitor: Visit, server: Running) -> None:
    visitor.theme("light")
    page = visitor.use_key(server.key, "/console/settings")
    ground = expect(page.locator("body"))
    ground.to_have_css("background-color", LIGHT)
    page.get_by_role("radio", name="Dark").click()
    ground.to_have_css("background-color", DARK)
    page.reload()
    ground.to_have_css("background-color", DARK)
    visitor.use_key(server.key, "/console/settings")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system").click()
    ground.to_have_css("background-color", LIGHT)
    visitor.theme("dark")
    ground.to_have_css("background-color", DARK)


def test_media_are_blurred_grey_and_silent_until_somebody_says_otherwise(
    visitor: Visit, server: Running
) -> None:
    page = visitor.use_key(server.key, "/console/settings")
    for name in ("Blur media", "Without colour", "Without sound", "Reveal while held"):
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    page.get_by_role("checkbox", name="Without colour").uncheck()
    page.get_by_label("Remind me of a break after").select_option("0")
    visitor.go("/console/playground")
    visitor.go("/console/settings")
    expect(page.get_by_role("checkbox", name="Without colour")).not_to_be_checked()
    expect(page.get_by_label("Remind me of a break after")).to_have_value("0")


def test_signing_out_forgets_the_key(visitor: Visit, server: Running, owner: Person) -> None:
    page = visitor.use_key(server.key, "/console/settings")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    kept = page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert server.key not in kept
    visitor.open("/console/settings")
    page.get_by_role("heading", name="Sign in").wait_for()


def test_what_a_person_prefers_holds_in_every_browser_of_theirs(
    browse: Visiting, owner: Person
) -> None:
    person = invited(owner, "Sam", "reviewer")
    page = browse().come_in(person, "/console/settings")
    with page.expect_response("**/console/api/settings") as saved:
        page.get_by_role("checkbox", name="Without sound").uncheck()
    assert saved.value.ok
    with page.expect_response("**/console/api/settings"):
        page.get_by_role("radio", name="Dark").click()
    elsewhere = browse().come_in(person, "/console/settings")
    expect(elsewhere.get_by_role("checkbox", name="Without sound")).not_to_be_checked()
    expect(elsewhere.get_by_role("checkbox", name="Blur media")).to_be_checked()
    expect(elsewhere.locator("body")).to_have_css("background-color", DARK)


def test_what_the_project_requires_cannot_be_loosened(
    visitor: Visit, owner: Person, reviewer: Person
) -> None:
    enforced = {"blur": {"value": True, "enforced": True}}
    assert owner.ask("PUT", "/console/api/defaults", json=enforced).is_success
    try:
        page = visitor.come_in(reviewer, "/console/settings")
        expect(page.get_by_role("checkbox", name="Blur media")).to_be_disabled()
        expect(page.get_by_text("Your project requires this.")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Without colour")).to_be_enabled()
    finally:
        owner.ask("PUT", "/console/api/defaults", json={"blur": None})


def test_a_password_is_changed_where_the_present_one_is_known(
    visitor: Visit, owner: Person
) -> None:
    visitor.refusals = {401, 403, 422}
    page = visitor.come_in(invited(owner, "Pat", "reviewer"), "/console/settings")
    form = page.get_by_role("region", name="Password")
    form.get_by_label("Present password").fill("not the one it is")
    form.get_by_label("New password").fill("quite another password")
    form.get_by_role("button", name="Change the password").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.get_by_label("Present password").fill(PASSWORD)
    form.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Password changed.")).to_be_visible()
    again = Person(owner.address)
    assert again.enter("sign-in", name="Pat", password="quite another password").is_success


def test_an_owner_says_what_holds_for_everybody_and_what_is_required(
    browse: Visiting, owner: Person, reviewer: Person
) -> None:
    visitor = browse()
    page = visitor.come_in(owner, "/console/settings")
    section = page.get_by_role("region", name="For everybody of the project")
    try:
        with page.expect_response("**/console/api/defaults") as saved:
            section.get_by_role("checkbox", name="Require: Blur media").click()
        assert saved.value.ok
        with page.expect_response("**/console/api/defaults"):
            section.get_by_role("checkbox", name="By default: Without colour").click()
        expect(section.get_by_role("checkbox", name="Require: Without colour")).to_be_disabled()
        with page.expect_response("**/console/api/defaults"):
            section.get_by_label("By default, remind of a break after").select_option("20")
        assert not visitor.axe()
        seen = browse().come_in(reviewer, "/console/settings")
        expect(seen.get_by_role("checkbox", name="Blur media")).to_be_disabled()
        expect(seen.get_by_role("checkbox", name="Without colour")).not_to_be_checked()
        expect(seen.get_by_label("Remind me of a break after")).to_have_value("20")
        expect(seen.get_by_role("region", name="For everybody of the project")).to_have_count(0)
        assert reviewer.me["defaults"]["blur"] == {"value": True, "enforced": True}
        section.get_by_role("link", name="Who changed this").click()
        entry = page.locator(".entry", has_text="changed what the console shows by default").first
        expect(entry).to_contain_text("Olga")
    finally:
        owner.ask(
            "PUT",
            "/console/api/defaults",
            json={"blur": None, "greyscale": None, "break_after_minutes": None},
        )
