"""People whom an OpenID provider vouches for. It says who they are and in which role, each time
they come; somebody who is new is added.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.errors import Conflict, Forbidden, Unauthenticated
from reseen.domain.people import Opened, Person, Way
from reseen.domain.record import SYSTEM_ACTOR, Actor
from reseen.flows.admitting import Admitting
from reseen.flows.unlocking import LASTS
from reseen.ports import Alone
from reseen.ports.people import ChallengeStore, Identity, PeopleStore, Provider

KIND = "oidc"


@dataclass(frozen=True, slots=True)
class Vouching:
    """All that it depends on; any call may raise ``NotReady`` and what a provider that cannot be
    reached raises. ``redirect`` is where the browser comes back to.
    """

    admitting: Admitting
    people: PeopleStore
    challenges: ChallengeStore
    provider: Provider
    alone: Alone
    clock: Callable[[], datetime]

    def start(self, redirect: str) -> tuple[str, str]:
        """Where the browser is sent, and the state that it keeps."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        where = self.provider.start(redirect, state, nonce, verifier)
        now, data = self.clock(), {"nonce": nonce, "verifier": verifier}
        self.challenges.ask(state.encode(), KIND, data, now, now + LASTS)
        return where, state

    def finish(self, redirect: str, kept: str, state: str, code: str, request_id: str) -> Opened:
        """``kept`` is the browser's state. Raises ``Unauthenticated``, ``Forbidden``."""
        now = self.clock()
        if not kept or not hmac.compare_digest(kept.encode(), state.encode()):
            raise Unauthenticated("This sign-in was not begun in this browser; begin again.")
        asked = self.challenges.take(state.encode(), KIND, now)
        if asked is None:
            raise Unauthenticated("This sign-in took too long, or is done already; begin again.")
        found = self.provider.finish(redirect, code, asked["nonce"], asked["verifier"], now)
        with self.alone(self.provider.project_id):
            person = self._known(found, Actor(SYSTEM_ACTOR.id, SYSTEM_ACTOR.role, request_id))
            return self.admitting.begin(person, Way.OIDC, request_id)

    def _known(self, found: Identity, by: Actor) -> Person:
        person = self.people.of_subject(found.subject)
        if person is None:
            person = self._added(found)
            detail = {"role": person.role.value, "way": str(Way.OIDC)}
            self.admitting.note(by, "person.added", person, detail)
        if person.project_id != self.provider.project_id or person.disabled_at is not None:
            raise Forbidden("You may not sign in here; ask who runs reseen.")
        if person.role is not found.role:
            detail = {"from": person.role.value, "to": found.role.value, "way": str(Way.OIDC)}
            person = self.people.set_role(person.project_id, person.id, found.role)
            self.admitting.note(by, "person.role_changed", person, detail)
        return person

    def _added(self, found: Identity) -> Person:
        """Under another name where somebody has theirs: a name proves nothing."""
        project_id = self.provider.project_id
        try:
            return self.people.add(project_id, found.name, found.role, found.subject)
        except Conflict:
            name = f"{found.name} {found.subject[:6]}"
            return self.people.add(project_id, name, found.role, found.subject)
