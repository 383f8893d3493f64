"""Passkeys as WebAuthn has them, by the library of that name.

A passkey signs in alone, so the device must have seen that it is its owner (a PIN, a finger, a
face): user verification is required, always. Attestation is not asked for: which make a device is
of is nobody's business here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from reseen.domain.errors import InvalidValue
from reseen.domain.people import Passkey, Person
from reseen.ports.people import Proof

SITE = "reseen"
TIMEOUT_MS = 300_000


class WebAuthn:
    """Implements ``ports.people.PasskeyCeremony``."""

    def creation(
        self, origin: str, person: Person, known: Sequence[Passkey], challenge: bytes
    ) -> Mapping[str, Any]:
        options = webauthn.generate_registration_options(
            rp_id=_site(origin),
            rp_name=SITE,
            user_name=person.name,
            user_display_name=person.name,
            user_id=person.id.encode(),
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(one.credential) for one in known],
        )
        said: dict[str, Any] = json.loads(webauthn.options_to_json(options))
        return said

    def created(self, origin: str, credential: Mapping[str, Any], challenge: bytes) -> Proof:
        with _ours():
            made = webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=_site(origin),
                expected_origin=origin,
                require_user_verification=True,
            )
        return Proof(made.credential_id, made.credential_public_key, made.sign_count)

    def request(self, origin: str, challenge: bytes) -> Mapping[str, Any]:
        options = webauthn.generate_authentication_options(
            rp_id=_site(origin),
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        said: dict[str, Any] = json.loads(webauthn.options_to_json(options))
        return said

    def answered(self, credential: Mapping[str, Any]) -> tuple[bytes, bytes]:
        with _ours():
            data = base64url_to_bytes(credential["response"]["clientDataJSON"])
            return base64url_to_bytes(credential["rawId"]), parse_client_data_json(data).challenge

    def proved(
        self, origin: str, credential: Mapping[str, Any], challenge: bytes, passkey: Passkey
    ) -> Proof:
        with _ours():
            handle = credential["response"].get("userHandle")
            if handle and base64url_to_bytes(handle) != passkey.person_id.encode():
                raise ValueError("the passkey is of somebody else")
            proved = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=_site(origin),
                expected_origin=origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
        return Proof(proved.credential_id, passkey.public_key, proved.new_sign_count)


def _site(origin: str) -> str:
    return urlsplit(origin).hostname or ""


@contextmanager
def _ours() -> Iterator[None]:
    """Whatever a stranger may send, as an error of ours."""
    try:
        yield
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidValue(
            f"The passkey proves nothing ({error}); try again.",
            field="credential",
        ) from None
