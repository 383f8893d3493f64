"""The playground with the bundled samples: what is found is said, shown, outlined and played."""

import io
import itertools
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.console.browsing import Visit, visit
from tests.console.conftest import CHROMIUM, Visiting
from tests.web.serving import SAMPLES, Running, encoded, picture


@pytest.fixture
def playground(visitor: Visit, server: Running) -> Page:
    page = visitor.use_key(server.key)
    page.get_by_role("heading", name="Playground").wait_for()
    return page


type Sampled = Callable[[str], Visit]


@pytest.fixture(scope="module")
def sampled(server: Running) -> Iterator[Sampled]:
    """``sampled("Film")`` is a visitor to whom the sample was explained, one for all tests."""
    with ExitStack() as visits:

        @cache
        def of(name: str) -> Visit:
            visitor = visits.enter_context(visit(CHROMIUM.browser(), server.address))
            sample(visitor.use_key(server.key), name)
            return visitor

        yield of


@pytest.fixture
def photo(sampled: Sampled) -> Iterator[Page]:
    yield sampled("Photo").page
    sampled("Photo").verify()


@pytest.fixture
def film(sampled: Sampled) -> Iterator[Page]:
    yield sampled("Film").page
    sampled("Film").verify()


@pytest.fixture
def song(sampled: Sampled) -> Iterator[Page]:
    yield sampled("Song").page
    sampled("Song").verify()


def give(page: Page, source: Path | dict[str, Any], target: Path | dict[str, Any]) -> None:
    """Choose two files, as a person does in the file dialog."""
    page.get_by_label("Source: choose one").set_input_files(source)  # type: ignore[arg-type]
    page.get_by_label("Target: choose one").set_input_files(target)  # type: ignore[arg-type]


def compare(page: Page, source: Path | dict[str, Any], target: Path | dict[str, Any]) -> Locator:
    give(page, source, target)
    page.get_by_role("button", name="Compare", exact=True).click()
    return verdict(page)


def verdict(page: Page) -> Locator:
    found = page.locator(".verdict")
    found.wait_for()
    return found


def sample(page: Page, name: str) -> Locator:
    page.get_by_role("button", name=name, exact=True).click()
    return verdict(page)


def file(name: str, body: bytes, kind: str = "image/png") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": body}


def seen(place: Locator) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(place.screenshot())) as image:
        return np.asarray(image.convert("L"), np.float64)


def corners(place: Locator) -> list[tuple[float, float]]:
    drawn = place.locator("polygon.outline:not(.halo)").get_attribute("points") or ""
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in drawn.split())]


def test_nothing_is_compared_until_both_sides_are_there(playground: Page) -> None:
    expect(playground.get_by_text("Nothing compared yet")).to_be_visible()
    expect(playground.get_by_role("button", name="Compare", exact=True)).to_be_disabled()


def test_the_photo_is_recognised_and_what_both_show_is_outlined(
    photo: Page, server: Running
) -> None:
    found = verdict(photo)
    expect(found.get_by_role("heading", name="A copy")).to_be_visible()
    expect(found).to_contain_text("high")
    expect(found).to_contain_text("mirrored")
    answer = server.match("/match", SAMPLES / "photo-disguised.jpg", SAMPLES / "photo.jpg").json()
    x, y, width, height = answer["transform"]["inset"]
    source = corners(photo.locator(".framed.of-source"))
    across, down = [point[0] for point in source], [point[1] for point in source]
    with Image.open(SAMPLES / "photo-disguised.jpg") as image:
        wide, high = image.size
    assert min(across) == pytest.approx(x * wide, abs=1.5)
    assert max(down) == pytest.approx((y + height) * high, abs=1.5)
    assert max(across) == pytest.approx((x + width) * wide, abs=1.5)
    target = corners(photo.locator(".framed.of-target"))
    assert len(target) == len(source) == 4
    # Mirrored: what is left in the source is right in the target.
    assert source[0][0] > source[1][0]
    assert target[0][0] < target[1][0]


def test_laid_over_each_other_the_two_photos_agree(photo: Page) -> None:
    photo.get_by_role("radio", name="Difference").click()
    laid = photo.locator(".laid svg")
    apart = seen(laid)
    rows, columns = apart.shape
    middle = np.s_[rows // 4 : rows // 2, columns * 2 // 5 : columns * 3 // 5]
    assert apart[middle].mean() < 25
    photo.keyboard.press("o")
    expect(photo.get_by_role("radio", name="Onion skin")).to_be_checked()
    assert seen(laid)[middle].mean() > 60
    half = seen(laid)
    photo.keyboard.press("]")
    photo.keyboard.press("]")
    assert np.abs(seen(laid) - half).max() > 5


def test_a_blink_turns_by_hand_where_less_motion_is_wanted(photo: Page) -> None:
    photo.keyboard.press("k")
    expect(photo.locator(".shown-side")).to_have_text("Source")
    photo.wait_for_timeout(900)
    expect(photo.locator(".shown-side")).to_have_text("Source")
    photo.keyboard.press("t")
    expect(photo.locator(".shown-side")).to_have_text("Target")


def test_a_blink_goes_on_by_itself_and_can_be_held(browse: Visiting, server: Running) -> None:
    page = browse(reduced_motion="no-preference").use_key(server.key)
    sample(page, "Photo")
    page.get_by_role("radio", name="Blink").click()
    expect(page.locator(".shown-side")).to_have_text("Target")
    expect(page.locator(".shown-side")).to_have_text("Source")
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_role("button", name="Blink")).to_be_visible()


PLAYING = """() => Object.fromEntries(["source", "target"].map((side) => {
  const media = document.querySelector(`.framed.of-${side} video, .framed.of-${side} audio`);
  return [side, { at: media.currentTime, on: !media.paused, muted: media.muted,
    rate: media.playbackRate, keeps: media.preservesPitch }];
}))"""


def playing(page: Page, since: float, until: float) -> dict[str, Any]:
    """Both sides once the source is past a second; fails when it never gets there."""
    page.wait_for_function(
        "(since) => [...document.querySelectorAll('.framed.of-source :is(video, audio)')]"
        ".some((media) => media.currentTime > since)",
        arg=since,
        timeout=15_000,
    )
    now: dict[str, Any] = page.evaluate(PLAYING)
    assert since < now["source"]["at"] < until
    return now


def test_a_segment_of_the_film_plays_on_both_sides_in_step(film: Page) -> None:
    lanes = film.locator(".lane")
    expect(lanes).to_have_count(2)
    lanes.first.locator(".of-target .piece").click()
    now = playing(film, 1.5, 6.0)
    assert now["source"]["on"]
    assert now["target"]["on"]
    assert now["target"]["at"] - now["source"]["at"] == pytest.approx(8.965, abs=0.2)
    film.keyboard.press(" ")
    expect(film.get_by_role("button", name="Play both")).to_be_visible()
    still = film.evaluate(PLAYING)
    assert not still["source"]["on"]
    assert not still["target"]["on"]


def test_a_click_on_the_track_goes_there_on_both_sides(film: Page) -> None:
    rail = film.locator(".lane").first.locator(".of-source .length")
    box = rail.bounding_box()
    assert box
    piece = film.locator(".lane").first.locator(".of-source .piece")
    piece.evaluate("(element) => { element.hidden = true; }")  # it covers the whole track
    rail.click(position={"x": box["width"] / 2, "y": 10})
    piece.evaluate("(element) => { element.hidden = false; }")
    now = film.evaluate(PLAYING)
    assert now["source"]["at"] == pytest.approx(6.0, abs=0.1)
    assert now["target"]["at"] == pytest.approx(14.965, abs=0.1)


def test_a_moment_of_the_film_can_be_laid_over_the_other(film: Page) -> None:
    film.wait_for_timeout(300)
    film.keyboard.press("f")
    moment = film.get_by_role("region", name="This moment")
    moment.get_by_role("radio", name="Difference").click()
    apart = seen(moment.locator(".laid svg"))
    rows, columns = apart.shape
    assert apart[rows // 4 : rows // 2, columns // 4 : columns * 3 // 4].mean() < 30


def test_the_song_is_played_at_the_speed_that_keeps_step(song: Page) -> None:
    found = verdict(song)
    expect(found).to_contain_text("6.0 % faster, 2.0 semitones higher")
    song.get_by_role("button", name="Play segment 1", exact=True).click()
    now = playing(song, 1.5, 6.0)
    assert now["target"]["rate"] == pytest.approx(1.06, rel=0.09)
    expected = 4.007 + 1.0601 * now["source"]["at"]
    assert now["target"]["at"] == pytest.approx(expected, abs=0.2)


def test_a_click_on_a_waveform_goes_there_on_both_sides(song: Page) -> None:
    waves = song.locator(".waveform")
    expect(waves).to_have_count(2)
    box = waves.last.bounding_box()
    assert box
    waves.last.click(position={"x": box["width"] / 2, "y": 40})
    now = song.evaluate(PLAYING)
    assert now["target"]["at"] == pytest.approx(16.0, abs=0.3)
    assert now["source"]["at"] == pytest.approx((now["target"]["at"] - 4.007) / 1.0601, abs=0.1)


def test_one_side_or_both_can_be_listened_to(song: Page) -> None:
    song.locator(".timeline").wait_for()
    for name, source, target in (("Source", 0, 1), ("Target", 1, 0), ("Both", 0, 0)):
        song.get_by_role("radio", name=name, exact=True).click()
        now = song.evaluate(PLAYING)
        assert (now["source"]["muted"], now["target"]["muted"]) == (bool(source), bool(target))


def test_the_evidence_of_the_server_has_words(song: Page) -> None:
    drawn = song.locator(".exhibit img")
    expect(drawn).to_have_count(2)
    for one in drawn.all():
        assert one.evaluate("(image) => image.naturalWidth") > 400
    assert "Diamonds mark peaks that agree" in (drawn.last.get_attribute("alt") or "")
    song.get_by_role("button", name="Enlarge: Spectrograms").click()
    expect(song.get_by_role("dialog").locator("img")).to_be_visible()
    song.keyboard.press("Escape")
    expect(song.get_by_role("dialog")).to_have_count(0)


def test_a_still_is_found_in_the_film(playground: Page) -> None:
    found = compare(playground, SAMPLES / "photo.jpg", SAMPLES / "film.mp4")
    expect(found).to_contain_text("The still is seen at")
    playground.get_by_role("button", name="Play segment 1", exact=True).click()
    playground.wait_for_function(
        "() => document.querySelector('.framed.of-target video').currentTime >= 2"
    )


def test_two_strangers_are_no_match(playground: Page) -> None:
    found = compare(
        playground,
        file("one.png", encoded(picture(1))),
        file("other.png", encoded(picture(2))),
    )
    expect(found.get_by_role("heading", name="No match")).to_be_visible()
    assert playground.locator("polygon.outline").count() == 0


def test_files_can_be_dropped(playground: Page) -> None:
    for name, side in (("photo-disguised.jpg", "Source"), ("photo.jpg", "Target")):
        playground.get_by_role("region", name=side, exact=True).locator(".drop").evaluate(
            """async (zone, name) => {
              const answer = await fetch(`/console/samples/${name}`);
              const data = new DataTransfer();
              data.items.add(new File([await answer.blob()], name, { type: "image/jpeg" }));
              for (const kind of ["dragenter", "dragover", "drop"])
                zone.dispatchEvent(new DragEvent(kind,
                  { dataTransfer: data, bubbles: true, cancelable: true }));
            }""",
            name,
        )
        playground.get_by_text(name).first.wait_for()
    playground.keyboard.press("c")
    expect(verdict(playground)).to_contain_text("A copy")


def test_addresses_are_fetched_by_the_server_only(playground: Page, site_port: int) -> None:
    site = f"http://127.0.0.1:{site_port}"
    for side, name in (("source", "photo-disguised.jpg"), ("target", "photo.jpg")):
        field = playground.get_by_label(f"Address of the {side}")
        field.fill(f"{site}/{name}")
        field.press("Enter")
    playground.get_by_role("button", name="Compare", exact=True).click()
    expect(verdict(playground)).to_contain_text("mirrored")
    expect(playground.locator(".exhibit img")).to_have_count(1)
    expect(playground.get_by_text("fetched by the server only")).to_be_visible()
    expect(playground.locator(".copy pre")).to_contain_text(f'"source_url":"{site}')


def test_what_is_no_address_is_not_sent(playground: Page) -> None:
    field = playground.get_by_label("Address of the source")
    field.fill("photo.jpg")
    field.press("Enter")
    expect(playground.get_by_role("alert")).to_contain_text("http://")


def test_a_file_that_is_no_medium_is_named_with_what_to_do(
    playground: Page, visitor: Visit
) -> None:
    visitor.refusals = {415}
    give(playground, file("notes.txt", b"just words " * 50, "text/plain"), SAMPLES / "photo.jpg")
    playground.get_by_role("button", name="Compare", exact=True).click()
    problem = playground.get_by_role("alert")
    expect(problem).to_contain_text("unsupported_media")
    expect(problem).to_contain_text("Choose a picture, film or sound")
    expect(playground.locator(".side-card.of-source")).to_have_class(re.compile("wrong"))
    expect(problem.get_by_role("button", name="Try again")).to_be_enabled()


def test_an_address_that_may_not_be_fetched_is_refused(playground: Page, visitor: Visit) -> None:
    visitor.refusals = {422}
    give(playground, SAMPLES / "photo.jpg", SAMPLES / "photo.jpg")
    playground.get_by_role("button", name="Remove the source").click()
    field = playground.get_by_label("Address of the source")
    field.fill("http://169.254.169.254/latest/meta-data")
    field.press("Enter")
    playground.get_by_role("button", name="Compare", exact=True).click()
    expect(playground.get_by_role("alert")).to_contain_text("url_not_allowed")


def test_a_comparison_can_be_cancelled(playground: Page) -> None:
    give(playground, SAMPLES / "film.mp4", SAMPLES / "film.mp4")
    playground.get_by_role("button", name="Compare", exact=True).click()
    playground.get_by_role("button", name="Cancel").click()
    expect(playground.get_by_role("progressbar")).to_have_count(0)
    expect(playground.get_by_role("button", name="Compare", exact=True)).to_be_enabled()
    expect(playground.locator(".verdict")).to_have_count(0)
    expect(playground.get_by_role("alert")).to_have_count(0)


def test_source_and_target_can_be_exchanged(playground: Page) -> None:
    give(playground, SAMPLES / "photo.jpg", SAMPLES / "film.mp4")
    playground.keyboard.press("x")
    expect(playground.locator(".side-card.of-source")).to_contain_text("film.mp4")
    expect(playground.locator(".side-card.of-target")).to_contain_text("photo.jpg")


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=SAMPLES, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_that_is_shown_answers_the_same(photo: Page, server: Running) -> None:
    shown = photo.locator(".copy pre").inner_text()
    assert "KEY" in shown
    assert server.key not in shown
    said = run(["/bin/sh", "-c", shown.replace("KEY", server.key)])
    assert '"confidence":"high"' in said


def test_the_python_that_is_shown_runs(photo: Page, server: Running) -> None:
    photo.get_by_role("radio", name="Python").click()
    shown = photo.locator(".copy pre").inner_text()
    said = run([sys.executable, "-c", shown.replace("KEY", server.key)])
    assert said.startswith("True high 1.0")


def test_what_was_compared_is_still_there_on_coming_back(visitor: Visit, playground: Page) -> None:
    sample(playground, "Photo")
    visitor.go("/console/settings")
    playground.get_by_role("heading", name="Settings").wait_for()
    playground.keyboard.press("g")
    playground.keyboard.press("p")
    expect(verdict(playground)).to_contain_text("A copy")


TRANSFORM = """async ([turned, mirrored, source, target, box]) => {
  const app = document.querySelector('script[type=module]').src;
  const { matrixOf } = await import(new URL("lib/geometry.js", app));
  return matrixOf({ rotated: turned, mirrored, cropped: box }, source, target);
}"""


def test_the_matrix_is_what_the_envelope_was_made_of(playground: Page) -> None:
    for turned, mirrored in itertools.product((0, 20, -35, 90, 135, 180), (False, True)):
        check_matrix(playground, turned, mirrored=mirrored)


def check_matrix(page: Page, turned: float, *, mirrored: bool) -> None:
    source, target, scale = (400, 300), (640, 360), 0.7
    c, s = math.cos(math.radians(turned)) * scale, math.sin(math.radians(turned)) * scale
    matrix = np.array([[c, -s, 150.0], [s, c, 80.0]])
    if mirrored:
        matrix = matrix @ np.array([[-1.0, 0, target[0]], [0, 1, 0], [0, 0, 1]])
    frame = np.array([[0, 0, 1], [target[0], 0, 1], [target[0], target[1], 1], [0, target[1], 1]])
    mapped = (frame @ matrix.T) / source
    low, high = mapped.min(axis=0), mapped.max(axis=0)
    box = [*low.tolist(), *(high - low).tolist()]
    given = [turned, mirrored, list(source), list(target), box]
    a, b, k, d, e, f = page.evaluate(TRANSFORM, given)
    assert np.allclose([[a, k, e], [b, d, f]], matrix, atol=0.01)
