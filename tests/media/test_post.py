"""What is posted, over real sockets, and what is refused."""

import functools
import time
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

import httpcore
import pytest
from tests.flows.receiving import receiving

from reseen.domain.errors import FetchFailed, FetchTimeout, UrlNotAllowed
from reseen.media.addresses import Address, FetchPolicy
from reseen.media.post import READ, GuardedPost
from reseen.testing.loopback import RESET, Loopback, Part, Script, answer, trickle

posting = functools.partial(GuardedPost, tls=httpcore.default_ssl_context())
BODY = b'{"id":"evt_1"}'
HEAD = b"HTTP/1.1 200 OK\r\n"


def to(port: int, total_s: float = 15.0) -> GuardedPost:
    loopback = frozenset({ip_network("127.0.0.1/32")})
    policy = FetchPolicy(allowed_networks=loopback, allowed_ports=frozenset({port}))
    return posting(policy, total_s=total_s)


def says(*parts: Part) -> Script:
    def script(_path: str, _server: Loopback) -> Iterable[Part]:
        return parts

    return script


def test_the_body_and_the_headers_arrive_as_they_are() -> None:
    with receiving() as there:
        status = to(there.port)(there.url("/a?b=c"), BODY, {"Reseen-Event-Id": "evt_1"})
    assert status == 200
    [got] = there.got
    assert (got.path, got.body) == ("/a?b=c", BODY)
    assert got.headers["reseen-event-id"] == "evt_1"
    assert got.headers["host"] == f"127.0.0.1:{there.port}"
    assert got.headers["content-length"] == str(len(BODY))
    assert got.headers["user-agent"].startswith("reseen/")


@pytest.mark.parametrize("status", [204, 301, 302, 307, 308, 404, 410, 500, 503])
def test_a_status_is_told_and_no_redirect_is_followed(status: int) -> None:
    with receiving(lambda _: status) as there:
        assert to(there.port)(there.url(), BODY, {}) == status
    assert len(there.got) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://10.0.0.7/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/",
        "http://8.8.8.8:22/",
        "http://user:secret@8.8.8.8/",
        "ftp://8.8.8.8/",
        "//8.8.8.8/",
        "nothing",
        "",
    ],
)
def test_what_is_not_public_is_neither_posted_to_nor_taken_as_an_address(url: str) -> None:
    post = posting()
    with pytest.raises(UrlNotAllowed):
        post(url, BODY, {})
    with pytest.raises(UrlNotAllowed):
        post.check(url)


def test_a_name_that_leads_inside_is_refused_whenever_it_does() -> None:
    answers = [[ip_address("93.184.216.34")], [ip_address("10.0.0.7")]]
    post = posting(resolve=lambda _: answers.pop(0))
    post.check("http://a.example/")
    with pytest.raises(UrlNotAllowed, match="not public"):
        post("http://a.example/", BODY, {})


def test_a_name_that_nobody_knows_yet_is_taken_and_fails_when_it_is_posted_to() -> None:
    def unknown(_host: str) -> list[Address]:
        raise OSError("no such host")

    post = posting(resolve=unknown)
    post.check("http://a.example/")
    with pytest.raises(FetchFailed, match="not found"):
        post("http://a.example/", BODY, {})


def test_nobody_listens() -> None:
    with receiving() as there:
        port = there.port
    with pytest.raises(FetchFailed, match="connected"):
        to(port)(f"http://127.0.0.1:{port}/", BODY, {})


def test_an_answer_without_end_is_read_to_a_limit() -> None:
    endless = HEAD + b"Content-Length: 1000000000\r\n\r\n"
    sent: list[int] = []

    def script(_path: str, _server: Loopback) -> Iterable[Part]:
        yield endless
        for _ in range(10_000):
            sent.append(READ)
            yield bytes(READ)

    with Loopback(script) as server:
        began = time.monotonic()
        assert to(server.port)(server.url(), BODY, {}) == 200
        assert time.monotonic() - began < 5
    assert len(sent) < 1000


@pytest.mark.parametrize("rest", [b"Content-Length: 9\r\n\r\nabc", b"Content-Length: 9\r\n\r\n"])
def test_it_is_the_status_that_counts_whatever_becomes_of_the_rest(rest: bytes) -> None:
    with Loopback(says(HEAD + rest)) as server:
        assert to(server.port)(server.url(), BODY, {}) == 200
    with Loopback(says(HEAD + rest, RESET)) as server:
        assert to(server.port)(server.url(), BODY, {}) == 200
    with Loopback(says(HEAD + rest, 5.0)) as server:
        assert to(server.port, total_s=0.5)(server.url(), BODY, {}) == 200


def test_who_says_nothing_or_trickles_is_given_up_in_time() -> None:
    began = time.monotonic()
    for script in (says(30.0), lambda *_: trickle(HEAD, b"X: " + b"x" * 2000)):
        with Loopback(script) as server, pytest.raises(FetchTimeout) as late:
            to(server.port, total_s=0.5)(server.url(), BODY, {})
        assert late.value.limit == 0.5
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("said", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 two\r\n\r\n"])
def test_what_is_no_answer_is_a_failure(said: bytes) -> None:
    with Loopback(says(said)) as server, pytest.raises(FetchFailed):
        to(server.port)(server.url(), BODY, {})


def test_each_post_has_a_connection_of_its_own() -> None:
    with Loopback(says(*answer(b"ok"))) as server:
        post = to(server.port)
        assert [post(server.url(), BODY, {}) for _ in range(3)] == [200] * 3
        assert len(server.asked) == 3
    assert all("Connection: close" in one for one in server.asked)
