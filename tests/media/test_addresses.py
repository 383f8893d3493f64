import socket
from ipaddress import ip_address, ip_network

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reseen.domain.errors import UrlNotAllowed
from reseen.media.addresses import FetchPolicy, literal, parse_url, why_not_public

_SPECIAL = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2 169.254.0.23
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1
198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254
::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254
64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1
2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0
fec0::1 ff02::1 ff0e::1 4000::1 2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:10.0.0.1
"""

_PUBLIC = """
8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450::1 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("text", _SPECIAL.split())
def test_a_special_address_is_not_public(text: str) -> None:
    assert why_not_public(ip_address(text)) is not None


@pytest.mark.parametrize("text", _PUBLIC.split())
def test_an_ordinary_address_is_public(text: str) -> None:
    assert why_not_public(ip_address(text)) is None


def test_nothing_that_python_calls_private_is_public() -> None:
    edges = [
        address
        for text in (_SPECIAL + _PUBLIC).split()
        if "%" not in text
        for address in (ip_address(text) - 1 if int(ip_address(text)) else ip_address(text),)
    ]
    assert all(why_not_public(edge) for edge in edges if edge.is_private or edge.is_multicast)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://example.com", "example.com", 80, "/"),
        ("HTTPS://EXAMPLE.com./a?b=c#d", "example.com", 443, "/a?b=c"),
        ("https://example.com:443?q", "example.com", 443, "/?q"),
        ("http://example.com:/x", "example.com", 80, "/x"),
        ("http://[2606:4700::1111]:80/", "2606:4700::1111", 80, "/"),
        (
            "http://bücher.example/ü ber?ä=ö",
            "xn--bcher-kva.example",
            80,
            "/%C3%BC%20ber?%C3%A4=%C3%B6",
        ),
        ("http://日本語。example/", "xn--wgv71a119e.example", 80, "/"),
        ("http://a_b.example/%41%2f;x=1,2", "a_b.example", 80, "/%41%2f;x=1,2"),
        ("  http://example.com/a  ", "example.com", 80, "/a"),
        ("http://\uff11.\uff11.\uff11.\uff11/", "1.1.1.1", 80, "/"),
        ("http://example.com//double", "example.com", 80, "//double"),
    ],
)
def test_a_url_has_one_reading(url: str, host: str, port: int, path: str) -> None:
    target = parse_url(url)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert parse_url(str(target)) == target


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "017700000001", "0177.0.0.1"),
        *("127.1", "127.0.1", "127.0.0.01", "127.0.0.1..", "1.2.3.4.5", "256.1.1.1", "0"),
        *("0x", "foo.0x7f", "foo.1", "", ".", "..", ".example.com", "a..b", "-a.example"),
        *("a-.example", "a b.example", "ex%61mple.com", "%31%32%37.0.0.1", "[::1", "::1", "[]"),
        *("[1.2.3.4]", "[::1%25lo]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1]x", "[v1.x]"),
        *("user@example.com", "user:word@example.com", "@example.com", ":@example.com"),
        *("example.com:0", "example.com:65536", "example.com:-1", "example.com:+80"),
        *("example.com:8 0", "example.com:\uff18\uff10", "example.com:80:80", "example.com:000080"),
        *("example.com:http", "a" * 64 + ".example", ".".join(["abcdefgh"] * 30), "℀.example"),
        *(
            "example.com\\@127.0.0.1",
            "exa\tmple.com",
            "exa\nmple.com",
            "example.com\x00",
            "\u202e.com",
        ),
        *("xn--\ud800.com", "*.example.com", "exa$mple.com", "a,b.example", "exam\u00adple..com"),
    ],
)
def test_a_host_with_two_readings_or_none_is_refused(host: str) -> None:
    with pytest.raises(UrlNotAllowed):
        parse_url(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "/", "//example.com/", "example.com", "http:", "http:/example.com", "http:///a"),
        *("data:,x", "javascript:alert(1)", "gopher://example.com/", "https//example.com"),
        *("http://a/\r\nX: y", "http://a/\ud800", "http://example.com/" + "a" * 9000),
        *("h\nttp://example.com", "file:/x"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(UrlNotAllowed):
        parse_url(url)


def test_a_refusal_never_repeats_a_password() -> None:
    with pytest.raises(UrlNotAllowed) as caught:
        parse_url("http://someone:secret-word@example.com/")
    assert "secret-word" not in caught.value.detail


def test_a_name_with_one_private_answer_is_refused() -> None:
    answers = [ip_address("8.8.8.8"), ip_address("10.0.0.1")]
    with pytest.raises(UrlNotAllowed) as caught:
        FetchPolicy().admit_answers("example.com", answers)
    assert "10.0.0.1" not in caught.value.detail


def test_ports_other_than_the_webs_are_refused_until_allowed() -> None:
    for port in (22, 25, 6379, 8080):
        with pytest.raises(UrlNotAllowed):
            FetchPolicy().admit("example.com", port)
    FetchPolicy(allowed_ports=frozenset({8080})).admit("example.com", 8080)


def test_an_allowed_host_reaches_private_addresses_and_others_do_not() -> None:
    policy = FetchPolicy(allowed_hosts=frozenset({"Media.Internal.", "::1"}))
    policy.admit_answers("media.internal", [ip_address("10.0.0.1")])
    policy.admit("::1", 80)
    with pytest.raises(UrlNotAllowed):
        policy.admit_answers("other.internal", [ip_address("10.0.0.1")])


def test_an_allowed_network_is_reached_by_any_name_and_its_neighbours_are_not() -> None:
    policy = FetchPolicy(allowed_networks=frozenset({ip_network("10.1.0.0/16")}))
    policy.admit_answers("a.example", [ip_address("10.1.2.3"), ip_address("8.8.8.8")])
    for outside in ("10.2.0.1", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"):
        with pytest.raises(UrlNotAllowed):
            policy.admit_answers("a.example", [ip_address(outside)])


def test_a_policy_says_whether_it_widens() -> None:
    assert not FetchPolicy().widens
    assert not FetchPolicy(allowed_ports=frozenset({443})).widens
    assert FetchPolicy(allowed_ports=frozenset({8080})).widens
    assert FetchPolicy(allowed_hosts=frozenset({"a.example"})).widens


def test_a_policy_refuses_a_host_that_cannot_be_one() -> None:
    with pytest.raises(ValueError, match="bare host"):
        FetchPolicy(allowed_hosts=frozenset({"http://example.com"}))


PIECES = st.sampled_from(
    [
        *"/\\@:[]%?#.-_&'|^ \n\t\x7f",
        *("//", "::1", "ffff:", "127", "0x7f", "0177", "1", "80", "99999", "%25", "%00", "http:"),
        *("xn--", "a" * 64, "localhost", "example.com", "\xe9", "\u3002", "\uff11", "\xad"),
        *("\u200b", "\u202e", "\ud800", "\xdf", "\u0300", "\u0661", "\u2100", "\U0001d7cf"),
    ]
)


@given(st.sampled_from(["", "http://", "https://"]), st.lists(PIECES, max_size=8).map("".join))
@example("http://", "1.1")
def test_any_text_is_refused_or_read_as_the_system_would_read_it(start: str, rest: str) -> None:
    try:
        target = parse_url(start + rest)
    except UrlNotAllowed:
        return
    assert parse_url(str(target)) == target
    h11.Request(method="GET", target=target.path, headers=[("Host", target.authority)])
    try:
        numeric = socket.getaddrinfo(target.host, None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return
    assert str(literal(target.host)) == numeric[0][4][0]
