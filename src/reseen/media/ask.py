"""Ask a host for a little, as ``post`` does: what an OpenID provider says."""

import ssl
from collections.abc import Mapping

from reseen.domain.errors import FetchFailed
from reseen.media.addresses import FetchPolicy, parse_url
from reseen.media.connect import Deadline, Resolve, system_resolve
from reseen.media.guarded import GuardedRequests, our_words

LONGEST = 1 << 20
"""Bytes of an answer: thousands of keys."""


class GuardedAsk:
    """Safe to share between threads. No redirect is followed: its status is the answer."""

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        connect_s: float = 5.0,
        total_s: float = 15.0,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._asking = GuardedRequests(policy, connect_s, resolve, tls)
        self._total_s = total_s

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises ``UrlNotAllowed``, ``FetchFailed``, ``FetchTimeout``."""
        target, deadline = parse_url(url), Deadline.after(self._total_s)
        with self._asking.ask(method, target, deadline, headers, body) as response:
            answer = bytearray()
            with our_words(target.host, deadline):
                for chunk in response.iter_stream():
                    answer += chunk
                    if len(answer) > LONGEST:
                        raise FetchFailed(f"{target.host} says more than {LONGEST} bytes.")
            return response.status, bytes(answer)
