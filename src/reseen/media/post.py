"""Post a little JSON to where somebody asked for it: webhooks."""

import ssl
from collections.abc import Mapping

from reseen.media.addresses import FetchPolicy, parse_url
from reseen.media.connect import Deadline, Resolve, system_resolve
from reseen.media.guarded import GuardedRequests, our_words

READ = 1 << 16
"""Bytes of an answer that are read, and thrown away; it is its status that counts."""


class GuardedPost:
    """Implements ``flows.deliver.Post``. Safe to share between threads. No redirect is followed:
    its status is the answer.
    """

    def __init__(
        self,
        policy: FetchPolicy | None = None,
        *,
        connect_s: float = 5.0,
        total_s: float = 15.0,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._asking = GuardedRequests(policy or FetchPolicy(), connect_s, resolve, tls)
        self._total_s = total_s

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        target, deadline = parse_url(url), Deadline.after(self._total_s)
        with self._asking.ask("POST", target, deadline, headers, body) as response:
            size = 0
            with our_words(target.host, deadline):
                for chunk in response.iter_stream():
                    size += len(chunk)
                    if size > READ:
                        break
            return response.status


def admitted(policy: FetchPolicy, url: str) -> None:
    """Raises ``UrlNotAllowed`` for an address that nothing would be posted to. Where a name leads
    is looked at each time that something is.
    """
    target = parse_url(url)
    policy.admit(target.host, target.port)
