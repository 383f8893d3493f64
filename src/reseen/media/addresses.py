"""Which URLs and which network addresses may be fetched.

A URL that a client names makes the server speak from inside its own network, so an address is
reached only when it is global unicast: the IANA special-purpose registries (IPv4 and IPv6, 2025)
and the metadata services of clouds are refused, and so is every IPv6 form that carries an IPv4
address in disguise. The tables are written out rather than taken from ``ipaddress.is_global``,
whose answers changed between Python releases.

Hosts are read as strictly as the strictest parser on the way would: the digits of ``0x7f.1`` or
``017700000001`` mean loopback to a resolver and nothing to a person, so they are refused by form.
"""

import re
import string
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

from reseen.domain.errors import UrlNotAllowed

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 8192
"""Characters; signed storage URLs stay below 4,000, and common servers refuse longer lines."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_SPECIAL_V4 = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-shared"),  # holds 100.100.100.200, a metadata service
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a metadata service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "reserved for protocols"),
        ("192.52.193.0/24", "reserved for protocols"),
        ("192.88.99.0/24", "a tunnel relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved for protocols"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SPECIAL_V6 = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b:1::/48", "a local translation"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("2620:4f:8000::/48", "reserved for protocols"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_ISATAP = 0x0000_5EFE
"""Bits 32..63 of an ISATAP address, the universal bit aside (RFC 5214)."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def why_not_public(address: Address) -> str | None:
    """The kind of special address that this is, or ``None`` when it is global unicast.

    The well-known NAT64 prefix is judged by the IPv4 address that it carries, because networks
    without IPv4 reach every IPv4 host through it; all other carriers are refused whatever they
    carry. A translation prefix of a network's own choosing cannot be told from other addresses.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _SPECIAL_V4 if address in network), None)
    if address.scope_id is not None:
        return "tied to an interface"
    if address in _NAT64:
        return why_not_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    for network, kind in _SPECIAL_V6:
        if address in network:
            return kind
    if address not in _GLOBAL_V6:
        return "not global unicast"
    if (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP:
        return why_not_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return None


def literal(host: str) -> Address | None:
    """The host as an address, when it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. ``host`` is lower-case ASCII without brackets or trailing dot; ``path``
    holds path and query as sent in a request, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port; as the ``Host`` header wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched beyond public addresses on ports 80 and 443. Nothing, by default.

    ``allowed_hosts``: names (or addresses) whose every address is reached, private ones too.
    ``allowed_networks``: networks that are reached by whatever name. ``allowed_ports``: all ports
    that are open, for every host. Raises ``ValueError`` on a host that cannot be one.
    """

    allowed_hosts: frozenset[str] = frozenset()
    allowed_networks: frozenset[Network] = frozenset()
    allowed_ports: frozenset[int] = frozenset(DEFAULT_PORTS.values())

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowed_hosts", frozenset(map(_bare, self.allowed_hosts)))

    @property
    def widens(self) -> bool:
        """Whether more than public addresses on the usual ports may be reached."""
        more_ports = self.allowed_ports - frozenset(DEFAULT_PORTS.values())
        return bool(self.allowed_hosts or self.allowed_networks or more_ports)

    def admit(self, host: str, port: int) -> None:
        """Raises ``UrlNotAllowed`` for a port that is not open, or a host that is itself an address
        and not public.
        """
        if port not in self.allowed_ports:
            named = ", ".join(str(port) for port in sorted(self.allowed_ports)[:8])
            raise UrlNotAllowed(
                f"Port {port} may not be fetched from; use one of {named},"
                " or ask the operator to allow the port."
            )
        if (address := literal(host)) is not None:
            self.admit_answers(host, (address,))

    def admit_answers(self, host: str, answers: Sequence[Address]) -> None:
        """Raises ``UrlNotAllowed`` when any answer is not public and not allowed by name.

        All must pass, not just the one that is used: a name with a private answer among public ones
        is an attack or a mistake. What a name leads to is not told: that would map the network
        inside.
        """
        if host in self.allowed_hosts:
            return
        for address in answers:
            if any(address in network for network in self.allowed_networks):
                continue
            if (kind := why_not_public(address)) is not None:
                known = f" ({kind})" if literal(host) is not None else ""
                raise UrlNotAllowed(
                    f"{host} leads to an address that is not public{known};"
                    " use a public address, or ask the operator to allow the host or network."
                )


def parse_url(url: str) -> Target:
    """Take a URL apart, strictly. Raises ``UrlNotAllowed`` with what is wrong and what to do."""
    if len(url) > MAX_URL_LENGTH:
        raise UrlNotAllowed(
            f"The URL is longer than {MAX_URL_LENGTH} characters; use a shorter one.",
            limit=MAX_URL_LENGTH,
            actual=len(url),
        )
    if _CONTROL.search(url) or "\\" in url:
        raise UrlNotAllowed("The URL holds control characters or backslashes; percent-encode them.")
    try:
        parts = urllib.parse.urlsplit(url.strip(" "))
        query = f"?{parts.query}" if parts.query else ""
        path = urllib.parse.quote((parts.path or "/") + query, safe=string.punctuation)
    except ValueError as error:  # a bracket without its pair; half a surrogate pair
        raise UrlNotAllowed("The URL cannot be read; check its host.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlNotAllowed("Only http and https URLs are fetched; give a full one.")
    if "@" in parts.netloc:
        raise UrlNotAllowed("A URL may not carry a user name or password; use a signed URL.")
    host, port = _split_port(parts.netloc)
    number = _port(port) if port else DEFAULT_PORTS[parts.scheme]
    return Target(parts.scheme, _host(host), number, path if path[0] == "/" else f"/{path}")


def _split_port(netloc: str) -> tuple[str, str]:
    """Host, brackets kept, and port, empty where none is given."""
    if netloc.startswith("["):
        inside, closed, rest = netloc.partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise UrlNotAllowed("The IPv6 host of the URL cannot be read; write [address]:port.")
        return inside + closed, rest[1:]
    host, _, port = netloc.partition(":")
    return host, port


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise UrlNotAllowed("The port of the URL is not a number from 1 to 65535.")
    return int(text)


def _bare(host: str) -> str:
    try:
        return _host(host)
    except UrlNotAllowed as error:
        raise ValueError(f"{host!r} is no bare host name or address") from error


def _host(text: str) -> str:
    """A host in its one spelling: ASCII, lower case, no brackets, no trailing dot."""
    if text.startswith("[") or text.count(":") > 1:
        try:
            address = IPv6Address(text.removeprefix("[").removesuffix("]"))
        except ValueError as error:
            raise UrlNotAllowed("The IPv6 host of the URL cannot be read.") from error
        if address.scope_id is not None:
            raise UrlNotAllowed("An IPv6 host may not name an interface; leave out the %zone.")
        return str(address)
    try:
        name = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise UrlNotAllowed("The host of the URL is not a valid international name.") from error
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlNotAllowed("The URL has no valid host name.")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except ValueError as error:
            raise UrlNotAllowed("Write an IPv4 host as four decimal numbers.") from error
    return name
