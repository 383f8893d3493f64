"""Sessions over HTTP: their cookie, and proof that a request came from the console's own pages.

A browser sends a cookie whoever made it ask. So what changes something must come with a token that
only our pages can read, and from our own origin. The token is made of the cookie's secret: nothing
more is kept, and it ends with the session.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from reseen.domain.errors import CsrfFailed

COOKIE = "reseen_session"
CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Guard:
    """``origin``: where people find the console, where an operator said so."""

    origin: str = ""

    def origin_of(self, request: Request) -> str:
        """Where the browser finds the console."""
        return self.origin or f"{request.url.scheme}://{request.headers.get('host', '')}"

    def check_origin(self, request: Request) -> None:
        """Raises ``CsrfFailed`` for a request that another site's page made."""
        origin = request.headers.get("origin")
        is_ours = origin is None or _is_same(origin, self.origin_of(request))
        if not is_ours or request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise CsrfFailed(
                "The request came from a page of another address; open the console at its own."
            )

    def check(self, request: Request, secret: str) -> None:
        """Raises ``CsrfFailed`` for a change that does not prove that our page asked for it."""
        if request.method in SAFE:
            return
        self.check_origin(request)
        token = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(token.encode(), csrf_token(secret).encode()):
            raise CsrfFailed(
                f"The header {CSRF_HEADER} is not the token of your session; load the page anew."
            )


def csrf_token(secret: str) -> str:
    """The token of a session."""
    return hmac.digest(secret.encode(), b"reseen csrf", "sha256").hex()


def set_cookie(response: Response, request: Request, secret: str, most_s: float) -> None:
    """The browser has this session from now on."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=round(most_s),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, request: Request) -> None:
    """The browser forgets its session."""
    is_secure = request.url.scheme == "https"
    response.delete_cookie(COOKIE, path="/", secure=is_secure, httponly=True, samesite="strict")


def _is_same(one: str, other: str) -> bool:
    """Whether two origins are one. A proxy may have ended TLS: then only it knows the scheme."""
    a, b = urlsplit(one), urlsplit(other)
    return bool(a.netloc) and _bare(a.scheme, a.netloc) == _bare(b.scheme, b.netloc)


def _bare(scheme: str, host: str) -> str:
    """A host with its port, unless that is the scheme's own."""
    return host.lower().removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":"))
