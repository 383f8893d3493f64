"""How people come in: by a key for the tab, and what a wrong one is answered."""

from tests.console.browsing import SMALL, Visit
from tests.console.conftest import Visiting
from tests.web.serving import Running


def test_a_visitor_is_led_to_sign_in_and_back_to_the_page_they_wanted(
    visitor: Visit, server: Running
) -> None:
    page = visitor.open("/console/settings")
    page.wait_for_url("**/console/sign-in?next=*")
    page.get_by_label("Key", exact=True).fill(server.key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_role("heading", name="Settings", exact=True).wait_for()
    page.wait_for_url("**/console/settings")


def test_a_wrong_key_is_refused_with_what_to_do(visitor: Visit) -> None:
    visitor.refusals = {401}
    page = visitor.open("/console/sign-in")
    page.get_by_label("Key", exact=True).fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    page.get_by_role("alert").get_by_text("unauthenticated").wait_for()


def test_a_menu_opens_on_a_small_screen(browse: Visiting, server: Running) -> None:
    visitor = browse(viewport=SMALL)
    page = visitor.use_key(server.key, "/console/settings")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog").get_by_role("link", name="Settings").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
