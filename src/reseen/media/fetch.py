"""URL to local file: redirects, limits and content encodings of the guarded fetch.

``addresses`` says what may be reached, ``connect`` reaches nothing else, ``receive`` keeps the
file. Every redirect is a new URL that passes all checks again, over a connection of its own. No
proxy is taken from the environment, no cookie kept, no credential sent.
"""

import contextlib
import http
import itertools
import logging
import ssl
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpcore

from reseen.domain.errors import FetchFailed, UrlNotAllowed
from reseen.media.addresses import FetchPolicy, Target, parse_url
from reseen.media.connect import Deadline, Resolve, system_resolve
from reseen.media.guarded import GuardedRequests, header_of, our_words
from reseen.media.receive import MAX_BYTES, spool, too_large
from reseen.ports import Fetched

logger = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GET = {"Accept": "*/*", "Accept-Encoding": "identity"}
_INFLATE_STEP = 1 << 18
_GZIP = {"gzip": 31, "x-gzip": 31}
"""Window bits that make zlib expect gzip's header."""


class GuardedFetcher:
    """Implements ``ports.Fetcher``. Safe to share between threads; nothing outlives a fetch.

    ``max_bytes`` bounds the file after decompression; ``total_s`` everything from the first look-up
    to the last byte; ``folder`` says where files lie meanwhile (nowhere:
    the system's temporary folder); ``tls`` holds the trusted certificates.
    """

    def __init__(
        self,
        policy: FetchPolicy | None = None,
        *,
        max_bytes: int = MAX_BYTES,
        max_redirects: int = 5,
        connect_s: float = 10.0,
        total_s: float = 60.0,
        folder: Callable[[], Path | None] = lambda: None,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy or FetchPolicy()
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._total_s = total_s
        self._folder = folder
        self._asking = GuardedRequests(self._policy, connect_s, resolve, tls)
        if self._policy.widens:
            logger.warning(
                "Fetching reaches beyond public addresses: hosts %s, networks %s, ports %s",
                sorted(self._policy.allowed_hosts),
                sorted(map(str, self._policy.allowed_networks)),
                sorted(self._policy.allowed_ports)[:20],
            )

    @contextlib.contextmanager
    def fetch(self, url: str) -> Iterator[Fetched]:
        deadline = Deadline.after(self._total_s)
        with contextlib.ExitStack() as file:
            with self._opened(parse_url(url), deadline) as (target, response):
                chunks = _body(target, response, self._max_bytes, deadline)
                fetched = file.enter_context(
                    spool(chunks, max_bytes=self._max_bytes, folder=self._folder())
                )
            yield fetched

    @contextlib.contextmanager
    def _opened(
        self, target: Target, deadline: Deadline
    ) -> Iterator[tuple[Target, httpcore.Response]]:
        """The first response that is not a redirect, its body unread."""
        seen: list[str] = []
        while True:
            seen.append(str(target))
            with self._asking.ask("GET", target, deadline, _GET) as response:
                if response.status not in _REDIRECTS:
                    yield target, response
                    return
                onward = _location(target, response)
            if len(seen) > self._max_redirects:
                raise FetchFailed(
                    f"The address redirects more than {self._max_redirects} times;"
                    " give the address of the file itself.",
                    limit=self._max_redirects,
                    actual=len(seen),
                )
            if str(onward) in seen:
                raise FetchFailed(
                    "The address redirects in a circle; give the address of the file itself."
                )
            target = onward


def _location(target: Target, response: httpcore.Response) -> Target:
    """Where a redirect leads."""
    location = header_of(response, b"location")
    if location is None:
        raise FetchFailed(f"{target.host} redirects without saying where to.")
    try:
        return parse_url(urllib.parse.urljoin(str(target), location))
    except UrlNotAllowed as error:
        raise UrlNotAllowed(
            f"{target.host} redirects to where it may not: {error.detail}"
        ) from error


def _body(
    target: Target, response: httpcore.Response, max_bytes: int, deadline: Deadline
) -> Iterator[bytes]:
    """The file's bytes, decompressed. Refuses by status, length and encoding before reading any."""
    if response.status not in {http.HTTPStatus.OK, http.HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
        raise _bad_status(target, response)
    length = header_of(response, b"content-length")
    if length is not None and int(length) > max_bytes:  # the HTTP parser took digits only
        raise too_large(int(length), max_bytes)
    coding = (header_of(response, b"content-encoding") or "identity").lower()
    chunks = _received(target.host, response, max_bytes, deadline)
    if coding == "identity":
        return chunks
    if coding in _GZIP or coding == "deflate":
        return _inflated(target.host, coding, chunks)
    raise FetchFailed(
        f"{target.host} encodes the file as {coding[:40]!r}, unasked; serve it without encoding."
    )


def _received(
    host: str, response: httpcore.Response, max_bytes: int, deadline: Deadline
) -> Iterator[bytes]:
    """The body as sent, no longer than the limit: compressed nothing has no end either."""
    size = 0
    with our_words(host, deadline):
        for chunk in response.iter_stream():
            size += len(chunk)
            if size > max_bytes:
                raise too_large(size, max_bytes)
            yield chunk


def _inflated(host: str, coding: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompressed in steps of ``_INFLATE_STEP``, so that a bomb meets the limit on bytes long
    before it fills memory. gzip may come in several members, as files joined end to end do.
    """
    first = next(chunks, b"")
    bits = _GZIP.get(coding, zlib.MAX_WBITS if _is_zlib(first) else -zlib.MAX_WBITS)
    inflate = zlib.decompressobj(bits)
    try:
        for chunk in itertools.chain((first,), chunks):
            rest = chunk
            while rest:
                if inflate.eof:
                    if coding not in _GZIP:
                        raise zlib.error("data after the end")  # noqa: TRY301 as zlib would
                    inflate = zlib.decompressobj(bits)
                step = inflate.decompress(rest, _INFLATE_STEP)
                rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                if step:
                    yield step
        while step := inflate.decompress(b"", _INFLATE_STEP):
            yield step
    except zlib.error as error:
        raise FetchFailed(f"{host} sent a {coding} body that is damaged ({error}).") from error
    if not inflate.eof:
        raise FetchFailed(f"{host} sent a {coding} body that ends too early; try again.")


def _is_zlib(start: bytes) -> bool:
    """Whether "deflate" means zlib's format, as the standard says, or bare deflate, as some send.

    A zlib header is a multiple of 31 whose low nibble is 8 (RFC 1950).
    """
    return len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2]) % 31 == 0


def _bad_status(target: Target, response: httpcore.Response) -> FetchFailed:
    """An answer that is not the file, by its number and what that asks of the client."""
    status = response.status
    try:
        named = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        named = str(status)
    if status in {401, 403, 407}:
        advice = "give an address that needs no login, such as a signed URL"
    elif status in {404, 410}:
        advice = "check the address"
    elif status == 429 or status >= 500:
        advice = "try again later"
    else:
        advice = "give the address of the file itself"
    wait = header_of(response, b"retry-after") or ""
    return FetchFailed(
        f"{target.host} answered {named}; {advice}.",
        retry_after_s=float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else None,
    )
