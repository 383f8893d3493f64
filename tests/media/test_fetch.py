import functools
import gzip
import logging
import os
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpcore
import pytest

from reseen.domain.errors import FetchFailed, FetchTimeout, NotReady, PayloadTooLarge, UrlNotAllowed
from reseen.media.addresses import Address, FetchPolicy
from reseen.media.connect import Resolve, system_resolve
from reseen.media.fetch import GuardedFetcher
from reseen.ports import Fetcher
from reseen.testing.fetcher_contract import FetcherContract
from reseen.testing.loopback import RESET, Loopback, Part, Script, answer, trickle

LOOPBACK = ip_address("127.0.0.1")
HEAD = b"HTTP/1.1 200 OK\r\n"


guarded = functools.partial(GuardedFetcher, tls=httpcore.default_ssl_context())
"""The certificates are loaded once for all tests here."""


def open_to(port: int) -> FetchPolicy:
    return FetchPolicy(
        allowed_networks=frozenset({ip_network("127.0.0.1/32")}),
        allowed_ports=frozenset({80, 443, port}),
    )


def policy(server: Loopback) -> FetchPolicy:
    return open_to(server.port)


class TestGuardedFetcher(FetcherContract):
    def make(
        self, server: Loopback, *, max_bytes: int = 1_000_000, total_s: float = 10.0
    ) -> Fetcher:
        return guarded(policy(server), max_bytes=max_bytes, total_s=total_s)


@contextmanager
def serving(*parts: Part, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """A server that answers everything alike."""
    with Loopback(lambda _path, _server: parts, tls) as server:
        yield server


def body_of(fetcher: Fetcher, url: str) -> bytes:
    with fetcher.fetch(url) as fetched:
        return fetched.path.read_bytes()


def body_from(*parts: Part, total_s: float = 5.0, max_bytes: int = 1_000_000) -> bytes:
    with serving(*parts) as server:
        fetcher = guarded(policy(server), total_s=total_s, max_bytes=max_bytes)
        return body_of(fetcher, server.url())


def answers(*addresses: str) -> Resolve:
    return lambda _host: [ip_address(address) for address in addresses]


# Where a name leads


@pytest.mark.parametrize(
    "resolved",
    [
        *(["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1", "::1"], ["::ffff:10.0.0.1"]),
        *(["169.254.169.254"], ["fd00:ec2::254"], ["64:ff9b::a9fe:a9fe"], ["fe80::1%lo"]),
        *(["168.63.129.16"], ["100.100.100.200"], ["2002:7f00:1::"], ["0.0.0.0"]),
    ],
)
def test_a_name_with_any_private_answer_is_refused_unconnected(resolved: list[str]) -> None:
    with serving(*answer(b"inside")) as server:
        ports = frozenset({server.port})
        fetcher = guarded(
            FetchPolicy(allowed_ports=ports), resolve=answers(*resolved), connect_s=0.5
        )
        with pytest.raises(UrlNotAllowed, match=r"media\.example"):
            body_of(fetcher, server.url(host="media.example"))
        assert server.asked == []


def test_loopback_is_refused_by_default_by_whatever_name() -> None:
    with serving(*answer(b"inside")) as server:
        fetcher = guarded(FetchPolicy(allowed_ports=frozenset({server.port})))
        for host in ("127.0.0.1", "localhost", "localhost.", "[::1]", "[::ffff:127.0.0.1]"):
            with pytest.raises(UrlNotAllowed):
                body_of(fetcher, server.url(host=host))
        assert server.asked == []


def test_a_name_is_resolved_once_a_hop_so_rebinding_finds_nothing() -> None:
    asked: list[str] = []

    def turncoat(host: str) -> Sequence[Address]:
        asked.append(host)
        return [LOOPBACK if len(asked) == 1 else ip_address("10.0.0.1")]

    with serving(*answer(b"same")) as server:
        fetcher = guarded(policy(server), resolve=turncoat)
        assert body_of(fetcher, server.url(host="media.example")) == b"same"
        assert asked == ["media.example"]
        with pytest.raises(UrlNotAllowed):
            body_of(fetcher, server.url(host="media.example"))


def test_a_redirect_to_the_same_name_is_resolved_and_judged_again() -> None:
    turns = iter([[LOOPBACK], [ip_address("169.254.169.254")]])
    with serving(*answer(b"", "Location: /next", status="302 Found")) as server:
        fetcher = guarded(policy(server), resolve=lambda _: next(turns))
        with pytest.raises(UrlNotAllowed):
            body_of(fetcher, server.url(host="media.example"))
        assert len(server.asked) == 1


def test_the_host_header_names_the_host_and_no_credentials_are_sent() -> None:
    with serving(*answer(b"x")) as server:
        fetcher = guarded(policy(server), resolve=answers("127.0.0.1"))
        body_of(fetcher, server.url("/a b?ü#part", host="BÜCHER.example."))
        [head] = server.asked
    assert head.startswith("GET /a%20b?%C3%BC HTTP/1.1\r\n")
    assert f"Host: xn--bcher-kva.example:{server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head
    assert "cookie" not in head.lower()
    assert "authorization" not in head.lower()


def test_a_second_address_is_tried_when_the_first_refuses() -> None:
    with serving(*answer(b"x")) as server:
        allowed = FetchPolicy(
            allowed_hosts=frozenset({"media.example"}), allowed_ports=frozenset({server.port})
        )
        fetcher = guarded(allowed, resolve=answers("::1", "127.0.0.1"))
        assert body_of(fetcher, server.url(host="media.example")) == b"x"


def test_a_name_without_address_is_said_to_be_unknown() -> None:
    def nothing(_: str) -> Sequence[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    for resolve in (nothing, answers()):
        with pytest.raises(FetchFailed, match=r"media\.example.*spelling"):
            body_of(guarded(resolve=resolve), "https://media.example/")


def test_a_resolver_that_hangs_is_left_behind_at_the_connect_limit() -> None:
    release = threading.Event()

    def hang(_: str) -> Sequence[Address]:
        release.wait(10)
        return []

    started = time.monotonic()
    try:
        with pytest.raises(FetchTimeout) as caught:
            body_of(guarded(resolve=hang, connect_s=0.2), "https://media.example/")
    finally:
        release.set()
    assert time.monotonic() - started < 2.0
    assert caught.value.limit == 0.2


def test_a_server_that_never_accepts_is_left_at_the_connect_limit() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.settimeout(0)
                one.connect_ex(("127.0.0.1", port))
            fetcher = guarded(open_to(port), connect_s=0.3, total_s=0.6)
            with pytest.raises(FetchTimeout):
                body_of(fetcher, f"http://127.0.0.1:{port}/")
        finally:
            for one in waiting:
                one.close()


def test_a_closed_port_is_a_refused_connection() -> None:
    with serving() as server:
        allowed, url = policy(server), server.url()
    with pytest.raises(FetchFailed, match="refused"):
        body_of(guarded(allowed), url)


def test_the_systems_resolver_answers_with_addresses() -> None:
    assert LOOPBACK in system_resolve("localhost") or ip_address("::1") in system_resolve(
        "localhost"
    )


def test_a_policy_that_widens_is_said_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        guarded()
        assert caplog.messages == []
        guarded(FetchPolicy(allowed_hosts=frozenset({"media.internal"})))
    assert len(caplog.messages) == 1
    assert "media.internal" in caplog.messages[0]


# Redirects


def redirecting(onward: dict[str, str]) -> Script:
    def script(path: str, server: Loopback) -> Iterable[Part]:
        if path in onward:
            location = onward[path].replace("PORT", str(server.port))
            return answer(b"ignored", f"Location: {location}", status="302 Found")
        return answer(path.encode())

    return script


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://127.0.0.2:PORT/",
            "http://10.0.0.1/",
            "http://[::1]:PORT/",
            "http://localhost:22/",
        ),
        *("http://2130706433/", "http://0x7f.1/", "http://169.254.169.254/latest", "//10.0.0.1/"),
        *("http://u:p@127.0.0.1:PORT/", "ftp://127.0.0.1/", "file:///etc/passwd", "data:,x"),
        *(
            "javascript:alert(1)",
            "http://[fe80::1%25lo]/",
            "http://:1/",
            "http://127.0.0.1:PORT\\@a/",
        ),
    ],
)
def test_a_redirect_to_where_a_url_may_not_lead_is_refused(location: str) -> None:
    with Loopback(redirecting({"/": location})) as server:
        with pytest.raises(UrlNotAllowed):
            body_of(guarded(policy(server)), server.url())
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("next", "/a/next"),
        ("/next", "/next"),
        ("../next?x=1#part", "/next?x=1"),
        ("?x=1", "/a/b?x=1"),
        ("http://127.0.0.1:PORT/far", "/far"),
        ("//127.0.0.1:PORT/far", "/far"),
        ("next one", "/a/next%20one"),
        ("näxt", "/a/n%C3%A4xt"),
    ],
)
def test_a_redirect_is_followed_as_a_browser_would(location: str, path: str) -> None:
    def script(asked: str, server: Loopback) -> Iterable[Part]:
        if asked != "/a/b":
            return answer(asked.encode())
        where = location.replace("PORT", str(server.port)).encode()
        return [b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + where + b"\r\n\r\n"]

    with Loopback(script) as server:
        assert body_of(guarded(policy(server)), server.url("/a/b")).decode() == path


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    chain = {f"/{n}": f"/{n + 1}" for n in range(6)}
    with Loopback(redirecting(chain)) as server:
        fetcher = guarded(policy(server))
        assert body_of(fetcher, server.url("/1")) == b"/6"
        with pytest.raises(FetchFailed, match="more than 5 times") as caught:
            body_of(fetcher, server.url("/0"))
    assert (caught.value.limit, caught.value.actual) == (5, 6)


def test_two_addresses_that_redirect_to_each_other_are_a_circle() -> None:
    with Loopback(redirecting({"/a": "/b", "/b": "/a"})) as server:
        with pytest.raises(FetchFailed, match="circle"):
            body_of(guarded(policy(server)), server.url("/a"))
        assert len(server.asked) == 2


def test_a_redirect_without_location_is_a_failure() -> None:
    with pytest.raises(FetchFailed, match="where"):
        body_from(*answer(b"", status="302 Found"))


# What servers answer


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("404 Nope", "404 Not Found; check the address"),
        ("403 x", "403 Forbidden.*signed URL"),
        ("500 x", "500 Internal Server Error; try again"),
        ("206 Part", "206 Partial Content"),
        ("204 Nothing", "204 No Content"),
        ("304 Same", "304 Not Modified"),
        ("300 Many", "300 Multiple Choices"),
        ("799 What", "answered 799"),
    ],
)
def test_a_status_that_is_no_file_is_named_with_advice(status: str, advice: str) -> None:
    with pytest.raises(FetchFailed, match=advice):
        body_from(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def test_retry_after_is_handed_on() -> None:
    with pytest.raises(FetchFailed) as caught:
        body_from(*answer(b"", "Retry-After: 7", status="429 Slow down"))
    assert caught.value.retry_after_s == 7.0
    with pytest.raises(FetchFailed) as caught:
        body_from(*answer(b"", "Retry-After: soon", status="503 Busy"))
    assert caught.value.retry_after_s is None


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 300_000 + b"\r\n\r\n",
    ],
)
def test_a_broken_answer_is_a_failed_fetch(sent: bytes) -> None:
    with pytest.raises(FetchFailed, match="try again"):
        body_from(sent)


@pytest.mark.parametrize("after", [b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\nhalf"])
def test_a_reset_connection_is_a_failed_fetch(after: bytes) -> None:
    with pytest.raises(FetchFailed):
        body_from(after, RESET)


def test_bytes_past_the_stated_length_are_not_part_of_the_file() -> None:
    assert body_from(HEAD + b"Content-Length: 4\r\n\r\nfileand more") == b"file"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2;x=y\r\nle\r\n0\r\n\r\n",
        HEAD + b"\r\nfile",
        b"HTTP/1.0 200 OK\r\n\r\nfile",
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 4\r\n\r\nfile",
    ],
)
def test_every_way_to_frame_a_body_is_read(sent: bytes) -> None:
    assert body_from(sent) == b"file"


def test_an_empty_body_is_an_empty_file() -> None:
    assert body_from(*answer(b"")) == b""


# Limits


def test_a_stated_length_over_the_limit_is_refused_before_the_body() -> None:
    started = time.monotonic()
    with pytest.raises(PayloadTooLarge) as caught:
        body_from(HEAD + b"Content-Length: 5000000000\r\n\r\n", 3.0, max_bytes=100)
    assert (caught.value.limit, caught.value.actual) == (100, 5_000_000_000)
    assert time.monotonic() - started < 2.0


def test_a_body_that_states_no_length_is_cut_at_the_limit() -> None:
    with pytest.raises(PayloadTooLarge):
        body_from(HEAD + b"\r\n", *[b"x" * 1000] * 50, max_bytes=10_000)


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    assert len(body_from(*answer(b"x" * 1000), max_bytes=1000)) == 1000


@pytest.mark.parametrize(
    "parts",
    [
        trickle(HEAD * 100),
        [0.01, HEAD, 5.0],
        [HEAD + b"Content-Length: 9\r\n\r\nx", 5.0],
        [b"HTTP/1.1 100 Continue\r\n\r\n", 0.02] * 500,
        trickle(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 900, pause_s=0.01),
    ],
    ids=["headers drip", "headers stop", "body stops", "endless 100s", "chunks drip"],
)
def test_a_slow_server_is_cut_at_the_total_deadline(parts: Iterable[Part]) -> None:
    started = time.monotonic()
    with pytest.raises(FetchTimeout) as caught:
        body_from(*parts, total_s=0.4)
    assert time.monotonic() - started < 1.5
    assert caught.value.limit == 0.4


def test_redirects_share_one_deadline() -> None:
    def script(path: str, _: Loopback) -> Iterable[Part]:
        return [0.2, *answer(b"", f"Location: {path}x", status="302 Found")]

    with Loopback(script) as server, pytest.raises(FetchTimeout):
        body_of(guarded(policy(server), total_s=0.5, max_redirects=20), server.url())


# Encodings that nobody asked for


def bare_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


TEXT = b"a picture, say " * 5000


@pytest.mark.parametrize(
    ("coding", "encoded"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:7]) + gzip.compress(TEXT[7:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
    ],
)
def test_a_known_encoding_is_undone(coding: str, encoded: bytes) -> None:
    assert body_from(*answer(encoded, f"Content-Encoding: {coding}")) == TEXT


@pytest.mark.parametrize(
    ("coding", "encoded"),
    [
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x"))),
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(TEXT)[:-9]),
        ("gzip", gzip.compress(TEXT) + b"more"),
        ("gzip", b""),
        ("deflate", zlib.compress(TEXT)[:-3]),
        ("deflate", zlib.compress(TEXT) + b"more"),
    ],
)
def test_an_unknown_or_damaged_encoding_is_a_failed_fetch(coding: str, encoded: bytes) -> None:
    with pytest.raises(FetchFailed, match=coding):
        body_from(*answer(encoded, f"Content-Encoding: {coding}"))


def test_a_gzip_bomb_meets_the_limit_before_it_fills_memory() -> None:
    bomb = gzip.compress(bytes(60_000_000), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge):
            body_from(*answer(bomb, "Content-Encoding: gzip"), max_bytes=20_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_empty_gzip_members_without_end_meet_the_limit() -> None:
    empty = gzip.compress(b"")
    with pytest.raises(PayloadTooLarge):
        body_from(HEAD, b"Content-Encoding: gzip\r\n\r\n", empty * 60_000, max_bytes=1_000_000)


# The file


def test_files_lie_private_in_the_folder_and_none_is_left(tmp_path: Path) -> None:
    with serving(*answer(b"x")) as server:
        fetcher = guarded(policy(server), folder=lambda: tmp_path)
        with fetcher.fetch(server.url()) as fetched:
            assert fetched.path.parent == tmp_path
            assert fetched.path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == []
    with serving(HEAD + b"Content-Length: 9\r\n\r\nhalf") as server:
        with pytest.raises(FetchFailed):
            body_of(guarded(policy(server), folder=lambda: tmp_path), server.url())
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    with serving(*answer(b"x")) as server:
        fetcher = guarded(policy(server), folder=lambda: tmp_path / "absent")
        with pytest.raises(NotReady):
            body_of(fetcher, server.url())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_not_ready_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(prefix: str, dir: Path) -> tuple[int, str]:  # noqa: A002
        return os.open("/dev/full", os.O_WRONLY), str(dir / "gone")

    monkeypatch.setattr("tempfile.mkstemp", on_a_full_disk)
    with serving(*answer(b"x" * 100_000)) as server, pytest.raises(NotReady, match="full"):
        body_of(guarded(policy(server), folder=lambda: tmp_path), server.url())


# TLS


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side with a fresh certificate for a name, and a client that trusts it."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=x", "-keyout", str(key), "-out", str(cert)]
    command += ["-addext", f"subjectAltName=DNS:{name}"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))


def test_tls_is_verified_by_name_though_the_address_is_pinned(tmp_path: Path) -> None:
    theirs, ours = certificate(tmp_path, "media.example")
    with serving(*answer(b"secret"), tls=theirs) as server:
        known = guarded(policy(server), resolve=answers("127.0.0.1"), tls=ours)
        assert body_of(known, server.url(host="media.example")) == b"secret"
        with pytest.raises(FetchFailed, match=r"certificate of other\.example"):
            body_of(known, server.url(host="other.example"))
        stranger = guarded(policy(server), resolve=answers("127.0.0.1"))
        with pytest.raises(FetchFailed, match="certificate"):
            body_of(stranger, server.url(host="media.example"))


def test_a_server_that_never_finishes_the_handshake_is_left_at_the_connect_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(FetchTimeout) as caught:
            body_of(guarded(open_to(port), connect_s=0.3), f"https://127.0.0.1:{port}/")
    assert caught.value.limit == 0.3


def test_plain_http_on_a_tls_port_is_a_failed_fetch() -> None:
    def speak_plainly(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = threading.Thread(target=speak_plainly, args=(plain,))
        thread.start()
        port = plain.getsockname()[1]
        with pytest.raises(FetchFailed):
            body_of(guarded(open_to(port)), f"https://127.0.0.1:{port}/")
        thread.join()


def test_many_fetches_at_once_each_get_their_own_file() -> None:
    def script(path: str, _: Loopback) -> Iterable[Part]:
        return answer(path.encode() * 1000)

    found: dict[str, bytes] = {}
    with Loopback(script) as server:
        fetcher = guarded(policy(server))

        def work(path: str) -> None:
            found[path] = body_of(fetcher, server.url(path))

        threads = [threading.Thread(target=work, args=(f"/{n}",)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {f"/{n}": f"/{n}".encode() * 1000 for n in range(16)}
