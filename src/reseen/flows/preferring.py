"""How the console treats people: their own settings, and what their project wants."""

from collections.abc import Mapping
from dataclasses import dataclass

from reseen.domain import preferences
from reseen.domain.errors import InvalidValue
from reseen.domain.people import Person
from reseen.domain.preferences import ENFORCEABLE, Default, Value
from reseen.domain.record import Actor, AuditDraft
from reseen.ports import Alone, AuditLog
from reseen.ports.people import PeopleStore


@dataclass(frozen=True, slots=True)
class Preferring:
    """All that it depends on; any call may raise ``NotReady``."""

    people: PeopleStore
    audit: AuditLog
    alone: Alone

    def settings(self, person: Person) -> dict[str, Value | None]:
        """What counts of their own; ``None``: the default."""
        return preferences.own(self.people.settings(person.id), self.defaults(person.project_id))

    def defaults(self, project_id: str) -> dict[str, Default]:
        return preferences.defaults_of(self.people.defaults(project_id))

    def change(self, person: Person, change: Mapping[str, Value | None]) -> None:
        """Raises ``InvalidValue``, and ``Forbidden`` for what loosens an enforced default."""
        with self.alone(person.project_id):
            kept = self.people.settings(person.id)
            defaults = self.defaults(person.project_id)
            self.people.set_settings(person.id, preferences.changed(kept, change, defaults))

    def set_defaults(
        self, project_id: str, by: Actor, change: Mapping[str, Default | None]
    ) -> None:
        """``None``: as built in. Raises ``InvalidValue``."""
        for name, default in change.items():
            if default is None:
                continue
            preferences.checked(name, default.value)
            if default.enforced and name not in ENFORCEABLE:
                raise InvalidValue(f"{name} is a matter of taste, not to be enforced.", field=name)
        with self.alone(project_id):
            kept = dict(self.people.defaults(project_id))
            for name, default in change.items():
                kept.pop(name, None)
                if default is not None:
                    kept[name] = default
            self.people.set_defaults(project_id, kept)
            detail = {
                name: None if one is None else {"value": one.value, "enforced": one.enforced}
                for name, one in change.items()
            }
            self.audit.append(
                project_id, AuditDraft(by, "console.defaults_changed", project_id, detail=detail)
            )
