"""The log: enough to follow a request, nothing that is secret."""

import io
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import httpx
import pytest
from tests.web.serving import Running

from reseen.web.observe import configure_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def logged(style: str, stream: io.StringIO) -> Iterator[io.StringIO]:
    """What a configured program writes to standard error."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    with redirect_stderr(stream):
        configure_logging(style)
    try:
        yield stream
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def access_line(log: io.StringIO, status: int) -> str:
    """The line of the one request with this status; it is written after the answer is sent."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = [line for line in log.getvalue().splitlines() if "HTTP Request" not in line]
        found = [line for line in lines if f" {status} " in line or f": {status}," in line]
        if found:
            assert lines == found
            return found[0]
        time.sleep(0.02)
    raise AssertionError(log.getvalue())


def test_a_request_is_one_line_of_json_without_its_query(server: Running) -> None:
    url = "https://user:hunter2@a.example/?token=hunter2"
    with logged("auto", io.StringIO()) as log:
        response = server.post("/match?explain=false", json={"source_url": url, "target_url": url})
        line = access_line(log, response.status_code)
    said = json.loads(line)
    assert said["method"] == "POST"
    assert said["path"] == "/match"
    assert said["status"] == response.status_code
    assert said["code"] == "url_not_allowed"
    assert said["request_id"] == response.headers["X-Request-Id"]
    assert said["key"] == server.keys.authenticate(server.key).id
    assert said["time"].endswith("Z")
    assert "explain" not in line
    assert "hunter2" not in line
    assert "hunter2" not in response.text
    assert server.key not in line


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_path_cannot_forge_a_line(server: Running, style: str) -> None:
    with logged(style, io.StringIO()) as log:
        httpx.get(f"{server.address}/%0aforged%1b[2J")
        line = access_line(log, 404)
    assert "/%0Aforged%1B" in line
    assert "\x1b" not in log.getvalue()


def test_a_terminal_is_written_to_in_text() -> None:
    with logged("auto", Terminal()) as log:
        logging.getLogger("reseen").info("hello")
    assert log.getvalue().endswith("INFO hello\n")
