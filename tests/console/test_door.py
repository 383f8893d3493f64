"""How people come in: set-up, password, invitation, passkey, or a key for the tab."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.console.browsing import SMALL, Visit, visit
from tests.console.conftest import CHROMIUM, Visiting
from tests.web.serving import Running, serving
from tests.web.visiting import PASSWORD, invited
from tests.web.visiting import Browser as Person

from reseen.domain.access import Role


@pytest.fixture
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that has no people yet."""
    with serving(tmp_path_factory.mktemp("new")) as running:
        yield running


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def came_in(page: Page) -> None:
    expect(page.locator(".shell")).to_be_visible()


def test_the_printed_link_makes_the_first_person(new_server: Running) -> None:
    key = new_server.keys.create(Role.OWNER).secret
    with visit(CHROMIUM.browser(), new_server.address) as visitor:
        page = visitor.open("/console/")
        page.get_by_role("heading", name="Set up reseen").wait_for()
        page = visitor.open(f"/console/setup#{key}")
        expect(page.get_by_label("Owner key")).to_have_value(key)
        page.wait_for_url("**/console/setup")
        page.get_by_label("Your name").fill("Olga")
        page.get_by_label("Password", exact=True).fill("short")
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_role("alert")).to_contain_text("at least 12")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.go("/console/setup")
        page.get_by_role("button", name="Make the account").click()
        came_in(page)
        expect(page.get_by_text("owner of")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        visitor.go("/console/setup")
        page.get_by_role("heading", name="This server is set up").wait_for()


def test_a_password_lets_in_and_leads_to_the_page_that_was_wanted(
    visitor: Visit, reviewer: Person
) -> None:
    visitor.refusals = {401}
    page = visitor.open("/console/settings?x=1")
    sign_in(page, "Rita", "a wrong password")
    expect(page.get_by_role("alert")).to_contain_text("unauthenticated")
    sign_in(page, "Rita", PASSWORD)
    page.wait_for_url("**/console/settings?x=1")
    page.reload()
    page.get_by_role("heading", name="Settings", exact=True).wait_for()


def test_whoever_is_signed_out_is_not_asked_for_twice(visitor: Visit, reviewer: Person) -> None:
    """A 401 would be written into the browser's console, which fails the test."""
    page = visitor.open("/console/")
    page.get_by_role("heading", name="Sign in").wait_for()


def test_another_host_is_no_page_to_come_back_to(visitor: Visit, reviewer: Person) -> None:
    page = visitor.open("/console/sign-in?next=//example.com/playground")
    sign_in(page, "Rita", PASSWORD)
    came_in(page)


def test_an_invitation_is_good_for_one_password(browse: Visiting, owner: Person) -> None:
    made = owner.post("/console/api/people", {"name": "Nia", "role": "reviewer"}).json()
    link = made["invitation"]["link"].removeprefix(owner.address)
    page = browse().open(link)
    page.wait_for_url("**/console/invited")
    page.get_by_label("Password", exact=True).fill("four plain words here")
    page.get_by_role("button", name="Start").click()
    came_in(page)
    late = browse()
    late.refusals = {401, 403, 404, 409, 422}
    page = late.open(link)
    page.get_by_label("Password", exact=True).fill("four other words here")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_navigation_holds_what_a_person_may_open(visitor: Visit, reviewer: Person) -> None:
    page = visitor.come_in(reviewer)
    places = page.get_by_role("navigation", name="Console")
    expect(places.get_by_role("link", name="Review")).to_be_visible()
    expect(places.get_by_role("link", name="Audit")).to_have_count(0)
    expect(places.get_by_role("link", name="People")).to_have_count(0)
    visitor.go("/console/audit")
    page.wait_for_url("**/console/playground")


def test_a_session_that_ended_elsewhere_leads_to_sign_in_and_back(
    visitor: Visit, owner: Person
) -> None:
    visitor.refusals = {401}
    person = invited(owner, "Eve", "reviewer")
    page = visitor.come_in(person, "/console/settings")
    page.get_by_role("heading", name="Settings", exact=True).wait_for()
    assert person.post("/console/api/sign-out").status_code == 204
    page.get_by_role("checkbox", name="Blur media").click()
    page.get_by_text("Your session is over").wait_for()
    sign_in(page, "Eve", PASSWORD)
    page.wait_for_url("**/console/settings")


def test_a_passkey_is_made_used_and_removed(browse: Visiting, owner: Person) -> None:
    invited(owner, "Kim", "reviewer")
    visitor = browse()
    visitor.address = visitor.address.replace("127.0.0.1", "localhost")
    devices = visitor.page.context.new_cdp_session(visitor.page)
    devices.send("WebAuthn.enable")
    virtual = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": virtual})
    page = visitor.open("/console/settings")
    sign_in(page, "Kim", PASSWORD)
    page.get_by_label("Name of this device").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    came_in(page)
    visitor.go("/console/settings")
    page.get_by_role("button", name="Remove Work laptop").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("button", name="Remove Work laptop")).to_have_count(0)


def test_passkeys_are_made_at_localhost_and_the_way_there_is_shown(
    browse: Visiting, owner: Person
) -> None:
    invited(owner, "Lee", "reviewer")
    visitor = browse()
    page = visitor.open("/console/settings")
    sign_in(page, "Lee", PASSWORD)
    page.get_by_role("heading", name="Passkeys").wait_for()
    expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    way = page.get_by_role("link", name="Open this page at localhost").get_attribute("href")
    assert way == visitor.address.replace("127.0.0.1", "localhost") + "/console/settings"
    visitor.address = visitor.address.replace("127.0.0.1", "localhost")
    page.goto(way)
    sign_in(page, "Lee", PASSWORD)
    expect(page.get_by_role("button", name="Add a passkey")).to_be_visible()


def test_a_key_lets_in_for_the_tab(visitor: Visit, server: Running, owner: Person) -> None:
    page = visitor.use_key(server.key, "/console/settings")
    page.wait_for_url("**/console/settings")
    expect(page.get_by_text("Signed in with a key")).to_be_visible()
    page.reload()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_wrong_key_is_refused_with_what_to_do(visitor: Visit, owner: Person) -> None:
    visitor.refusals = {401}
    page = visitor.open("/console/sign-in")
    page.get_by_text("Use a key instead").click()
    page.get_by_label("Key", exact=True).fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("alert")).to_contain_text("unauthenticated")


def test_a_menu_opens_on_a_small_screen(browse: Visiting, reviewer: Person) -> None:
    page = browse(viewport=SMALL).come_in(reviewer, "/console/settings")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog").get_by_role("link", name="Playground").click()
    page.get_by_role("heading", name="Playground").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)
