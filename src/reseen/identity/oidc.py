"""One OpenID provider: the authorization code flow with PKCE, and tokens that are verified whole.

Signatures and claims are joserfc's work. What is asked of the provider goes through ``ask``, which
reaches the provider's own host and public addresses, and nothing else. Only asymmetric signatures
count: with a shared secret whoever knows the client could vouch for anybody.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.errors import FetchFailed, Forbidden, Unauthenticated
from reseen.domain.people import LONGEST_NAME, ROLES
from reseen.ports.people import Identity

type Ask = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, bytes]]

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
LEEWAY_S = 60
KNOWN_S = 3600.0
"""How long what the provider says of itself is taken to hold."""
ANEW_S = 30.0
"""Keys that we do not know make us ask again, at most so often."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who of the provider's people is who here."""

    client_id: str
    client_secret: str = field(repr=False, default="")
    label: str = "Single sign-on"
    scope: str = "openid profile email"
    domains: frozenset[str] = frozenset()
    """Of verified e-mail addresses; none: any."""
    claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """What a value of the claim makes of somebody; none: all are ``role``."""
    role: Role = Role.REVIEWER
    project_id: str = DEFAULT_PROJECT


class OpenIdProvider:
    """Implements ``ports.people.Provider``. Thread-safe."""

    def __init__(
        self, issuer: str, rules: Rules, ask: Ask, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._rules = rules
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def label(self) -> str:
        return self._rules.label

    @property
    def project_id(self) -> str:
        return self._rules.project_id

    def start(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._rules.client_id,
            "redirect_uri": redirect,
            "scope": self._rules.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = self._endpoint("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def finish(
        self, redirect: str, code: str, nonce: str, verifier: str, now: datetime
    ) -> Identity:
        token = self._token(redirect, code, verifier)
        return self._identity(self._claims(token, nonce, now))

    def _token(self, redirect: str, code: str, verifier: str) -> str:
        rules = self._rules
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        methods = self._discovered().get("token_endpoint_auth_methods_supported")
        if not rules.client_secret:
            sent["client_id"] = rules.client_id
        elif methods and "client_secret_basic" not in methods:
            sent |= {"client_id": rules.client_id, "client_secret": rules.client_secret}
        else:
            pair = f"{quote(rules.client_id, safe='')}:{quote(rules.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        where = self._endpoint("token_endpoint")
        status, body = self._ask("POST", where, headers, urlencode(sent).encode())
        token = _object(body).get("id_token")
        if status != 200 or not isinstance(token, str):
            raise Unauthenticated("The provider does not take its own code; sign in again.")
        return token

    def _claims(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """Raises ``Unauthenticated`` for a token that is not for us, from them, and of now."""
        try:
            claims = self._decoded(token)
            registry = jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._rules.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise Unauthenticated(
                f"What the provider vouches with is not valid ({error}); sign in again."
            ) from None
        parties = claims["aud"]
        is_shared = isinstance(parties, list) and len(parties) > 1
        if claims.get("azp", None if is_shared else self._rules.client_id) != self._rules.client_id:
            raise Unauthenticated("The provider vouches to another client; sign in again.")
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """With the keys that we know or, where they do not fit, those of now."""
        known = self._keys
        if known is not None and self._clock() - known[0] < KNOWN_S:
            try:
                return dict(jwt.decode(token, known[1], algorithms=ALGORITHMS).claims)
            except (JoseError, ValueError):
                if self._clock() - known[0] < ANEW_S:
                    raise
        said = self._read(self._endpoint("jwks_uri"))
        keys = KeySet.import_key_set({"keys": said.get("keys", [])})
        with self._lock:
            self._keys = (self._clock(), keys)
        return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        rules, email = self._rules, str(claims.get("email", ""))
        if rules.domains:
            domain = email.rpartition("@")[2].lower()
            if claims.get("email_verified") is not True or domain not in rules.domains:
                raise Forbidden("Your e-mail address is of no domain that may sign in here.")
        subject = hashlib.sha256(f"{self._issuer}\n{claims['sub']}".encode()).hexdigest()
        name = claims.get("preferred_username") or email or claims.get("name") or claims["sub"]
        return Identity(subject, _plain(str(name)), self._role(claims))

    def _role(self, claims: Mapping[str, Any]) -> Role:
        rules = self._rules
        if not rules.roles:
            return rules.role
        said = claims.get(rules.claim)
        values = {said} if isinstance(said, str) else set()
        if isinstance(said, list):
            values = {one for one in said if isinstance(one, str)}
        given = {rules.roles[value] for value in values if value in rules.roles}
        for role in ROLES:
            if role in given:
                return role
        raise Forbidden(f"Nothing in your {rules.claim} lets you in here; ask who runs reseen.")

    def _endpoint(self, name: str) -> str:
        where = self._discovered().get(name)
        if not isinstance(where, str):
            raise FetchFailed(f"The provider {self._issuer} names no {name}.")
        if urlsplit(self._issuer).scheme == "https" != urlsplit(where).scheme:
            raise FetchFailed(f"The provider {self._issuer} names a {name} without TLS.")
        return where

    def _discovered(self) -> dict[str, Any]:
        known = self._about
        if known is not None and self._clock() - known[0] < KNOWN_S:
            return known[1]
        said = self._read(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self._issuer:
            raise FetchFailed(
                f"The provider says it is {said.get('issuer')!r}, not {self._issuer}."
            )
        with self._lock:
            self._about = (self._clock(), said)
        return said

    def _read(self, url: str) -> dict[str, Any]:
        status, body = self._ask("GET", url, {"Accept": "application/json"}, None)
        if status != 200:
            raise FetchFailed(f"The provider {self._issuer} answered {status}.")
        return _object(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _plain(name: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(shown.split())[: LONGEST_NAME - 10] or "somebody"
