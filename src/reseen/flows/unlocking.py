"""Passkeys: made by who is signed in, and let in by."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from reseen.domain.errors import Conflict, InvalidValue, ReseenError, Unauthenticated
from reseen.domain.people import LONGEST_NAME, Opened, Passkey, Session, Way
from reseen.flows.admitting import Admitting, actor
from reseen.ports import Alone
from reseen.ports.people import ChallengeStore, PasskeyCeremony, PasskeyStore, PeopleStore

LASTS = timedelta(minutes=10)
"""How long a browser may think about what it was asked."""
CHALLENGE_BYTES = 32

MADE, SHOWN = "passkey", "passkey sign-in"
REFUSED = "This passkey is not known here, or its person may not sign in."


@dataclass(frozen=True, slots=True)
class Unlocking:
    """All that it depends on; any call may raise ``NotReady``. ``origin`` is where the browser
    finds the console.
    """

    admitting: Admitting
    people: PeopleStore
    passkeys: PasskeyStore
    challenges: ChallengeStore
    ceremony: PasskeyCeremony
    alone: Alone
    clock: Callable[[], datetime]

    def begin_passkey(self, session: Session, origin: str) -> Mapping[str, Any]:
        """What the browser is asked, to make one."""
        person = session.person
        challenge = self._ask(MADE, {"person": person.id})
        known = self.passkeys.of_person(person.id)
        return self.ceremony.creation(origin, person, known, challenge)

    def add_passkey(
        self, session: Session, origin: str, credential: Mapping[str, Any], label: str, request: str
    ) -> Passkey:
        """Raises ``InvalidValue`` for what is no proof, ``Conflict``, ``QuotaExceeded``."""
        label = " ".join(label.split())
        if not label or len(label) > LONGEST_NAME or not label.isprintable():
            raise InvalidValue(
                f"A label is one line of 1 to {LONGEST_NAME} printable characters.",
                field="label",
                limit=LONGEST_NAME,
                actual=len(label),
            )
        person, now = session.person, self.clock()
        _, challenge = self.ceremony.answered(credential)
        asked = self.challenges.take(challenge, MADE, now)
        if asked is None or asked["person"] != person.id:
            raise InvalidValue(
                "This was not asked, or too long ago; try again.", field="credential"
            )
        proof = self.ceremony.created(origin, credential, challenge)
        with self.alone(person.project_id):
            made = self.passkeys.add(
                person.id, label, proof.credential, proof.public_key, proof.count, now
            )
            detail = {"passkey": made.id, "label": label}
            self.admitting.note(actor(person, request), "person.passkey_added", person, detail)
        return made

    def remove_passkey(self, session: Session, passkey_id: str, request: str) -> None:
        """Raises ``NotFound``, and ``Conflict`` for the last way in."""
        with self.alone(session.person.project_id):
            person = self.people.get(session.person.project_id, session.person.id)
            self.passkeys.remove(person.id, passkey_id)
            if not self.people.get(person.project_id, person.id).can_sign_in:
                raise Conflict("This is your only way to sign in; choose a password first.")
            detail = {"passkey": passkey_id}
            self.admitting.note(actor(person, request), "person.passkey_removed", person, detail)

    def begin(self, origin: str) -> Mapping[str, Any]:
        """What the browser is asked, to sign somebody in."""
        return self.ceremony.request(origin, self._ask(SHOWN, {}))

    def sign_in(self, origin: str, credential: Mapping[str, Any], request: str) -> Opened:
        """Raises ``Unauthenticated``."""
        try:
            credential_id, challenge = self.ceremony.answered(credential)
        except InvalidValue as error:
            _refuse(error)
        if self.challenges.take(challenge, SHOWN, self.clock()) is None:
            raise Unauthenticated("This was not asked, or too long ago; try again.")
        found = self.passkeys.find(credential_id)
        if found is None or found[1].disabled_at is not None:
            raise Unauthenticated(REFUSED)
        passkey, person = found
        try:
            proof = self.ceremony.proved(origin, credential, challenge, passkey)
        except InvalidValue as error:
            self.admitting.refused(person, Way.PASSKEY, request)
            _refuse(error)
        with self.alone(person.project_id):
            now = self.passkeys.find(credential_id)
            if now is None or now[1].disabled_at is not None:
                raise Unauthenticated(REFUSED)  # it changed while we looked
            self.passkeys.used(passkey.id, proof.count, self.clock())
            return self.admitting.begin(now[1], Way.PASSKEY, request)

    def _ask(self, kind: str, data: Mapping[str, Any]) -> bytes:
        challenge, now = secrets.token_bytes(CHALLENGE_BYTES), self.clock()
        self.challenges.ask(challenge, kind, data, now, now + LASTS)
        return challenge


def _refuse(error: ReseenError) -> NoReturn:
    raise Unauthenticated(error.detail, field=error.field) from None
