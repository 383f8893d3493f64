"""The console's files over HTTP: their policy, their caching, and what is not there."""

import re

import httpx
import pytest
from tests.web.serving import Running

from reseen.console.routes import POLICY, SAMPLES


def get(server: Running, path: str, **headers: str) -> httpx.Response:
    return httpx.get(server.address + path, headers=headers)


def test_the_address_of_the_server_leads_to_the_console(server: Running) -> None:
    answer = get(server, "/")
    assert answer.is_redirect
    assert answer.headers["location"] == "/console"


@pytest.mark.parametrize("path", ["", "/", "/playground", "/review/case_1", "/no/such/page"])
def test_every_page_is_the_index_under_a_strict_policy(server: Running, path: str) -> None:
    answer = get(server, "/console" + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


def test_an_unchanged_index_is_not_sent_again(server: Running) -> None:
    etag = get(server, "/console").headers["etag"]
    again = get(server, "/console", **{"If-None-Match": etag})
    assert again.status_code == 304
    assert not again.content


def test_all_that_the_index_names_is_there_and_kept_for_good(server: Running) -> None:
    named = re.findall(r'(?:href|src)="(/console/static/[^"]+)"', get(server, "/console").text)
    assert len(named) > 10
    for path in named:
        answer = get(server, path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]


def test_the_index_holds_no_script_and_no_style_of_its_own(server: Running) -> None:
    text = get(server, "/console").text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "<style" not in text
    assert "style=" not in text


def test_files_are_compressed_for_those_who_take_it(server: Running) -> None:
    [path] = re.findall(r'"(/console/static/[^"]+/app\.js)"', get(server, "/console").text)
    plain = get(server, path, **{"Accept-Encoding": "identity"})
    squeezed = get(server, path, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert squeezed.headers["content-encoding"] == "gzip"
    assert plain.content == squeezed.content


@pytest.mark.parametrize(
    "path",
    ["/static/0000/app.js", "/static/app.js", "/api/no-such", "/samples/README.md", "/samples/x"],
)
def test_what_is_not_there_is_a_problem_not_a_page(server: Running, path: str) -> None:
    answer = get(server, "/console" + path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_served_as_what_they_are(server: Running, name: str) -> None:
    answer = get(server, f"/console/samples/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split("/")[0] in {"image", "video", "audio"}
