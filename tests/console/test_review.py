"""Review in the browser, on a real server with real uploads: a burst to an empty queue by keyboard
alone, looks that are written down, two people at once, and what can be taken back.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.console.browsing import LARGE, SMALL, Visit, visit
from tests.console.conftest import CHROMIUM, Visiting
from tests.web import visiting
from tests.web.desking import Office
from tests.web.serving import SAMPLES, serving

from reseen.testing.pictures import scene

WIDER = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with serving(tmp_path_factory.mktemp("review"), rate_per_minute=0) as running:
        yield Office.of(running)


@pytest.fixture
def browse(office: Office) -> Iterator[Visiting]:
    with ExitStack() as visits:

        def new(**more: Any) -> Visit:
            return visits.enter_context(visit(CHROMIUM.browser(), office.server.address, **more))

        yield new


@pytest.fixture(autouse=True)
def nothing_waits_afterwards(office: Office) -> Iterator[None]:
    """Each test has a queue of its own."""
    yield
    for state in ("open", "appealed"):
        for case in office.read("/v1/cases", state=state)["data"]:
            for key in (office.ann, office.bob):
                office.act(f"/v1/cases/{case['id']}/release", key)
            said = {"version": case["version"], "verdict": "no_action"}
            path = f"/v1/cases/{case['id']}/decisions"
            made = office.act(path, json=said).json()
            if made.get("state") == "proposed":
                office.act(f"/v1/decisions/{made['id']}/approve", office.bob)


def audited(office: Office, **asked: str) -> list[dict[str, Any]]:
    answer = office.server.manage("GET", "/v1/audit", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def queue(visitor: Visit, key: str) -> Page:
    page = visitor.use_key(key, "/console/review")
    page.get_by_role("heading", name="Review", exact=True).wait_for()
    return page


def case_page(visitor: Visit, key: str, case_id: str) -> Page:
    page = visitor.use_key(key, f"/console/review/{case_id}")
    page.get_by_role("heading", name="near-cop").wait_for()
    return page


def at_another_case(page: Page, before: str) -> None:
    page.wait_for_function("(before) => location.pathname !== before", arg=before)


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def test_a_burst_is_reviewed_to_an_empty_queue_by_keyboard_alone_and_one_taken_back(
    browse: Visiting, office: Office
) -> None:
    bursts = [office.reported(copies=copies) for copies in ((1, 2, 3, 4), (1, 2), (1,))]
    page = queue(browse(), office.ann)
    expect(page.locator(".queued")).to_have_count(3)
    expect(page.locator(".queued").first).to_contain_text("4 accounts")
    page.keyboard.press("j")
    expect(page.locator(".queued").nth(1)).to_have_class("queued on")
    page.keyboard.press("s")
    for number, verdict in enumerate(("h", "a", "n")):
        page.get_by_role("heading", name="Verdict").wait_for()
        here = path_of(page)
        page.keyboard.press(verdict)
        page.locator(".verdict-form").wait_for()
        if not number:
            page.keyboard.type("violence")  # remembered from now on
        page.keyboard.press("Enter")
        at_another_case(page, here)
    page.get_by_role("heading", name="Nothing waits").wait_for()
    assert office.read("/v1/cases", state="open")["data"] == []
    actions = {office.again(one)["action"] for one in bursts[0]}
    assert actions == {"remove"}
    expect(page.get_by_text("3 decided", exact=True)).to_be_visible()

    page.keyboard.press("u")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("1 of 1 upload's action reversed").wait_for()
    page.keyboard.press("Escape")
    page.locator(".queued").wait_for()
    undone = audited(office, what="decision.undone")
    decided = office.read("/v1/decisions", state="undone")["data"]
    assert undone[-1]["subject"] in {one["id"] for one in decided}
    assert "Taken back" in undone[-1]["reason"]


def test_media_are_covered_until_a_key_is_held_and_each_look_is_written_down(
    browse: Visiting, office: Office
) -> None:
    (upload,) = office.reported()
    page = case_page(browse(), office.ann, office.case(upload)["id"])
    media = page.locator(".panel .covered")
    media.locator(".under").wait_for()
    assert audited(office, what="media.read", subject=upload["id"]) == []
    assert "grayscale(1)" in media.locator("img").evaluate("(one) => getComputedStyle(one).filter")
    for looks in (1, 2):
        page.keyboard.down("r")
        media.get_by_role("img", name="upload").wait_for()
        grey = media.locator("img").evaluate("(one) => getComputedStyle(one).filter")
        assert (grey, "blur" in grey) == ("grayscale(1)", False)
        page.keyboard.up("r")
        media.locator(".under").wait_for()
        assert len(audited(office, what="media.read", subject=upload["id"])) == looks
    button = media.get_by_role("button", name="Hold to reveal")
    button.hover()
    page.mouse.down()
    media.get_by_role("img", name="upload").wait_for()
    page.mouse.up()
    media.locator(".under").wait_for()
    assert len(audited(office, what="media.read", subject=upload["id"])) == 3


def test_a_person_looks_under_their_own_name_and_with_their_own_settings(
    browse: Visiting, office: Office
) -> None:
    olga = visiting.owner(office.server)
    rita = visiting.invited(olga, "Rita", "reviewer")
    assert rita.ask("PUT", "/console/api/settings", json={"blur": False}).status_code == 200
    (upload,) = office.reported()
    visitor = browse()
    jar = [
        {"name": one.name, "value": one.value or "", "url": office.server.address}
        for one in rita.cookies.jar
    ]
    visitor.page.context.add_cookies(jar)  # type: ignore[arg-type]
    page = visitor.open(f"/console/review/{office.case(upload)['id']}")
    page.locator(".panel .covered").get_by_role("img", name="upload").wait_for()
    entry = audited(office, what="media.read", subject=upload["id"])[0]
    assert (entry["who"], entry["role"]) == (rita.me["id"], "reviewer")
    page.keyboard.press("c")
    page.get_by_role("button", name="Give back").wait_for()
    assert office.case(upload)["lease"]["holder"] == rita.me["id"]
    page.keyboard.press("c")
    page.get_by_role("button", name="Claim").wait_for()
    assert office.case(upload)["lease"] is None


def test_of_two_people_at_once_one_is_told_what_changed_and_goes_on(
    browse: Visiting, office: Office
) -> None:
    (first,), (second,) = office.reported(), office.reported()
    case = office.case(first)
    ann, bob = browse(), browse()
    bob.refusals = {409}
    pages = [case_page(ann, office.ann, case["id"]), case_page(bob, office.bob, case["id"])]
    for page in pages:
        page.keyboard.press("n")
        page.locator(".verdict-form").wait_for()
    pages[0].keyboard.press("Enter")
    at_another_case(pages[0], f"/console/review/{case['id']}")
    office.act(f"/v1/cases/{office.case(second)['id']}/release", office.ann)
    pages[1].keyboard.press("Enter")
    changed = pages[1].get_by_role("alert").filter(has_text="changed while you looked")
    changed.get_by_text("Somebody decided it.").wait_for()
    changed.get_by_role("button", name="Next case").click()
    pages[1].wait_for_url(f"**/console/review/{office.case(second)['id']}")
    assert len(office.read("/v1/decisions", cluster=first["cluster_id"])["data"]) == 1


def test_a_case_that_grew_is_decided_as_it_is_now(browse: Visiting, office: Office) -> None:
    (upload,) = office.reported()
    visitor = browse()
    visitor.refusals = {409}
    page = case_page(visitor, office.ann, office.case(upload)["id"])
    report = {"reason": "It shows worse.", "severity": 95}
    sent = office.server.post(f"/v1/uploads/{upload['id']}/reports", json=report)
    assert sent.status_code == 201, sent.text
    page.keyboard.press("n")
    page.locator(".verdict-form").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Its severity is 95, not 50.").wait_for()
    page.get_by_role("button", name="Decide it as it is now").click()
    here = path_of(page)
    page.locator(".verdict-form").wait_for()
    page.keyboard.press("Enter")
    at_another_case(page, here)
    assert office.case(upload)["state"] == "decided"


def test_a_second_person_agrees_and_only_then_it_holds(browse: Visiting, office: Office) -> None:
    seed = office.seed()
    office.two_people(office.known(seed))
    upload = office.upload(seed, 1)
    case = office.case(upload)
    page = case_page(browse(), office.ann, case["id"])
    page.keyboard.press("h")
    page.locator(".verdict-form").wait_for()
    page.get_by_label("Policy that was broken").fill("violence")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/review")
    assert office.again(upload)["action"] == "review"
    page = queue(browse(), office.bob)
    page.get_by_role("link", name="Look and answer").click()
    page.get_by_role("heading", name="Proposed").wait_for()
    page.keyboard.press("y")
    page.wait_for_url("**/console/review")
    assert office.again(upload)["action"] == "remove"
    page = case_page(browse(), office.bob, case["id"])
    page.get_by_role("heading", name="Decided").wait_for()
    page.keyboard.press("u")
    page.get_by_role("dialog").get_by_text("The decision is taken back").wait_for()
    assert office.again(upload)["action"] == "review"


def test_an_appeal_is_overturned_by_somebody_else(browse: Visiting, office: Office) -> None:
    (upload,) = office.reported()
    office.decided(upload)
    said = {"upload_id": upload["id"], "reason": "I filmed this myself."}
    assert office.server.post("/v1/appeals", json=said).status_code == 201
    page = browse().use_key(office.bob, "/console/appeals")
    page.get_by_text("I filmed this myself.").wait_for()
    page.get_by_label("Answer").fill("It is your own recording.")
    page.get_by_role("button", name="Overturn it").click()
    page.get_by_role("heading", name="No appeal waits").wait_for()
    assert office.again(upload)["action"] == "review"
    page.get_by_role("radio", name="Overturned").click()
    page.get_by_text("It is your own recording.").wait_for()


def test_a_member_is_taken_out_and_the_word_taken_back(browse: Visiting, office: Office) -> None:
    uploads = office.reported(copies=(1, 2, 3))
    cluster = office.cluster(uploads[0])
    page = browse().use_key(office.ann, f"/console/clusters/{cluster['id']}")
    page.locator(".member").first.wait_for()
    stands = cluster["representative"]["upload_id"]
    other = next(one for one in uploads if one["id"] != stands)
    page.get_by_role("checkbox", name=f"Choose member by {other['account_id']}").check()
    page.get_by_role("button", name="Take 1 member out").click()
    answered(page, "Take out", "Another scene.")
    page.get_by_role("button", name="Take back").wait_for()
    assert office.again(other)["cluster_id"] != office.again(uploads[0])["cluster_id"] or (
        other == uploads[0]
    )
    (told,) = audited(office, what="cluster.split", subject=cluster["id"])
    assert told["reason"] == "Another scene."
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    homes = {office.again(one)["cluster_id"] for one in uploads}
    assert len(homes) == 1


def test_a_member_is_moved_to_another_cluster_and_then_the_two_are_made_one(
    browse: Visiting, office: Office
) -> None:
    uploads = office.reported(copies=(1, 2, 3))
    cluster = office.cluster(uploads[0])
    first, second = (one for one in uploads if one["id"] != cluster["representative"]["upload_id"])
    page = browse().use_key(office.ann, f"/console/clusters/{cluster['id']}")
    choice = "Choose member by {account_id}"
    page.get_by_role("checkbox", name=choice.format(**first)).check()
    page.get_by_role("button", name="Take 1 member out").click()
    answered(page, "Take out", "")
    page.get_by_text("Taken out, into a cluster of their own.").wait_for()
    apart = office.again(first)["cluster_id"]
    page.get_by_role("checkbox", name=choice.format(**second)).check()
    page.get_by_role("button", name="The chosen one belongs there").click()
    answered(page, "Move it", "The same scene as the one before.")
    page.get_by_text("It belongs to the other cluster now.").wait_for()
    assert office.again(second)["cluster_id"] == apart
    (told,) = audited(office, what="cluster.pinned")
    assert told["reason"] == "The same scene as the one before."
    page.get_by_role("button", name="Make one").click()
    answered(page, "Make one", "One film after all.")
    page.get_by_text("The two are one now.").wait_for()
    assert len({office.again(one)["cluster_id"] for one in uploads}) == 1
    (told,) = audited(office, what="cluster.merged_by_hand")
    assert told["reason"] == "One film after all."


def answered(page: Page, yes: str, reason: str) -> None:
    """A dialog that asks why, by keyboard."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Why")).to_be_focused()
    page.keyboard.type(reason)
    expect(dialog.get_by_role("button", name=yes)).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_a_second_person_disagrees_and_the_case_waits_again(
    browse: Visiting, office: Office
) -> None:
    seed = office.seed()
    office.two_people(office.known(seed))
    upload = office.upload(seed, 1)
    case = office.case(upload)
    said = {"version": case["version"], "verdict": "no_action"}
    proposed = office.act(f"/v1/cases/{case['id']}/decisions", json=said).json()
    assert proposed["state"] == "proposed"
    page = case_page(browse(), office.bob, case["id"])
    page.get_by_role("heading", name="Proposed").wait_for()
    page.keyboard.press("x")
    refuse = page.get_by_role("button", name="Decline, for this reason")
    expect(refuse).to_be_disabled()
    page.get_by_label("Why not").fill("It is news.")
    refuse.click()
    page.wait_for_url("**/console/review")
    (told,) = audited(office, what="decision.declined", subject=proposed["id"])
    assert told["reason"] == "It is news."
    now = office.case(upload)
    assert (now["state"], now["decision_id"]) == ("open", None)
    assert office.again(upload)["action"] == "review"


def test_a_skipped_case_stays_for_others_and_comes_back_to_whoever_starts_anew(
    browse: Visiting, office: Office
) -> None:
    (one,), (other,) = office.reported(), office.reported()
    page = queue(browse(), office.ann)
    page.keyboard.press("s")
    page.get_by_role("heading", name="Verdict").wait_for()
    first = path_of(page)
    page.keyboard.press("s")
    at_another_case(page, first)
    page.get_by_role("heading", name="Verdict").wait_for()
    assert path_of(page) != first
    skipped = office.read(f"/v1/cases/{first.rsplit('/', 1)[1]}")
    assert (skipped["state"], skipped["lease"]) == ("open", None)
    page.keyboard.press("s")
    page.wait_for_url("**/console/review")
    page.keyboard.press("s")
    page.get_by_role("heading", name="Verdict").wait_for()
    assert {office.case(upload)["state"] for upload in (one, other)} == {"open"}


def test_two_kept_pictures_are_laid_on_each_other_and_a_reference_is_told_of_honestly(
    browse: Visiting, office: Office
) -> None:
    uploads = office.reported(copies=(1, 2))
    page = case_page(browse(), office.ann, office.case(uploads[0])["id"])
    page.locator(".member").nth(1).wait_for()
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog")
    dialog.locator(".aligned").wait_for()  # the first of which media are kept
    dialog.get_by_label("With", exact=True).select_option("0")
    dialog.get_by_text("banks hold fingerprints, not files").wait_for()
    dialog.get_by_label("With", exact=True).select_option("1")
    for mode in ("Blink", "Onion skin", "Difference"):
        dialog.get_by_role("radio", name=mode).click()
        dialog.locator(".laid").wait_for()
    assert not any(audited(office, what="media.read", subject=one["id"]) for one in uploads)
    page.keyboard.down("r")
    page.wait_for_function("document.querySelector('.aligned image').href.baseVal")
    page.wait_for_timeout(300)
    page.keyboard.up("r")
    assert all(audited(office, what="media.read", subject=one["id"]) for one in uploads)


def test_a_break_is_thought_of_and_can_be_put_off(browse: Visiting, office: Office) -> None:
    visitor = browse()
    worked = 51 * 60_000
    visitor.page.add_init_script(
        "sessionStorage.setItem('reseen-shift', JSON.stringify("
        f"{{ sinceBreakMs: {worked}, workedMs: {worked} }}))"
    )
    page = queue(visitor, office.ann)
    page.get_by_text("Time for a break.").wait_for()
    page.keyboard.press("z")
    expect(page.get_by_text("Time for a break.")).to_have_count(0)


def test_the_keyboard_is_told_of(browse: Visiting, office: Office) -> None:
    (upload,) = office.reported()
    page = case_page(browse(), office.ann, office.case(upload)["id"])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    for words in ("harmful", "allowed", "no action", "reveal while held", "undo the last decision"):
        expect(dialog.get_by_text(words, exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [LARGE, SMALL], ids=["large", "small"])
def test_every_page_of_review_can_be_used_by_everybody(
    browse: Visiting, office: Office, theme: str, screen: dict[str, int]
) -> None:
    uploads = office.reported(copies=(1, 2))
    case = office.case(uploads[0])
    visitor = browse(viewport=screen, color_scheme=theme)

    def fine() -> None:
        assert not visitor.axe()
        assert visitor.page.evaluate(WIDER) <= 0

    page = queue(visitor, office.ann)
    page.locator(".queued .under").first.wait_for()
    fine()
    visitor.go(f"/console/review/{case['id']}")
    page.locator(".panel .under").wait_for()
    fine()
    page.keyboard.press("h")
    page.locator(".verdict-form").wait_for()
    fine()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog")
    dialog.locator(".aligned").wait_for()
    fine()
    dialog.get_by_label("With", exact=True).select_option("0")
    dialog.get_by_text("banks hold fingerprints").wait_for()
    fine()
    page.keyboard.press("Escape")
    visitor.go(f"/console/clusters/{case['cluster_id']}")
    page.get_by_role("heading", name="History").wait_for()
    fine()
    visitor.go("/console/appeals")
    page.get_by_role("heading", name="Appeals").wait_for()
    fine()


def test_only_those_who_review_come_here(office: Office) -> None:
    answer = httpx.get(f"{office.server.address}/v1/briefs")
    assert answer.status_code == 401


def test_two_films_play_in_step_while_they_are_revealed_and_each_look_is_written_down(
    browse: Visiting, office: Office
) -> None:
    uploads = filmed(office, "film.mp4", "film-clip.webm")
    visitor = browse()
    page = case_page(visitor, office.ann, office.case(uploads[1])["id"])
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Compare")
    chosen = dialog.get_by_label("With").locator("option:checked")
    expect(chosen).to_have_text("Reference in seen, 100 %")  # the first of which media are kept
    dialog.locator(".under").nth(1).wait_for()
    assert not visitor.axe()
    assert looks(office, uploads) == [0, 0]

    page.keyboard.down("r")
    film = playing(page, 0.5, 6.0)
    assert film["target"]["at"] - film["source"]["at"] == pytest.approx(8.965, abs=0.25)
    assert (film["source"]["on"], film["target"]["on"]) == (True, True)
    assert (film["source"]["muted"], film["target"]["muted"]) == (True, True)
    grey = page.locator(".framed video").first.evaluate("(one) => getComputedStyle(one).filter")
    assert grey == "grayscale(1)"
    page.keyboard.up("r")
    expect(dialog.locator(".under")).to_have_count(2)
    expect(page.locator(".framed video")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Play both")).to_be_disabled()
    assert looks(office, uploads) == [1, 1]

    dialog.get_by_role("radio", name="Target").click()
    dialog.get_by_role("button", name="Play segment 2", exact=True).click()
    reveal = dialog.get_by_role("button", name="Hold to reveal both")
    reveal.hover()
    page.mouse.down()
    film = playing(page, 0.5, 6.0)
    assert film["target"]["at"] - film["source"]["at"] == pytest.approx(9.0, abs=0.25)
    assert (film["source"]["muted"], film["target"]["muted"]) == (True, False)
    page.mouse.up()
    expect(page.locator(".framed video")).to_have_count(0)
    assert looks(office, uploads) == [2, 2]
    page.keyboard.down("r")
    playing(page, film["source"]["at"], 9.0)  # it goes on from where it was left
    page.keyboard.up("r")


def test_a_moving_picture_is_shown_as_one_and_only_while_it_is_revealed(
    browse: Visiting, office: Office
) -> None:
    frames = [Image.fromarray(scene(7400 + k)) for k in range(6)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=900, loop=0)
    (upload,) = works(office, {"moving.gif": moving.getvalue()})
    page = case_page(browse(), office.ann, office.case(upload)["id"])
    media = page.locator(".panel .covered")
    media.locator(".under").wait_for()
    page.keyboard.down("r")
    shown = media.get_by_role("img", name="upload")
    shown.wait_for()
    page.wait_for_function("() => document.querySelector('.covered.open img')?.naturalWidth > 0")
    expect(media.locator("video")).to_have_count(0)
    page.keyboard.up("r")
    media.locator(".under").wait_for()
    expect(shown).to_have_count(0)


def test_two_sounds_are_heard_in_step_and_from_the_chosen_side(
    browse: Visiting, office: Office
) -> None:
    uploads = filmed(office, "song.m4a", "song-disguised.ogg")
    visitor = browse()
    page = case_page(visitor, office.ann, office.case(uploads[1])["id"])
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Compare")
    seen = dialog.get_by_label("With").locator("option", has_text="Reference in seen")
    dialog.get_by_label("With").select_option(value=seen.get_attribute("value"))
    dialog.get_by_role("radio", name="Both").click()
    page.keyboard.down("r")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.framed audio')].filter((one) => !one.paused"
        " && !one.muted && one.currentTime > 0.5).length === 2"
    )
    page.keyboard.up("r")
    expect(page.locator(".framed audio")).to_have_count(0)
    assert looks(office, uploads) == [1, 1]


PLAYING = """() => Object.fromEntries(["source", "target"].map((side) => {
  const media = document.querySelector(`.framed.of-${side} video`);
  return [side, { at: media.currentTime, on: !media.paused, muted: media.muted }];
}))"""


def playing(page: Page, since: float, until: float) -> dict[str, Any]:
    """Both sides once the source is past a second of it."""
    page.wait_for_function(
        "(since) => document.querySelector('.framed.of-source video')?.currentTime > since",
        arg=since,
    )
    now: dict[str, Any] = page.evaluate(PLAYING)
    assert since < now["source"]["at"] < until
    return now


def looks(office: Office, uploads: list[dict[str, Any]]) -> list[int]:
    return [len(audited(office, what="media.read", subject=one["id"])) for one in uploads]


def filmed(office: Office, *names: str) -> list[dict[str, Any]]:
    """Uploads of sample media of one work, which wait for review and are kept."""
    return works(office, {name: (SAMPLES / name).read_bytes() for name in names})


def works(office: Office, files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Uploads that repeat the first of them, which is known: they wait for review and are kept."""
    first, known = next(iter(files.items()))
    bank = f"harm {first}"
    office.server.bank(bank)
    sent = {"file": (first, known)}
    made = office.server.post("/v1/references", files=sent, data={"bank": bank})
    assert made.status_code == 201, made.text
    office.server.searchable(made.json()["id"])
    uploads = []
    for name, content in files.items():
        said = {"content_id": f"post-{name}", "account_id": f"user-{name}"}
        file = {"file": (name, content)}
        answer = office.server.post("/v1/uploads", files=file, data=said)
        assert answer.status_code == 201, answer.text
        assert answer.json()["action"] == "review"
        uploads.append(answer.json())
    return uploads
