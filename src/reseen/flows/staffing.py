"""People of a project: who is invited, in which role, and who may not come in any more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reseen.domain.access import Caller, Role
from reseen.domain.errors import Conflict, Forbidden, InvalidValue
from reseen.domain.people import ROLES, Invitation, Person
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog
from reseen.ports.people import PasskeyStore, PeopleStore, SessionStore


@dataclass(frozen=True, slots=True)
class Staffing:
    """All that it depends on. Each call is one transaction with its audit entry, for a ``caller``
    who may not touch anybody above them; any may raise ``NotReady``.
    """

    people: PeopleStore
    sessions: SessionStore
    passkeys: PasskeyStore
    audit: AuditLog
    alone: Alone
    clock: Callable[[], datetime]
    lasts: timedelta = timedelta(days=3)

    def invite(self, caller: Caller, by: Actor, name: str, role: Role) -> Invitation:
        """Raises ``Conflict`` for a name that is taken, ``InvalidValue``, ``Forbidden``."""
        if role not in ROLES:
            raise InvalidValue("A person is an owner, an admin or a reviewer.", field="role")
        _need_rank(caller, role)
        with self.alone(caller.project_id):
            person = self.people.add(caller.project_id, name, role)
            self._note(by, "person.added", person, {"role": role.value})
            return self._link(by, person)

    def reset(self, caller: Caller, by: Actor, person_id: str) -> Invitation:
        """A new link. All else that lets them in is forgotten, and their sessions end: whoever has
        it is out. Raises ``NotFound``, ``Forbidden``, ``Conflict`` for somebody who is disabled.
        """
        with self.alone(caller.project_id):
            person = self.people.get(caller.project_id, person_id)
            _need_rank(caller, person.role)
            if person.disabled_at is not None:
                raise Conflict(f"{person.name} is disabled; enable them first.")
            self.people.set_password(person.project_id, person.id, None)
            detail = {
                "passkeys_removed": self.passkeys.remove_all(person.id),
                "sessions_ended": self.sessions.end_all(person.id),
            }
            if person.can_sign_in:
                self._note(by, "person.reset", person, detail)
            return self._link(by, self.people.get(person.project_id, person.id))

    def change(
        self,
        caller: Caller,
        by: Actor,
        person_id: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
    ) -> Person:
        """A changed role holds from the next request on; who is disabled is out at once. Raises
        ``NotFound``, ``Forbidden``, and ``Conflict`` where no owner would be left.
        """
        with self.alone(caller.project_id):
            person = self.people.get(caller.project_id, person_id)
            _need_rank(caller, person.role)
            if role is not None and role is not person.role:
                _need_rank(caller, role)
                person = self._changed_role(by, person, role)
            if disabled is not None and disabled != (person.disabled_at is not None):
                person = self._changed_state(by, person, disabled=disabled)
            return person

    def _changed_role(self, by: Actor, person: Person, role: Role) -> Person:
        if role not in ROLES:
            raise InvalidValue("A person is an owner, an admin or a reviewer.", field="role")
        self._need_owner_besides(person)
        changed = self.people.set_role(person.project_id, person.id, role)
        detail = {"from": person.role.value, "to": role.value}
        self._note(by, "person.role_changed", changed, detail)
        return changed

    def _changed_state(self, by: Actor, person: Person, *, disabled: bool) -> Person:
        if not disabled:
            enabled = self.people.set_disabled(person.project_id, person.id, None)
            self._note(by, "person.enabled", enabled, {})
            return enabled
        if by.id == person.id:
            raise Conflict("Nobody disables themselves; let somebody else do it.")
        self._need_owner_besides(person)
        self.people.withdraw(person.project_id, person.id)
        ended = self.sessions.end_all(person.id)
        gone = self.people.set_disabled(person.project_id, person.id, self.clock())
        self._note(by, "person.disabled", gone, {"sessions_ended": ended})
        return gone

    def _need_owner_besides(self, person: Person) -> None:
        if person.role is not Role.OWNER:
            return
        others = self.people.of_project(person.project_id)
        if not any(o.role is Role.OWNER and o.can_sign_in and o.id != person.id for o in others):
            raise Conflict(
                f"{person.name} is the last owner who can sign in; make somebody else one first."
            )

    def _link(self, by: Actor, person: Person) -> Invitation:
        made = self.people.invite(person.project_id, person.id, self.clock() + self.lasts)
        self._note(by, "person.invited", person, {})
        return made

    def _note(self, by: Actor, what: str, person: Person, detail: Mapping[str, object]) -> None:
        said = {"name": person.name, **detail}
        self.audit.append(person.project_id, AuditDraft(by, what, person.id, detail=said))


def _need_rank(caller: Caller, role: Role) -> None:
    """An admin who could reset an owner would be one. Raises ``Forbidden``."""
    if caller.role is not Role.OWNER and role is Role.OWNER:
        raise Forbidden("Only an owner invites, changes or resets an owner.")
