"""One HTTP request to an address that somebody else chose.

Only to hosts that the policy admits, by names and by every address they resolve to, on a connection
of its own that goes to the very address that was admitted, within a deadline.
"""

import contextlib
import ssl
from collections.abc import Iterator, Mapping

import httpcore

from reseen import __version__
from reseen.domain.errors import FetchFailed
from reseen.media.addresses import FetchPolicy, Target
from reseen.media.connect import Deadline, PinnedBackend, Resolve, system_resolve


class GuardedRequests:
    """Safe to share between threads; nothing outlives a request. ``tls`` holds the trusted
    certificates.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        connect_s: float = 10.0,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._connect_s = connect_s
        self._resolve = resolve
        self._tls = tls or httpcore.default_ssl_context()

    @contextlib.contextmanager
    def ask(
        self,
        method: str,
        target: Target,
        deadline: Deadline,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> Iterator[httpcore.Response]:
        """The response, its body unread. Raises ``UrlNotAllowed``, ``FetchFailed`` and
        ``FetchTimeout``.
        """
        self._policy.admit(target.host, target.port)
        backend = PinnedBackend(self._policy, self._resolve, deadline, self._connect_s)
        connection = httpcore.HTTPConnection(
            httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=self._tls,
            network_backend=backend,
        )
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        usual = {"Host": target.authority, "User-Agent": f"reseen/{__version__}"}
        length = {} if content is None else {"Content-Length": str(len(content))}
        every = {**usual, **headers, **length, "Connection": "close"}
        request = httpcore.Request(method, url, headers=list(every.items()), content=content)
        try:
            with our_words(target.host, deadline):
                try:
                    response = connection.handle_request(request)
                except httpcore.ConnectTimeout as error:
                    raise backend.too_slow(target.host) from error
            yield response
        finally:
            connection.close()

    def check(self, target: Target, deadline: Deadline) -> None:
        """Whether it may be asked, now. Raises as ``ask``."""
        backend = PinnedBackend(self._policy, self._resolve, deadline, self._connect_s)
        backend.addresses(target.host, target.port, deadline.at)


@contextlib.contextmanager
def our_words(host: str, deadline: Deadline) -> Iterator[None]:
    """What httpcore and TLS raise, as errors of ours."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise deadline.passed() from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise FetchFailed(
                f"the certificate of {host} is not valid ({cause.verify_message});"
                " use a host with a valid one."
            ) from error
        raise FetchFailed(f"{host} broke off or answered wrongly ({error}); try again.") from error


def header_of(response: httpcore.Response, name: bytes) -> str | None:
    """The first of this name, in lower case."""
    values = [value for key, value in response.headers if key.lower() == name]
    return values[0].decode("utf-8", "replace").strip() if values else None
