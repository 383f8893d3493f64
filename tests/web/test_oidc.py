"""People whom an OpenID provider vouches for, with tokens that it signs for real."""

import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import ValidationError
from tests.web.issuing import CLIENT, SECRET, Issuer, issuing
from tests.web.serving import Running, serving
from tests.web.visiting import Browser, owner

from reseen.domain.errors import Unauthenticated
from reseen.identity.oidc import OpenIdProvider, Rules
from reseen.media.addresses import FetchPolicy
from reseen.media.ask import GuardedAsk
from reseen.settings import Settings
from reseen.store.database import utc_now

CALLBACK = "/console/api/oidc/callback"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest.fixture(autouse=True)
def honest(issuer: Issuer) -> None:
    """Each test says how the provider lies."""
    issuer.claims = {
        "email": "ann@example.org",
        "email_verified": True,
        "preferred_username": "ann",
        "groups": ["staff", "moderators"],
    }
    issuer.signer = None
    issuer.header = {"alg": "RS256", "kid": issuer.key.kid}
    issuer.discovered = {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Running]:
    with serving(
        tmp_path_factory.mktemp("oidc"),
        descriptor="none",
        rate_per_minute=0,
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_label="Example",
        oidc_domains=("example.org",),
        oidc_roles=("moderators=reviewer", "leads=admin"),
    ) as running:
        yield running


@pytest.fixture(scope="module")
def olga(server: Running) -> Browser:
    return owner(server)


def begun(browser: Browser) -> str:
    """Where the browser is sent."""
    answer = browser.get("/console/api/oidc/start")
    assert answer.status_code == 303
    where: str = answer.headers["location"]
    return where


def came(browser: Browser, issuer: Issuer, **changed: str) -> httpx.Response:
    brought = {**issuer.consent(begun(browser)), **changed}
    return browser.get(CALLBACK, params=brought)


def told(answer: httpx.Response) -> str:
    """The problem that the sign-in page is told."""
    assert answer.status_code == 303
    assert "reseen_session" not in answer.headers.get("set-cookie", "")
    before, _, code = answer.headers["location"].partition("#problem=")
    assert before == "/console/sign-in"
    return str(code)


def test_the_provider_lets_somebody_in(server: Running, issuer: Issuer, olga: Browser) -> None:
    browser = Browser(server.address)
    assert browser.get("/console/api/ways").json()["oidc"] == {"label": "Example"}
    answer = came(browser, issuer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    me = browser.me
    assert (me["name"], me["role"], me["way"], me["has_password"]) == (
        "ann",
        "reviewer",
        "oidc",
        False,
    )
    entries = olga.get("/v1/audit", params={"subject": me["id"]}).json()["data"]
    assert [one["what"] for one in entries] == ["person.signed_in", "person.added"]
    issuer.claims["groups"] = ["leads", "moderators"]
    again = Browser(server.address)
    came(again, issuer)
    assert (again.me["id"], again.me["role"]) == (me["id"], "admin")
    entries = olga.get("/v1/audit", params={"subject": me["id"]}).json()["data"]
    assert entries[1]["what"] == "person.role_changed"


def test_a_name_that_is_taken_is_not_taken_over(
    server: Running, issuer: Issuer, olga: Browser
) -> None:
    issuer.claims |= {"sub": "a-namesake", "preferred_username": "OLGA"}
    browser = Browser(server.address)
    came(browser, issuer)
    assert browser.me["id"] != olga.me["id"]
    assert browser.me["role"] == "reviewer"
    assert browser.me["name"].startswith("OLGA ")


def test_who_is_disabled_is_not_let_in(server: Running, issuer: Issuer, olga: Browser) -> None:
    issuer.claims |= {"sub": "to be disabled", "preferred_username": "dora"}
    browser = Browser(server.address)
    came(browser, issuer)
    path = f"/console/api/people/{browser.me['id']}"
    assert olga.ask("PATCH", path, json={"disabled": True}).status_code == 200
    assert told(came(Browser(server.address), issuer)) == "forbidden"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_us_and_of_now_proves_nothing(
    server: Running, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims |= claims
    assert told(came(Browser(server.address), issuer)) == "unauthenticated"


@pytest.mark.parametrize(
    ("claims", "is_in"),
    [
        ({"email": "ann@example.com"}, False),
        ({"email": "ann@evil.example.org"}, False),
        ({"email": "ann@example.org@evil.example"}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "true"}, False),
        ({"email_verified": None}, False),
        ({"email": "ann@EXAMPLE.org"}, True),
        ({"groups": ["staff"]}, False),
        ({"groups": None}, False),
        ({"groups": "moderators"}, True),
        ({"groups": 7}, False),
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, True),
    ],
)
def test_who_gets_in_is_told_by_settings(
    server: Running, issuer: Issuer, claims: dict[str, Any], is_in: bool
) -> None:
    issuer.claims |= claims
    answer = came(Browser(server.address), issuer)
    if is_in:
        assert answer.headers["location"] == "/console/"
    else:
        assert told(answer) == "forbidden"


def test_a_signature_of_another_proves_nothing(server: Running, issuer: Issuer) -> None:
    came(Browser(server.address), issuer)
    kid = str(issuer.key.kid)
    issuer.signer = RSAKey.generate_key(2048, {"kid": kid})
    assert told(came(Browser(server.address), issuer)) == "unauthenticated"
    issuer.header = {"alg": "HS256", "kid": kid}
    issuer.signer = OctKey.import_key(SECRET, {"kid": kid})
    assert told(came(Browser(server.address), issuer)) == "unauthenticated"


def test_state_is_of_this_browser_and_good_once(server: Running, issuer: Issuer) -> None:
    mine, other = Browser(server.address), Browser(server.address)
    brought = issuer.consent(begun(mine))
    assert told(other.get(CALLBACK, params=brought)) == "unauthenticated"
    theirs = issuer.consent(begun(other))
    assert told(mine.get(CALLBACK, params=theirs)) == "unauthenticated"
    assert told(came(Browser(server.address), issuer, state="another")) == "unauthenticated"
    browser = Browser(server.address)
    brought = issuer.consent(begun(browser))
    kept = dict(browser.cookies)
    assert browser.get(CALLBACK, params=brought).headers["location"] == "/console/"
    again = Browser(server.address)
    again.cookies.update(kept)
    assert told(again.get(CALLBACK, params=brought)) == "unauthenticated"


def test_a_code_that_the_provider_did_not_give_proves_nothing(
    server: Running, issuer: Issuer
) -> None:
    browser = Browser(server.address)
    assert told(came(browser, issuer, code="made-up")) == "unauthenticated"
    assert told(came(browser, issuer, error="access_denied")) == "unauthenticated"
    assert told(browser.get(CALLBACK)) == "unauthenticated"


def test_keys_that_changed_are_asked_for_anew(issuer: Issuer) -> None:
    now = 1000.0
    networks = frozenset({ip_network("127.0.0.1/32")})
    port = int(issuer.address.rpartition(":")[2])
    ask = GuardedAsk(FetchPolicy(allowed_networks=networks, allowed_ports=frozenset({port})))
    rules = Rules(CLIENT, SECRET)
    provider = OpenIdProvider(issuer.address, rules, ask, clock=lambda: now)

    def name() -> str:
        brought = issuer.consent(provider.start("http://here/", "state", "nonce", "verifier"))
        return provider.finish("http://here/", brought["code"], "nonce", "verifier", utc_now()).name

    assert name() == "ann"
    issuer.rotate("two")
    with pytest.raises(Unauthenticated):
        name()  # asked a moment ago: whoever sends nonsense does not make us ask all the time
    now += 60
    assert name() == "ann"


def test_keys_are_asked_for_once(tmp_path: Path, issuer: Issuer) -> None:
    with serving(
        tmp_path,
        descriptor="none",
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_domains=("example.org",),
        oidc_role="admin",
    ) as server:
        browser = Browser(server.address)
        came(browser, issuer)
        assert browser.me["role"] == "admin"
        asked = issuer.asked.count("/keys")
        came(Browser(server.address), issuer)
        assert issuer.asked.count("/keys") == asked


def test_a_provider_that_leads_inside_is_not_followed(tmp_path: Path, issuer: Issuer) -> None:
    inside = "http://10.0.0.1/token"
    issuer.discovered = {"token_endpoint": inside}
    with serving(
        tmp_path,
        descriptor="none",
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_domains=("example.org",),
    ) as server:
        assert told(came(Browser(server.address), issuer)) == "url_not_allowed"


def test_a_provider_that_says_it_is_another_is_not_believed(tmp_path: Path, issuer: Issuer) -> None:
    issuer.discovered = {"issuer": "https://evil.example"}
    with serving(
        tmp_path,
        descriptor="none",
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT,
        oidc_domains=("example.org",),
    ) as server:
        assert told(Browser(server.address).get("/console/api/oidc/start")) == "fetch_failed"


def test_without_a_provider_there_is_none(tmp_path: Path) -> None:
    with serving(tmp_path, descriptor="none") as server:
        assert told(Browser(server.address).get("/console/api/oidc/start")) == "not_found"


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://login.example.org"},
        {"oidc_issuer": "https://login.example.org", "oidc_client_id": "x"},
        {"oidc_issuer": "login.example.org", "oidc_client_id": "x", "oidc_domains": "example.org"},
        {"oidc_roles": "moderators"},
        {"oidc_roles": "moderators=service"},
    ],
)
def test_settings_that_let_anybody_in_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)
