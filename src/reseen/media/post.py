"""Post a little JSON to where somebody asked for it: webhooks."""

import contextlib
import ssl
from collections.abc import Mapping

from reseen.domain.errors import FetchFailed, FetchTimeout
from reseen.media.addresses import FetchPolicy, parse_url
from reseen.media.connect import Deadline, Resolve, system_resolve
from reseen.media.guarded import GuardedRequests, our_words

READ = 1 << 16
"""Bytes of an answer that are read, and thrown away, so that its sender is not cut off; it is its
status that counts, whatever becomes of the rest."""


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
        self._connect_s = connect_s
        self._total_s = total_s

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        target, deadline = parse_url(url), Deadline.after(self._total_s)
        with self._asking.ask("POST", target, deadline, headers, body) as response:
            size = 0
            with contextlib.suppress(FetchFailed, FetchTimeout), our_words(target.host, deadline):
                for chunk in response.iter_stream():
                    size += len(chunk)
                    if size > READ:
                        break
            return response.status

    def check(self, url: str) -> None:
        """Raises ``UrlNotAllowed`` for what is never posted to. A name that nobody knows yet, or
        that cannot be looked up now, may become one that is.
        """
        with contextlib.suppress(FetchFailed, FetchTimeout):
            self._asking.check(parse_url(url), Deadline.after(self._connect_s))
