"""Passkeys, signed for real: the test is the authenticator."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from tests.web.serving import Running, serving
from tests.web.test_people import refused
from tests.web.visiting import PASSWORD, Browser, invited, owner
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

USER_PRESENT, USER_VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Authenticator:
    """A device that holds one key, and counts what it signs."""

    origin: str
    flags: int = USER_PRESENT | USER_VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """As ``navigator.credentials.create``."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (n.to_bytes(32) for n in (numbers.x, numbers.y))
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.credential).to_bytes(2) + self.credential + cose
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        statement = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"attestationObject": bytes_to_base64url(statement)}
        return self._said("webauthn.create", options["challenge"], said)

    def get(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """As ``navigator.credentials.get``."""
        self.count += 1
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signed),
            "userHandle": bytes_to_base64url(self.handle),
        }
        return self._said("webauthn.get", options["challenge"], {**said, **changed})

    def _data(self, site: str, more: int) -> bytes:
        site_hash = hashlib.sha256(site.encode()).digest()
        return site_hash + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _said(self, kind: str, challenge: str, response: dict[str, Any]) -> dict[str, Any]:
        name = bytes_to_base64url(self.credential)
        client = bytes_to_base64url(self._client(kind, challenge))
        response = {"clientDataJSON": client, **response}
        return {"id": name, "rawId": name, "type": "public-key", "response": response}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(
        tmp_path_factory.mktemp("passkeys"), descriptor="none", rate_per_minute=0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def origin(server: Running) -> str:
    return server.address.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def olga(server: Running, origin: str) -> Browser:
    made = owner(server)
    browser = Browser(origin)
    assert browser.enter("sign-in", name="Olga", password=PASSWORD).status_code == 200
    assert made.me["name"] == "Olga"
    return browser


def enrolled(browser: Browser, **about: Any) -> tuple[Authenticator, httpx.Response]:
    device = Authenticator(browser.address, **about)
    options = browser.post("/console/api/passkeys/begin").json()
    sent = {"credential": device.create(options), "label": "laptop"}
    return device, browser.post("/console/api/passkeys", sent)


def shown(browser: Browser, device: Authenticator, **changed: Any) -> httpx.Response:
    options = browser.post("/console/api/sign-in/passkey/begin").json()
    return browser.enter("sign-in/passkey", credential=device.get(options, **changed))


def test_a_passkey_signs_in_again_and_again(origin: str, olga: Browser) -> None:
    assert Browser(origin).get("/console/api/ways").json()["passkeys"]
    rita = invited(olga, "Rita", "reviewer")
    device, made = enrolled(rita)
    assert made.status_code == 201, made.text
    assert made.json()["label"] == "laptop"
    assert [one["id"] for one in rita.me["passkeys"]] == [made.json()["id"]]
    browser = Browser(origin)
    for _ in range(2):
        came = shown(browser, device)
        assert came.status_code == 200, came.text
        assert (came.json()["name"], came.json()["way"]) == ("Rita", "passkey")
    assert browser.get("/v1/cases").status_code == 200
    assert browser.me["passkeys"][0]["last_used_at"] is not None
    told = olga.get("/v1/audit", params={"subject": rita.me["id"]}).json()["data"]
    assert [one["what"] for one in told][:2] == ["person.signed_in", "person.signed_in"]
    added = next(one for one in told if one["what"] == "person.passkey_added")
    assert (added["name"], added["detail"]["label"]) == ("Rita", "laptop")


def test_what_a_browser_is_asked(origin: str, olga: Browser) -> None:
    made = olga.post("/console/api/passkeys/begin").json()
    assert made["rp"] == {"id": "localhost", "name": "reseen"}
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["authenticatorSelection"]["residentKey"] == "required"
    asked = Browser(origin).post("/console/api/sign-in/passkey/begin").json()
    assert asked["rpId"] == "localhost"
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")
    assert len(base64url_to_bytes(asked["challenge"])) >= 16


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"flags": USER_PRESENT},
        {"flags": USER_VERIFIED},
    ],
)
def test_what_is_no_proof_makes_no_passkey(olga: Browser, wrong: dict[str, Any]) -> None:
    device = Authenticator(**{"origin": olga.address, **wrong})
    options = olga.post("/console/api/passkeys/begin").json()
    sent = {"credential": device.create(options), "label": "x"}
    refused(olga.post("/console/api/passkeys", sent), 422, "invalid_request")


def test_a_passkey_is_made_once_and_of_what_was_asked(olga: Browser) -> None:
    device = Authenticator(olga.address)
    options = olga.post("/console/api/passkeys/begin").json()
    theirs = invited(olga, "Mallory", "reviewer").post("/console/api/passkeys/begin").json()
    for asked in (theirs, {**options, "challenge": bytes_to_base64url(bytes(32))}):
        sent = {"credential": device.create(asked), "label": "x"}
        refused(olga.post("/console/api/passkeys", sent), 422, "invalid_request")
    sent = {"credential": device.create(options), "label": " "}
    refused(olga.post("/console/api/passkeys", sent), 422, "invalid_request")
    sent["label"] = "x"
    assert olga.post("/console/api/passkeys", sent).status_code == 201
    refused(olga.post("/console/api/passkeys", sent), 422, "invalid_request")
    again = olga.post("/console/api/passkeys/begin").json()
    assert bytes_to_base64url(device.credential) in [c["id"] for c in again["excludeCredentials"]]
    sent = {"credential": device.create(again), "label": "x"}
    refused(olga.post("/console/api/passkeys", sent), 409, "conflict")


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": bytes_to_base64url(b"no")},
        {"userHandle": bytes_to_base64url(b"per_other")},
        {"authenticatorData": "AA"},
        {"authenticatorData": 7},
        {"clientDataJSON": "e30"},
        {"clientDataJSON": None},
    ],
)
def test_what_is_no_proof_lets_nobody_in(origin: str, olga: Browser, wrong: dict[str, Any]) -> None:
    device, made = enrolled(olga)
    assert made.status_code == 201
    refused(shown(Browser(origin), device, **wrong), 401, "unauthenticated")
    for field_, value in (("origin", "https://evil.example"), ("flags", USER_PRESENT)):
        kept = getattr(device, field_)
        setattr(device, field_, value)
        refused(shown(Browser(origin), device), 401, "unauthenticated")
        setattr(device, field_, kept)
    stranger = Authenticator(origin, credential=device.credential, handle=device.handle)
    refused(shown(Browser(origin), stranger), 401, "unauthenticated")
    refused(shown(Browser(origin), Authenticator(origin)), 401, "unauthenticated")
    assert shown(Browser(origin), device).status_code == 200
    olga.ask("DELETE", f"/console/api/passkeys/{made.json()['id']}")


def test_an_answer_is_taken_once(origin: str, olga: Browser) -> None:
    device, made = enrolled(olga)
    browser = Browser(origin)
    options = browser.post("/console/api/sign-in/passkey/begin").json()
    answer = device.get(options)
    assert browser.enter("sign-in/passkey", credential=answer).status_code == 200
    refused(Browser(origin).enter("sign-in/passkey", credential=answer), 401, "unauthenticated")
    own = {**options, "challenge": bytes_to_base64url(bytes(32))}
    refused(
        Browser(origin).enter("sign-in/passkey", credential=device.get(own)),
        401,
        "unauthenticated",
    )
    olga.ask("DELETE", f"/console/api/passkeys/{made.json()['id']}")


def test_a_copied_device_is_found_by_its_count(origin: str, olga: Browser) -> None:
    device, made = enrolled(olga)
    assert shown(Browser(origin), device).status_code == 200
    device.count -= 1
    refused(shown(Browser(origin), device), 401, "unauthenticated")
    olga.ask("DELETE", f"/console/api/passkeys/{made.json()['id']}")


def test_who_is_disabled_has_no_passkey_either(origin: str, olga: Browser) -> None:
    dora = invited(olga, "Dora", "reviewer")
    device, _ = enrolled(dora)
    path = f"/console/api/people/{dora.me['id']}"
    olga.ask("PATCH", path, json={"disabled": True})
    refused(shown(Browser(origin), device), 401, "unauthenticated")
    olga.ask("PATCH", path, json={"disabled": False})
    assert shown(Browser(origin), device).status_code == 200
    olga.post(f"{path}/invitation")
    refused(shown(Browser(origin), device), 401, "unauthenticated")


def test_a_passkey_is_removed_by_its_person(origin: str, olga: Browser) -> None:
    paul = invited(olga, "Paul", "reviewer")
    device, made = enrolled(paul)
    path = f"/console/api/passkeys/{made.json()['id']}"
    refused(olga.ask("DELETE", path), 404, "not_found")
    assert paul.ask("DELETE", path).status_code == 204
    refused(paul.ask("DELETE", path), 404, "not_found")
    refused(shown(Browser(origin), device), 401, "unauthenticated")


def test_no_passkey_is_made_for_an_address(server: Running, olga: Browser) -> None:
    browser = Browser(server.address)
    assert not browser.get("/console/api/ways").json()["passkeys"]
    refused(browser.post("/console/api/sign-in/passkey/begin"), 409, "conflict")
